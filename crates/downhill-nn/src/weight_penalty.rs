//! A price for large parameters.

use downhill_autodiff::{Tape, Var};

use crate::{Error, Params, Result, Scalar};

/// A penalty l1 Σ |w| + l2 Σ w² on the parameters whose name matches a pattern, to be added to the loss: an L1 penalty makes
/// them sparse (Tibshirani 1996), an L2 penalty small. Those that do not learn are left out.
///
/// Unlike weight decay it is a part of the gradient that the optimizer sees.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightPenalty {
    pattern: String,
    l1: f64,
    l2: f64,
}

impl WeightPenalty {
    /// A penalty with these factors of Σ |w| and of Σ w². In the pattern `*` stands for any characters: `"*.weight"`.
    ///
    /// # Errors
    /// [`Error::Setting`] unless both are finite and at least 0.
    pub fn new(pattern: impl Into<String>, l1: f64, l2: f64) -> Result<WeightPenalty> {
        for (setting, value) in [("l1", l1), ("l2", l2)] {
            if !(0.0..f64::INFINITY).contains(&value) {
                let (layer, rule) = ("WeightPenalty", "finite and at least 0");
                return Err(Error::Setting { layer, setting, rule, value });
            }
        }
        Ok(WeightPenalty { pattern: pattern.into(), l1, l2 })
    }

    /// That there are parameters that it is for.
    ///
    /// # Errors
    /// [`Error::UnknownName`].
    pub fn check<T: Scalar>(&self, params: &Params<T>) -> Result<()> {
        let parts = params.layout().parts();
        if parts.iter().any(|part| part.matches(&self.pattern)) {
            return Ok(());
        }
        let known: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        Err(Error::UnknownName { name: self.pattern.clone(), known: known.join(", ") })
    }

    /// Adds it to what the loss on a tape is to be increased by: [`Tape::penalty`].
    #[track_caller]
    pub fn apply<T: Scalar>(&self, tape: &Tape<T>, params: &Params<T>) {
        for part in
            params.layout().parts().iter().filter(|part| part.trainable && part.matches(&self.pattern))
        {
            let w: Var<'_, T> = tape.parameter(params.theta(), part.start, part.shape);
            if self.l1 > 0.0 {
                tape.penalize(w.abs().sum().mul_scalar(self.l1));
            }
            if self.l2 > 0.0 {
                tape.penalize(w.square().sum().mul_scalar(self.l2));
            }
        }
    }
}
