//! Negative logarithms of the probability of a number.

use std::f64::consts::TAU;

use downhill_autodiff::{Real, Var};

use super::targets::{parts_of, values_like};
use super::{Link, Loss, positive};
use crate::{Result, Target};

/// The negative log likelihood of counts t that are Poisson distributed: λ − t ln λ, with λ = e^output, or, by
/// [`of_rates`](PoissonNll::of_rates), λ = output. The term ln t! does not depend on the output and is left out.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PoissonNll {
    /// What is added to λ in ln λ; `None` for outputs that are ln λ.
    rates: Option<f64>,
    full: bool,
}

impl PoissonNll {
    /// The loss of outputs that are the logarithms of the rates.
    pub fn new() -> PoissonNll {
        PoissonNll::default()
    }

    /// The loss of outputs that are the rates themselves; ε is added to them in the logarithm: 1e-8, for one.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless ε is positive and finite.
    pub fn of_rates(epsilon: f64) -> Result<PoissonNll> {
        Ok(PoissonNll { rates: Some(positive("PoissonNll", "epsilon", epsilon)?), full: false })
    }

    /// The same loss with Stirling's approximation of ln t! for t > 1 added.
    #[must_use]
    pub fn full(self) -> PoissonNll {
        PoissonNll { full: true, ..self }
    }
}

impl<T: Real> Loss<T> for PoissonNll {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        let counts = values_like("poisson_nll", output, target);
        let terms = match self.rates {
            None => output.exp() - counts * output,
            Some(epsilon) => output - counts * output.add_scalar(epsilon).ln(),
        };
        let Some(counts) = counts.value().ok().filter(|_| self.full) else { return terms };
        let stirling = |t: T| {
            let t = t.as_f64();
            T::of(if t > 1.0 { t * t.ln() - t + 0.5 * (TAU * t).ln() } else { 0.0 })
        };
        terms + output.tape().constant(counts.map(stirling))
    }

    fn link(&self) -> Link {
        if self.rates.is_some() { Link::Identity } else { Link::Log }
    }
}

/// The negative log likelihood of numbers t that are normally distributed with a mean and a variance for each, both of
/// which the network answers: ½ (ln σ² + (t − μ)²/σ²) (Nix & Weigend 1994).
///
/// Outputs are `[n, 2k, …]`: the means, then the variances (or, by [`of_log_variances`](GaussianNll::of_log_variances), their
/// logarithms, which need not be positive). Targets are `[n, k, …]`. Predictions are the means.
///
/// ```
/// use downhill_nn::{Linear, loss::GaussianNll};
/// // One number, and how sure it is.
/// let (layers, loss) = (Linear::new(2), GaussianNll::of_log_variances());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GaussianNll {
    /// The least variance; `None` for outputs that are ln σ².
    floor: Option<f64>,
    full: bool,
}

impl GaussianNll {
    /// The loss of outputs whose second half are variances; those below 1e-6 count as that.
    pub fn new() -> GaussianNll {
        GaussianNll { floor: Some(1e-6), full: false }
    }

    /// The loss of outputs whose second half are the logarithms of variances.
    pub fn of_log_variances() -> GaussianNll {
        GaussianNll { floor: None, full: false }
    }

    /// The loss of outputs whose second half are variances of which those below `floor` count as that.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is positive and finite.
    pub fn floor(self, floor: f64) -> Result<GaussianNll> {
        Ok(GaussianNll { floor: Some(positive("GaussianNll", "floor", floor)?), ..self })
    }

    /// The same loss with the constant ½ ln 2π added.
    #[must_use]
    pub fn full(self) -> GaussianNll {
        GaussianNll { full: true, ..self }
    }
}

impl Default for GaussianNll {
    fn default() -> GaussianNll {
        GaussianNll::new()
    }
}

impl<T: Real> Loss<T> for GaussianNll {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        const NAME: &str = "gaussian_nll";
        let [mean, spread] = match parts_of(NAME, "needs outputs [n, means and variances, …]", output) {
            Ok(parts) => parts,
            Err(error) => return error,
        };
        let error = mean.squared_error(values_like(NAME, mean, target));
        let terms = match self.floor {
            Some(floor) => {
                let variance = spread.clamp(floor, f64::INFINITY);
                variance.ln() + error / variance
            }
            None => spread + error * (-spread).exp(),
        };
        let terms = terms.mul_scalar(0.5);
        if self.full { terms.add_scalar(0.5 * TAU.ln()) } else { terms }
    }

    fn link(&self) -> Link {
        Link::Spread
    }
}
