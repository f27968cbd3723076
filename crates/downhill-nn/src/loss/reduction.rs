//! What a loss makes of its terms.

use downhill_autodiff::tensor::Error as TensorError;
use downhill_autodiff::{Real, Shape, Tensor, Var};

use super::{Link, Loss};
use crate::Target;

/// What a loss makes of its terms.
///
/// ```
/// use downhill_nn::{Mse, Reduction};
/// let sum_of_squares = Reduction::Sum.of(Mse::new());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reduction {
    /// Their mean: what the rate of learning should not depend on the size of the batch for. Every loss alone is this.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// Their sum, divided by the number of samples.
    BatchMean,
    /// The terms themselves.
    None,
}

impl Reduction {
    /// The loss with this reduction.
    pub fn of<L>(self, loss: L) -> Reduced<L> {
        Reduced { loss, reduction: self }
    }

    #[track_caller]
    pub(super) fn reduce<'t, T: Real, L: Loss<T> + ?Sized>(
        self,
        loss: &L,
        output: Var<'t, T>,
        target: &Target<T>,
        weights: Option<&Tensor<T>>,
    ) -> Var<'t, T> {
        let mut terms = loss.terms(output, target);
        if let Some(weights) = weights {
            terms = weigh(terms, weights);
        }
        let shape = terms.shape();
        match self {
            Reduction::Mean => {
                let (divisor, elements) = (loss.divisor(shape, target), shape.elements() as f64);
                if divisor == elements { terms.mean() } else { terms.sum() * divisor.recip() }
            }
            Reduction::Sum => terms.sum(),
            Reduction::BatchMean => terms.sum() * (shape.first().copied().unwrap_or(1) as f64).recip(),
            Reduction::None => terms,
        }
    }
}

/// The terms times a weight for each sample or for each term.
#[track_caller]
fn weigh<'t, T: Real>(terms: Var<'t, T>, weights: &Tensor<T>) -> Var<'t, T> {
    let (tape, shape) = (terms.tape(), terms.shape());
    let of_samples =
        (0..shape.len()).fold(shape, |shape, axis| if axis == 0 { shape } else { shape.with(axis, 1) });
    let fitting = match weights.shape() {
        given if given == shape && !shape.is_empty() => Ok(weights.clone()),
        given if given.len() == 1 && given.first() == shape.first() => weights.reshape(of_samples),
        given => {
            let rule = "needs a weight for each sample or for each term";
            Err(TensorError::mismatch("weighted loss", rule, shape, given))
        }
    };
    match fitting {
        Ok(weights) => terms * tape.constant(weights),
        Err(error) => tape.fail("weighted loss", vec![shape, weights.shape()], error),
    }
}

/// A loss with another [`Reduction`] of its terms than their mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reduced<L> {
    loss: L,
    reduction: Reduction,
}

impl<T: Real, L: Loss<T>> Loss<T> for Reduced<L> {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        self.loss.terms(output, target)
    }

    fn divisor(&self, terms: Shape, target: &Target<T>) -> f64 {
        self.loss.divisor(terms, target)
    }

    fn link(&self) -> Link {
        self.loss.link()
    }

    #[track_caller]
    fn weighted<'t>(
        &self,
        output: Var<'t, T>,
        target: &Target<T>,
        weights: Option<&Tensor<T>>,
    ) -> Var<'t, T> {
        self.reduction.reduce(&self.loss, output, target, weights)
    }
}
