//! The losses: how bad an output is.

mod binary;
mod cross_entropy;
mod parts;
mod regression;

pub use binary::{BinaryCrossEntropy, BinaryCrossEntropyWithLogits};
pub use cross_entropy::{CrossEntropy, CrossEntropyOnProbabilities};
pub use parts::Parts;
pub use regression::{Huber, L1, Mse};

use std::sync::Arc;

use downhill_autodiff::tensor::Error as TensorError;
use downhill_autodiff::{Real, Shape, Var};
use serde::{Deserialize, Serialize};

use crate::Target;

/// How bad an output is: a function of a batch's outputs `[n, …]` and targets.
///
/// Like all mathematics on a tape it returns no `Result`; a target that does not fit is an error that
/// waits on the tape.
pub trait Loss<T: Real = f32>: Send + Sync {
    /// The loss of a batch: a single number, or one for each element with [`Reduction::None`].
    #[track_caller]
    fn loss<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T>;

    /// What the loss takes the outputs for; by default the values themselves.
    fn link(&self) -> Link {
        Link::Identity
    }
}

/// A loss chosen at run time.
impl<T: Real, L: Loss<T> + ?Sized> Loss<T> for Box<L> {
    #[track_caller]
    fn loss<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        (**self).loss(output, target)
    }

    fn link(&self) -> Link {
        (**self).link()
    }
}

/// A loss chosen at run time and used in several places.
impl<T: Real, L: Loss<T> + ?Sized> Loss<T> for Arc<L> {
    #[track_caller]
    fn loss<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        (**self).loss(output, target)
    }

    fn link(&self) -> Link {
        (**self).link()
    }
}

/// What a network's outputs are: how to make answers of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Link {
    /// The values to answer with: a regression.
    #[default]
    Identity,
    /// Probabilities of classes.
    Probabilities,
    /// Logits whose softmax is the probability of each class.
    Softmax,
    /// Logits whose logistic function is a probability.
    Logistic,
}

/// What a loss makes of its terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reduction {
    /// Their mean: what the rate of learning should not depend on the size of the batch for.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// The terms themselves.
    None,
}

impl Reduction {
    #[track_caller]
    fn apply<T: Real>(self, terms: Var<'_, T>) -> Var<'_, T> {
        match self {
            Reduction::Mean => terms.mean(),
            Reduction::Sum => terms.sum(),
            Reduction::None => terms,
        }
    }
}

/// A target as numbers in the output's shape, for a loss that compares element by element. `[n]` and
/// `[n, 1]` fit each other; nothing else broadcasts, which would hide mistakes.
#[track_caller]
fn values_like<'t, T: Real>(name: &'static str, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
    let (tape, shape) = (output.tape(), output.shape());
    let values = match target {
        Target::Values(values) => values.clone(),
        Target::Classes(classes) => {
            let rule = "needs numbers as targets, not classes";
            return misfit(name, rule, output, classes.shape());
        }
    };
    let trailing_ones =
        |shape: Shape| shape.iter().rposition(|&length| length != 1).map_or(0, |last| last + 1);
    let core = |shape: Shape| Shape::new(&shape[..trailing_ones(shape)]);
    if values.shape().first() == shape.first()
        && core(values.shape()) == core(shape)
        && let Ok(values) = values.reshape(shape)
    {
        return tape.constant(values);
    }
    misfit(name, "needs targets in the shape of the outputs", output, values.shape())
}

#[track_caller]
fn misfit<'t, T: Real>(
    name: &'static str,
    rule: &'static str,
    output: Var<'t, T>,
    target: Shape,
) -> Var<'t, T> {
    let error = TensorError::mismatch(name, rule, output.shape(), target);
    output.tape().fail(name, vec![output.shape(), target], error)
}
