//! NAdam.

use downhill_tensor::{Layout, Real, Threads};

use crate::parts::{self, Decay};
use crate::setting::{own_momentum, own_rate, own_threads, setters};
use crate::{Optimizer, Result, StateVisitor, lengths, setting};

/// NAdam: [`Adam`](crate::Adam) with Nesterov's momentum.
///
/// With μₜ = β₁(1 − ½·0.96^(tψ)) and Mₜ = μ₁μ₂…μₜ, the step is along
/// (1 − μₜ)g/(1 − Mₜ) + μₜ₊₁m/(1 − Mₜ₊₁), divided by √v̂ + ε. Source: Dozat (2016), Incorporating Nesterov
/// momentum into Adam, algorithm 2. The defaults are PyTorch's: β₁ = 0.9, β₂ = 0.999, ε = 1e-8, ψ = 0.004,
/// no weight decay.
#[derive(Debug, Clone)]
pub struct NAdam<T: Real = f32> {
    rate: f64,
    beta1: f64,
    beta2: f64,
    eps: f64,
    momentum_decay: f64,
    weight_decay: f64,
    decoupled: bool,
    /// The number of steps taken.
    step: u64,
    /// M.
    product: f64,
    /// m.
    mean: Vec<T>,
    /// v.
    square: Vec<T>,
    threads: Threads,
}

impl<T: Real> NAdam<T> {
    /// NAdam with the learning rate η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<NAdam<T>> {
        Ok(NAdam {
            rate: setting::at_least_zero("rate", rate)?,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            momentum_decay: 0.004,
            weight_decay: 0.0,
            decoupled: false,
            step: 0,
            product: 1.0,
            mean: Vec::new(),
            square: Vec::new(),
            threads: Threads::single(),
        })
    }

    /// Lets the weight decay shrink θ itself, θ ← (1 − ηλ)θ, in place of entering the gradient.
    #[must_use]
    pub fn decoupled(mut self) -> NAdam<T> {
        self.decoupled = true;
        self
    }
}

setters! { NAdam:
    /// Sets β₁: the share of the past in the running mean of the gradient.
    beta1: memory;
    /// Sets β₂: the share of the past in that of its square.
    beta2: memory;
    /// Sets ε, which keeps the scaling finite where the gradient has been 0.
    eps: at_least_zero;
    /// Sets ψ, which says how fast the momentum grows from β₁/2 to β₁.
    momentum_decay: at_least_zero;
    /// Sets the weight decay λ: λθ is added to the gradient.
    weight_decay: at_least_zero;
}

impl<T: Real> Optimizer<T> for NAdam<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        lengths::size("mean", &mut self.mean, theta)?;
        lengths::size("square", &mut self.square, theta)?;
        self.step = self.step.saturating_add(1);
        let step = self.step as f64;
        let momentum = |t: f64| self.beta1 * (1.0 - 0.5 * 0.96_f64.powf(t * self.momentum_decay));
        let (now, next) = (momentum(step), momentum(step + 1.0));
        // In single precision, as PyTorch keeps it: its runs in double precision are matched to their last digits.
        self.product = f64::from(self.product as f32 * now as f32);
        let by_gradient = self.rate * (1.0 - now) / (1.0 - self.product);
        let by_mean = self.rate * next / (1.0 - self.product * next);
        let scale = T::of((1.0 / (1.0 - self.beta2.powf(step))).sqrt());
        let eps = T::of(self.eps);
        let (keep1, enter1) = (T::of(self.beta1), T::of(1.0 - self.beta1));
        let (keep2, enter2) = (T::of(self.beta2), T::of(1.0 - self.beta2));
        let decay = Decay { weight: self.weight_decay, decoupled: self.decoupled };
        parts::pass(
            &self.threads,
            layout,
            [theta, &mut self.mean, &mut self.square],
            gradient,
            #[inline(always)]
            |part, [theta, mean, square], gradient| {
                let decay = decay.of::<T>(part, self.rate);
                let (by_gradient, by_mean) =
                    (parts::rate::<T>(part, by_gradient), parts::rate::<T>(part, by_mean));
                for (((theta, &g), m), v) in theta.iter_mut().zip(gradient).zip(mean).zip(square) {
                    let g = decay.apply(theta, g);
                    *m = keep1 * *m + enter1 * g;
                    *v = keep2 * *v + enter2 * (g * g);
                    *theta -= (by_gradient * g + by_mean * *m) / (v.sqrt() * scale + eps);
                }
            },
        );
        Ok(())
    }

    own_rate!();
    own_threads!();
    own_momentum!(beta1: memory);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.counter("step", &mut self.step);
        visitor.number("product", &mut self.product);
        visitor.vector("mean", &mut self.mean);
        visitor.vector("square", &mut self.square);
    }
}
