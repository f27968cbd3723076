//! Which classes count, and how much.

use downhill_autodiff::Tensor;

use super::not_negative;
use crate::Result;

/// A weight for each class, and a class that counts nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct ClassWeights {
    pub(super) weights: Option<Tensor<f64>>,
    pub(super) ignored: Option<usize>,
}

impl ClassWeights {
    /// These weights of a loss.
    pub(super) fn weigh(&mut self, loss: &'static str, weights: Vec<f64>) -> Result<()> {
        for &weight in &weights {
            not_negative(loss, "class weight", weight)?;
        }
        self.weights = Some(Tensor::vector(weights));
        Ok(())
    }

    /// Whether there is a weight for each of so many classes, or none at all.
    pub(super) fn fit(&self, classes: usize) -> bool {
        self.weights.as_ref().is_none_or(|weights| weights.len() == classes)
    }

    /// The weight of a sample's class: 0 if it is ignored, or past the end.
    pub(super) fn of(&self, class: usize) -> f64 {
        match &self.weights {
            _ if Some(class) == self.ignored => 0.0,
            None => 1.0,
            Some(weights) => weights.as_slice().get(class).copied().unwrap_or(0.0),
        }
    }

    /// The sum of the weights of all samples.
    pub(super) fn total(&self, classes: &Tensor<usize>) -> f64 {
        classes.as_slice().iter().map(|&class| self.of(class)).sum()
    }
}
