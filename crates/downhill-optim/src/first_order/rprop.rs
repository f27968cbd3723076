//! Rprop.

use downhill_tensor::{Layout, Real, Threads};

use crate::setting::own_rate;
use crate::{Optimizer, Result, StateVisitor, lengths, parts, setting};

/// Rprop: a step size for each element, which grows while the sign of its derivative stays and shrinks when
/// it changes; the derivative's size does not matter. For whole data sets rather than small batches.
///
/// After a change of sign the element waits for a step. Source: Riedmiller & Braun (1993), A direct adaptive
/// method for faster backpropagation learning; the variant is iRprop⁻ of Igel & Hüsken (2003), Empirical
/// evaluation of the improved Rprop learning algorithm, as in PyTorch. The defaults are PyTorch's: factors
/// 0.5 and 1.2, sizes from 1e-6 to 50.
///
/// The rate η₀ that it is made with is the first step size; all steps are multiplied by η/η₀, so that a
/// schedule acts on it too.
#[derive(Debug, Clone)]
pub struct Rprop<T: Real = f32> {
    rate: f64,
    first: f64,
    shrink: f64,
    grow: f64,
    least: f64,
    most: f64,
    /// The step sizes.
    size: Vec<T>,
    /// The last gradient; 0 where its sign had changed.
    previous: Vec<T>,
    threads: Threads,
}

impl<T: Real> Rprop<T> {
    /// Rprop whose first step sizes are `rate`.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and above 0.
    pub fn new(rate: f64) -> Result<Rprop<T>> {
        let rate = setting::above_zero("rate", rate)?;
        let (shrink, grow, least, most) = (0.5, 1.2, 1e-6, 50.0);
        Ok(Rprop {
            rate,
            first: rate,
            shrink,
            grow,
            least,
            most,
            size: Vec::new(),
            previous: Vec::new(),
            threads: Threads::single(),
        })
    }

    /// Sets the factors of a step size where the sign has changed and where it has not.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless 0 < `shrink` < 1 < `grow` < ∞.
    pub fn factors(mut self, shrink: f64, grow: f64) -> Result<Rprop<T>> {
        self.shrink = setting::within(shrink > 0.0 && shrink < 1.0, "shrink", "above 0 and below 1", shrink)?;
        self.grow = setting::within(grow > 1.0 && grow.is_finite(), "grow", "finite and above 1", grow)?;
        Ok(self)
    }

    /// Sets the least and the largest step size.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless 0 < `least` ≤ `most` < ∞.
    pub fn sizes(mut self, least: f64, most: f64) -> Result<Rprop<T>> {
        self.least = setting::above_zero("least", least)?;
        self.most =
            setting::within(most >= least && most.is_finite(), "most", "finite and at least `least`", most)?;
        Ok(self)
    }
}

impl<T: Real> Optimizer<T> for Rprop<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        lengths::size_with("size", &mut self.size, theta, T::of(self.first))?;
        lengths::size("previous", &mut self.previous, theta)?;
        parts::pass(
            &self.threads,
            layout,
            [theta, &mut self.size, &mut self.previous],
            gradient,
            #[inline(always)]
            |part, [theta, size, previous], gradient| {
                // In here, since a number from outside that is only sometimes needed keeps the loop from being vectorised.
                let (shrink, grow) = (T::of(self.shrink), T::of(self.grow));
                let (least, most) = (T::of(self.least), T::of(self.most));
                let (zero, one) = (T::zero(), T::one());
                let rate = parts::rate::<T>(part, self.rate / self.first);
                for (((theta, &g), size), previous) in theta.iter_mut().zip(gradient).zip(size).zip(previous)
                {
                    let same = g * *previous;
                    let factor = if same < zero { shrink } else { one };
                    let factor = if same > zero { grow } else { factor };
                    let next = *size * factor;
                    let next = if next < least { least } else { next };
                    let next = if next > most { most } else { next };
                    // After a change of sign the derivative counts as 0.
                    let g = if same < zero { zero } else { g };
                    *theta -= rate * sign(g) * next;
                    *previous = g;
                    *size = next;
                }
            },
        );
        Ok(())
    }

    own_rate!();

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.vector("size", &mut self.size);
        visitor.vector("previous", &mut self.previous);
    }
}

/// -1, 0 or 1; NaN stays NaN.
#[inline(always)]
pub(crate) fn sign<T: Real>(x: T) -> T {
    let (zero, one) = (T::zero(), T::one());
    let sign = if x > zero { one } else { x };
    if x < zero { -one } else { sign }
}
