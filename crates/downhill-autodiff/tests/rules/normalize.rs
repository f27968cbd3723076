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

pub(crate) fn rows() -> Vec<Row> {
    vec![
        smooth("layer_norm", layer_norm),
        smooth("large layer_norm", large_layer_norm),
        smooth("rms_norm", rms_norm),
    ]
}
