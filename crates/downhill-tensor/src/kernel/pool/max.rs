//! The largest element of each window.

use std::ops::Range;

use super::{Beside, Pool, outside};
use crate::{Real, Store, Threads};

impl Pool {
    /// y: the largest element of each window, NaN if any is.
    ///
    /// # Panics
    /// If a slice has the wrong number of elements, as in every function here.
    pub fn max<T: Real>(&self, y: &mut [T], x: &[T], threads: &Threads) {
        let beside = self.windows_beside();
        self.for_planes(
            y,
            self.windows(),
            x,
            self.elements(),
            threads,
            #[inline(always)]
            |_, y, x| {
                for (row, y) in y.chunks_exact_mut(self.output[1]).enumerate() {
                    self.max_of_row(beside, y, &x[self.seen(row)]);
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
        let beside = self.windows_beside();
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
                    self.max_of_row_backward(beside, &mut dx[seen.clone()], g, &x[seen], y);
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

    #[inline(always)]
    fn max_of_row<T: Real>(&self, beside: Beside, y: &mut [T], lines: &[T]) {
        let width = self.plane[1];
        let done = beside.fold(
            y,
            lines,
            T::of(f64::NEG_INFINITY),
            #[inline(always)]
            |largest, x| larger(largest, x),
        );
        for column in outside(done, y.len()) {
            let columns = self.spans[1].elements(column, width);
            let mut largest = T::of(f64::NEG_INFINITY);
            for line in lines.chunks_exact(width) {
                for &x in &line[columns.clone()] {
                    largest = larger(largest, x);
                }
            }
            y[column] = largest;
        }
    }

    #[inline(always)]
    fn max_of_row_backward<T: Real>(&self, beside: Beside, dx: &mut [T], g: &[T], lines: &[T], y: &[T]) {
        let width = self.plane[1];
        let done = match beside.taps {
            2 => beside.pull_back::<T, 2>(dx, g, lines, y),
            _ => beside.pull_back::<T, 3>(dx, g, lines, y),
        };
        for column in outside(done, g.len()) {
            let (g, y) = (g[column], y[column]);
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

impl Beside {
    /// What the windows hand on of the cotangents `g`, and which windows these are.
    #[inline(always)]
    fn pull_back<T: Real, const K: usize>(self, dx: &mut [T], g: &[T], lines: &[T], y: &[T]) -> Range<usize> {
        let mut done = 0;
        while self.count - done >= 8 {
            let own = self.first + done;
            pull_back::<T, 8, K>(dx, &g[own..], lines, &y[own..], self.width, self.start + 2 * done);
            done += 8;
        }
        while self.count - done >= 4 {
            let own = self.first + done;
            pull_back::<T, 4, K>(dx, &g[own..], lines, &y[own..], self.width, self.start + 2 * done);
            done += 4;
        }
        self.first..self.first + done
    }
}

/// What `N` windows [beside](Beside) each other hand on of the cotangents `g` to the elements that were their largest.
#[inline(always)]
fn pull_back<T: Real, const N: usize, const K: usize>(
    dx: &mut [T],
    g: &[T],
    lines: &[T],
    y: &[T],
    width: usize,
    place: usize,
) {
    // What of g nobody has taken yet.
    let (mut left, mut largest) = ([T::zero(); N], [T::zero(); N]);
    left.copy_from_slice(&g[..N]);
    largest.copy_from_slice(&y[..N]);
    for (line, dx) in lines.chunks_exact(width).zip(dx.chunks_exact_mut(width)) {
        let (line, dx) = (&line[place..], &mut dx[place..]);
        let pairs = &line.as_chunks::<2>().0[..N];
        let mut shares = [[T::zero(); N]; 2];
        for (tap, shares) in shares.iter_mut().enumerate() {
            for i in 0..N {
                let hit = is_largest(pairs[i][tap], largest[i]);
                shares[i] = if hit { left[i] } else { T::zero() };
                left[i] = if hit { T::zero() } else { left[i] };
            }
        }
        for (i, dx) in dx.as_chunks_mut::<2>().0[..N].iter_mut().enumerate() {
            dx[0] += shares[0][i];
            dx[1] += shares[1][i];
        }
        if K == 3 {
            let (third, dx) = (&line[2..2 * N + 1], &mut dx[2..2 * N + 1]);
            let mut shares = [T::zero(); N];
            for i in 0..N {
                let hit = is_largest(third[2 * i], largest[i]);
                shares[i] = if hit { left[i] } else { T::zero() };
                left[i] = if hit { T::zero() } else { left[i] };
            }
            for i in 0..N {
                dx[2 * i] += shares[i];
            }
        }
    }
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
