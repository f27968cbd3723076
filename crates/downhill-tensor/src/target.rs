//! What a network is to answer.

use serde::{Deserialize, Serialize};

use crate::{Real, Tensor};

/// What a network is to answer for a batch of samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Serialize", deserialize = "T: Deserialize<'de>"))]
pub enum Target<T: Real = f32> {
    /// A class for each sample, numbered from 0: shape `[n]`.
    Classes(Tensor<usize>),
    /// A row of numbers for each sample: values to approximate, or a probability for each class;
    /// shape `[n, …]`.
    Values(Tensor<T>),
}

impl<T: Real> Target<T> {
    /// The number of samples.
    pub fn len(&self) -> usize {
        match self {
            Target::Classes(classes) => classes.shape().first().copied().unwrap_or(0),
            Target::Values(values) => values.shape().first().copied().unwrap_or(0),
        }
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same target in another number type.
    pub fn cast<U: Real>(&self) -> Target<U> {
        match self {
            Target::Classes(classes) => Target::Classes(classes.clone()),
            Target::Values(values) => Target::Values(values.cast()),
        }
    }
}

impl<T: Real> From<Tensor<T>> for Target<T> {
    fn from(values: Tensor<T>) -> Target<T> {
        Target::Values(values)
    }
}

impl<T: Real> From<Tensor<usize>> for Target<T> {
    fn from(classes: Tensor<usize>) -> Target<T> {
        Target::Classes(classes)
    }
}
