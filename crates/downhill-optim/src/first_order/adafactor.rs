//! Adafactor.

use downhill_tensor::{Layout, Part, Real, vectorize};

use crate::norm::{self, Blocks};
use crate::setting::{own_rate, setters};
use crate::{Optimizer, Result, StateVisitor, lengths, parts, setting};

/// Adafactor: scales the gradient g of a matrix by a running mean of its squares that is kept as one number
/// per row and per column, so that it remembers hardly anything; steps are relative to the size of the
/// weights.
///
/// With kₜ = t^κ at step t: R ← R + kₜ(mean of g² along a row − R), C the same along a column,
/// V = RC/mean(R); of a vector V ← V + kₜ(g² − V). u = g/√max(V, ε₁²), then
/// θ ← θ − max(ε₂, rms θ)·min(η, 1/√t)·u/max(1, rms(u)/d). More than two axes are many matrices of the last
/// two. Source: Shazeer & Stern (2018), Adafactor: adaptive learning rates with sublinear memory cost,
/// algorithm 4, as in PyTorch. The defaults are PyTorch's: κ = −0.8, ε₁ the distance from 1 to the next number,
/// ε₂ = 1e-3, d = 1, no weight decay. The paper and Keras add ε₁ = 1e-30 to g² instead:
/// [`eps_inside`](Adafactor::eps_inside).
#[derive(Debug, Clone)]
pub struct Adafactor<T: Real = f32> {
    rate: f64,
    eps_inside: Option<f64>,
    power: f64,
    least: f64,
    threshold: f64,
    weight_decay: f64,
    /// The number of steps taken.
    step: u64,
    /// Of each part V, or R and then C of each of its matrices.
    square: Vec<T>,
    /// 1/√C of a matrix: room to work in.
    room: Vec<T>,
}

impl<T: Real> Adafactor<T> {
    /// Adafactor with the largest relative step η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<Adafactor<T>> {
        Ok(Adafactor {
            rate: setting::at_least_zero("rate", rate)?,
            eps_inside: None,
            power: 0.8,
            least: 1e-3,
            threshold: 1.0,
            weight_decay: 0.0,
            step: 0,
            square: Vec::new(),
            room: Vec::new(),
        })
    }

    /// Adds ε₁ to each g², in place of the bound below V.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and above 0.
    pub fn eps_inside(mut self, eps: f64) -> Result<Adafactor<T>> {
        self.eps_inside = Some(setting::above_zero("eps_inside", eps)?);
        Ok(self)
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
        let least = T::default_epsilon() * T::default_epsilon();
        let bounds = match self.eps_inside {
            Some(eps) => Bounds { inside: T::of(eps), mean: T::zero(), square: T::zero() },
            None => Bounds { inside: T::zero(), mean: T::default_epsilon(), square: least },
        };
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
            let [weights, length] = match matrix(part) {
                Some([rows, columns]) => {
                    if self.room.len() < columns {
                        self.room.resize(columns, T::zero());
                    }
                    let matrices = u.chunks_exact_mut(rows * columns);
                    for (u, square) in matrices.zip(square.chunks_exact_mut(rows + columns)) {
                        scale_matrix(u, square, &mut self.room[..columns], enter, bounds);
                    }
                    [norm::l2(theta), norm::l2(u)]
                }
                None => scale_vector(theta, u, square, enter, bounds),
            };
            let root = (theta.len() as f64).sqrt();
            let size = (weights / root).max(self.least);
            let shorten = (length / (root * self.threshold)).max(1.0);
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

/// Where ε₁ stands.
#[derive(Clone, Copy)]
struct Bounds<T> {
    /// Added to g².
    inside: T,
    /// The least mean(R).
    mean: T,
    /// The least V.
    square: T,
}

/// Moves V on and scales the gradient of a vector by it; answers the norms of θ and of u, taken while they are in the cache.
fn scale_vector<T: Real>(
    theta: &[T],
    u: &mut [T],
    square: &mut [T],
    enter: T,
    bounds: Bounds<T>,
) -> [f64; 2] {
    let (mut weights, mut length) = (Blocks::new(), Blocks::new());
    let blocks = u.chunks_mut(Blocks::LENGTH).zip(square.chunks_mut(Blocks::LENGTH));
    for (theta, (u, square)) in theta.chunks(Blocks::LENGTH).zip(blocks) {
        vectorize!({
            let least = bounds.square;
            for (u, v) in u.iter_mut().zip(square) {
                *v += enter * (*u * *u + bounds.inside - *v);
                *u /= maximum(*v, least).sqrt();
            }
        });
        weights.add(theta);
        length.add(u);
    }
    [weights.norm(), length.norm()]
}

/// Moves R and C on and scales the gradient of a matrix by them. `inverse` has room for a row.
fn scale_matrix<T: Real>(u: &mut [T], square: &mut [T], inverse: &mut [T], enter: T, bounds: Bounds<T>) {
    let columns = inverse.len();
    let rows = square.len() - columns;
    let (by_row, by_column) = square.split_at_mut(rows);
    let one = T::one();
    vectorize!({
        let share = enter / T::of(rows as f64);
        by_column.iter_mut().for_each(|c| *c = (one - enter) * *c + enter * bounds.inside);
        for (u, r) in u.chunks_exact(columns).zip(&mut *by_row) {
            let size = norm::l2(u);
            *r += enter * (T::of(size * size / columns as f64) + bounds.inside - *r);
            for (c, &u) in by_column.iter_mut().zip(u) {
                *c += share * (u * u);
            }
        }
        let mean = by_row.iter().fold(T::zero(), |sum, &r| sum + r) / T::of(rows as f64);
        let mean = maximum(mean, bounds.mean);
        // 1/√V is a product: a root for each row and column instead of one for each element.
        for (inverse, &c) in inverse.iter_mut().zip(&*by_column) {
            *inverse = one / c.sqrt();
        }
        let most = one / bounds.square.sqrt();
        for (u, &r) in u.chunks_exact_mut(columns).zip(&*by_row) {
            let of_row = one / (r / mean).sqrt();
            for (u, &of_column) in u.iter_mut().zip(&*inverse) {
                let scale = of_row * of_column;
                *u *= if scale > most { most } else { scale };
            }
        }
    });
}

#[inline(always)]
fn maximum<T: Real>(a: T, b: T) -> T {
    if a < b { b } else { a }
}
