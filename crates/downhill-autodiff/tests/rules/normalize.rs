//! Normalisations. ε is large, so that elements which happen to be near each other do no harm.

use downhill_autodiff::rules::normalize::*;
use downhill_autodiff::{Shape, Tensor};

use crate::draw::Draw;
use crate::{Row, smooth};

const EPS: f64 = 0.5;

/// x, and of weight and bias those that are wanted, of the shape of the last axes.
fn rows_of(draw: &mut Draw, weight: bool, bias: bool) -> (usize, Vec<Tensor<f64>>) {
    let shape = draw.axis(2).0;
    let axes = 1 + draw.below(shape.len());
    let last = Shape::new(&shape[shape.len() - axes..]).unwrap();
    let mut operands = vec![draw.any(shape)];
    for _ in 0..usize::from(weight) + usize::from(bias) {
        operands.push(draw.any(last));
    }
    (axes, operands)
}

fn layer_norm(draw: &mut Draw) -> (LayerNorm, Vec<Tensor<f64>>) {
    let (weight, bias) = (draw.chance(), draw.chance());
    let (axes, operands) = rows_of(draw, weight, bias);
    (LayerNorm { axes, eps: EPS, weight }, operands)
}

/// Rows and columns past all that is worked on at once.
fn large_layer_norm(draw: &mut Draw) -> (LayerNorm, Vec<Tensor<f64>>) {
    let [rows, columns] = if draw.chance() { [2, 40] } else { [36, 2] };
    let operands = vec![draw.any([rows, columns]), draw.any([columns]), draw.any([columns])];
    (LayerNorm { axes: 1, eps: EPS, weight: true }, operands)
}

fn rms_norm(draw: &mut Draw) -> (RmsNorm, Vec<Tensor<f64>>) {
    let weight = draw.chance();
    let (axes, operands) = rows_of(draw, weight, false);
    (RmsNorm { axes, eps: EPS }, operands)
}

/// x `[n, channels, …]`, and of weight, bias and what comes behind them those that are wanted.
fn channels_of(
    draw: &mut Draw,
    channels: usize,
    least: usize,
    parameters: Parameters,
    more: usize,
) -> Vec<Tensor<f64>> {
    let around = draw.at_least(least);
    let n = around.first().copied().unwrap_or(2);
    let shape = Shape::new(&[&[n, channels], around.get(1..).unwrap_or(&[])].concat()).unwrap();
    let mut operands = vec![draw.any(shape)];
    for _ in 0..usize::from(parameters.weight) + usize::from(parameters.bias) {
        operands.push(draw.any([channels]));
    }
    for _ in 0..more {
        operands.push(draw.between([channels], 0.1, 2.0));
    }
    operands
}

fn parameters(draw: &mut Draw) -> Parameters {
    Parameters { weight: draw.chance(), bias: draw.chance() }
}

fn batch_norm(draw: &mut Draw) -> (BatchNorm, Vec<Tensor<f64>>) {
    let (parameters, channels) = (parameters(draw), draw.below(4));
    let momentum = draw.chance().then_some(0.1);
    let operands = channels_of(draw, channels, 2, parameters, if momentum.is_some() { 2 } else { 0 });
    (BatchNorm { eps: EPS, parameters, momentum }, operands)
}

/// Channels past all that are worked on at once, and many elements of each.
fn large_batch_norm(draw: &mut Draw) -> (BatchNorm, Vec<Tensor<f64>>) {
    let shape: Shape = if draw.chance() { [3, 34].into() } else { [2, 2, 34].into() };
    let operands = vec![draw.any(shape), draw.any([shape[1]]), draw.any([shape[1]])];
    (BatchNorm { eps: EPS, parameters: Parameters { weight: true, bias: true }, momentum: None }, operands)
}

fn empty_batch_norm(draw: &mut Draw) -> (BatchNorm, Vec<Tensor<f64>>) {
    let operands = vec![draw.any([0, 2]), draw.any([2]), draw.any([2])];
    (BatchNorm { eps: EPS, parameters: Parameters { weight: true, bias: true }, momentum: None }, operands)
}

fn fixed_norm(draw: &mut Draw) -> (FixedNorm, Vec<Tensor<f64>>) {
    let (parameters, channels) = (parameters(draw), draw.below(4));
    (FixedNorm { eps: EPS, parameters }, channels_of(draw, channels, 0, parameters, 2))
}

fn group_norm(draw: &mut Draw) -> (GroupNorm, Vec<Tensor<f64>>) {
    let (parameters, groups) = (parameters(draw), 1 + draw.below(3));
    let channels = groups * draw.below(3);
    (GroupNorm { groups, eps: EPS, parameters }, channels_of(draw, channels, 0, parameters, 0))
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        smooth("layer_norm", layer_norm),
        smooth("large layer_norm", large_layer_norm),
        smooth("rms_norm", rms_norm),
        smooth("batch_norm", batch_norm),
        smooth("large batch_norm", large_batch_norm),
        smooth("batch_norm of nothing", empty_batch_norm),
        smooth("fixed_norm", fixed_norm),
        smooth("group_norm", group_norm),
    ]
}
