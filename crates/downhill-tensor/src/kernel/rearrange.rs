//! Moving elements: permutations, slices, concatenation, reversal, padding.

use std::ops::Range;

use super::View;
use super::walk::{Walk, row_major};
use crate::{Axes, AxisOrder, Error, Result, Shape};

/// The side of the squares that a transpose is done in, so that both sides stay in the cache.
const SQUARE: usize = 16;

/// Puts elements from their places in `x` to their places in `out`.
#[inline(always)]
pub(super) fn transfer<T: Copy>(out: &mut [T], x: &[T], walk: &Walk<2>, put: impl Fn(&mut T, T)) {
    walk.for_each(|[to, from]| match walk.steps {
        [1, 1] => {
            let (out, x) = (&mut out[to..to + walk.len], &x[from..from + walk.len]);
            for (out, &x) in out.iter_mut().zip(x) {
                put(out, x);
            }
        }
        [1, 0] => {
            for out in &mut out[to..to + walk.len] {
                put(out, x[from]);
            }
        }
        [out_step, x_step] => {
            let (mut to, mut from) = (to as isize, from as isize);
            for _ in 0..walk.len {
                put(&mut out[to as usize], x[from as usize]);
                to += out_step;
                from += x_step;
            }
        }
    });
}

/// Puts `x` with its axes in another order into `out`.
///
/// # Panics
/// If the numbers of axes or of elements differ.
#[inline(always)]
pub fn permute<T: Copy>(out: &mut [T], x: View<'_, T>, order: AxisOrder, put: impl Fn(&mut T, T)) {
    let mut shape = order.shape(x.shape);
    assert_eq!(out.len(), shape.elements(), "the number of elements of {shape}");
    let (to, strides) = (row_major(shape), row_major(x.shape));
    let mut from = [0; Shape::MAX_AXES];
    order.iter().enumerate().for_each(|(place, axis)| from[place] = strides[axis]);
    // The two axes along which one side is contiguous; if they differ, they are walked in squares.
    let long = |&axis: &usize| shape[axis] > 1;
    let across = (0..shape.len()).rev().find(long);
    let down = (0..shape.len()).filter(long).min_by_key(|&axis| from[axis]);
    let (Some(across), Some(down)) = (across, down) else {
        return transfer(out, x.elements, &Walk::new(&shape, [0; 2], [to, from]), put);
    };
    let (rows, columns) = (shape[down], shape[across]);
    if across == down || rows < SQUARE || columns < SQUARE {
        return transfer(out, x.elements, &Walk::new(&shape, [0; 2], [to, from]), put);
    }
    shape = shape.with(down, 1).with(across, 1);
    let outer = Walk::new(&shape, [0; 2], [to, from]);
    let (out_step, x_step) = (to[down] as usize, from[across] as usize);
    outer.for_each(|start| {
        for index in 0..outer.len {
            let [to, from] = [0, 1].map(|n| start[n] + index * outer.steps[n] as usize);
            for top in (0..rows).step_by(SQUARE) {
                for left in (0..columns).step_by(SQUARE) {
                    for row in top..rows.min(top + SQUARE) {
                        for column in left..columns.min(left + SQUARE) {
                            let value = x.elements[from + row + column * x_step];
                            put(&mut out[to + row * out_step + column], value);
                        }
                    }
                }
            }
        }
    });
}

/// The shape of every `step`-th index of a range of an axis.
///
/// # Errors
/// [`Error::Index`] if the range is reversed or ends past the axis, [`Error::Setting`] if the step is 0.
pub fn slice_shape(shape: Shape, axis: usize, range: &Range<usize>, step: usize) -> Result<Shape> {
    if step == 0 {
        return Err(Error::Setting { name: "step", rule: "at least 1", value: 0.0 });
    }
    if range.start > range.end || range.end > shape[axis] {
        return Err(Error::Index { index: range.end.max(range.start), axis, shape });
    }
    Ok(shape.with(axis, range.len().div_ceil(step)))
}

/// Puts into `out` every `step`-th index from `start` of an axis of `x`; `shape` is the result's.
///
/// # Panics
/// If the sizes do not fit.
#[inline(always)]
pub fn slice<T: Copy>(
    out: &mut [T],
    shape: Shape,
    x: View<'_, T>,
    axis: usize,
    start: usize,
    step: usize,
    put: impl Fn(&mut T, T),
) {
    assert_eq!(out.len(), shape.elements(), "the number of elements of {shape}");
    let (places, strides) = part(x.shape, shape, axis, start, step);
    transfer(out, x.elements, &Walk::new(&shape, [0, places], [row_major(shape), strides]), put);
}

/// Puts `x` into every `step`-th index from `start` of an axis of `out`, whose shape is `shape`: a part of
/// a concatenation, and with [`add`](super::add) the adjoint of [`slice()`].
///
/// # Panics
/// If the sizes do not fit.
#[inline(always)]
pub fn write_slice<T: Copy>(
    out: &mut [T],
    shape: Shape,
    x: View<'_, T>,
    axis: usize,
    start: usize,
    step: usize,
    put: impl Fn(&mut T, T),
) {
    assert_eq!(out.len(), shape.elements(), "the number of elements of {shape}");
    let (places, strides) = part(shape, x.shape, axis, start, step);
    transfer(out, x.elements, &Walk::new(&x.shape, [places, 0], [strides, row_major(x.shape)]), put);
}

/// The first place and the strides of a slice of `whole` that has the shape `part`.
fn part(whole: Shape, part: Shape, axis: usize, start: usize, step: usize) -> (isize, [isize; 8]) {
    assert_eq!(whole.with(axis, part[axis]), part, "a slice of {whole} along axis {axis}");
    let end = start + part[axis].saturating_sub(1) * step;
    assert!(part[axis] == 0 || end < whole[axis], "the slice ends at {end} of axis {axis} of {whole}");
    let mut strides = row_major(whole);
    let first = start as isize * strides[axis];
    strides[axis] *= step as isize;
    (first, strides)
}

/// The shape of tensors joined along an axis.
///
/// # Errors
/// [`Error::Mismatch`] if they differ in the other axes, [`Error::Axis`] if they have no such axis or
/// if there are none.
pub fn concat_shape(shapes: impl IntoIterator<Item = Shape>, axis: isize) -> Result<(Shape, usize)> {
    let mut shapes = shapes.into_iter();
    let first = shapes.next().unwrap_or_default();
    let axis = first.axis(axis)?;
    let mut length = first[axis];
    for shape in shapes {
        if shape.len() != first.len() || shape.with(axis, first[axis]) != first {
            let rule = "the operands must agree in all axes but the joined one";
            return Err(Error::mismatch("concat", rule, first, shape));
        }
        length += shape[axis];
    }
    Ok((first.with(axis, length), axis))
}

/// The shape of tensors stacked along a new axis, and the place of that axis, which negative counts from the
/// end of the result.
///
/// # Errors
/// [`Error::Mismatch`] if their shapes differ, [`Error::Axis`] if the result has no such axis,
/// [`Error::TooManyAxes`], [`Error::Operand`] if there are none.
pub fn stack_shape(shapes: impl IntoIterator<Item = Shape>, axis: isize) -> Result<(Shape, usize)> {
    let mut shapes = shapes.into_iter();
    let Some(first) = shapes.next() else {
        let rule = "needs at least one operand";
        return Err(Error::Operand { operation: "stack", rule, shape: Shape::SCALAR });
    };
    let mut count = 1;
    for shape in shapes {
        if shape != first {
            let rule = "the operands must have the same shape";
            return Err(Error::mismatch("stack", rule, first, shape));
        }
        count += 1;
    }
    let (shape, axis) = first.insert(axis)?;
    Ok((shape.with(axis, count), axis))
}

/// Puts `x` into `out`, backwards along some axes.
///
/// # Panics
/// If `out` has not as many elements as `x`.
#[inline(always)]
pub fn flip<T: Copy>(out: &mut [T], x: View<'_, T>, axes: Axes, put: impl Fn(&mut T, T)) {
    assert_eq!(out.len(), x.elements.len(), "the number of elements of {}", x.shape);
    let to = row_major(x.shape);
    let (mut from, mut start) = (to, 0);
    for axis in (0..x.shape.len()).filter(|&axis| axes.contains(axis)) {
        start += from[axis] * (x.shape[axis] as isize - 1);
        from[axis] = -from[axis];
    }
    transfer(out, x.elements, &Walk::new(&x.shape, [0, start], [to, from]), put);
}

/// The shape with `before` and `after` elements put before and after each axis.
///
/// # Errors
/// [`Error::Operand`] if there is not one of each for every axis.
pub fn pad_shape(shape: Shape, before: &[usize], after: &[usize]) -> Result<Shape> {
    if before.len() != shape.len() || after.len() != shape.len() {
        let rule = "needs the elements to put before and after each axis";
        return Err(Error::Operand { operation: "pad", rule, shape });
    }
    let padding = before.iter().zip(after).enumerate();
    Ok(padding.fold(shape, |padded, (axis, (&before, &after))| {
        padded.with(axis, shape[axis].saturating_add(before).saturating_add(after))
    }))
}

/// Puts `x` in the middle of `value`s, `before` of which stand before each axis; `shape` is the result's.
///
/// # Panics
/// If the sizes do not fit.
pub fn pad<T: Copy>(out: &mut [T], shape: Shape, x: View<'_, T>, before: &[usize], value: T) {
    assert_eq!(out.len(), shape.elements(), "the number of elements of {shape}");
    let start = corner(shape, x.shape, before);
    out.fill(value);
    let walk = Walk::new(&x.shape, [start, 0], [row_major(shape), row_major(x.shape)]);
    transfer(out, x.elements, &walk, super::write);
}

/// Puts the part of `x` that begins at index `before` of each axis into `out`, whose shape is `shape`: the
/// adjoint of [`pad`].
///
/// # Panics
/// If the sizes do not fit.
#[inline(always)]
pub fn crop<T: Copy>(out: &mut [T], shape: Shape, x: View<'_, T>, before: &[usize], put: impl Fn(&mut T, T)) {
    assert_eq!(out.len(), shape.elements(), "the number of elements of {shape}");
    let start = corner(x.shape, shape, before);
    let walk = Walk::new(&shape, [0, start], [row_major(shape), row_major(x.shape)]);
    transfer(out, x.elements, &walk, put);
}

/// The place in `whole` where a part of shape `part` begins.
fn corner(whole: Shape, part: Shape, before: &[usize]) -> isize {
    assert!(
        whole.len() == part.len()
            && before.len() == part.len()
            && (0..part.len()).all(|axis| before[axis] + part[axis] <= whole[axis]),
        "{part} at {before:?} does not lie within {whole}"
    );
    before.iter().zip(row_major(whole)).map(|(&before, stride)| before as isize * stride).sum()
}
