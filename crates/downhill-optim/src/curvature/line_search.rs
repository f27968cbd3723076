//! The line search of the strong Wolfe conditions.

use downhill_tensor::{Layout, Real};

use super::vectors::{dot, largest, mask, move_along, room};
use crate::{Objective, Result};

/// Looks along a direction d for a step t with
/// L(θ + td) ≤ L(θ) + c₁t·∇L(θ)ᵀd and |∇L(θ + td)ᵀd| ≤ c₂|∇L(θ)ᵀd|: Nocedal & Wright (2006), Numerical optimization,
/// algorithms 3.5 and 3.6. Interpolation and its safeguards are those of Schmidt's minFunc (2005), which PyTorch's
/// L-BFGS has too, so that the same steps are found.
#[derive(Debug, Clone)]
pub(crate) struct LineSearch<T: Real> {
    pub(crate) c1: f64,
    pub(crate) c2: f64,
    /// The most evaluations after the first.
    pub(crate) evaluations: u64,
    /// θ where the search starts.
    start: Vec<T>,
    /// The gradient at the trial.
    trial: Vec<T>,
}

/// A point along the direction.
#[derive(Debug, Clone, Copy)]
struct Point {
    t: f64,
    value: f64,
    /// ∇Lᵀd.
    slope: f64,
}

/// Where a search has ended; its gradient is in the caller's vector.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// The step; 0 if none goes down.
    pub(crate) t: f64,
    pub(crate) value: f64,
    pub(crate) evaluations: u64,
}

impl<T: Real> LineSearch<T> {
    pub(crate) fn new(c1: f64, c2: f64) -> LineSearch<T> {
        LineSearch { c1, c2, evaluations: 25, start: Vec::new(), trial: Vec::new() }
    }

    /// Moves θ along `d`, with a step of `first` for a first trial. `value` and `gradient` are those at θ before, and
    /// `gradient` becomes that after. A bracket in which no element would move by more than `width` is left as it is.
    #[expect(
        clippy::too_many_arguments,
        reason = "a search needs all of this, and nothing else wants it together"
    )]
    pub(crate) fn search(
        &mut self,
        theta: &mut [T],
        value: f64,
        gradient: &mut [T],
        d: &[T],
        first: f64,
        width: f64,
        objective: &mut dyn Objective<T>,
        layout: &Layout,
    ) -> Result<Found> {
        room(&mut self.start, theta.len());
        room(&mut self.trial, theta.len());
        self.start.copy_from_slice(theta);
        let start = Point { t: 0.0, value, slope: dot(gradient, d) };
        let mut search = Search { lines: self, theta, gradient, d, objective, layout, evaluations: 0 };
        let found = search.run(start, first, width);
        // Also after an error, so that nothing has moved then.
        let t = found.as_ref().map_or(0.0, |found| found.t);
        if t == 0.0 {
            theta.copy_from_slice(&self.start);
        } else {
            move_along(theta, &self.start, t, d, layout);
        }
        found
    }

    fn enough(&self, start: Point, trial: Point) -> bool {
        trial.value <= start.value + self.c1 * trial.t * start.slope
    }

    fn flat(&self, start: Point, trial: Point) -> bool {
        trial.slope.abs() <= -self.c2 * start.slope
    }
}

/// A search under way.
struct Search<'s, T: Real> {
    lines: &'s mut LineSearch<T>,
    theta: &'s mut [T],
    /// The gradient at the best point.
    gradient: &'s mut [T],
    d: &'s [T],
    objective: &'s mut dyn Objective<T>,
    layout: &'s Layout,
    evaluations: u64,
}

impl<T: Real> Search<'_, T> {
    /// Evaluates at a step; the gradient is in `lines.trial`.
    fn at(&mut self, t: f64) -> Result<Point> {
        move_along(self.theta, &self.lines.start, t, self.d, self.layout);
        let value = self.objective.gradient(self.theta, &mut self.lines.trial)?.as_f64();
        mask(&mut self.lines.trial, self.layout);
        self.evaluations += 1;
        Ok(Point { t, value, slope: dot(&self.lines.trial, self.d) })
    }

    /// Keeps the gradient at the trial as that at the best point.
    fn keep(&mut self) {
        self.gradient.copy_from_slice(&self.lines.trial);
    }

    fn run(&mut self, start: Point, first: f64, width: f64) -> Result<Found> {
        // Of the two ends of the bracket the best one, whose gradient is kept, and the other.
        let (mut best, mut other) = (start, start);
        let mut trial = self.at(first)?;
        let bracketed = loop {
            let rises = self.evaluations > 2 && trial.value >= best.value;
            // Not finite is not enough, either.
            if !self.lines.enough(start, trial) || rises {
                other = trial;
                break true;
            }
            if self.lines.flat(start, trial) {
                self.keep();
                return Ok(self.found(trial));
            }
            if trial.slope >= 0.0 {
                other = trial;
                break true;
            }
            let next = cubic(best, trial, trial.t + 0.01 * (trial.t - best.t), 10.0 * trial.t);
            best = trial;
            self.keep();
            if self.evaluations > self.lines.evaluations {
                break false;
            }
            trial = self.at(next)?;
        };
        if bracketed && other.value < best.value {
            // It is the trial, whose gradient is at hand.
            (best, other) = (other, best);
            self.keep();
        }
        // How far the best point would still have to move.
        let reach = largest(self.d);
        let mut stuck = false;
        while bracketed && self.evaluations <= self.lines.evaluations {
            let (low, high) = (best.t.min(other.t), best.t.max(other.t));
            if (high - low) * reach <= width {
                break;
            }
            let mut t = cubic(best, other, low, high);
            let margin = 0.1 * (high - low);
            if (high - t).min(t - low) < margin {
                if stuck || t >= high || t <= low {
                    t = if (t - high).abs() < (t - low).abs() { high - margin } else { low + margin };
                    stuck = false;
                } else {
                    stuck = true;
                }
            } else {
                stuck = false;
            }
            if t == best.t || t == other.t {
                break;
            }
            let trial = self.at(t)?;
            if !self.lines.enough(start, trial) || trial.value >= best.value {
                other = trial;
            } else {
                if self.lines.flat(start, trial) {
                    self.keep();
                    return Ok(self.found(trial));
                }
                if trial.slope * (other.t - best.t) >= 0.0 {
                    other = best;
                }
                best = trial;
                self.keep();
            }
        }
        Ok(self.found(best))
    }

    fn found(&self, point: Point) -> Found {
        Found { t: point.t, value: point.value, evaluations: self.evaluations }
    }
}

/// The minimum between `low` and `high` of the cubic through two points with their slopes; the middle if there is
/// none.
fn cubic(a: Point, b: Point, low: f64, high: f64) -> f64 {
    let (a, b) = if a.t <= b.t { (a, b) } else { (b, a) };
    let d1 = a.slope + b.slope - 3.0 * (a.value - b.value) / (a.t - b.t);
    let root = (d1 * d1 - a.slope * b.slope).sqrt();
    let t = b.t - (b.t - a.t) * ((b.slope + root - d1) / (b.slope - a.slope + 2.0 * root));
    if t.is_finite() { t.clamp(low, high) } else { 0.5 * (low + high) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Function;

    #[test]
    fn the_minimum_of_a_cubic() {
        // t³ − 3t has it at 1.
        let at = |t: f64| Point { t, value: t * t * t - 3.0 * t, slope: 3.0 * t * t - 3.0 };
        for (a, b, expected) in [(0.0, 2.0, 1.0), (2.0, 0.0, 1.0), (0.5, 0.75, 0.75), (1.5, 4.0, 1.5)] {
            let found = cubic(at(a), at(b), f64::min(a, b), f64::max(a, b));
            assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
        }
        // A parabola that is no cubic, and a straight line that has no minimum.
        let line = |t: f64| Point { t, value: -t, slope: -1.0 };
        assert_eq!(cubic(line(0.0), line(1.0), 0.0, 1.0), 0.5);
    }

    proptest! {
        /// (t − m)²/s + a·sin(bt): bumps along the way; and a wall beyond which nothing is finite.
        #[test]
        fn the_conditions_hold(
            m in 0.1..30.0, s in 0.1..10.0, a in 0.0..1.0, b in 0.1..3.0, first in 1e-3..100.0, wall in 1.0..50.0, c2 in 0.1..0.9
        ) {
            let function = |t: f64| -> (f64, f64) {
                let value: f64 = if t > wall { f64::NAN } else { (t - m) * (t - m) / s + a * f64::sin(b * t) };
                (value, 2.0 * (t - m) / s + a * b * f64::cos(b * t))
            };
            let mut objective = Function::new(|x: &[f64], g: &mut [f64]| {
                let (value, slope) = function(x[0]);
                g[0] = slope;
                value
            });
            let (value, slope) = function(0.0);
            prop_assume!(slope < -1e-3);
            let mut search = LineSearch::new(1e-4, c2);
            let (mut theta, mut gradient) = ([0.0], [slope]);
            let found = search
                .search(&mut theta, value, &mut gradient, &[1.0], first, 0.0, &mut objective, &Layout::flat(1))
                .unwrap();
            let (at, slope_at) = function(theta[0]);
            prop_assert_eq!((theta[0], found.value, gradient[0]), (found.t, at, slope_at));
            prop_assert!(at <= value + 1e-4 * found.t * slope, "{} from {}", at, value);
            // Or as far down as there are finite values.
            prop_assert!(slope_at.abs() <= -c2 * slope || wall - theta[0] < 1e-3, "{} from {} at {}", slope_at, slope, theta[0]);
        }
    }
}
