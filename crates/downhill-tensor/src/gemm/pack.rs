//! Panels: slices of an operand laid out in the order in which the kernels read them.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::ops::Range;

use super::Matrix;
use super::kernel::{Kernels, Packed};
use super::prefetch::{Cache, LINE, LINES_AHEAD, prefetch};
use super::ranges::pieces;

/// How far behind its end the packing of a panel may write.
pub(super) const MARGIN: usize = 8;

/// From so many elements between two steps on, all panels take their lanes of a few steps before the next ones are read,
/// if lanes are adjacent: the first cache would not keep the lines that panels share until the next panel comes.
const FAR: usize = 256;
/// So many: the processor foresees where each row goes on.
const STEPS_TOGETHER: usize = 16;

/// Packs panels of the rows of a matrix: each has a range of them for its lanes, and a stride. The numbers of row `first`
/// would come first in `to`, and the others' follow in the order of the rows.
pub(super) fn pack_panels<T: Packed>(
    to: &mut [T],
    first: usize,
    panels: impl Iterator<Item = (Range<usize>, usize)> + Clone,
    from: Matrix<'_, T>,
    steps: Range<usize>,
) {
    let together = from.row_stride == 1 && from.column_stride >= FAR;
    for some in pieces(0..steps.len(), if together { STEPS_TOGETHER } else { steps.len() }) {
        for (lanes, stride) in panels.clone() {
            let start = (lanes.start - first) * steps.len();
            // The next panel may already have some steps, which are not to be overwritten.
            let end = if together { start + stride * steps.len() } else { to.len() };
            let to = &mut to[start + some.start * stride..end];
            let shape = [lanes.len(), from.row_stride, some.len(), from.column_stride];
            pack(to, stride, from.at(lanes.start, steps.start + some.start), shape);
        }
    }
}

/// Copies a panel into the first `steps·stride` elements of `to`, `stride` numbers a step: its lane `i` of step `p`
/// is `from[i·lane_stride + p·step_stride]`, for `i < lanes`, `p < steps`. Where the panel has fewer
/// lanes than `stride`, zeros fill up. Up to [`MARGIN`] elements behind may be overwritten, if `to` has them.
///
/// # Panics
/// If `from` or `to` is too short.
pub(super) fn pack<T: Packed>(
    to: &mut [T],
    stride: usize,
    from: &[T],
    [lanes, lane_stride, steps, step_stride]: [usize; 4],
) {
    if lanes == 0 || steps == 0 {
        return;
    }
    let room = stride.max(T::kernels().side);
    if step_stride == 1 && lane_stride != 1 && to.len() >= (steps - 1) * stride + room {
        transpose(to, stride, from, [lanes, lane_stride], steps);
        return;
    }
    let mut done = 0;
    if lane_stride == 1 {
        // A few vectors for each step, no call: what they write too much, the next step overwrites.
        let shape = [stride, lanes, steps, step_stride];
        done = match stride {
            1..=8 => copy::<T, 8>(to, from, shape),
            9..=16 => copy::<T, 16>(to, from, shape),
            17..=32 => copy::<T, 32>(to, from, shape),
            _ => 0,
        };
    }
    for (p, step) in to[..steps * stride].chunks_exact_mut(stride).enumerate().skip(done) {
        let from = &from[p * step_stride..];
        for (i, there) in step.iter_mut().enumerate() {
            *there = if i < lanes { from[i * lane_stride] } else { T::zero() };
        }
    }
}

/// Copies the lanes of each step, and zeros up to `N`, while both slices have so many elements. Answers the
/// number of steps.
#[inline(always)]
fn copy<T: Packed, const N: usize>(
    to: &mut [T],
    from: &[T],
    [stride, lanes, steps, step_stride]: [usize; 4],
) -> usize {
    for step in 0..steps {
        let (Some(to), Some(from)) = (
            to.get_mut(step * stride..step * stride + N),
            from.get(step * step_stride..step * step_stride + N),
        ) else {
            return step;
        };
        if lanes == stride {
            // What is beyond the step's end, too: the next one overwrites it.
            to.copy_from_slice(from);
        } else {
            for (i, (to, &from)) in to.iter_mut().zip(from).enumerate() {
                *to = if i < lanes { from } else { T::zero() };
            }
        }
    }
    steps
}

/// `pack` where the steps of a lane are adjacent: a transpose, block by block.
fn transpose<T: Packed>(
    to: &mut [T],
    stride: usize,
    from: &[T],
    [lanes, lane_stride]: [usize; 2],
    steps: usize,
) {
    let Kernels { side, transpose, .. } = *T::kernels();
    assert!(from.len() >= (lanes - 1) * lane_stride + steps);
    assert!(to.len() >= (steps - 1) * stride + stride.max(side));
    // Line by line of the source: its rows are often a power of two apart, so that only a few of their lines
    // fit the first cache together.
    let line = (LINE / size_of::<T>()).max(side);
    // The last few lanes overlap the ones before, where a step is no multiple of them. If they are longer than a step,
    // they write into the next one, which then is overwritten.
    let last = stride.saturating_sub(side);
    for line in pieces(0..steps, line) {
        // They lie in more rows, further apart, than a processor foresees. In the first cache rows of a power of two would
        // displace each other.
        let ahead = line.start + LINES_AHEAD * line.len();
        for i in (0..lanes).take_while(|_| ahead < steps) {
            prefetch(from.as_ptr().wrapping_add(i * lane_stride + ahead), Cache::Second);
        }
        let mut i = 0;
        loop {
            let size = [lanes.saturating_sub(i).min(side), line.len()];
            let from = from.as_ptr().wrapping_add(i * lane_stride + line.start);
            let to = &mut to[line.start * stride + i..];
            // SAFETY: `T::kernels` answers kernels that this processor runs. The lanes and steps are those of
            // `from`, and `to` has the whole of even the last step's last lanes.
            unsafe { transpose(from, lane_stride, size, to.as_mut_ptr(), stride) };
            if i == last {
                break;
            }
            i = last.min(i + side);
        }
    }
}

/// A cache line, for its alignment.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// Numbers from the start of a cache line on.
#[derive(Debug, Clone)]
pub(super) struct Numbers<T> {
    lines: Box<[Line]>,
    length: usize,
    kind: PhantomData<T>,
}

impl<T: Packed> Numbers<T> {
    /// So many numbers, zeros.
    pub(super) fn new(length: usize) -> Numbers<T> {
        Numbers { lines: vec![Line([0; 64]); lines::<T>(length)].into(), length, kind: PhantomData }
    }

    pub(super) fn as_slice(&self) -> &[T] {
        // SAFETY: as in `numbers`.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.length) }
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [T] {
        numbers(&mut self.lines, self.length)
    }
}

/// The cache lines that so many numbers take.
fn lines<T: Packed>(numbers: usize) -> usize {
    const { assert!(align_of::<T>() <= align_of::<Line>() && size_of::<T>() <= size_of::<Line>()) };
    (numbers * size_of::<T>()).div_ceil(size_of::<Line>())
}

thread_local! {
    static SCRATCH: RefCell<Vec<Vec<Line>>> = const { RefCell::new(Vec::new()) };
}

/// Calls `f` with a buffer of this length, at the start of a cache line and with any content. The memory stays with the
/// thread for the next call; a call within `f` has one of its own.
pub(super) fn with_scratch<T: Packed, R>(length: usize, f: impl FnOnce(&mut [T]) -> R) -> R {
    if length == 0 {
        return f(&mut []);
    }
    let mut buffer = SCRATCH.with_borrow_mut(Vec::pop).unwrap_or_default();
    if buffer.len() < lines::<T>(length) {
        buffer.resize(lines::<T>(length), Line([0; 64]));
    }
    let result = f(numbers(&mut buffer, length));
    SCRATCH.with_borrow_mut(|buffers| buffers.push(buffer));
    result
}

/// The same memory as numbers, which `Packed` says are plain: any bits are one of them.
fn numbers<T: Packed>(lines: &mut [Line], length: usize) -> &mut [T] {
    assert!(length * size_of::<T>() <= size_of_val(lines));
    // SAFETY: the memory is initialised, long enough and aligned, and any bits are a `T`.
    unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), length) }
}
