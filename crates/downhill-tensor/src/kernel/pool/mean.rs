//! The mean of each window.

use std::ops::Range;

use super::{Pool, Span};
use crate::{Real, Store, Threads};

impl Pool {
    /// y: the mean of each window. What a window has in the border counts as zeros if `count_border`, else not at all.
    ///
    /// # Panics
    /// As [`max`](Pool::max).
    pub fn mean<T: Real>(&self, y: &mut [T], x: &[T], count_border: bool, threads: &Threads) {
        let [height, width] = self.plane;
        self.for_planes(y, self.windows(), x, self.elements(), threads, |_, y, x| {
            for (row, y) in y.chunks_exact_mut(self.output[1]).enumerate() {
                let rows = self.spans[0].elements(row, height);
                for (column, y) in y.iter_mut().enumerate() {
                    let columns = self.spans[1].elements(column, width);
                    let mut sum = T::zero();
                    for start in rows.clone().map(|row| row * width) {
                        for &x in &x[start + columns.start..start + columns.end] {
                            sum += x;
                        }
                    }
                    *y = sum / self.count(&rows, &columns, count_border);
                }
            }
        });
    }

    /// The derivative of [`mean`](Pool::mean) for a cotangent `g` of y.
    ///
    /// # Panics
    /// As [`max`](Pool::max).
    pub fn mean_backward<T: Real>(
        &self,
        (store, dx): (Store, &mut [T]),
        g: &[T],
        count_border: bool,
        threads: &Threads,
    ) {
        let [height, width] = self.plane;
        self.for_planes(dx, self.elements(), g, self.windows(), threads, |_, dx, g| {
            if store == Store::Write {
                dx.fill(T::zero());
            }
            for (row, g) in g.chunks_exact(self.output[1]).enumerate() {
                let rows = self.spans[0].elements(row, height);
                for (column, &g) in g.iter().enumerate() {
                    let columns = self.spans[1].elements(column, width);
                    let share = g / self.count(&rows, &columns, count_border);
                    for start in rows.clone().map(|row| row * width) {
                        for dx in &mut dx[start + columns.start..start + columns.end] {
                            *dx += share;
                        }
                    }
                }
            }
        });
    }

    /// The number of elements that a mean is of.
    #[inline(always)]
    fn count<T: Real>(&self, rows: &Range<usize>, columns: &Range<usize>, count_border: bool) -> T {
        let of = |span: Span, elements: &Range<usize>| match span {
            Span::Sliding(window) if count_border => window.kernel,
            _ => elements.len(),
        };
        T::of((of(self.spans[0], rows) * of(self.spans[1], columns)) as f64)
    }
}
