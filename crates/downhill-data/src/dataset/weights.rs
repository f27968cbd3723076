//! How much each row of a data set counts.

use downhill_tensor::{Real, Tensor};

use crate::{Dataset, Error, Result};

impl<T: Real> Dataset<T> {
    /// The same data with a weight for each row, `[n]`: training and validation losses multiply the loss of a row by it, so that a
    /// row of weight 2 pulls like two rows and one of weight 0 is only looked at.
    ///
    /// # Errors
    /// [`Error::Weights`] if their number is not that of the rows; [`Error::Weight`] if one is negative or not finite, or all are 0.
    pub fn with_weights(mut self, weights: impl Into<Vec<T>>) -> Result<Dataset<T>> {
        let weights = weights.into();
        if weights.len() != self.len() {
            return Err(Error::Weights { rows: self.len(), weights: weights.len() });
        }
        let wrong = |weight: &T| !weight.finite() || *weight < T::zero();
        // That all are 0 is an error at the first row, as there is none to blame.
        let all_zero =
            (!weights.is_empty() && weights.iter().all(|&weight| weight == T::zero())).then_some(0);
        if let Some(row) = weights.iter().position(wrong).or(all_zero) {
            return Err(Error::Weight { row, value: weights[row].as_f64() });
        }
        self.weights = Some(Tensor::vector(weights));
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
