//! Reductions and the softmax.

use downhill_autodiff::rules::reduce::*;
use downhill_autodiff::rules::softmax::{LogSoftmax, Softmax};
use downhill_autodiff::tensor::Axes;
use downhill_autodiff::tensor::num_dual::Dual64;
use downhill_autodiff::{Rule, Shape, Tensor};

use crate::draw::Draw;
use crate::{Row, smooth};

/// Some axes of a shape.
fn over(draw: &mut Draw, shape: Shape) -> Over {
    let axes = draw.axes(shape);
    Over { axes: Axes::new(shape, &axes).unwrap(), keep_axes: draw.chance() }
}

/// A reduction of shapes whose axes have at least some length.
fn reduction<R>(name: &'static str, least: usize, rule: impl Fn(Over) -> R + 'static) -> Row
where
    R: Rule<f64> + Rule<Dual64> + Clone,
{
    smooth(name, move |draw| {
        let shape = draw.at_least(least);
        let over = over(draw, shape);
        (rule(over), draw.spaced([shape]).to_vec())
    })
}

/// A deviation needs two elements: of one alone the slope is 0 here and undefined in dual numbers. They are not near each
/// other: around 0 it has a kink.
fn deviation(draw: &mut Draw) -> (StandardDeviation, Vec<Tensor<f64>>) {
    let (shape, axis) = draw.axis(2);
    let over = Over { axes: Axes::single(axis), keep_axes: draw.chance() };
    let correction = draw.below(2);
    (StandardDeviation(Variance { over, correction }), draw.spaced([shape]).to_vec())
}

/// With every number of zeros.
fn prod(draw: &mut Draw) -> (Prod, Vec<Tensor<f64>>) {
    let (shape, axis) = draw.axis(0);
    let mut x = draw.any(shape);
    for x in x.as_mut_slice() {
        if draw.below(4) == 0 {
            *x = 0.0;
        }
    }
    (Prod { axis: draw.chance().then_some(axis as isize), keep_axes: draw.chance() }, vec![x])
}

/// Something along an axis.
fn along<R>(name: &'static str, rule: impl Fn(isize) -> R + 'static) -> Row
where
    R: Rule<f64> + Rule<Dual64> + Clone,
{
    smooth(name, move |draw| {
        let (shape, axis) = draw.axis(0);
        // From the front or from the end.
        let axis = axis as isize - if draw.chance() { shape.len() as isize } else { 0 };
        (rule(axis), vec![draw.any(shape)])
    })
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        reduction("sum", 0, Sum),
        reduction("mean", 0, Mean),
        reduction("max", 1, Max),
        reduction("min", 1, Min),
        reduction("var", 0, |over| Variance { over, correction: 0 }),
        reduction("unbiased var", 2, |over| Variance { over, correction: 1 }),
        smooth("std", deviation),
        reduction("logsumexp", 0, LogSumExp),
        reduction("norm 1", 0, |over| Norm { over, p: 1.0 }),
        reduction("norm 2", 0, |over| Norm { over, p: 2.0 }),
        reduction("norm 3", 0, |over| Norm { over, p: 3.0 }),
        reduction("norm 1.5", 0, |over| Norm { over, p: 1.5 }),
        reduction("norm ∞", 0, |over| Norm { over, p: f64::INFINITY }),
        smooth("prod", prod),
        along("cumsum", |axis| Cumsum { axis }),
        along("softmax", |axis| Softmax { axis }),
        along("log_softmax", |axis| LogSoftmax { axis }),
    ]
}
