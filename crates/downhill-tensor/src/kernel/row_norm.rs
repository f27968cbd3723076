//! Normalising rows: the layer normalisation and its relative without a mean.

use std::ops::Range;

use super::pieces::{Pieces, TASK};
use super::rows;
use super::sums::{LANES, Sums, sums};
use crate::{Real, Store, Threads, vectorize};

/// Rows to be normalised: x̂ = (x − m)·s for each row, with its mean m, or 0 if it is not to be `centred`, and
/// s = 1/√(mean of (x − m)² + ε).
///
/// Means and scales have an element for each row; there are no means of what is not centred. Sums are formed
/// in a fixed order whatever the threads.
#[derive(Debug, Clone, Copy)]
pub struct RowNorm<'a, T> {
    /// The rows, one behind the other.
    pub x: &'a [T],
    /// Their length.
    pub columns: usize,
    /// A factor for each column.
    pub weight: Option<&'a [T]>,
    /// The threads to compute on.
    pub threads: &'a Threads,
}

impl<T: Real> RowNorm<'_, T> {
    fn rows(&self) -> usize {
        self.x.len().checked_div(self.columns).unwrap_or(0)
    }

    /// Calls `task` with ranges of rows that are all of them.
    fn for_rows(&self, task: impl Fn(Range<usize>) + Sync) {
        let (rows, each) = (self.rows(), (TASK / self.columns.max(1)).max(1));
        self.threads.run(rows.div_ceil(each), |i| task(i * each..rows.min((i + 1) * each)));
    }

    fn row(&self, row: usize) -> &[T] {
        &self.x[row * self.columns..(row + 1) * self.columns]
    }

    /// y = x̂ ⊙ weight + bias, with each row's mean and scale.
    ///
    /// # Panics
    /// If a slice has the wrong number of elements.
    pub fn forward(&self, y: &mut [T], means: &mut [T], scales: &mut [T], bias: Option<&[T]>, eps: f64) {
        let columns = self.columns;
        let (centred, count, eps) = (!means.is_empty(), T::of(columns as f64), T::of(eps));
        assert_eq!(y.len(), self.x.len(), "the number of elements");
        let (y, means, scales) = (Pieces::new(y), Pieces::new(means), Pieces::new(scales));
        self.for_rows(|rows| {
            let places = rows.start * columns..rows.end * columns;
            // SAFETY: each row is one task's.
            let (y, scales) = unsafe { (y.piece(places), scales.piece(rows.clone())) };
            // SAFETY: as above.
            let means = unsafe { means.piece(if centred { rows.clone() } else { 0..0 }) };
            vectorize!(for ((i, y), scale) in y.chunks_exact_mut(columns).enumerate().zip(scales) {
                let x = self.row(rows.start + i);
                let mean = if centred { mean_of(x, count) } else { T::zero() };
                if centred {
                    means[i] = mean;
                }
                *scale = scale_of(x, mean, count, eps);
                put_normalised(y, x, mean, *scale, self.weight, bias);
            });
        });
    }

    /// ∂L/∂x from ∂L/∂y: with δ = weight ⊙ ∂L/∂y it is s (δ − mean of δ − x̂ · mean of δ ⊙ x̂), without the first mean
    /// if the rows are not centred.
    ///
    /// # Panics
    /// If a slice has the wrong number of elements.
    pub fn backward(&self, dx: &mut [T], store: Store, cotangent: &[T], means: &[T], scales: &[T]) {
        let columns = self.columns;
        let (centred, count) = (!means.is_empty(), T::of(columns as f64));
        assert_eq!((dx.len(), cotangent.len()), (self.x.len(), self.x.len()), "the number of elements");
        let put = store.put();
        let dx = Pieces::new(dx);
        self.for_rows(|rows| {
            // SAFETY: each row is one task's.
            let dx = unsafe { dx.piece(rows.start * columns..rows.end * columns) };
            vectorize!(for (row, dx) in rows.zip(dx.chunks_exact_mut(columns)) {
                let (x, g) = (self.row(row), &cotangent[row * columns..(row + 1) * columns]);
                let (mean, scale) = (if centred { means[row] } else { T::zero() }, scales[row]);
                let [sum, along] = match self.weight {
                    Some(w) => sums(
                        x,
                        g,
                        w,
                        #[inline(always)]
                        |x, g, w| [g * w, g * w * (x - mean)],
                    ),
                    None => sums(
                        x,
                        g,
                        g,
                        #[inline(always)]
                        |x, g, _| [g, g * (x - mean)],
                    ),
                };
                let shift = if centred { sum / count } else { T::zero() };
                let slope = along * scale * scale / count;
                match self.weight {
                    Some(w) => {
                        for (((dx, &x), &g), &w) in dx.iter_mut().zip(x).zip(g).zip(w) {
                            put(dx, scale * (g * w - shift - (x - mean) * slope));
                        }
                    }
                    None => {
                        for ((dx, &x), &g) in dx.iter_mut().zip(x).zip(g) {
                            put(dx, scale * (g - shift - (x - mean) * slope));
                        }
                    }
                }
            });
        });
    }

    /// The sums over all rows of ∂L/∂y ⊙ x̂ and of ∂L/∂y: ∂L/∂weight and ∂L/∂bias.
    ///
    /// # Panics
    /// If a slice has the wrong number of elements.
    pub fn parameters(&self, weight: &mut [T], bias: &mut [T], cotangent: &[T], means: &[T], scales: &[T]) {
        let (rows, columns) = (self.rows(), self.columns);
        assert_eq!((weight.len(), bias.len()), (columns, columns), "the number of columns");
        let centred = !means.is_empty();
        let each = (TASK / rows.max(1)).next_multiple_of(LANES);
        let (weight, bias) = (Pieces::new(weight), Pieces::new(bias));
        self.threads.run(columns.div_ceil(each), |task| {
            let own = task * each..columns.min((task + 1) * each);
            // SAFETY: each column is one task's.
            let (weight, bias) = unsafe { (weight.piece(own.clone()), bias.piece(own.clone())) };
            vectorize!({
                for (i, (weight, bias)) in weight.chunks_mut(LANES).zip(bias.chunks_mut(LANES)).enumerate() {
                    let first = own.start + i * LANES;
                    let mut sums = Sums::<T, 2>::new();
                    for row in 0..rows {
                        let places = row * columns + first..row * columns + first + weight.len();
                        let (mean, scale) = (if centred { means[row] } else { T::zero() }, scales[row]);
                        let (x, g) = (&self.x[places.clone()], &cotangent[places]);
                        sums.chunk(
                            x,
                            g,
                            g,
                            #[inline(always)]
                            |x, g, _| [g * ((x - mean) * scale), g],
                        );
                    }
                    let [along, sum] = sums.lanes();
                    weight.copy_from_slice(&along[..weight.len()]);
                    bias.copy_from_slice(&sum[..bias.len()]);
                }
            });
        });
    }
}

/// The mean of `count` numbers.
#[inline(always)]
pub(super) fn mean_of<T: Real>(x: &[T], count: T) -> T {
    let sum = rows::sum(
        [x; 3],
        #[inline(always)]
        |[x, ..]| x,
    );
    sum / count
}

/// 1/√(mean of (x − mean)² + ε).
#[inline(always)]
pub(super) fn scale_of<T: Real>(x: &[T], mean: T, count: T, eps: T) -> T {
    let squares = rows::sum(
        [x; 3],
        #[inline(always)]
        |[x, ..]| (x - mean) * (x - mean),
    );
    T::one() / (squares / count + eps).sqrt()
}

/// y = (x − mean)·scale ⊙ weight + bias.
#[inline(always)]
pub(super) fn put_normalised<T: Real>(
    y: &mut [T],
    x: &[T],
    mean: T,
    scale: T,
    weight: Option<&[T]>,
    bias: Option<&[T]>,
) {
    match (weight, bias) {
        (Some(w), Some(b)) => {
            for (((y, &x), &w), &b) in y.iter_mut().zip(x).zip(w).zip(b) {
                *y = (x - mean) * scale * w + b;
            }
        }
        (Some(w), None) => {
            for ((y, &x), &w) in y.iter_mut().zip(x).zip(w) {
                *y = (x - mean) * scale * w;
            }
        }
        (None, Some(b)) => {
            for ((y, &x), &b) in y.iter_mut().zip(x).zip(b) {
                *y = (x - mean) * scale + b;
            }
        }
        (None, None) => {
            for (y, &x) in y.iter_mut().zip(x) {
                *y = (x - mean) * scale;
            }
        }
    }
}
