//! A price for large activations.

use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use crate::{AnyLayer, Context, Error, Layer, Result, Scalar, Scope};

/// Passes its input x `[n, …]` on, and in training adds (l1 Σ |x| + l2 Σ x²)/n to the loss: an L1 penalty makes activations
/// sparse, an L2 penalty small (Goodfellow, Bengio & Courville 2016, section 7.10).
///
/// A training loop of one's own finds it in [`Tape::penalty`](downhill_autodiff::Tape::penalty).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ActivityPenalty {
    l1: f64,
    l2: f64,
}

impl ActivityPenalty {
    /// A penalty with these factors of Σ |x| and of Σ x².
    ///
    /// # Errors
    /// [`Error::Setting`] unless both are finite and at least 0.
    pub fn new(l1: f64, l2: f64) -> Result<ActivityPenalty> {
        for (setting, value) in [("l1", l1), ("l2", l2)] {
            if !(0.0..f64::INFINITY).contains(&value) {
                let (layer, rule) = ("ActivityPenalty", "finite and at least 0");
                return Err(Error::Setting { layer, setting, rule, value });
            }
        }
        Ok(ActivityPenalty { l1, l2 })
    }
}

impl Layer for ActivityPenalty {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, _: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        // Checked again, since a file may hold anything.
        ActivityPenalty::new(self.l1, self.l2).map(|_| input)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        if cx.training() {
            let samples = x.shape().first().copied().unwrap_or(1).max(1) as f64;
            if self.l1 > 0.0 {
                cx.tape().penalize(x.abs().sum().mul_scalar(self.l1 / samples));
            }
            if self.l2 > 0.0 {
                cx.tape().penalize(x.square().sum().mul_scalar(self.l2 / samples));
            }
        }
        x
    }
}
