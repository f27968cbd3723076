//! Adafactor.

use downhill_tensor::{Layout, Part, Real, vectorize};

use crate::setting::{own_rate, setters};
use crate::{Optimizer, Result, StateVisitor, lengths, norm, parts, setting};

/// Adafactor: scales the gradient g of a matrix by a running mean of its squares that is kept as one number
/// per row and per column, so that it remembers hardly anything; steps are relative to the size of the
/// weights.
///
/// With kₜ = t^κ at step t: R ← R + kₜ(mean of g² along a row − R), C the same along a column,
/// V = RC/mean(R); of a vector V ← V + kₜ(g² − V). u = g/√max(V, ε₁²), then
/// θ ← θ − max(ε₂, rms θ)·min(η, 1/√t)·u/max(1, rms(u)/d). More than two axes are many matrices of the last
/// two. Source: Shazeer & Stern (2018), Adafactor: adaptive learning rates with sublinear memory cost,
/// algorithm 4, as in PyTorch. The defaults are PyTorch's: κ = −0.8, ε₁ the distance from 1 to the next number,
/// ε₂ = 1e-3, d = 1, no weight decay.
#[derive(Debug, Clone)]
pub struct Adafactor<T: Real = f32> {
    rate: f64,
    power: f64,
    least: f64,
    threshold: f64,
    weight_decay: f64,
    /// The number of steps taken.
    step: u64,
    /// Of each part V, or R and then C of each of its matrices.
    square: Vec<T>,
}

impl<T: Real> Adafactor<T> {
    /// Adafactor with the largest relative step η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<Adafactor<T>> {
        Ok(Adafactor {
            rate: setting::at_least_zero("rate", rate)?,
            power: 0.8,
            least: 1e-3,
            threshold: 1.0,
            weight_decay: 0.0,
            step: 0,
            square: Vec::new(),
        })
    }
}

setters! { Adafactor:
    /// Sets −κ, the power by which the running mean slows down.
    power: at_least_zero;
    /// Sets ε₂, the least size that weights count as.
    least: above_zero;
    /// Sets d, the root mean square from which on a direction is shortened.
    threshold: above_zero;
    /// Sets the weight decay λ: each step first takes ηλθ off θ.
    weight_decay: at_least_zero;
}

/// The rows and columns of the matrices of a part, unless it is a vector.
fn matrix(part: &Part) -> Option<[usize; 2]> {
    match *part.shape {
        [.., rows, columns] => Some([rows, columns]),
        _ => None,
    }
}

/// How many numbers are remembered of a part.
fn remembered(part: &Part) -> usize {
    let elements = part.shape.elements();
    match matrix(part) {
        Some([rows, columns]) if elements > 0 => elements / (rows * columns) * (rows + columns),
        _ => elements,
    }
}

impl<T: Real> Optimizer<T> for Adafactor<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        lengths::size_to("square", &mut self.square, layout.parts().iter().map(remembered).sum())?;
        self.step = self.step.saturating_add(1);
        let step = self.step as f64;
        let enter = T::of(step.powf(-self.power));
        let relative = self.rate.min(1.0 / step.sqrt());
        let epsilon = T::default_epsilon();
        let mut start = 0;
        for part in layout.parts() {
            let (range, place) = (part.range(), start..start + remembered(part));
            start = place.end;
            if !part.trainable || range.is_empty() {
                continue;
            }
            let (theta, u) = (&mut theta[range.clone()], &mut gradient[range]);
            // The direction takes the gradient's place.
            let square = &mut self.square[place];
            match matrix(part) {
                Some([rows, columns]) => {
                    let matrices = u.chunks_exact_mut(rows * columns);
                    for (u, square) in matrices.zip(square.chunks_exact_mut(rows + columns)) {
                        scale_matrix(u, square, [rows, columns], enter, epsilon);
                    }
                }
                None => vectorize!(for (u, v) in u.iter_mut().zip(square) {
                    *v += enter * (*u * *u - *v);
                    *u /= maximum(*v, epsilon * epsilon).sqrt();
                }),
            }
            let root = (theta.len() as f64).sqrt();
            let size = (norm::l2(theta) / root).max(self.least);
            let shorten = (norm::l2(u) / (root * self.threshold)).max(1.0);
            let along = parts::rate::<T>(part, size * relative / shorten);
            let shrink = parts::rate::<T>(part, self.rate) * parts::decay(part, self.weight_decay);
            vectorize!(for (theta, &u) in theta.iter_mut().zip(&*u) {
                *theta -= shrink * *theta;
                *theta -= along * u;
            });
        }
        Ok(())
    }

    own_rate!();

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.counter("step", &mut self.step);
        visitor.vector("square", &mut self.square);
    }
}

/// Moves R and C on and scales the gradient of a matrix by them.
fn scale_matrix<T: Real>(u: &mut [T], square: &mut [T], [rows, columns]: [usize; 2], enter: T, epsilon: T) {
    let (by_row, by_column) = square.split_at_mut(rows);
    let one = T::one();
    vectorize!({
        let share = enter / T::of(rows as f64);
        by_column.iter_mut().for_each(|c| *c *= one - enter);
        for (u, r) in u.chunks_exact(columns).zip(&mut *by_row) {
            let size = norm::l2(u);
            *r += enter * (T::of(size * size / columns as f64) - *r);
            for (c, &u) in by_column.iter_mut().zip(u) {
                *c += share * (u * u);
            }
        }
        let mean = by_row.iter().fold(T::zero(), |sum, &r| sum + r) / T::of(rows as f64);
        let inverse = one / maximum(mean, epsilon);
        for (u, &r) in u.chunks_exact_mut(columns).zip(&*by_row) {
            for (u, &c) in u.iter_mut().zip(&*by_column) {
                *u /= maximum(r * c * inverse, epsilon * epsilon).sqrt();
            }
        }
    });
}

#[inline(always)]
fn maximum<T: Real>(a: T, b: T) -> T {
    if a < b { b } else { a }
}
