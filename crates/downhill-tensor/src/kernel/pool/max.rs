//! The largest element of each window.

use std::ops::Range;

use super::{Pool, Span};
use crate::kernel::window::Window;
use crate::{Real, Store, Threads};

impl Pool {
    /// y: the largest element of each window, NaN if any is.
    ///
    /// # Panics
    /// If a slice has the wrong number of elements, as in every function here.
    pub fn max<T: Real>(&self, y: &mut [T], x: &[T], threads: &Threads) {
        self.for_planes(
            y,
            self.windows(),
            x,
            self.elements(),
            threads,
            #[inline(always)]
            |_, y, x| {
                for (row, y) in y.chunks_exact_mut(self.output[1]).enumerate() {
                    self.max_of_row(y, &x[self.seen(row)]);
                }
            },
        );
    }

    /// The derivative of [`max`](Pool::max) for a cotangent `g` of y. Of several elements that are a window's largest, the
    /// first counts.
    ///
    /// # Panics
    /// As [`max`](Pool::max).
    pub fn max_backward<T: Real>(
        &self,
        (store, dx): (Store, &mut [T]),
        g: &[T],
        x: &[T],
        y: &[T],
        threads: &Threads,
    ) {
        assert_eq!((x.len(), y.len()), (dx.len(), g.len()), "the elements of x and y");
        let (elements, windows, width) = (self.elements(), self.windows(), self.output[1]);
        self.for_planes(
            dx,
            elements,
            g,
            windows,
            threads,
            #[inline(always)]
            |plane, dx, g| {
                if store == Store::Write {
                    dx.fill(T::zero());
                }
                let (x, y) = (&x[plane * elements..][..elements], &y[plane * windows..][..windows]);
                for (row, (g, y)) in g.chunks_exact(width).zip(y.chunks_exact(width)).enumerate() {
                    let seen = self.seen(row);
                    self.max_of_row_backward(&mut dx[seen.clone()], g, &x[seen], y);
                }
            },
        );
    }

    /// The places of the lines of a plane that a row of windows sees.
    #[inline(always)]
    fn seen(&self, row: usize) -> Range<usize> {
        let Range { start, end } = self.spans[0].elements(row, self.plane[0]);
        start * self.plane[1]..end * self.plane[1]
    }

    /// How many of a row's windows, from the first on, are whole pairs beside each other: all of them in most pools.
    #[inline(always)]
    fn pairs(&self) -> usize {
        match self.spans[1] {
            Span::Sliding(Window { kernel: 2, stride: 2, before: 0, .. }) => {
                self.output[1].min(self.plane[1] / 2)
            }
            _ => 0,
        }
    }

    #[inline(always)]
    fn max_of_row<T: Real>(&self, y: &mut [T], lines: &[T]) {
        let (width, pairs) = (self.plane[1], self.pairs());
        let mut done = 0;
        while pairs - done >= 8 {
            max_of_pairs::<T, 8>(y, lines, width, done);
            done += 8;
        }
        while pairs - done >= 4 {
            max_of_pairs::<T, 4>(y, lines, width, done);
            done += 4;
        }
        for (column, y) in y.iter_mut().enumerate().skip(done) {
            let columns = self.spans[1].elements(column, width);
            let mut largest = T::of(f64::NEG_INFINITY);
            for line in lines.chunks_exact(width) {
                for &x in &line[columns.clone()] {
                    largest = larger(largest, x);
                }
            }
            *y = largest;
        }
    }

    #[inline(always)]
    fn max_of_row_backward<T: Real>(&self, dx: &mut [T], g: &[T], lines: &[T], y: &[T]) {
        let (width, pairs) = (self.plane[1], self.pairs());
        let mut done = 0;
        while pairs - done >= 8 {
            pull_back_pairs::<T, 8>(dx, g, lines, y, width, done);
            done += 8;
        }
        while pairs - done >= 4 {
            pull_back_pairs::<T, 4>(dx, g, lines, y, width, done);
            done += 4;
        }
        for (column, (&g, &y)) in g.iter().zip(y).enumerate().skip(done) {
            let columns = self.spans[1].elements(column, width);
            let places = (0..lines.len()).step_by(width).flat_map(
                #[inline(always)]
                |line| line + columns.start..line + columns.end,
            );
            for place in places {
                if is_largest(lines[place], y) {
                    dx[place] += g;
                    break;
                }
            }
        }
    }
}

// Windows that are pairs are worked on side by side, a fixed number at a time, so that they become vectors however short a
// row is.

/// The largest of each of `N` pairs of columns, from window `first` on.
#[inline(always)]
fn max_of_pairs<T: Real, const N: usize>(y: &mut [T], lines: &[T], width: usize, first: usize) {
    let mut largest = [T::of(f64::NEG_INFINITY); N];
    for line in lines.chunks_exact(width) {
        let pairs = pairs_of::<T, N>(line, first);
        for (largest, &[a, b]) in largest.iter_mut().zip(pairs) {
            *largest = larger(*largest, larger(a, b));
        }
    }
    y[first..first + N].copy_from_slice(&largest);
}

#[inline(always)]
fn pull_back_pairs<T: Real, const N: usize>(
    dx: &mut [T],
    g: &[T],
    lines: &[T],
    y: &[T],
    width: usize,
    first: usize,
) {
    // What of g nobody has taken yet.
    let (mut left, mut largest) = ([T::zero(); N], [T::zero(); N]);
    left.copy_from_slice(&g[first..first + N]);
    largest.copy_from_slice(&y[first..first + N]);
    for (line, dx) in lines.chunks_exact(width).zip(dx.chunks_exact_mut(width)) {
        let pairs = pairs_of::<T, N>(line, first);
        let mut shares = [[T::zero(); N]; 2];
        for (tap, shares) in shares.iter_mut().enumerate() {
            for i in 0..N {
                let hit = is_largest(pairs[i][tap], largest[i]);
                shares[i] = if hit { left[i] } else { T::zero() };
                left[i] = if hit { T::zero() } else { left[i] };
            }
        }
        for (i, dx) in dx.as_chunks_mut::<2>().0[first..first + N].iter_mut().enumerate() {
            dx[0] += shares[0][i];
            dx[1] += shares[1][i];
        }
    }
}

/// So many pairs of a line's elements, from pair `first` on.
#[inline(always)]
fn pairs_of<T, const N: usize>(line: &[T], first: usize) -> &[[T; 2]] {
    &line.as_chunks::<2>().0[first..first + N]
}

// Comparisons without branches, so that loops can be vectorised; `x != x` is how a number type without `is_nan` tells
// a NaN.

#[allow(clippy::eq_op)]
#[inline(always)]
fn larger<T: Real>(a: T, b: T) -> T {
    if (b > a) | (b != b) { b } else { a }
}

/// Whether x is what the largest element of its window was found to be.
#[allow(clippy::eq_op)]
#[inline(always)]
fn is_largest<T: Real>(x: T, largest: T) -> bool {
    (x == largest) | (x != x)
}
