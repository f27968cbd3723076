//! Operations that move elements.

use downhill_autodiff::rules::rearrange::*;
use downhill_autodiff::tensor::{Axes, AxisOrder};
use downhill_autodiff::{Shape, Tensor};

use crate::draw::Draw;
use crate::{Row, smooth};

fn permute(draw: &mut Draw) -> (Permute, Vec<Tensor<f64>>) {
    let axes: Vec<_> = draw.order(draw.shape.len()).iter().map(|&axis| axis as isize).collect();
    (Permute { order: AxisOrder::new(draw.shape, &axes).unwrap() }, vec![draw.any(draw.shape)])
}

fn slice(draw: &mut Draw) -> (Slice, Vec<Tensor<f64>>) {
    let (shape, axis) = draw.axis(0);
    let start = draw.below(shape[axis] + 1);
    let end = start + draw.below(shape[axis] - start + 1);
    (Slice { axis: axis as isize, range: start..end, step: 1 + draw.below(2) }, vec![draw.any(shape)])
}

fn concat(draw: &mut Draw) -> (Concat, Vec<Tensor<f64>>) {
    let (shape, axis) = draw.axis(0);
    let parts = (0..=draw.below(3)).map(|_| draw.below(3)).collect::<Vec<_>>();
    (Concat { axis: axis as isize }, parts.iter().map(|&length| draw.any(shape.with(axis, length))).collect())
}

fn stack(draw: &mut Draw) -> (Stack, Vec<Tensor<f64>>) {
    let axis = draw.below(draw.shape.len() + 1) as isize;
    let axis = if draw.chance() { axis } else { axis - draw.shape.len() as isize - 1 };
    (Stack { axis }, (0..=draw.below(3)).map(|_| draw.any(draw.shape)).collect())
}

fn pad(draw: &mut Draw) -> (Pad, Vec<Tensor<f64>>) {
    let mut widths =
        || (0..draw.shape.len()).fold(draw.shape, |widths, axis| widths.with(axis, draw.below(3)));
    let (before, after) = (widths(), widths());
    (Pad { before, after, value: 0.7 }, vec![draw.any(draw.shape)])
}

fn index_select(draw: &mut Draw) -> (IndexSelect, Vec<Tensor<f64>>) {
    let (shape, axis) = draw.axis(0);
    let count = if shape[axis] == 0 { 0 } else { draw.below(5) };
    let indices = draw.indices([count].into(), shape[axis]);
    (IndexSelect { axis: axis as isize, indices }, vec![draw.any(shape)])
}

/// A shape, an axis of it, and an index into that axis.
fn index(draw: &mut Draw) -> (Shape, usize, Tensor<usize>) {
    let (shape, axis) = draw.axis(0);
    let shorter = (0..shape.len()).fold(shape, |index, axis| {
        let length = draw.below(shape[axis] + 1);
        index.with(axis, length)
    });
    let count = if shape[axis] == 0 { 0 } else { draw.below(5) };
    (shape, axis, draw.indices(shorter.with(axis, count), shape[axis]))
}

fn gather(draw: &mut Draw) -> (Gather, Vec<Tensor<f64>>) {
    let (shape, axis, index) = index(draw);
    (Gather { axis: axis as isize, index }, vec![draw.any(shape)])
}

fn scatter_add(draw: &mut Draw) -> (ScatterAdd, Vec<Tensor<f64>>) {
    let (shape, axis, index) = index(draw);
    let added = draw.any(index.shape());
    (ScatterAdd { axis: axis as isize, index }, vec![draw.any(shape), added])
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        smooth("reshape", |draw| {
            (Reshape { shape: [1, draw.shape.elements()].into() }, vec![draw.any(draw.shape)])
        }),
        smooth("permute", permute),
        smooth("slice", slice),
        smooth("concat", concat),
        smooth("stack", stack),
        smooth("broadcast_to", |draw| {
            let from = draw.shrunk();
            (BroadcastTo { shape: draw.shape }, vec![draw.any(from)])
        }),
        smooth("flip", |draw| {
            let axes = draw.axes(draw.shape);
            (Flip { axes: Axes::new(draw.shape, &axes).unwrap() }, vec![draw.any(draw.shape)])
        }),
        smooth("pad", pad),
        smooth("index_select", index_select),
        smooth("gather", gather),
        smooth("scatter_add", scatter_add),
    ]
}
