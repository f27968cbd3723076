//! Functions of two numbers, with broadcasting.

use downhill_autodiff::Tensor;
use downhill_autodiff::rules::pairwise::*;
use downhill_autodiff::tensor::num_dual::Dual64;

use crate::draw::Draw;
use crate::{Row, smooth};

/// A function of two tensors that broadcast, on numbers from these bounds.
fn zip<F>(f: F, left: [f64; 2], right: [f64; 2]) -> Row
where
    F: Pairwise<f64> + Pairwise<Dual64>,
{
    smooth(<F as Pairwise<f64>>::NAME, move |draw| {
        let (a, b) = (draw.shrunk(), draw.shrunk());
        (Zip(f), vec![draw.between(a, left[0], left[1]), draw.between(b, right[0], right[1])])
    })
}

/// A function that has a kink where its operands are equal.
fn zip_spaced<F>(f: F) -> Row
where
    F: Pairwise<f64> + Pairwise<Dual64>,
{
    smooth(<F as Pairwise<f64>>::NAME, move |draw| {
        let shapes = [draw.shrunk(), draw.shrunk()];
        (Zip(f), draw.spaced(shapes).to_vec())
    })
}

fn select(draw: &mut Draw) -> (Select, Vec<Tensor<f64>>) {
    let (mask, a, b) = (draw.shrunk(), draw.shrunk(), draw.shrunk());
    let mask = Tensor::from_fn(mask, |_| draw.chance());
    (Select { mask }, vec![draw.any(a), draw.any(b)])
}

pub(crate) fn rows() -> Vec<Row> {
    const ANY: [f64; 2] = [-2.0, 2.0];
    const POSITIVE: [f64; 2] = [0.3, 2.0];
    const PROBABILITY: [f64; 2] = [0.05, 0.95];
    vec![
        zip(Add, ANY, ANY),
        zip(Sub, ANY, ANY),
        zip(Mul, ANY, ANY),
        zip(Div, ANY, POSITIVE),
        zip(Div, ANY, [-2.0, -0.3]),
        zip(Pow, POSITIVE, ANY),
        zip_spaced(Maximum),
        zip_spaced(Minimum),
        zip(SquaredError, ANY, ANY),
        zip_spaced(AbsoluteError),
        zip_spaced(HuberError { delta: 0.6 }),
        zip(BinaryCrossEntropy, PROBABILITY, PROBABILITY),
        zip(BinaryCrossEntropyWithLogits, [-5.0, -0.01], PROBABILITY),
        zip(BinaryCrossEntropyWithLogits, [0.01, 5.0], PROBABILITY),
        smooth("select", select),
        zip(PRelu, [0.01, 2.0], ANY),
        zip(PRelu, [-2.0, -0.01], ANY),
    ]
}
