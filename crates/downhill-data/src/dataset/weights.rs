//! How much each row of a data set counts.

use downhill_tensor::{Real, Tensor};

use super::check_numbers;
use crate::{Dataset, Error, Result};

impl<T: Real> Dataset<T> {
    /// The same data with a weight for each row, `[n]`: training and validation losses multiply the loss of a row by it, so that a
    /// row of weight 2 pulls like two rows and one of weight 0 is only looked at.
    ///
    /// # Errors
    /// [`Error::Weights`] if their number is not that of the rows or one is negative, [`Error::NotFinite`].
    pub fn with_weights(mut self, weights: impl Into<Vec<T>>) -> Result<Dataset<T>> {
        let weights = Tensor::vector(weights.into());
        check_numbers(&weights, "weights")?;
        let negative = weights.as_slice().iter().position(|&weight| weight < T::zero());
        if weights.len() != self.len() || negative.is_some() {
            let row = negative.map(|row| (row, weights.as_slice()[row].as_f64()));
            return Err(Error::Weights { rows: self.len(), found: weights.len(), negative: row });
        }
        self.weights = Some(weights);
        Ok(self)
    }

    /// The same data with weights by which all classes count alike, however many rows they have: n/(classes · rows of
    /// the class), whose mean is 1.
    ///
    /// # Errors
    /// [`Error::Target`] if the targets are values.
    pub fn with_balanced_weights(self) -> Result<Dataset<T>> {
        let counts = self.class_counts()?;
        let present = counts.iter().filter(|&&count| count > 0).count();
        let share = self.len() as f64 / present.max(1) as f64;
        let weights: Vec<T> =
            self.labels()?.as_slice().iter().map(|&class| T::of(share / counts[class] as f64)).collect();
        self.with_weights(weights)
    }

    /// The weight of each row, `[n]`, if they have any.
    pub fn weights(&self) -> Option<&Tensor<T>> {
        self.weights.as_ref()
    }
}
