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
    for (p, step) in to.chunks_exact_mut(stride).enumerate() {
        let (copied, rest) = step.split_at_mut(lanes);
        let from = &from[p * step_stride..];
        if lane_stride == 1 {
            copied.copy_from_slice(&from[..lanes]);
        } else {
            for (i, there) in copied.iter_mut().enumerate() {
                *there = from[i * lane_stride];
            }
        }
        rest.fill(T::zero());
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
    assert!(stride >= lanes && to.len() >= steps * stride);
    assert!(from.len() >= (lanes - 1) * lane_stride + steps);
    let (lane_blocks, step_blocks) = (lanes / side * side, steps / side * side);
    for i in (0..lane_blocks).step_by(side) {
        for p in (0..step_blocks).step_by(side) {
            // SAFETY: `T::kernels` answers kernels that this processor runs. Lanes up to `i + side` and
            // steps up to `p + side` exist, and both slices are asserted to hold all that exist.
            unsafe {
                let (from, to) =
                    (from.as_ptr().add(i * lane_stride + p), to.as_mut_ptr().add(p * stride + i));
                transpose(from, lane_stride, to, stride);
            }
        }
    }
    for (p, step) in to.chunks_exact_mut(stride).enumerate() {
        // The steps of whole blocks lack the last lanes only.
        let done = if p < step_blocks { lane_blocks } else { 0 };
        for (lane, there) in step[..lanes].iter_mut().enumerate().skip(done) {
            *there = from[lane * lane_stride + p];
        }
        step[lanes..].fill(T::zero());
    }
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
