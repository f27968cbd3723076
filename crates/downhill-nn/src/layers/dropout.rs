//! Dropout.

use downhill_autodiff::{Shape, Tensor, Var};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::{Context, Error, Layer, Result, Scalar, Scope};

/// In training, sets each element to 0 with probability `p` and divides the others by 1 − p (Srivastava
/// et al. 2014, in the inverted form); otherwise passes its input on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Dropout {
    p: f64,
}

impl Dropout {
    /// Dropout with this probability.
    ///
    /// # Errors
    /// [`Error::Setting`] unless 0 ≤ p < 1.
    pub fn new(p: f64) -> Result<Dropout> {
        if (0.0..1.0).contains(&p) {
            Ok(Dropout { p })
        } else {
            Err(Error::Setting { layer: "Dropout", setting: "p", rule: "at least 0 and below 1", value: p })
        }
    }
}

impl Layer for Dropout {
    fn build(&mut self, _: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        // Checked again, since a file may hold anything.
        Dropout::new(self.p).map(|_| input)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        match cx.generator() {
            Some(mut rng) if self.p > 0.0 => {
                let kept = T::of(1.0 / (1.0 - self.p));
                let factor = |_| if rng.random::<f64>() < self.p { T::zero() } else { kept };
                x * cx.tape().constant(Tensor::from_fn(x.shape(), factor))
            }
            _ => x,
        }
    }
}
