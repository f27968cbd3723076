//! Losses of outputs that are logarithms of probabilities.

use downhill_autodiff::{Real, Shape, Tensor, Var};

use super::class_weights::ClassWeights;
use super::targets::{classes_of, misfit, values_like};
use super::{Link, Loss};
use crate::{Result, Target};

/// The negative log likelihood of classes: −w_t x_t for outputs `[n, classes, …]` that are logarithms of probabilities and a class
/// t for each position `[n, …]`.
///
/// On a log-softmax prefer [`CrossEntropy`](super::CrossEntropy) on what goes into it. The mean divides by the sum of the
/// weights of the targets that are not ignored.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Nll {
    classes: ClassWeights,
}

impl Nll {
    /// The negative log likelihood.
    pub fn new() -> Nll {
        Nll::default()
    }

    /// The same loss with the terms of each class multiplied by its weight: above 1 for rare classes.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless all weights are finite and not negative.
    pub fn class_weights(mut self, weights: impl Into<Vec<f64>>) -> Result<Nll> {
        self.classes.weigh("Nll", weights.into())?;
        Ok(self)
    }

    /// The same loss with positions of this class counting nothing. It need not be a class of the output.
    #[must_use]
    pub fn ignore_class(mut self, class: usize) -> Nll {
        self.classes.ignored = Some(class);
        self
    }
}

impl<T: Real> Loss<T> for Nll {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        const NAME: &str = "nll";
        let classes = match classes_of(NAME, output, target, self.classes.ignored) {
            Ok(classes) => classes,
            Err(error) => return error,
        };
        let count = output.shape()[1];
        if !self.classes.fit(count) {
            return misfit(NAME, "needs a weight for each class", output, classes.shape());
        }
        // What is ignored gathers some number, which is not looked at.
        let ignored = classes.map(|class| Some(class) == self.classes.ignored);
        let index = classes.map(|class| class.min(count.saturating_sub(1)));
        let Ok(index) = index.reshape(output.shape().with(1, 1)) else { return output };
        let tape = output.tape();
        let chosen = output.gather(1, &index).reshape(classes.shape());
        let chosen = tape.constant(Tensor::zeros(classes.shape())).select(&ignored, chosen);
        match self.classes.weights {
            None => -chosen,
            Some(_) => chosen * tape.constant(classes.map(|class| T::of(-self.classes.of(class)))),
        }
    }

    fn divisor(&self, terms: Shape, target: &Target<T>) -> f64 {
        match target {
            Target::Classes(classes) => self.classes.total(classes),
            Target::Values(_) => terms.elements() as f64,
        }
    }

    fn link(&self) -> Link {
        Link::LogProbabilities
    }
}

/// The Kullback-Leibler divergence of a distribution q, the target, from one whose logarithms are the outputs, element by
/// element: q (ln q − output).
///
/// The divergence of a sample is the sum of its terms: `Reduction::BatchMean.of(KlDivergence::new())` is its mean.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct KlDivergence {
    log_targets: bool,
}

impl KlDivergence {
    /// The divergence of targets that are probabilities.
    pub fn new() -> KlDivergence {
        KlDivergence::default()
    }

    /// The divergence of targets that are logarithms of probabilities.
    pub fn of_log_targets() -> KlDivergence {
        KlDivergence { log_targets: true }
    }
}

impl<T: Real> Loss<T> for KlDivergence {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        let (tape, target) = (output.tape(), values_like("kl_div", output, target));
        if self.log_targets {
            return target.exp() * (target - output);
        }
        let Ok(q) = target.value() else { return target };
        // 0 ln 0 is 0, and so is what an output says of an impossible class.
        let impossible = q.map(|q| q == T::zero());
        let ln_q = q.map(|q| if q == T::zero() { q } else { q.ln() });
        let distance = tape.constant(ln_q) - output;
        target * tape.constant(Tensor::zeros(output.shape())).select(&impossible, distance)
    }

    fn link(&self) -> Link {
        Link::LogProbabilities
    }
}
