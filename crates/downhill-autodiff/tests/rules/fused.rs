//! Matrix products and rules made of several operations.

use downhill_autodiff::rules::cross_entropy::SoftmaxCrossEntropy;
use downhill_autodiff::rules::elementwise::*;
use downhill_autodiff::rules::linear::Linear;
use downhill_autodiff::rules::matmul::Matmul;
use downhill_autodiff::tensor::num_dual::Dual64;
use downhill_autodiff::{Shape, Tensor};

use crate::draw::Draw;
use crate::{Row, kinked, smooth};

/// A product of stacks of matrices, or of a vector.
fn matmul(draw: &mut Draw) -> (Matmul, Vec<Tensor<f64>>) {
    let [m, k, n] = [(); 3].map(|()| draw.below(4));
    let transposed = [draw.chance(), draw.chance()];
    let (left, right) =
        (if transposed[0] { [k, m] } else { [m, k] }, if transposed[1] { [n, k] } else { [k, n] });
    let mut operand = |matrix: [usize; 2]| {
        let stack = draw.shrunk();
        let shape = Shape::new(&[&stack[stack.len().saturating_sub(2)..], &matrix].concat()).unwrap();
        draw.any(shape)
    };
    (Matmul { transposed }, vec![operand(left), operand(right)])
}

fn matmul_with_vectors(draw: &mut Draw) -> (Matmul, Vec<Tensor<f64>>) {
    let [k, n] = [(); 2].map(|()| draw.below(4));
    let matrix = draw.any([k, n]);
    let operands = match draw.below(3) {
        0 => vec![draw.any([k]), matrix],
        1 => vec![matrix, draw.any([n])],
        _ => vec![draw.any([k]), draw.any([k])],
    };
    (Matmul::default(), operands)
}

/// x `[…, in]`, W `[out, in]` and sometimes b `[out]`.
fn linear<F: Copy>(activation: F) -> impl Fn(&mut Draw) -> (Linear<F>, Vec<Tensor<f64>>) {
    move |draw| {
        let (x, outputs) = (draw.axis(0).0, draw.below(4));
        let mut operands = vec![draw.any(x), draw.any([outputs, x[x.len() - 1]])];
        if draw.chance() {
            operands.push(draw.any([outputs]));
        }
        (Linear { activation }, operands)
    }
}

fn smooth_linear<F>(activation: F) -> Row
where
    F: Elementwise<f64> + Elementwise<Dual64>,
{
    smooth("linear", linear(activation))
}

fn kinked_linear<F>(activation: F) -> Row
where
    F: Elementwise<f64> + Elementwise<Dual64>,
{
    kinked("linear", linear(activation))
}

/// Scores `[n, classes, …]` and all settings, with classes as the target.
fn cross_entropy(draw: &mut Draw) -> (SoftmaxCrossEntropy, Vec<Tensor<f64>>) {
    let classes = 1 + draw.below(4);
    let shape = scores(draw, classes);
    let rule = SoftmaxCrossEntropy {
        classes: Some(draw.indices(shape.without(1), classes)),
        weights: draw.chance().then(|| draw.between([classes], 0.1, 2.0)),
        smoothing: if draw.chance() { 0.1 } else { 0.0 },
        ignored: draw.chance().then_some(0),
    };
    (rule, vec![draw.any(shape)])
}

/// With probabilities as the target.
fn soft_cross_entropy(draw: &mut Draw) -> (SoftmaxCrossEntropy, Vec<Tensor<f64>>) {
    let classes = draw.below(4);
    let shape = scores(draw, classes);
    let weights = draw.chance().then(|| draw.between([classes], 0.1, 2.0));
    let smoothing = if draw.chance() { 0.1 } else { 0.0 };
    let rule = SoftmaxCrossEntropy { weights, smoothing, ..SoftmaxCrossEntropy::default() };
    (rule, vec![draw.any(shape), draw.between(shape, 0.0, 1.0)])
}

fn scores(draw: &mut Draw, classes: usize) -> Shape {
    let around = draw.shape;
    let n = around.first().copied().unwrap_or(2);
    Shape::new(&[&[n, classes], around.get(1..).unwrap_or(&[])].concat()).unwrap()
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        smooth("matmul", matmul),
        smooth("matmul with vectors", matmul_with_vectors),
        smooth_linear(Identity),
        smooth_linear(Tanh),
        smooth_linear(Sigmoid),
        smooth_linear(Gelu),
        smooth_linear(Silu),
        kinked_linear(Relu),
        kinked_linear(LeakyRelu { slope: 0.1 }),
        kinked_linear(Elu { alpha: 0.7 }),
        smooth("cross_entropy", cross_entropy),
        smooth("cross_entropy with probabilities", soft_cross_entropy),
    ]
}
