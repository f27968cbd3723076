//! Cross-entropies that look away from what is easy.

use downhill_autodiff::{Real, Shape, Tensor, Var};

use super::class_weights::ClassWeights;
use super::targets::{classes_of, misfit, probabilities_like};
use super::{Link, Loss, setting};
use crate::{Result, Target};

/// The least that 1 − p counts as: its power has no slope at 0 if the exponent is below 1.
const CERTAIN: f64 = 1e-12;

/// (1 − p)^γ times a cross-entropy −ln p.
#[track_caller]
fn focus<T: Real>(cross_entropy: Var<'_, T>, gamma: f64) -> Var<'_, T> {
    if gamma == 0.0 {
        return cross_entropy;
    }
    // 1 − e^(ln p), without the loss of digits.
    let doubt = -(-cross_entropy).exp_m1();
    doubt.clamp(CERTAIN, f64::INFINITY).powf(gamma) * cross_entropy
}

fn exponent(loss: &'static str, gamma: f64) -> Result<f64> {
    super::not_negative(loss, "gamma", gamma)
}

/// The focal loss of several classes: −w_t (1 − p_t)^γ ln p_t with p = softmax(outputs), for outputs `[n, classes, …]` and a class t for
/// each position `[n, …]` (Lin et al. 2017, equation 4). With γ = 0 it is the cross-entropy; the larger γ, the less what is
/// answered well already counts.
///
/// The mean divides by the sum of the weights, as that of [`CrossEntropy`](super::CrossEntropy) does.
#[derive(Debug, Clone, PartialEq)]
pub struct Focal {
    gamma: f64,
    classes: ClassWeights,
}

impl Focal {
    /// The focal loss with this γ: 2, for one.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless γ is finite and at least 0.
    pub fn new(gamma: f64) -> Result<Focal> {
        Ok(Focal { gamma: exponent("Focal", gamma)?, classes: ClassWeights::default() })
    }

    /// The same loss with the terms of each class multiplied by its weight.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless all weights are finite and not negative.
    pub fn class_weights(mut self, weights: impl Into<Vec<f64>>) -> Result<Focal> {
        self.classes.weigh("Focal", weights.into())?;
        Ok(self)
    }
}

impl<T: Real> Loss<T> for Focal {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        const NAME: &str = "focal";
        let classes = match classes_of(NAME, output, target, None) {
            Ok(classes) => classes,
            Err(error) => return error,
        };
        if !self.classes.fit(output.shape()[1]) {
            return misfit(NAME, "needs a weight for each class", output, classes.shape());
        }
        let terms = focus(output.cross_entropy(classes), self.gamma);
        match self.classes.weights {
            None => terms,
            Some(_) => terms * output.tape().constant(classes.map(|class| T::of(self.classes.of(class)))),
        }
    }

    fn divisor(&self, terms: Shape, target: &Target<T>) -> f64 {
        match target {
            Target::Classes(classes) => self.classes.total(classes),
            Target::Values(_) => terms.elements() as f64,
        }
    }

    fn link(&self) -> Link {
        Link::Softmax
    }
}

/// The focal loss of two classes: −α_t (1 − p_t)^γ ln p_t, where p = σ(output) is the probability of class 1, and α_t is α for
/// class 1 and 1 − α for class 0 (Lin et al. 2017, equation 5). Targets are classes 0 and 1, or these numbers in the shape of the
/// outputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinaryFocal {
    gamma: f64,
    alpha: f64,
}

impl BinaryFocal {
    /// The focal loss with this γ and α: 2 and 0.25 in the paper.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless γ is finite and at least 0 and 0 ≤ α ≤ 1.
    pub fn new(gamma: f64, alpha: f64) -> Result<BinaryFocal> {
        let alpha = setting("BinaryFocal", "alpha", "from 0 to 1", alpha, (0.0..=1.0).contains(&alpha))?;
        Ok(BinaryFocal { gamma: exponent("BinaryFocal", gamma)?, alpha })
    }
}

impl<T: Real> Loss<T> for BinaryFocal {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        const NAME: &str = "binary_focal";
        let target = probabilities_like(NAME, output, target);
        let Ok(classes) = target.value() else { return target };
        if !classes.as_slice().iter().all(|&t| t == T::zero() || t == T::one()) {
            return misfit(NAME, "needs targets 0 and 1", output, classes.shape());
        }
        let alpha = |t: T| T::of(if t == T::one() { self.alpha } else { 1.0 - self.alpha });
        let weights: Tensor<T> = classes.map(alpha);
        let terms = focus(output.binary_cross_entropy_with_logits(target), self.gamma);
        terms * output.tape().constant(weights)
    }

    fn link(&self) -> Link {
        Link::Logistic
    }
}
