//! The mean of each window.

use std::ops::Range;

use super::{Pool, Span, outside};
use crate::kernel::rows;
use crate::{Real, Store, Threads};

impl Pool {
    /// y: the mean of each window. What a window has in the border counts as zeros if `count_border`, else not at all.
    ///
    /// # Panics
    /// As [`max`](Pool::max).
    pub fn mean<T: Real>(&self, y: &mut [T], x: &[T], count_border: bool, threads: &Threads) {
        let ([height, width], beside) = (self.plane, self.windows_beside());
        self.for_planes(
            y,
            self.windows(),
            x,
            self.elements(),
            threads,
            #[inline(always)]
            |_, y, x| {
                for (row, y) in y.chunks_exact_mut(self.output[1]).enumerate() {
                    let rows = self.spans[0].elements(row, height);
                    let lines = &x[rows.start * width..rows.end * width];
                    let done = beside.fold(
                        y,
                        lines,
                        T::zero(),
                        #[inline(always)]
                        |sum, x| sum + x,
                    );
                    for column in outside(done, y.len()) {
                        let columns = self.spans[1].elements(column, width);
                        y[column] = if columns.len() == width {
                            sum(lines)
                        } else {
                            let of_line = |line: &[T]| sum(&line[columns.clone()]);
                            lines.chunks_exact(width).fold(T::zero(), |total, line| total + of_line(line))
                        };
                    }
                    for (column, y) in y.iter_mut().enumerate() {
                        *y /= self.count(&rows, &self.spans[1].elements(column, width), count_border);
                    }
                }
            },
        );
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
        self.for_planes(
            dx,
            self.elements(),
            g,
            self.windows(),
            threads,
            #[inline(always)]
            |_, dx, g| {
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
            },
        );
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

#[inline(always)]
fn sum<T: Real>(line: &[T]) -> T {
    rows::sum(
        [line; 3],
        #[inline(always)]
        |[x, ..]| x,
    )
}
