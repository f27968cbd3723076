//! Cross-entropy between two classes.

use downhill_autodiff::{Real, Tensor, Var};

use super::{Link, Loss, Reduction, misfit, values_like};
use crate::{Error, Result, Target};

/// The binary cross-entropy of probabilities: −t ln p − (1 − t) ln(1 − p), the logarithms cut off at −100.
///
/// On the output of a logistic function prefer [`BinaryCrossEntropyWithLogits`] on what goes into it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BinaryCrossEntropy {
    reduction: Reduction,
}

impl BinaryCrossEntropy {
    /// The binary cross-entropy of probabilities.
    pub fn new() -> BinaryCrossEntropy {
        BinaryCrossEntropy::default()
    }

    /// The same loss with another reduction.
    #[must_use]
    pub fn reduction(self, reduction: Reduction) -> BinaryCrossEntropy {
        BinaryCrossEntropy { reduction }
    }
}

impl<T: Real> Loss<T> for BinaryCrossEntropy {
    #[track_caller]
    fn loss<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        let target = probabilities_like("binary_cross_entropy", output, target);
        self.reduction.apply(output.binary_cross_entropy(target))
    }

    fn link(&self) -> Link {
        Link::Probabilities
    }
}

/// The binary cross-entropy of the logistic function of the outputs, fused: −t ln σ(z) − (1 − t) ln(1 − σ(z)).
///
/// Targets are classes 0 and 1, or probabilities of class 1 in the shape of the outputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinaryCrossEntropyWithLogits {
    positive_weight: f64,
    reduction: Reduction,
}

impl Default for BinaryCrossEntropyWithLogits {
    fn default() -> Self {
        BinaryCrossEntropyWithLogits { positive_weight: 1.0, reduction: Reduction::Mean }
    }
}

impl BinaryCrossEntropyWithLogits {
    /// The binary cross-entropy of logits.
    pub fn new() -> BinaryCrossEntropyWithLogits {
        BinaryCrossEntropyWithLogits::default()
    }

    /// The same loss with the term of class 1 multiplied by `weight`: above 1 for a rare class.
    ///
    /// # Errors
    /// [`Error::Setting`] unless the weight is positive and finite.
    pub fn positive_weight(self, weight: f64) -> Result<BinaryCrossEntropyWithLogits> {
        if weight > 0.0 && weight.is_finite() {
            return Ok(BinaryCrossEntropyWithLogits { positive_weight: weight, ..self });
        }
        let (layer, setting) = ("BinaryCrossEntropyWithLogits", "positive_weight");
        Err(Error::Setting { layer, setting, rule: "positive and finite", value: weight })
    }

    /// The same loss with another reduction.
    #[must_use]
    pub fn reduction(self, reduction: Reduction) -> BinaryCrossEntropyWithLogits {
        BinaryCrossEntropyWithLogits { reduction, ..self }
    }
}

impl<T: Real> Loss<T> for BinaryCrossEntropyWithLogits {
    #[track_caller]
    fn loss<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        let target = probabilities_like("binary_cross_entropy_with_logits", output, target);
        let mut terms = output.binary_cross_entropy_with_logits(target);
        if self.positive_weight != 1.0 {
            // −ln σ(z) is softplus(−z): (w − 1) t of it on top.
            let positive = target * (-output).softplus(1.0, f64::INFINITY);
            terms = terms + positive * (self.positive_weight - 1.0);
        }
        self.reduction.apply(terms)
    }

    fn link(&self) -> Link {
        Link::Logistic
    }
}

/// The probability of class 1 in the output's shape; classes 0 and 1 are their own probabilities.
#[track_caller]
fn probabilities_like<'t, T: Real>(name: &'static str, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
    match target {
        Target::Values(_) => values_like(name, output, target),
        Target::Classes(classes) if classes.as_slice().iter().all(|&class| class < 2) => {
            let values: Tensor<T> = classes.map(|class| if class == 1 { T::one() } else { T::zero() });
            values_like(name, output, &Target::Values(values))
        }
        Target::Classes(classes) => misfit(name, "needs classes 0 and 1", output, classes.shape()),
    }
}
