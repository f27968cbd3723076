//! Dropout.

use downhill_autodiff::tensor::Result as TensorResult;
use downhill_autodiff::tensor::random::Generator;
use downhill_autodiff::{Forward, Operands, Pullback, Real, Rule, Shape, Sink, Tensor, Var};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::{AnyLayer, Context, Error, Layer, Result, Scalar, Scope};

/// In training, sets each element to 0 with probability `p` and divides the others by 1 − p (Srivastava
/// et al. 2014, in the inverted form); otherwise passes its input on.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
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
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, _: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        // Checked again, since a file may hold anything.
        Dropout::new(self.p).map(|_| input)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        match cx.generator() {
            Some(generator) if self.p > 0.0 => x.apply(Mask { p: self.p, generator }),
            _ => x,
        }
    }
}

/// y = x ⊙ m, where an element of m is 0 with probability `p` and else 1/(1 − p).
#[derive(Debug, Clone)]
struct Mask {
    p: f64,
    generator: Generator,
}

impl<T: Real> Rule<T> for Mask {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn forward(&self, x: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> TensorResult<Tensor<T>> {
        let (mut mask, mut y) = (cx.take(x.shape(0)), cx.take(x.shape(0)));
        let (mut rng, kept) = (self.generator.clone(), T::of(1.0 / (1.0 - self.p)));
        for ((y, m), &x) in y.as_mut_slice().iter_mut().zip(mask.as_mut_slice()).zip(x.slice(0)) {
            *m = if rng.random::<f64>() < self.p { T::zero() } else { kept };
            *y = x * *m;
        }
        cx.save(mask);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if let Some(mut dx) = sink.destination(0) {
            dx.zip2(at.cotangent(), at.saved(0).as_slice(), |g, m| g * m);
        }
    }
}
