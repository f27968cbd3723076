//! The running moments of the gradient that Adam and its kin are made of.

use downhill_tensor::{Layout, Part, Real, Threads, vectorize};

use super::epsilon::Root;
use crate::parts::{self, Decay};
use crate::{BiasCorrection, Epsilon, Result, StateVisitor, lengths};

/// The settings of an optimizer that has its [`Moments`] in the field `moments`.
macro_rules! moment_setters {
    ($name:ident) => {
        impl<T: downhill_tensor::Real> $name<T> {
            /// Sets β₁ and β₂: the share of the past in the running means of the gradient and of its square.
            ///
            /// # Errors
            /// [`Error::Setting`](crate::Error::Setting) unless both are at least 0 and below 1.
            pub fn betas(mut self, beta1: f64, beta2: f64) -> crate::Result<$name<T>> {
                self.moments.beta1 = crate::setting::memory("beta1", beta1)?;
                self.moments.beta2 = crate::setting::memory("beta2", beta2)?;
                Ok(self)
            }

            /// Sets ε, which keeps the scaling finite where the gradient has been 0.
            ///
            /// # Errors
            /// [`Error::Setting`](crate::Error::Setting) unless it is finite and at least 0.
            pub fn eps(mut self, eps: f64) -> crate::Result<$name<T>> {
                self.moments.eps = crate::setting::at_least_zero("eps", eps)?;
                Ok(self)
            }

            /// Sets where ε stands: beside √v̂ unless told otherwise.
            #[must_use]
            pub fn epsilon(mut self, epsilon: crate::Epsilon) -> $name<T> {
                self.moments.epsilon = epsilon;
                self
            }

            /// Sets how the means are corrected for their start from 0: in [`Full`](crate::BiasCorrection::Full) unless
            /// told otherwise.
            #[must_use]
            pub fn correction(mut self, correction: crate::BiasCorrection) -> $name<T> {
                self.moments.correction = correction;
                self
            }

            /// Scales by the largest v so far instead of v: AMSGrad. Source: Reddi, Kale & Kumar (2018), On the
            /// convergence of Adam and beyond; as in PyTorch, the largest is taken of the biased v.
            #[must_use]
            pub fn amsgrad(mut self) -> $name<T> {
                self.moments.amsgrad = true;
                self
            }
        }
    };
}

pub(super) use moment_setters;

/// Running means of the gradient and of its square, and the step that they give: Kingma & Ba (2015),
/// algorithm 1.
#[derive(Debug, Clone)]
pub(crate) struct Moments<T: Real> {
    pub(super) beta1: f64,
    pub(super) beta2: f64,
    pub(super) eps: f64,
    pub(super) epsilon: Epsilon,
    pub(super) correction: BiasCorrection,
    pub(super) amsgrad: bool,
    /// The number of steps taken.
    step: u64,
    /// m.
    first: Vec<T>,
    /// v.
    second: Vec<T>,
    /// The largest v so far; empty without AMSGrad.
    largest: Vec<T>,
    threads: Threads,
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
            threads: Threads::single(),
        }
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
        let step = Step {
            rate,
            along: rate * unbiased(self.beta1),
            decay,
            root: self.epsilon.root(self.eps, unbiased(self.beta2).sqrt()),
            keep1: T::of(self.beta1),
            enter1: T::of(1.0 - self.beta1),
            keep2: T::of(self.beta2),
            enter2: T::of(1.0 - self.beta2),
        };
        let Moments { first, second, largest, threads, .. } = self;
        if length < theta.len() {
            vectorize!(for (part, place) in selected().filter(|(part, _)| part.trainable) {
                let (theta, gradient) = (&mut theta[part.range()], &gradient[part.range()]);
                let (first, second) = (&mut first[place.clone()], &mut second[place.clone()]);
                match self.amsgrad {
                    true => step.take_amsgrad(part, [theta, first, second, &mut largest[place]], gradient),
                    false => step.take(part, [theta, first, second], gradient),
                }
            });
        } else if self.amsgrad {
            parts::pass(
                threads,
                layout,
                [theta, first, second, largest],
                gradient,
                #[inline(always)]
                |part, vectors, gradient| step.take_amsgrad(part, vectors, gradient),
            );
        } else {
            parts::pass(
                threads,
                layout,
                [theta, first, second],
                gradient,
                #[inline(always)]
                |part, vectors, gradient| step.take(part, vectors, gradient),
            );
        }
        Ok(())
    }

    /// Sets the threads that a step may use.
    pub(crate) fn set_threads(&mut self, threads: &Threads) {
        self.threads = threads.clone();
    }

    pub(crate) fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.counter("step", &mut self.step);
        visitor.vector("first moment", &mut self.first);
        visitor.vector("second moment", &mut self.second);
        visitor.vector("largest second moment", &mut self.largest);
    }
}

/// One step of every element.
#[derive(Clone, Copy)]
struct Step<T> {
    rate: f64,
    /// The rate over m's bias.
    along: f64,
    decay: Decay,
    root: Root<T>,
    /// β₁, 1 − β₁, β₂ and 1 − β₂.
    keep1: T,
    enter1: T,
    keep2: T,
    enter2: T,
}

impl<T: Real> Step<T> {
    /// Moves θ, m and v of a piece of a part.
    #[inline(always)]
    fn take(&self, part: &Part, [theta, first, second]: [&mut [T]; 3], gradient: &[T]) {
        let (rate, decay) = (parts::rate::<T>(part, self.along), self.decay.of::<T>(part, self.rate));
        for (((theta, &g), m), v) in theta.iter_mut().zip(gradient).zip(first).zip(second) {
            self.remember(decay.apply(theta, g), m, v);
            *theta -= rate * *m / self.root.of(*v);
        }
    }

    /// The same with the largest v so far in place of v.
    #[inline(always)]
    fn take_amsgrad(&self, part: &Part, [theta, first, second, largest]: [&mut [T]; 4], gradient: &[T]) {
        let (rate, decay) = (parts::rate::<T>(part, self.along), self.decay.of::<T>(part, self.rate));
        let state = first.iter_mut().zip(second).zip(largest);
        for ((theta, &g), ((m, v), largest)) in theta.iter_mut().zip(gradient).zip(state) {
            self.remember(decay.apply(theta, g), m, v);
            *largest = if *v > *largest { *v } else { *largest };
            *theta -= rate * *m / self.root.of(*largest);
        }
    }

    #[inline(always)]
    fn remember(&self, g: T, m: &mut T, v: &mut T) {
        *m = self.keep1 * *m + self.enter1 * g;
        *v = self.keep2 * *v + self.enter2 * (g * g);
    }
}
