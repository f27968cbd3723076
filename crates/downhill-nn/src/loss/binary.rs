//! Cross-entropy between two classes.

use downhill_autodiff::tensor::Error as TensorError;
use downhill_autodiff::{Real, Tensor, Var};

use super::targets::probabilities_like;
use super::{Link, Loss, positive};
use crate::{Result, Target};

/// The binary cross-entropy of probabilities: −t ln p − (1 − t) ln(1 − p), the logarithms cut off at −100.
///
/// On the output of a logistic function prefer [`BinaryCrossEntropyWithLogits`] on what goes into it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct BinaryCrossEntropy;

impl BinaryCrossEntropy {
    /// The binary cross-entropy of probabilities.
    pub fn new() -> BinaryCrossEntropy {
        BinaryCrossEntropy
    }
}

impl<T: Real> Loss<T> for BinaryCrossEntropy {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        output.binary_cross_entropy(probabilities_like("binary_cross_entropy", output, target))
    }

    fn link(&self) -> Link {
        Link::Probabilities
    }
}

/// The binary cross-entropy of the logistic function of the outputs, fused: −t ln σ(z) − (1 − t) ln(1 − σ(z)).
///
/// Targets are classes 0 and 1, or probabilities of class 1 in the shape of the outputs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BinaryCrossEntropyWithLogits {
    positive: Option<Tensor<f64>>,
}

impl BinaryCrossEntropyWithLogits {
    /// The binary cross-entropy of logits.
    pub fn new() -> BinaryCrossEntropyWithLogits {
        BinaryCrossEntropyWithLogits::default()
    }

    /// The same loss with the term of class 1 multiplied by `weight`: above 1 for a rare class.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the weight is positive and finite.
    pub fn positive_weight(self, weight: f64) -> Result<BinaryCrossEntropyWithLogits> {
        self.positive_weights([weight])
    }

    /// The same loss with the term of class 1 multiplied by a weight for each of several outputs, the last axis.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless all weights are positive and finite.
    pub fn positive_weights(self, weights: impl Into<Vec<f64>>) -> Result<BinaryCrossEntropyWithLogits> {
        let weights = weights.into();
        for &weight in &weights {
            positive("BinaryCrossEntropyWithLogits", "positive_weight", weight)?;
        }
        Ok(BinaryCrossEntropyWithLogits { positive: Some(Tensor::vector(weights)) })
    }
}

impl<T: Real> Loss<T> for BinaryCrossEntropyWithLogits {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        const NAME: &str = "binary_cross_entropy_with_logits";
        let target = probabilities_like(NAME, output, target);
        let terms = output.binary_cross_entropy_with_logits(target);
        let Some(weights) = &self.positive else { return terms };
        let shape = output.shape();
        if weights.len() != 1 && shape.last() != Some(&weights.len()) {
            let rule = "needs a weight for each output";
            let error = TensorError::mismatch(NAME, rule, shape, weights.shape());
            return output.tape().fail(NAME, vec![shape, weights.shape()], error);
        }
        // −ln σ(z) is softplus(−z): (w − 1) t of it on top.
        let more = output.tape().constant(weights.map(|weight| T::of(weight - 1.0)));
        terms + target * (-output).softplus(1.0, f64::INFINITY) * more
    }

    fn link(&self) -> Link {
        Link::Logistic
    }
}
