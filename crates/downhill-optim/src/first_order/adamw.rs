//! AdamW: Adam with decoupled weight decay.

use downhill_tensor::{Layout, Part, Real, Threads};

use super::moments::Moments;
use crate::{BiasCorrection, Epsilon, Optimizer, Result, StateVisitor, parts::Decay, setting};

/// AdamW: [`Adam`](crate::Adam) whose weight decay shrinks θ itself, θ ← (1 − ηλ)θ, instead of entering
/// the gradient and its moments. Source: Loshchilov & Hutter (2019), Decoupled weight decay
/// regularization, algorithm 2.
///
/// The defaults are PyTorch's: β₁ = 0.9, β₂ = 0.999, ε = 1e-8, λ = 0.01.
#[derive(Debug, Clone)]
pub struct AdamW<T: Real = f32> {
    rate: f64,
    weight_decay: f64,
    moments: Moments<T>,
}

impl<T: Real> AdamW<T> {
    /// AdamW with the learning rate η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<AdamW<T>> {
        let rate = setting::at_least_zero("rate", rate)?;
        Ok(AdamW { rate, weight_decay: 0.01, moments: Moments::new() })
    }

    /// Sets β₁ and β₂: the share of the past in the running means of the gradient and of its square.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless both are at least 0 and below 1.
    pub fn betas(mut self, beta1: f64, beta2: f64) -> Result<AdamW<T>> {
        self.moments.set_betas(beta1, beta2)?;
        Ok(self)
    }

    /// Sets ε, which keeps the scaling finite where the gradient has been 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and at least 0.
    pub fn eps(mut self, eps: f64) -> Result<AdamW<T>> {
        self.moments.set_eps(eps)?;
        Ok(self)
    }

    /// Sets where ε stands: beside √v̂ unless told otherwise.
    #[must_use]
    pub fn epsilon(mut self, epsilon: Epsilon) -> AdamW<T> {
        self.moments.epsilon = epsilon;
        self
    }

    /// Sets how the means are corrected for their start from 0: in [`Full`](BiasCorrection::Full) unless told otherwise.
    #[must_use]
    pub fn correction(mut self, correction: BiasCorrection) -> AdamW<T> {
        self.moments.correction = correction;
        self
    }

    /// Sets the weight decay λ: each step first takes ηλθ off θ.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and at least 0.
    pub fn weight_decay(mut self, lambda: f64) -> Result<AdamW<T>> {
        self.weight_decay = setting::at_least_zero("weight_decay", lambda)?;
        Ok(self)
    }

    /// Scales by the largest v so far instead of v: AMSGrad. Source: Reddi, Kale & Kumar (2018), On the
    /// convergence of Adam and beyond; as in PyTorch, the largest is taken of the biased v.
    #[must_use]
    pub fn amsgrad(mut self) -> AdamW<T> {
        self.moments.set_amsgrad();
        self
    }
}

impl<T: Real> AdamW<T> {
    /// A step of the parts that `select` chooses alone; nothing is remembered of others.
    pub(crate) fn step_where(
        &mut self,
        theta: &mut [T],
        gradient: &mut [T],
        layout: &Layout,
        select: impl Fn(&Part) -> bool,
    ) -> Result<()> {
        let decay = Decay { weight: self.weight_decay, decoupled: true };
        self.moments.step(self.rate, decay, theta, gradient, layout, select)
    }
}

impl<T: Real> Optimizer<T> for AdamW<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        self.step_where(theta, gradient, layout, |_| true)
    }

    setting::own_rate!();

    fn set_threads(&mut self, threads: &Threads) {
        self.moments.set_threads(threads);
    }

    setting::own_momentum!(moments.beta1: memory);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        self.moments.state(visitor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decay_stays_out_of_the_moments() {
        let adamw = AdamW::new(0.5).unwrap().betas(0.5, 0.5).unwrap().eps(1.0).unwrap();
        let (mut optimizer, mut theta) = (adamw.weight_decay(0.5).unwrap(), [1.0]);
        // θ shrinks by a quarter, then moves by 0.5·m̂/(√v̂ + 1): m̂ = 3, then -1; √v̂ = 3.
        for (g, expected) in [(3.0, 0.375), (-3.0, 0.40625)] {
            optimizer.step(&mut theta, &mut [g], &Layout::flat(1)).unwrap();
            assert_eq!(theta, [expected]);
        }
    }
}
