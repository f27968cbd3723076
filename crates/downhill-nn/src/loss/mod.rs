//! The losses: how bad an output is.
//!
//! A loss is made of terms, one or more for each sample; the mean of them is what training makes small. Another
//! [`Reduction`] is put around a loss: `Reduction::Sum.of(Mse::new())`.
//!
//! **Losses of several outputs**, such as [`GaussianNll`]'s mean and variance or [`TripletMargin`]'s three
//! embeddings, take them as equal parts of one output `[n, parts · k, …]`, beside each other along axis 1 in the order
//! that the loss names them. This is what a [`Graph`](crate::Graph) with several
//! [`outputs`](crate::Graph::outputs) and a [`Parallel`](crate::Parallel) give. [`Parts`] is for outputs that have a
//! loss each, [`Steps`] for sequences with an answer at each step.

mod binary;
mod class_weights;
mod cross_entropy;
mod focal;
mod likelihood;
mod margin;
mod nll;
mod pairs;
mod parts;
mod reduction;
mod regression;
mod steps;
mod targets;

pub use binary::{BinaryCrossEntropy, BinaryCrossEntropyWithLogits};
pub use cross_entropy::{CrossEntropy, CrossEntropyOnProbabilities};
pub use focal::{BinaryFocal, Focal};
pub use likelihood::{GaussianNll, PoissonNll};
pub use margin::{Hinge, HingeEmbedding, MultiMargin, SoftMargin};
pub use nll::{KlDivergence, Nll};
pub use pairs::{CosineEmbedding, MarginRanking, TripletMargin};
pub use parts::Parts;
pub use reduction::{Reduced, Reduction};
pub use regression::{Huber, L1, LogCosh, Mse, Quantile, SmoothL1};
pub use steps::Steps;

use std::sync::Arc;

use downhill_autodiff::{Real, Shape, Tensor, Var};
use serde::{Deserialize, Serialize};

use crate::{Error, Result, Target};

/// How bad an output is: a function of a batch's outputs `[n, …]` and targets.
///
/// Like all mathematics on a tape it returns no `Result`; a target that does not fit is an error that
/// waits on the tape.
///
/// A loss of one's own is its terms:
///
/// ```
/// use downhill_nn::autodiff::{Real, Var};
/// use downhill_nn::{Loss, Target};
///
/// /// (output − target)⁴.
/// struct FourthPower;
///
/// impl<T: Real> Loss<T> for FourthPower {
///     fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
///         match target {
///             Target::Values(values) => (output - output.tape().constant(values.clone())).powi(4),
///             Target::Classes(_) => output,
///         }
///     }
/// }
/// ```
pub trait Loss<T: Real = f32>: Send + Sync {
    /// The terms of the loss, one or more for each sample: `[n, …]`. A loss that is no sum over samples is a single
    /// number and takes no weights.
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T>;

    /// What the mean divides the sum of the terms by: their number, unless some of them count more than others. If none
    /// counts, it is 0 and the mean NaN, as in PyTorch.
    fn divisor(&self, terms: Shape, target: &Target<T>) -> f64 {
        let _ = target;
        terms.elements() as f64
    }

    /// What the loss takes the outputs for; by default the values themselves.
    fn link(&self) -> Link {
        Link::Identity
    }

    /// The loss of a batch: the mean of its terms, unless a [`Reduction`] says otherwise.
    #[track_caller]
    fn loss<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        self.weighted(output, target, None)
    }

    /// The loss of a batch whose terms are multiplied by weights: one for each sample, `[n]`, or one for each term.
    ///
    /// The mean still divides by [`divisor`](Loss::divisor), not by the sum of the weights. So a batch of light samples moves
    /// the parameters less than one of heavy samples, and the mean over the batches is that over the data set.
    #[track_caller]
    fn weighted<'t>(
        &self,
        output: Var<'t, T>,
        target: &Target<T>,
        weights: Option<&Tensor<T>>,
    ) -> Var<'t, T> {
        Reduction::Mean.reduce(self, output, target, weights)
    }
}

/// A loss behind a pointer is that loss.
macro_rules! behind {
    ($($pointer:ty),*) => {$(
        /// A loss chosen at run time.
        impl<T: Real, L: Loss<T> + ?Sized> Loss<T> for $pointer {
            #[track_caller]
            fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
                (**self).terms(output, target)
            }

            fn divisor(&self, terms: Shape, target: &Target<T>) -> f64 {
                (**self).divisor(terms, target)
            }

            fn link(&self) -> Link {
                (**self).link()
            }

            #[track_caller]
            fn weighted<'t>(
                &self,
                output: Var<'t, T>,
                target: &Target<T>,
                weights: Option<&Tensor<T>>,
            ) -> Var<'t, T> {
                (**self).weighted(output, target, weights)
            }
        }
    )*};
}

behind!(Box<L>, Arc<L>, &L);

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
    /// Logarithms of the probabilities of classes.
    LogProbabilities,
    /// A score for each class, of which the highest is the answer; they say nothing of probabilities.
    Scores,
    /// Logarithms of the values to answer with.
    Log,
    /// The values to answer with, and beside them as many numbers that say how sure they are.
    Spread,
    /// Something that the targets are not like, so that only the loss can compare them: embeddings, for one.
    Opaque,
}

/// A setting of a loss that must fulfil a rule.
fn setting(
    layer: &'static str,
    setting: &'static str,
    rule: &'static str,
    value: f64,
    fits: bool,
) -> Result<f64> {
    if fits { Ok(value) } else { Err(Error::Setting { layer, setting, rule, value }) }
}

/// A setting that must be positive and finite.
fn positive(layer: &'static str, name: &'static str, value: f64) -> Result<f64> {
    setting(layer, name, "positive and finite", value, value > 0.0 && value.is_finite())
}

/// A setting that must be finite and at least 0.
fn not_negative(layer: &'static str, name: &'static str, value: f64) -> Result<f64> {
    setting(layer, name, "finite and not negative", value, (0.0..f64::INFINITY).contains(&value))
}
