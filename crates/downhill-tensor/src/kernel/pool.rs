//! The largest element or the mean of each window.

use std::ops::Range;

use super::pieces::{Pieces, TASK};
use super::window::Window;
use crate::{Real, Store, Threads, vectorize};

/// What is pooled together along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Span {
    /// Windows that slide along it. Their taps have no gaps: a dilation of 1.
    Sliding(Window),
    /// So many windows over it all, as alike as possible: window o of k has the elements from ⌊o·length/k⌋ to
    /// ⌈(o + 1)·length/k⌉, as in PyTorch.
    Adaptive(usize),
}

impl Span {
    /// The number of windows on an axis of this length, or `None` if one of them would have no element.
    pub fn count(self, length: usize) -> Option<usize> {
        match self {
            Span::Sliding(window) => {
                let fits = window.before < window.kernel && window.after < window.kernel;
                window.count(length).filter(|_| fits && length > 0 && window.dilation == 1)
            }
            Span::Adaptive(count) => Some(count).filter(|&count| count > 0 && length > 0),
        }
    }

    /// The elements of a window that are on the axis.
    #[inline]
    fn elements(self, window: usize, length: usize) -> Range<usize> {
        match self {
            Span::Sliding(of) => of.elements(window, length),
            Span::Adaptive(count) => window * length / count..((window + 1) * length).div_ceil(count),
        }
    }
}

/// Pools of planes `[…, height, width]`; a sequence is a plane of height 1.
#[derive(Debug, Clone, Copy)]
pub struct Pool {
    /// What is pooled together down and across.
    pub spans: [Span; 2],
    /// The height and the width of a plane.
    pub plane: [usize; 2],
    /// The number of windows down and across: [`Span::count`].
    pub output: [usize; 2],
}

impl Pool {
    /// The largest planes of which [`max`](Pool::max) can tell elements apart: numbers of an element are kept as `f32`s.
    pub const MOST_ELEMENTS: usize = 1 << f32::MANTISSA_DIGITS;

    fn elements(&self) -> usize {
        self.plane[0] * self.plane[1]
    }

    fn windows(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// y: the largest element of each window, NaN if any is. The place of each in its plane goes into `places`, if they
    /// are wanted: that of the first, if several are equal.
    ///
    /// # Panics
    /// If a slice has the wrong number of elements, as in every function here.
    pub fn max<T: Real>(&self, y: &mut [T], places: Option<&mut [T]>, x: &[T], threads: &Threads) {
        let (count, wanted) = (y.len(), places.is_some());
        let places = Pieces::new(places.unwrap_or(&mut []));
        self.for_planes(y, self.windows(), x, self.elements(), threads, |plane, y, x| {
            let own = if wanted { plane * self.windows()..(plane + 1) * self.windows() } else { 0..0 };
            debug_assert!(own.end <= count);
            // SAFETY: each plane is one task's.
            self.max_of_plane(y, unsafe { places.piece(own) }, x);
        });
    }

    #[inline(always)]
    fn max_of_plane<T: Real>(&self, y: &mut [T], places: &mut [T], x: &[T]) {
        let [height, width] = self.plane;
        for (row, y) in y.chunks_exact_mut(self.output[1]).enumerate() {
            let rows = self.spans[0].elements(row, height);
            for (column, y) in y.iter_mut().enumerate() {
                let columns = self.spans[1].elements(column, width);
                let mut place = rows.start * width + columns.start;
                let mut largest = x[place];
                for start in rows.clone().map(|row| row * width) {
                    let line = start + columns.start..start + columns.end;
                    for (at, &x) in line.clone().zip(&x[line]) {
                        if is_larger(x, largest) {
                            (largest, place) = (x, at);
                        }
                    }
                }
                *y = largest;
                if let Some(there) = places.get_mut(row * self.output[1] + column) {
                    *there = T::of(place as f64);
                }
            }
        }
    }

    /// The derivative of [`max`](Pool::max) for a cotangent `g` of y.
    ///
    /// # Panics
    /// As [`max`](Pool::max).
    pub fn max_backward<T: Real>(
        &self,
        (store, dx): (Store, &mut [T]),
        g: &[T],
        places: &[T],
        threads: &Threads,
    ) {
        let windows = self.windows();
        self.for_planes(dx, self.elements(), g, windows, threads, |plane, dx, g| {
            if store == Store::Write {
                dx.fill(T::zero());
            }
            for (&g, place) in g.iter().zip(&places[plane * windows..][..windows]) {
                dx[place.as_f64() as usize] += g;
            }
        });
    }

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

    /// Calls `f` with the number of each plane, its part of `out`, of `out_each` elements, and of `from`, of `from_each`.
    #[inline(always)]
    fn for_planes<T: Real>(
        &self,
        out: &mut [T],
        out_each: usize,
        from: &[T],
        from_each: usize,
        threads: &Threads,
        f: impl Fn(usize, &mut [T], &[T]) + Sync,
    ) {
        let planes = out.len() / out_each.max(1);
        assert!(out.len() == planes * out_each && from.len() == planes * from_each, "the elements of planes");
        let each = (TASK / self.elements().max(1)).max(1);
        let out = Pieces::new(out);
        threads.run(planes.div_ceil(each), |task| {
            let own = task * each..planes.min((task + 1) * each);
            // SAFETY: each plane is one task's.
            let out = unsafe { out.piece(own.start * out_each..own.end * out_each) };
            let from = &from[own.start * from_each..own.end * from_each];
            vectorize!({
                let pairs = out.chunks_exact_mut(out_each).zip(from.chunks_exact(from_each));
                for (plane, (out, from)) in own.zip(pairs) {
                    f(plane, out, from);
                }
            });
        });
    }
}

/// Whether a number is larger than the largest so far, as NaN is.
// `x != x` is how a number type without `is_nan` tells a NaN.
#[allow(clippy::eq_op)]
#[inline(always)]
fn is_larger<T: Real>(x: T, largest: T) -> bool {
    x > largest || x != x
}
