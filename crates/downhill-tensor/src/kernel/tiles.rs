//! Reductions, cut into tiles.

use std::ops::Range;

use super::rows;
use super::walk::{Walk, row_major};
use crate::{Axes, Math, Real, Shape, vectorize};

/// The most results that are computed side by side, and the most accumulators that share a result.
pub(super) const TILE: usize = 64;

/// The number of terms that an accumulator takes before it is added to another, and that one to a third.
/// Sums of sums of few terms keep the rounding error near that of pairwise summation.
const BLOCK: usize = 32;

/// Some neighbouring results of a reduction and the elements that they are made of.
///
/// The elements come in contiguous chunks of at most [`TILE`]. A chunk is one or several groups of `width`
/// elements, one for each result: reducing the last axis makes groups of one element, reducing the
/// first makes groups as long as the rest of the shape.
pub(super) struct Tile<'a> {
    /// The results' places.
    pub(super) out: Range<usize>,
    /// The results' number: the length of a group.
    pub(super) width: usize,
    /// The length of a full chunk, a multiple of `width`.
    pub(super) lanes: usize,
    /// How the loop around computes functions.
    pub(super) math: Math,
    start: usize,
    /// The distance from one chunk to the next.
    step: usize,
    /// The distance from the start of a row of chunks to its end.
    extent: usize,
    reduced: &'a Walk<1>,
}

impl Tile<'_> {
    /// Where the elements are, if they are neighbours and make a single result.
    #[inline(always)]
    fn row(&self) -> Option<Range<usize>> {
        let neighbours = self.width == 1 && self.step == self.lanes && self.reduced.is_row();
        neighbours.then(|| self.start..self.start + self.extent)
    }

    /// Calls `chunk` with the places of each chunk, in a fixed order.
    #[inline(always)]
    pub(super) fn chunks(&self, mut chunk: impl FnMut(Range<usize>)) {
        let Tile { lanes, step, start, extent, reduced, .. } = *self;
        reduced.for_each(
            #[inline(always)]
            |[row]| {
                let mut place = start + row;
                let end = place + extent;
                while place < end {
                    chunk(place..end.min(place + lanes));
                    place += step;
                }
            },
        );
    }

    /// Reduces the elements of each result and answers the results in `near[..width]`.
    ///
    /// `f` takes an element up into an accumulator that began as `start`; `context` holds a number for
    /// each of the lanes, to be given to `f` along with it. `join` makes one of two accumulators.
    #[inline(always)]
    pub(super) fn fold<T: Copy>(
        &self,
        x: &[T],
        near: &mut [T; TILE],
        context: &[T; TILE],
        start: T,
        f: impl Fn(T, T, T) -> T,
        join: impl Fn(T, T) -> T,
    ) {
        if let Some(row) = self.row() {
            let (row, context) = (&x[row], context[0]);
            near[0] = rows::fold(
                [row; 3],
                start,
                #[inline(always)]
                |sum, [x, ..]| f(sum, x, context),
                join,
            );
        } else {
            self.fold_chunks(x, near, context, start, f, join);
        }
    }

    /// [`Tile::fold`] for elements that are not all neighbours, or as if they were not: it holds half the code.
    #[inline(always)]
    pub(super) fn fold_chunks<T: Copy>(
        &self,
        x: &[T],
        near: &mut [T; TILE],
        context: &[T; TILE],
        start: T,
        f: impl Fn(T, T, T) -> T,
        join: impl Fn(T, T) -> T,
    ) {
        let lanes = self.lanes;
        let near = &mut near[..lanes];
        near.fill(start);
        // Only long sums need them.
        let mut spilled: Option<[[T; TILE]; 2]> = None;
        let mut terms = 0;
        self.chunks(
            #[inline(always)]
            |places| {
                if terms != 0 && terms % BLOCK == 0 {
                    let [middle, far] = spilled.get_or_insert([[start; TILE]; 2]);
                    spill(middle, near, start, &join);
                    if terms % (BLOCK * BLOCK) == 0 {
                        spill(far, middle, start, &join);
                    }
                }
                terms += 1;
                for ((sum, &x), &context) in near.iter_mut().zip(&x[places]).zip(context) {
                    *sum = f(*sum, x, context);
                }
            },
        );
        if let Some([mut middle, mut far]) = spilled {
            spill(&mut far, &mut middle, start, &join);
            for (near, far) in near.iter_mut().zip(far) {
                *near = join(far, *near);
            }
        }
        let mut groups = lanes / self.width;
        while groups > 1 {
            let half = groups.div_ceil(2);
            let (left, right) = near[..groups * self.width].split_at_mut(half * self.width);
            for (left, &mut right) in left.iter_mut().zip(right) {
                *left = join(*left, right);
            }
            groups = half;
        }
    }

    /// Repeats the first group of `values` for all lanes.
    #[inline(always)]
    pub(super) fn spread<T: Copy>(&self, values: &mut [T; TILE]) {
        if self.width == 1 {
            let value = values[0];
            values[..self.lanes].fill(value);
        } else {
            for lane in self.width..self.lanes {
                values[lane] = values[lane - self.width];
            }
        }
    }
}

/// Joins accumulators into others and begins them anew.
#[inline(always)]
fn spill<T: Copy>(into: &mut [T], from: &mut [T], start: T, join: impl Fn(T, T) -> T) {
    for (into, from) in into.iter_mut().zip(from) {
        *into = join(*into, *from);
        *from = start;
    }
}

/// Calls `tile` for all results of a reduction over some axes of a shape, in order, with two buffers for its lanes:
/// in a loop for the widest vectors, so `tile` is to be `#[inline(always)]`.
#[inline(always)]
pub(super) fn for_each<T: Real>(
    shape: Shape,
    axes: Axes,
    mut tile: impl FnMut(Tile<'_>, &mut [[T; TILE]; 2]),
) {
    let mut buffers = [[T::zero(); TILE]; 2];
    vectorize!(|math| {
        let (kept, reduced, row) = walks(shape, axes);
        let mut out = 0;
        kept.for_each(
            #[inline(always)]
            |[place]| {
                let mut done = 0;
                while done < kept.len {
                    let width = row.min(kept.len - done).min(TILE);
                    let stride = reduced.steps[0] as usize;
                    let start = place + if row == 1 { done * kept.steps[0] as usize } else { done };
                    // Whole rows that follow each other without a gap are taken several at a time.
                    let groups =
                        if stride == width && width == row { (TILE / width).min(reduced.len) } else { 1 };
                    let groups = groups.max(1);
                    let lanes = groups * width;
                    let step = stride.max(lanes);
                    let extent = reduced.len.saturating_sub(1) * stride + width;
                    let out_places = out..out + width;
                    let next =
                        Tile { out: out_places, width, lanes, math, start, step, extent, reduced: &reduced };
                    tile(next, &mut buffers);
                    out += width;
                    done += width;
                }
            },
        );
    });
}

/// The walks through what is kept and what is reduced, and how many neighbouring results can be
/// computed side by side: 1 if the innermost axis is reduced.
fn walks(shape: Shape, axes: Axes) -> (Walk<1>, Walk<1>, usize) {
    if let Some(([rows, columns], rows_are_reduced)) = axes.as_matrix(shape) {
        // An axis of length 1 counts on neither side, so that a column is a row here.
        return if rows_are_reduced == (columns != 1) {
            let (kept, reduced) = if rows_are_reduced { (columns, rows) } else { (rows, columns) };
            (Walk::flat(kept), Walk::row(reduced, kept.max(1) as isize), kept)
        } else {
            let (kept, reduced) = if rows_are_reduced { (columns, rows) } else { (rows, columns) };
            (Walk::row(kept, reduced as isize), Walk::flat(reduced), 1)
        };
    }
    let strides = row_major(shape);
    let (mut kept, mut reduced) = (shape, shape);
    for axis in 0..shape.len() {
        if axes.contains(axis) {
            kept = kept.with(axis, 1);
        } else {
            reduced = reduced.with(axis, 1);
        }
    }
    let kept = Walk::new(&kept, [0], [strides]);
    let reduced = Walk::new(&reduced, [0], [strides]);
    let innermost = (0..shape.len()).rev().find(|&axis| shape[axis] != 1);
    let row = if innermost.is_some_and(|axis| axes.contains(axis)) { 1 } else { kept.len };
    (kept, reduced, row)
}
