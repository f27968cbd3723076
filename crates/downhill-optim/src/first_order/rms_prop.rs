//! RMSprop.

use downhill_tensor::{Layout, Part, Real, Threads};

use super::epsilon::Root;
use crate::{Epsilon, Optimizer, Result, StateVisitor, lengths, parts, setting};

/// RMSprop: scales each element of the gradient g by the root mean square that it has had.
///
/// v ← αv + (1 − α)g², then θ ← θ − η·g/(√v + ε). Source: Tieleman & Hinton (2012), Lecture 6.5 of
/// Neural networks for machine learning. The options are PyTorch's: momentum accumulates the scaled
/// gradient, b ← μb + g/(√v + ε) and θ ← θ − ηb; the centred form (Graves 2013, Generating sequences
/// with recurrent neural networks, equations 38 to 45) has √(v − m²) for √v, with m the running mean
/// of g. The defaults are α = 0.99, ε = 1e-8, no momentum and no weight decay.
#[derive(Debug, Clone)]
pub struct RmsProp<T: Real = f32> {
    rate: f64,
    alpha: f64,
    eps: f64,
    epsilon: Epsilon,
    momentum: f64,
    rate_inside: bool,
    centred: bool,
    weight_decay: f64,
    /// v.
    square: Vec<T>,
    /// m; empty unless centred.
    mean: Vec<T>,
    /// b; empty without momentum.
    velocity: Vec<T>,
    threads: Threads,
}

impl<T: Real> RmsProp<T> {
    /// RMSprop with the learning rate η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<RmsProp<T>> {
        Ok(RmsProp {
            rate: setting::at_least_zero("rate", rate)?,
            alpha: 0.99,
            eps: 1e-8,
            epsilon: Epsilon::Outside,
            momentum: 0.0,
            rate_inside: false,
            centred: false,
            weight_decay: 0.0,
            square: Vec::new(),
            mean: Vec::new(),
            velocity: Vec::new(),
            threads: Threads::single(),
        })
    }

    /// Sets α: the share of the past in the running means.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is at least 0 and below 1.
    pub fn alpha(mut self, alpha: f64) -> Result<RmsProp<T>> {
        self.alpha = setting::memory("alpha", alpha)?;
        Ok(self)
    }

    /// Sets ε, which keeps the scaling finite where the gradient has been 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and at least 0.
    pub fn eps(mut self, eps: f64) -> Result<RmsProp<T>> {
        self.eps = setting::at_least_zero("eps", eps)?;
        Ok(self)
    }

    /// Sets where ε stands: beside the root unless told otherwise. Keras has it [`Inside`](Epsilon::Inside).
    #[must_use]
    pub fn epsilon(mut self, epsilon: Epsilon) -> RmsProp<T> {
        self.epsilon = epsilon;
        self
    }

    /// Sets the momentum μ.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and at least 0.
    pub fn momentum(mut self, mu: f64) -> Result<RmsProp<T>> {
        self.momentum = setting::at_least_zero("momentum", mu)?;
        Ok(self)
    }

    /// Keeps the rate inside what momentum accumulates, b ← μb + ηg/(√v + ε) and θ ← θ − b, so that a change of rate
    /// reaches it gradually, as in [`GradientDescent`](crate::GradientDescent) and in Keras. At a constant rate it is
    /// the same.
    #[must_use]
    pub fn rate_inside(mut self) -> RmsProp<T> {
        self.rate_inside = true;
        self
    }

    /// Scales by the deviation of the gradient from its running mean, in place of its root mean
    /// square.
    #[must_use]
    pub fn centred(mut self) -> RmsProp<T> {
        self.centred = true;
        self
    }

    /// Sets the weight decay λ: λθ is added to the gradient.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and at least 0.
    pub fn weight_decay(mut self, lambda: f64) -> Result<RmsProp<T>> {
        self.weight_decay = setting::at_least_zero("weight_decay", lambda)?;
        Ok(self)
    }
}

impl<T: Real> Optimizer<T> for RmsProp<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        lengths::size("square", &mut self.square, theta)?;
        if self.centred {
            lengths::size("mean", &mut self.mean, theta)?;
        }
        if self.momentum != 0.0 {
            lengths::size("velocity", &mut self.velocity, theta)?;
        }

        let momentum = T::of(self.momentum);
        let root = self.epsilon.root(self.eps, 1.0);
        let scale = Scale { keep: T::of(self.alpha), enter: T::of(1.0 - self.alpha), root };

        let rate = |part: &Part| parts::rate::<T>(part, self.rate);
        let decay = |part: &Part| parts::decay::<T>(part, self.weight_decay);
        // What the step of a part is multiplied by before it enters the velocity, and after.
        let sides =
            |part: &Part| if self.rate_inside { (rate(part), T::one()) } else { (T::one(), rate(part)) };
        let RmsProp { square, mean, velocity, threads, .. } = self;
        match (self.centred, self.momentum != 0.0) {
            (false, false) => parts::pass(
                threads,
                layout,
                [theta, square],
                gradient,
                #[inline(always)]
                |part, [theta, square], gradient| {
                    let (rate, decay) = (rate(part), decay(part));
                    for ((theta, &g), v) in theta.iter_mut().zip(gradient).zip(square) {
                        *theta -= rate * scale.apply(g + decay * *theta, v);
                    }
                },
            ),
            (true, false) => parts::pass(
                threads,
                layout,
                [theta, square, mean],
                gradient,
                #[inline(always)]
                |part, [theta, square, mean], gradient| {
                    let (rate, decay) = (rate(part), decay(part));
                    for (((theta, &g), v), m) in theta.iter_mut().zip(gradient).zip(square).zip(mean) {
                        *theta -= rate * scale.apply_centred(g + decay * *theta, v, m);
                    }
                },
            ),
            (false, true) => parts::pass(
                threads,
                layout,
                [theta, square, velocity],
                gradient,
                #[inline(always)]
                |part, [theta, square, velocity], gradient| {
                    let ((entering, leaving), decay) = (sides(part), decay(part));
                    for (((theta, &g), v), b) in theta.iter_mut().zip(gradient).zip(square).zip(velocity) {
                        *b = momentum * *b + entering * scale.apply(g + decay * *theta, v);
                        *theta -= leaving * *b;
                    }
                },
            ),
            (true, true) => parts::pass(
                threads,
                layout,
                [theta, square, mean, velocity],
                gradient,
                #[inline(always)]
                |part, [theta, square, mean, velocity], gradient| {
                    let ((entering, leaving), decay) = (sides(part), decay(part));
                    let state = square.iter_mut().zip(mean).zip(velocity);
                    for ((theta, &g), ((v, m), b)) in theta.iter_mut().zip(gradient).zip(state) {
                        *b = momentum * *b + entering * scale.apply_centred(g + decay * *theta, v, m);
                        *theta -= leaving * *b;
                    }
                },
            ),
        }
        Ok(())
    }

    setting::own_rate!();
    setting::own_threads!();
    setting::own_momentum!(momentum: at_least_zero);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.vector("square", &mut self.square);
        visitor.vector("mean", &mut self.mean);
        visitor.vector("velocity", &mut self.velocity);
    }
}

/// The scaling of one element of the gradient.
#[derive(Clone, Copy)]
struct Scale<T> {
    /// α.
    keep: T,
    /// 1 − α.
    enter: T,
    root: Root<T>,
}

impl<T: Real> Scale<T> {
    /// g/(√v + ε), with v moved on.
    #[inline(always)]
    fn apply(self, g: T, v: &mut T) -> T {
        *v = self.keep * *v + self.enter * (g * g);
        g / self.root.of(*v)
    }

    /// g/(√(v − m²) + ε), with v and m moved on.
    #[inline(always)]
    fn apply_centred(self, g: T, v: &mut T, m: &mut T) -> T {
        *v = self.keep * *v + self.enter * (g * g);
        *m = self.keep * *m + self.enter * g;
        // Rounding may take the variance of a steady gradient below 0.
        let variance = *v - *m * *m;
        let variance = if variance < T::zero() { T::zero() } else { variance };
        g / self.root.of(variance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// α = 0.75 and the gradients 4, 0 at the rate 0.5 with ε = 1: √v = 2, √3; m = 1, 0.75.
    #[test]
    fn by_hand() {
        let variant = |momentum| RmsProp::new(0.5)?.alpha(0.75)?.eps(1.0)?.momentum(momentum);
        let centred = 4.0 / (3.0_f64.sqrt() + 1.0);
        for (optimizer, gradients, expected) in [
            (variant(0.0), [4.0, 0.0], [1.0 - 2.0 / 3.0, 1.0 - 2.0 / 3.0]),
            // b = 4/3, then 2/3.
            (variant(0.5), [4.0, 0.0], [1.0 - 2.0 / 3.0, 0.0]),
            (variant(0.0).map(RmsProp::centred), [4.0, 0.0], [1.0 - 0.5 * centred; 2]),
            (variant(0.5).map(RmsProp::centred), [4.0, 0.0], [1.0 - 0.5 * centred, 1.0 - 0.75 * centred]),
            // The gradients are 2 + 2θ and -2/3 + 2θ, those above.
            (variant(0.0).and_then(|it| it.weight_decay(2.0)), [2.0, -2.0 / 3.0], [1.0 - 2.0 / 3.0; 2]),
        ] {
            let (mut optimizer, mut theta) = (optimizer.unwrap(), [1.0_f64]);
            for (g, expected) in gradients.into_iter().zip(expected) {
                optimizer.step(&mut theta, &mut [g], &Layout::flat(1)).unwrap();
                assert!((theta[0] - expected).abs() < 1e-15, "{optimizer:?}");
            }
        }
    }

    #[test]
    fn a_steady_gradient_does_not_make_the_centred_form_nan() {
        let mut optimizer = RmsProp::new(1e-3).unwrap().centred();
        let mut theta = [1.0_f32; 7];
        for _ in 0..3000 {
            optimizer.step(&mut theta, &mut [0.1, 0.3, 0.7, 1.1, 1.3, 1e-3, 0.9], &Layout::flat(7)).unwrap();
        }
        assert!(theta.iter().all(|theta| theta.is_finite()), "{theta:?}");
    }
}
