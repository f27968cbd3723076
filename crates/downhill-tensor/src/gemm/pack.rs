//! Panels: slices of an operand laid out in the order in which the kernels read them.

use std::cell::Cell;

use super::kernel::{Kernels, Packed};

/// Copies a panel into `to`, `stride` numbers a step: its lane `i` of step `p` is
/// `from[i·lane_stride + p·step_stride]`, for `i < lanes`, `p < steps`. Where the panel has fewer
/// lanes than `stride`, zeros fill up.
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
    let to = &mut to[..steps * stride];
    if step_stride == 1 && lane_stride != 1 {
        transpose(to, stride, from, [lanes, lane_stride], steps);
        return;
    }
    let mut done = 0;
    if lane_stride == 1 {
        // A few vectors for each step, no call: what they write too much, the next step overwrites.
        done = match lanes {
            1..=8 => copy::<T, 8>(to, stride, from, step_stride),
            9..=16 => copy::<T, 16>(to, stride, from, step_stride),
            17..=32 => copy::<T, 32>(to, stride, from, step_stride),
            _ => 0,
        };
    }
    for (p, step) in to.chunks_exact_mut(stride).enumerate().skip(done) {
        let from = &from[p * step_stride..];
        for (i, there) in step[..lanes].iter_mut().enumerate() {
            *there = from[i * lane_stride];
        }
    }
    fill_up(to, stride, lanes);
}

/// Copies `N` numbers for each step while both slices have them, and answers the number of steps.
#[inline(always)]
fn copy<T: Copy, const N: usize>(to: &mut [T], stride: usize, from: &[T], step_stride: usize) -> usize {
    let mut step = 0;
    while let (Some(to), Some(from)) =
        (to.get_mut(step * stride..step * stride + N), from.get(step * step_stride..step * step_stride + N))
    {
        to.copy_from_slice(from);
        step += 1;
    }
    step
}

/// Writes zeros where a panel has fewer lanes than `stride`.
fn fill_up<T: Packed>(to: &mut [T], stride: usize, lanes: usize) {
    if lanes < stride {
        for step in to.chunks_exact_mut(stride) {
            // A loop, since it is too short for a call.
            for there in &mut step[lanes..] {
                *there = T::zero();
            }
        }
    }
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
    assert!(stride >= lanes && to.len() == steps * stride);
    assert!(from.len() >= (lanes - 1) * lane_stride + steps);
    // The steps that were moved in blocks.
    let mut done = 0;
    // Fewer lanes than a block has: the rest of its rows is overwritten by the next step, if there is one.
    let readable = from.len() >= (lanes.max(side) - 1) * lane_stride + steps;
    if readable {
        let last = lanes.saturating_sub(side);
        for p in (0..steps).step_by(side) {
            if p + side > steps || (p + side - 1) * stride + lanes.max(side) > to.len() {
                break;
            }
            // The last block overlaps the one before, where the lanes are no multiple of a block's.
            for i in (0..=last).step_by(side).chain((!last.is_multiple_of(side)).then_some(last)) {
                // SAFETY: `T::kernels` answers kernels that this processor runs. Lanes up to `i + side` and
                // steps up to `p + side` can be read, and the last of the block's rows ends within `to`.
                unsafe {
                    let (from, to) =
                        (from.as_ptr().add(i * lane_stride + p), to.as_mut_ptr().add(p * stride + i));
                    transpose(from, lane_stride, to, stride);
                }
            }
            done = p + side;
        }
    }
    for lane in 0..lanes {
        let mut place = done * stride + lane;
        for &x in &from[lane * lane_stride..][done..steps] {
            to[place] = x;
            place += stride;
        }
    }
    fill_up(to, stride, lanes);
}

/// A cache line, for its alignment.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

thread_local! {
    static SCRATCH: Cell<Vec<Line>> = const { Cell::new(Vec::new()) };
}

/// Calls `f` with two buffers of these lengths, at the start of cache lines and with any content. The
/// memory stays with the thread for the next call.
pub(super) fn with_scratch<T: Packed, R>(lengths: [usize; 2], f: impl FnOnce(&mut [T], &mut [T]) -> R) -> R {
    const { assert!(align_of::<T>() <= align_of::<Line>() && size_of::<T>() <= size_of::<Line>()) };
    let lines = lengths.map(|length| (length * size_of::<T>()).div_ceil(size_of::<Line>()));
    SCRATCH.with(|scratch| {
        let mut buffer = scratch.take();
        if buffer.len() < lines[0] + lines[1] {
            buffer.resize(lines[0] + lines[1], Line([0; 64]));
        }
        let (first, second) = buffer.split_at_mut(lines[0]);
        let result = f(numbers(first, lengths[0]), numbers(second, lengths[1]));
        scratch.set(buffer);
        result
    })
}

/// The same memory as numbers, which `Packed` says are plain: any bits are one of them.
fn numbers<T: Packed>(lines: &mut [Line], length: usize) -> &mut [T] {
    assert!(length * size_of::<T>() <= size_of_val(lines));
    // SAFETY: the memory is initialised, long enough and aligned, and any bits are a `T`.
    unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), length) }
}
