//! Functions of one number.

use downhill_autodiff::rules::elementwise::*;
use downhill_autodiff::tensor::num_dual::Dual64;

use crate::{Row, smooth};

/// A function on numbers from `low` to `high` that are not near its kinks.
fn map<F>(f: F, kinks: &'static [f64], low: f64, high: f64) -> Row
where
    F: Elementwise<f64> + Elementwise<Dual64>,
{
    smooth(<F as Elementwise<f64>>::NAME, move |draw| {
        let x = draw.away(draw.shape, kinks, low, high);
        (Map(f), vec![x])
    })
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        map(Exp, &[], -3.0, 3.0),
        map(ExpM1, &[], -3.0, 3.0),
        map(Ln, &[], 0.1, 3.0),
        map(Ln1p, &[], -0.9, 3.0),
        map(Sqrt, &[], 0.1, 3.0),
        map(Rsqrt, &[], 0.2, 3.0),
        map(Recip, &[], 0.2, 3.0),
        map(Recip, &[], -3.0, -0.2),
        map(Square, &[], -3.0, 3.0),
        map(Sin, &[], -4.0, 4.0),
        map(Cos, &[], -4.0, 4.0),
        map(Atan, &[], -4.0, 4.0),
        map(Identity, &[], -3.0, 3.0),
        map(Neg, &[], -3.0, 3.0),
        map(AddScalar { by: 1.5 }, &[], -3.0, 3.0),
        map(MulScalar { by: -2.5 }, &[], -3.0, 3.0),
        map(Powf { exponent: 2.7 }, &[], 0.2, 3.0),
        map(Powf { exponent: -0.5 }, &[], 0.2, 3.0),
        map(Powf { exponent: 0.0 }, &[], 0.2, 3.0),
        map(Powi { exponent: 3 }, &[], -3.0, 3.0),
        map(Powi { exponent: 0 }, &[], -3.0, 3.0),
        map(Powi { exponent: -2 }, &[], -3.0, -0.3),
        map(Relu, &[0.0], -3.0, 3.0),
        map(Relu6, &[0.0, 6.0], -3.0, 9.0),
        map(LeakyRelu { slope: 0.1 }, &[0.0], -3.0, 3.0),
        map(Elu { alpha: 0.7 }, &[0.0], -3.0, 3.0),
        map(Selu, &[0.0], -3.0, 3.0),
        map(Softplus { beta: 1.5, threshold: 20.0 }, &[], -6.0, 6.0),
        map(Softplus { beta: 2.0, threshold: 1.0 }, &[0.5], -3.0, 3.0),
        map(Abs, &[0.0], -3.0, 3.0),
        map(Clamp { low: -1.0, high: 1.5 }, &[-1.0, 1.5], -3.0, 3.0),
        map(Clamp { low: f64::NEG_INFINITY, high: 0.5 }, &[0.5], -3.0, 3.0),
        map(Tanh, &[], -3.0, 3.0),
        map(Sigmoid, &[], -6.0, 6.0),
        map(LogSigmoid, &[], -6.0, 6.0),
        map(Erf, &[], -3.0, 3.0),
        map(Softsign, &[0.0], -3.0, 3.0),
        map(HardSigmoid, &[-3.0, 3.0], -5.0, 5.0),
        map(Gelu, &[], -4.0, 4.0),
        map(GeluTanh, &[], -4.0, 4.0),
        map(Silu, &[], -6.0, 6.0),
        map(Mish, &[], -6.0, 6.0),
        map(HardSwish, &[-3.0, 3.0], -5.0, 5.0),
    ]
}
