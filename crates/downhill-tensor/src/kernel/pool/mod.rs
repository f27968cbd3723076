//! The largest element or the mean of each window.

mod max;
mod mean;

use std::ops::Range;

use super::pieces::{Pieces, TASK};
use super::window::Window;
use crate::{Real, Threads, vectorize};

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
    fn elements(&self) -> usize {
        self.plane[0] * self.plane[1]
    }

    fn windows(&self) -> usize {
        self.output[0] * self.output[1]
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

/// The windows of a row that lie inside of it and see two or three elements of a line, two further on than the one before:
/// all or nearly all windows of most pools. Side by side, a fixed number at a time, they become vectors however short a row
/// is.
#[derive(Clone, Copy)]
struct Beside {
    first: usize,
    count: usize,
    /// Where the first of them begins.
    start: usize,
    taps: usize,
    /// The length of a line.
    width: usize,
}

impl Pool {
    #[inline(always)]
    fn windows_beside(&self) -> Beside {
        let (width, windows) = (self.plane[1], self.output[1]);
        match self.spans[1] {
            Span::Sliding(Window { kernel: taps @ (2 | 3), stride: 2, before, .. }) => {
                let first = before.div_ceil(2).min(windows);
                let start = 2 * first - before.min(2 * first);
                let fitting = if width < start + taps { 0 } else { (width - start - taps) / 2 + 1 };
                Beside { first, count: fitting.min(windows - first), start, taps, width }
            }
            _ => Beside { first: 0, count: 0, start: 0, taps: 2, width },
        }
    }
}

impl Beside {
    /// Folds what the windows see of some lines, and answers which windows these are.
    #[inline(always)]
    fn fold<T: Real>(self, y: &mut [T], lines: &[T], start: T, f: impl Fn(T, T) -> T) -> Range<usize> {
        match self.taps {
            2 => self.fold_taps::<T, 2>(y, lines, start, f),
            _ => self.fold_taps::<T, 3>(y, lines, start, f),
        }
    }

    #[inline(always)]
    fn fold_taps<T: Real, const K: usize>(
        self,
        y: &mut [T],
        lines: &[T],
        start: T,
        f: impl Fn(T, T) -> T,
    ) -> Range<usize> {
        let mut done = 0;
        while self.count - done >= 8 {
            let y = &mut y[self.first + done..];
            fold::<T, 8, K>(y, lines, self.width, self.start + 2 * done, start, &f);
            done += 8;
        }
        while self.count - done >= 4 {
            let y = &mut y[self.first + done..];
            fold::<T, 4, K>(y, lines, self.width, self.start + 2 * done, start, &f);
            done += 4;
        }
        self.first..self.first + done
    }
}

/// Folds the `K` elements that each of `N` windows sees of each line. The first begins at `place`.
#[inline(always)]
fn fold<T: Real, const N: usize, const K: usize>(
    y: &mut [T],
    lines: &[T],
    width: usize,
    place: usize,
    start: T,
    f: impl Fn(T, T) -> T,
) {
    let mut found = [start; N];
    for line in lines.chunks_exact(width) {
        let line = &line[place..place + 2 * N - 2 + K];
        for (found, &[a, b]) in found.iter_mut().zip(line.as_chunks::<2>().0) {
            *found = f(*found, f(a, b));
        }
        if K == 3 {
            let third = &line[2..];
            for i in 0..N {
                found[i] = f(found[i], third[2 * i]);
            }
        }
    }
    y[..N].copy_from_slice(&found);
}

/// The numbers up to `count` that are not among these.
#[inline(always)]
fn outside(done: Range<usize>, count: usize) -> impl Iterator<Item = usize> {
    (0..done.start).chain(done.end..count)
}
