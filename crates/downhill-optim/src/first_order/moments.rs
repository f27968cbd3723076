//! The running moments of the gradient that Adam and its kin are made of.

use downhill_tensor::{Layout, Part, Real, vectorize};

use crate::parts::{self, Decay};
use crate::{BiasCorrection, Epsilon, Result, StateVisitor, lengths, setting};

/// Running means of the gradient and of its square, and the step that they give: Kingma & Ba (2015),
/// algorithm 1.
#[derive(Debug, Clone)]
pub(crate) struct Moments<T: Real> {
    pub(crate) beta1: f64,
    beta2: f64,
    eps: f64,
    pub(crate) epsilon: Epsilon,
    pub(crate) correction: BiasCorrection,
    amsgrad: bool,
    /// The number of steps taken.
    step: u64,
    /// m.
    first: Vec<T>,
    /// v.
    second: Vec<T>,
    /// The largest v so far; empty without AMSGrad.
    largest: Vec<T>,
}

impl<T: Real> Moments<T> {
    pub(crate) fn new() -> Moments<T> {
        Moments {
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            epsilon: Epsilon::Outside,
            correction: BiasCorrection::Full,
            amsgrad: false,
            step: 0,
            first: Vec::new(),
            second: Vec::new(),
            largest: Vec::new(),
        }
    }

    pub(crate) fn set_betas(&mut self, beta1: f64, beta2: f64) -> Result<()> {
        self.beta1 = setting::memory("beta1", beta1)?;
        self.beta2 = setting::memory("beta2", beta2)?;
        Ok(())
    }

    pub(crate) fn set_eps(&mut self, eps: f64) -> Result<()> {
        self.eps = setting::at_least_zero("eps", eps)?;
        Ok(())
    }

    pub(crate) fn set_amsgrad(&mut self) {
        self.amsgrad = true;
    }

    /// Takes a step: θ ← θ − η·m̂/(√v̂ + ε), from the θ and ∇L that `decay` makes of those given,
    /// in the parts that `select` chooses, and remembers nothing of others.
    pub(crate) fn step(
        &mut self,
        rate: f64,
        decay: Decay,
        theta: &mut [T],
        gradient: &[T],
        layout: &Layout,
        select: impl Fn(&Part) -> bool,
    ) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        let selected = || parts::selected(layout, &select);
        let length = selected().last().map_or(0, |(_, place)| place.end);
        lengths::size_to("first moment", &mut self.first, length)?;
        lengths::size_to("second moment", &mut self.second, length)?;
        if self.amsgrad {
            lengths::size_to("largest second moment", &mut self.largest, length)?;
        }

        self.step = self.step.saturating_add(1);
        let unbiased = |beta| self.correction.factor(beta, self.step);
        let along = rate * unbiased(self.beta1);
        let root = self.epsilon.root(self.eps, unbiased(self.beta2).sqrt());
        let (keep1, enter1) = (T::of(self.beta1), T::of(1.0 - self.beta1));
        let (keep2, enter2) = (T::of(self.beta2), T::of(1.0 - self.beta2));

        vectorize!({
            for (part, place) in selected().filter(|(part, _)| part.trainable) {
                let (range, decay) = (part.range(), decay.of::<T>(part, rate));
                let rate = parts::rate::<T>(part, along);
                let first = self.first[place.clone()].iter_mut();
                let second = self.second[place.clone()].iter_mut();
                let theta = theta[range.clone()].iter_mut().zip(&gradient[range]);
                let all = theta.zip(first).zip(second);
                let moments = |theta: &mut T, g, m: &mut T, v: &mut T| {
                    let g = decay.apply(theta, g);
                    *m = keep1 * *m + enter1 * g;
                    *v = keep2 * *v + enter2 * (g * g);
                };
                let descend = |theta: &mut T, m, v: T| *theta -= rate * m / root.of(v);
                if self.amsgrad {
                    for ((((theta, &g), m), v), largest) in all.zip(&mut self.largest[place]) {
                        moments(theta, g, m, v);
                        *largest = if *v > *largest { *v } else { *largest };
                        descend(theta, *m, *largest);
                    }
                } else {
                    for (((theta, &g), m), v) in all {
                        moments(theta, g, m, v);
                        descend(theta, *m, *v);
                    }
                }
            }
        });
        Ok(())
    }

    pub(crate) fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.counter("step", &mut self.step);
        visitor.vector("first moment", &mut self.first);
        visitor.vector("second moment", &mut self.second);
        visitor.vector("largest second moment", &mut self.largest);
    }
}
