//! Losses that are content with an answer beyond a margin.

use downhill_autodiff::{Real, Tensor, Var};

use super::class_weights::ClassWeights;
use super::targets::{classes_of, misfit, signs_like};
use super::{Link, Loss, not_negative};
use crate::{Result, Target};

/// max(0, 1 − t·output) for targets t of 1 and −1, or classes 1 and 0: the loss of support vector machines
/// (Cortes & Vapnik 1995). The output's sign is the class.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Hinge {
    squared: bool,
}

impl Hinge {
    /// The hinge loss.
    pub fn new() -> Hinge {
        Hinge::default()
    }

    /// The hinge loss squared, which is smooth.
    #[must_use]
    pub fn squared(self) -> Hinge {
        Hinge { squared: true }
    }
}

impl<T: Real> Loss<T> for Hinge {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        let missing = (signs_like("hinge", output, target) * output).mul_scalar(-1.0).add_scalar(1.0).relu();
        if self.squared { missing.square() } else { missing }
    }

    fn link(&self) -> Link {
        Link::Scores
    }
}

/// ln(1 + e^(−t·output)) for targets t of 1 and −1, or classes 1 and 0: the logistic loss.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct SoftMargin;

impl SoftMargin {
    /// The logistic loss.
    pub fn new() -> SoftMargin {
        SoftMargin
    }
}

impl<T: Real> Loss<T> for SoftMargin {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        (-(signs_like("soft_margin", output, target) * output)).softplus(1.0, f64::INFINITY)
    }

    fn link(&self) -> Link {
        Link::Logistic
    }
}

/// The loss of distances: the output itself where the target is 1, max(0, margin − output) where it is −1. Targets are 1 and −1,
/// or classes 1 and 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HingeEmbedding {
    margin: f64,
}

impl HingeEmbedding {
    /// The loss that wants unlike pairs this far apart.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the margin is finite and at least 0.
    pub fn new(margin: f64) -> Result<HingeEmbedding> {
        Ok(HingeEmbedding { margin: not_negative("HingeEmbedding", "margin", margin)? })
    }
}

impl<T: Real> Loss<T> for HingeEmbedding {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        let signs = signs_like("hinge_embedding", output, target);
        let apart = output.mul_scalar(-1.0).add_scalar(self.margin).relu();
        match signs.value() {
            Ok(signs) => output.select(&signs.map(|sign| sign > T::zero()), apart),
            Err(_) => signs,
        }
    }

    fn link(&self) -> Link {
        Link::Opaque
    }
}

/// The hinge loss of several classes: Σ max(0, margin − x_t + x_c)^p over the classes c other than the target's t, divided by
/// their number (Crammer & Singer 2001 with p = 1). Outputs are scores `[n, classes]`.
#[derive(Debug, Clone, PartialEq)]
pub struct MultiMargin {
    margin: f64,
    squared: bool,
    classes: ClassWeights,
}

impl MultiMargin {
    /// The loss that wants the target's score this much above all others.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the margin is finite and at least 0.
    pub fn new(margin: f64) -> Result<MultiMargin> {
        let margin = not_negative("MultiMargin", "margin", margin)?;
        Ok(MultiMargin { margin, squared: false, classes: ClassWeights::default() })
    }

    /// The same loss with p = 2 instead of 1.
    #[must_use]
    pub fn squared(self) -> MultiMargin {
        MultiMargin { squared: true, ..self }
    }

    /// The same loss with the term of each class multiplied by its weight.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless all weights are finite and not negative.
    pub fn class_weights(mut self, weights: impl Into<Vec<f64>>) -> Result<MultiMargin> {
        self.classes.weigh("MultiMargin", weights.into())?;
        Ok(self)
    }
}

impl<T: Real> Loss<T> for MultiMargin {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        const NAME: &str = "multi_margin";
        let classes = match classes_of(NAME, output, target, None) {
            Ok(classes) => classes,
            Err(error) => return error,
        };
        let count = output.shape()[1];
        if output.shape().len() != 2 || !self.classes.fit(count) {
            return misfit(
                NAME,
                "needs outputs [n, classes] and a weight for each class",
                output,
                classes.shape(),
            );
        }
        let Ok(of_row) = classes.reshape([classes.len(), 1]) else { return output };
        let missing = (output - output.gather(1, &of_row)).add_scalar(self.margin).relu();
        let missing = if self.squared { missing.square() } else { missing };
        // w_t/classes for every class but the target's.
        let share = |place: usize| {
            let class = classes.as_slice()[place / count];
            T::of(if place % count == class { 0.0 } else { self.classes.of(class) / count as f64 })
        };
        (missing * output.tape().constant(Tensor::from_fn(output.shape(), share))).sum_axes(&[1], false)
    }

    fn link(&self) -> Link {
        Link::Scores
    }
}
