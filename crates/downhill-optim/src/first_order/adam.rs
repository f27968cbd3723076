//! Adam.

use downhill_tensor::{Layout, Real, Threads};

use super::moments::{Moments, moment_setters};
use crate::setting::{own_momentum, own_rate, setters};
use crate::{Optimizer, Result, StateVisitor, parts::Decay, setting};

/// Adam: steps along the mean gradient m, each element scaled by the root mean square √v that its
/// gradient has had. Source: Kingma & Ba (2015), Adam: a method for stochastic optimization, algorithm 1.
///
/// The defaults are the paper's: β₁ = 0.9, β₂ = 0.999, ε = 1e-8, no weight decay. As in PyTorch, ε is
/// added to the root of the unbiased v.
#[derive(Debug, Clone)]
pub struct Adam<T: Real = f32> {
    rate: f64,
    weight_decay: f64,
    moments: Moments<T>,
}

impl<T: Real> Adam<T> {
    /// Adam with the learning rate η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<Adam<T>> {
        let rate = setting::at_least_zero("rate", rate)?;
        Ok(Adam { rate, weight_decay: 0.0, moments: Moments::new() })
    }
}

moment_setters!(Adam);

setters! { Adam:
    /// Sets the weight decay λ: λθ is added to the gradient, and so enters the moments;
    /// [`AdamW`](crate::AdamW) keeps it out of them.
    weight_decay: at_least_zero;
}

impl<T: Real> Optimizer<T> for Adam<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        self.moments.step(
            self.rate,
            Decay { weight: self.weight_decay, decoupled: false },
            theta,
            gradient,
            layout,
            |_| true,
        )
    }

    own_rate!();

    fn set_threads(&mut self, threads: &Threads) {
        self.moments.set_threads(threads);
    }

    own_momentum!(moments.beta1: memory);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        self.moments.state(visitor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Epsilon;

    /// θ after steps from 1 along these gradients, at the rate 0.5 with β₁ = β₂ = 0.5 and ε = 1.
    fn trace(options: impl Fn(Adam<f64>) -> Result<Adam<f64>>, gradients: [f64; 2]) -> [f64; 2] {
        let adam = Adam::new(0.5).unwrap().betas(0.5, 0.5).unwrap().eps(1.0).unwrap();
        let (mut optimizer, mut theta) = (options(adam).unwrap(), [1.0]);
        gradients.map(|g| {
            optimizer.step(&mut theta, &mut [g], &Layout::flat(1)).unwrap();
            theta[0]
        })
    }

    #[test]
    fn where_epsilon_stands() {
        // m̂ = 3, v = 4.5, v̂ = 9, ε = 1.
        for (epsilon, root) in [
            (Epsilon::Outside, 4.0),
            (Epsilon::Inside, 10.0_f64.sqrt()),
            (Epsilon::Uncorrected, (4.5_f64.sqrt() + 1.0) * 2.0_f64.sqrt()),
        ] {
            let [got, _] = trace(|adam| Ok(adam.epsilon(epsilon)), [3.0, 0.0]);
            assert!((got - (1.0 - 1.5 / root)).abs() < 1e-15, "{epsilon:?}: {got}");
        }
    }

    #[test]
    fn by_hand() {
        // m̂ = 3, then (0.75 - 1.5)/0.75 = -1; √v̂ = 3 throughout.
        assert_eq!(trace(Ok, [3.0, -3.0]), [0.625, 0.75]);
        // The gradients are 2 + θ and -3.625 + θ, those above.
        assert_eq!(trace(|adam| adam.weight_decay(1.0), [2.0, -3.625]), [0.625, 0.75]);
        // v = 4.5, then 2.25: AMSGrad keeps 4.5. m̂ = 3, then 1.
        let second = |v: f64| 0.625 - 0.5 / ((v / 0.75).sqrt() + 1.0);
        let got = [trace(Ok, [3.0, 0.0]), trace(|adam| Ok(adam.amsgrad()), [3.0, 0.0])];
        for (got, v) in got.iter().zip([2.25, 4.5]) {
            assert!((got[1] - second(v)).abs() < 1e-15, "{got:?}");
        }
    }
}
