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
    /// The largest distance between elements of a window that [`max`](Pool::max) can note: in an `f32`, exactly.
    pub const FARTHEST: usize = 1 << f32::MANTISSA_DIGITS;

    fn elements(&self) -> usize {
        self.plane[0] * self.plane[1]
    }

    fn windows(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// y: the largest element of each window, NaN if any is. How far each is behind its window's first tap in the plane
    /// goes into `places`; of several that are equal it is the first.
    ///
    /// # Panics
    /// If a slice has the wrong number of elements, as in every function here.
    pub fn max<T: Real>(&self, y: &mut [T], places: &mut [T], x: &[T], threads: &Threads) {
        assert_eq!(y.len(), places.len(), "a place for each window");
        let places = Pieces::new(places);
        self.for_planes(
            y,
            self.windows(),
            x,
            self.elements(),
            threads,
            #[inline(always)]
            |plane, y, x| {
                // SAFETY: each plane is one task's.
                let places = unsafe { places.piece(plane * self.windows()..(plane + 1) * self.windows()) };
                let rows = y.chunks_exact_mut(self.output[1]).zip(places.chunks_exact_mut(self.output[1]));
                for (row, (y, places)) in rows.enumerate() {
                    self.max_of_row(row, y, places, x);
                }
            },
        );
    }

    #[inline(always)]
    fn max_of_row<T: Real>(&self, row: usize, y: &mut [T], places: &mut [T], x: &[T]) {
        let rows = self.spans[0].elements(row, self.plane[0]);
        // The windows that have all their taps inside the line are worked on side by side.
        let whole = match self.spans[1] {
            Span::Sliding(across) => {
                let first = across.before.div_ceil(across.stride).min(y.len());
                let room = (self.plane[1] + across.before).checked_sub(across.kernel);
                first..room.map_or(first, |room| (room / across.stride + 1).clamp(first, y.len()))
            }
            Span::Adaptive(_) => 0..0,
        };
        for column in (0..whole.start).chain(whole.end..y.len()) {
            let columns = self.spans[1].elements(column, self.plane[1]);
            let first_tap = self.first_tap(row, column);
            let behind = |at: usize| T::of((at as isize - first_tap) as f64);
            let mut best = Largest::new(behind(rows.start * self.plane[1] + columns.start));
            for line in rows.clone().map(|row| row * self.plane[1]) {
                let seen = line + columns.start..line + columns.end;
                for (at, &x) in seen.clone().zip(&x[seen]) {
                    best.take([x], behind(at));
                }
            }
            best.put(y, places, column);
        }
        match whole.len() {
            0 => {}
            1..4 => self.max_of_columns::<T, 1>(row, whole, y, places, x),
            4..8 => self.max_of_columns::<T, 4>(row, whole, y, places, x),
            _ => self.max_of_columns::<T, 8>(row, whole, y, places, x),
        }
    }

    /// The windows of a row in these columns, at least `N`, which slide and have all their taps inside the line.
    #[inline(always)]
    fn max_of_columns<T: Real, const N: usize>(
        &self,
        row: usize,
        columns: Range<usize>,
        y: &mut [T],
        places: &mut [T],
        x: &[T],
    ) {
        let Span::Sliding(Window { kernel, stride, .. }) = self.spans[1] else { return };
        let rows = self.spans[0].elements(row, self.plane[0]);
        let behind = |line: usize| ((line as isize - self.first(0, row)) * self.plane[1] as isize) as f64;
        // The last ones may overlap those before them.
        let last = columns.end - N;
        for column in (columns.start..last).step_by(N).chain([last]) {
            let mut best = Largest::<T, N>::new(T::of(behind(rows.start)));
            for line in rows.clone() {
                let start = line * self.plane[1] + self.first(1, column) as usize;
                for tap in 0..kernel {
                    let seen = &x[start + tap..][..(N - 1) * stride + 1];
                    let seen = match stride {
                        1 => std::array::from_fn(
                            #[inline(always)]
                            |i| seen[i],
                        ),
                        2 => std::array::from_fn(
                            #[inline(always)]
                            |i| seen[2 * i],
                        ),
                        stride => std::array::from_fn(
                            #[inline(always)]
                            |i| seen[stride * i],
                        ),
                    };
                    best.take(seen, T::of(behind(line) + tap as f64));
                }
            }
            best.put(y, places, column);
        }
    }

    /// The place in its plane of a window's first tap, which may be in the border.
    #[inline(always)]
    fn first_tap(&self, row: usize, column: usize) -> isize {
        self.first(0, row) * self.plane[1] as isize + self.first(1, column)
    }

    #[inline(always)]
    fn first(&self, axis: usize, window: usize) -> isize {
        match self.spans[axis] {
            Span::Sliding(of) => (window * of.stride) as isize - of.before as isize,
            adaptive => adaptive.elements(window, self.plane[axis]).start as isize,
        }
    }

    /// How far an element of a window can be behind its first tap.
    pub fn farthest(&self) -> usize {
        let [down, across] = self.spans.map(|span| match span {
            Span::Sliding(window) => window.kernel,
            Span::Adaptive(_) => 0,
        });
        let [down, across] = [down.max(self.plane[0]), across.max(self.plane[1])];
        down.saturating_mul(self.plane[1]).saturating_add(across)
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
            let places = places[plane * windows..][..windows].chunks_exact(self.output[1]);
            for (row, (g, places)) in g.chunks_exact(self.output[1]).zip(places).enumerate() {
                for (column, (&g, place)) in g.iter().zip(places).enumerate() {
                    let place = self.first_tap(row, column) + place.as_f64() as isize;
                    dx[place as usize] += g;
                }
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
    // Without a branch, so that loops can be vectorised.
    (x > largest) | (x != x)
}

/// The largest numbers of a few windows side by side, and how far behind the first tap they are.
struct Largest<T, const N: usize> {
    numbers: [T; N],
    places: [T; N],
}

impl<T: Real, const N: usize> Largest<T, N> {
    /// Nothing yet: what follows begins at this place.
    #[inline(always)]
    fn new(place: T) -> Self {
        Largest { numbers: [T::of(f64::NEG_INFINITY); N], places: [place; N] }
    }

    /// Takes the numbers at a place that are larger.
    #[inline(always)]
    fn take(&mut self, numbers: [T; N], place: T) {
        for (x, (largest, there)) in numbers.into_iter().zip(self.numbers.iter_mut().zip(&mut self.places)) {
            let larger = is_larger(x, *largest);
            *largest = if larger { x } else { *largest };
            *there = if larger { place } else { *there };
        }
    }

    #[inline(always)]
    fn put(&self, y: &mut [T], places: &mut [T], column: usize) {
        y[column..column + N].copy_from_slice(&self.numbers);
        places[column..column + N].copy_from_slice(&self.places);
    }
}
