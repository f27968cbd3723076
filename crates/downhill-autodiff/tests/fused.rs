//! Fused rules against their composition of primitives.

// A panic is a failure report.
#![allow(clippy::unwrap_used)]

use downhill_autodiff::rules::cross_entropy::SoftmaxCrossEntropy;
use downhill_autodiff::rules::elementwise::*;
use downhill_autodiff::tensor::random::generator;
use downhill_autodiff::{Tape, Tensor, Var};
use proptest::prelude::*;

/// Holds the value and every derivative of one formula against those of another.
fn assert_same(
    name: &str,
    operands: &[Tensor<f64>],
    fused: impl for<'t> Fn(&[Var<'t, f64>]) -> Var<'t, f64>,
    composed: impl for<'t> Fn(&[Var<'t, f64>]) -> Var<'t, f64>,
) {
    let tape = Tape::new();
    let x: Vec<_> = operands.iter().map(|x| tape.variable(x.clone())).collect();
    let results = [fused(&x), composed(&x)].map(|y| {
        let value = y.value().unwrap();
        let cotangent = Tensor::from_fn(value.shape(), |i| 0.3 + (i as f64 * 1.7).sin());
        let found = y.pullback(&cotangent, &mut []).unwrap();
        let gradients = x.iter().map(|&x| found.wrt(x).unwrap());
        std::iter::once(value).chain(gradients).collect::<Vec<_>>()
    });
    let [fused, composed] = &results;
    for (which, (fused, composed)) in fused.iter().zip(composed).enumerate() {
        assert_eq!(fused.shape(), composed.shape(), "{name}");
        let size = composed.as_slice().iter().fold(1.0, |size: f64, x| size.max(x.abs()));
        for (&fused, &composed) in fused.as_slice().iter().zip(composed.as_slice()) {
            assert!(
                (fused - composed).abs() <= 1e-13 * size,
                "{name}, result {which}: {fused} fused, {composed} composed"
            );
        }
    }
}

fn linear<F: Elementwise<f64>>(activation: F, operands: &[Tensor<f64>]) {
    let biased = operands.len() > 2;
    assert_same(
        F::NAME,
        operands,
        |x| x[0].linear(x[1], biased.then(|| x[2]), activation),
        |x| {
            let z = x[0].matmul_transposed(x[1]);
            let z = if biased { z + x[2] } else { z };
            z.apply(Map(activation))
        },
    );
}

proptest! {
    #[test]
    fn linear_is_its_composition(
        lengths in prop::collection::vec(0..4_usize, 1..4),
        outputs in 0..4_usize,
        biased: bool,
        seed: u64,
    ) {
        let mut rng = generator(seed, 0);
        let mut draw = |shape: &[usize], low| {
            let shape = downhill_autodiff::Shape::new(shape).unwrap();
            Tensor::uniform(shape, low, 2.0, &mut rng).unwrap()
        };
        let inputs = lengths[lengths.len() - 1];
        // Where a function has no value or slope for some numbers, the operands stay positive.
        for low in [-2.0, 0.1] {
            let mut operands = vec![draw(&lengths, low), draw(&[outputs, inputs], low)];
            if biased {
                operands.push(draw(&[outputs], low));
            }
            linear(Identity, &operands);
            linear(Neg, &operands);
            linear(AddScalar { by: 0.5 }, &operands);
            linear(MulScalar { by: -1.5 }, &operands);
            linear(Powi { exponent: 2 }, &operands);
            linear(ExpM1, &operands);
            linear(Exp, &operands);
            linear(Square, &operands);
            linear(Sin, &operands);
            linear(Cos, &operands);
            linear(Relu, &operands);
            linear(Relu6, &operands);
            linear(LeakyRelu { slope: 0.1 }, &operands);
            linear(Elu { alpha: 0.7 }, &operands);
            linear(Selu, &operands);
            linear(Softplus { beta: 1.5, threshold: 20.0 }, &operands);
            linear(Abs, &operands);
            linear(Clamp { low: -1.0, high: 1.5 }, &operands);
            linear(Tanh, &operands);
            linear(Sigmoid, &operands);
            linear(LogSigmoid, &operands);
            linear(Erf, &operands);
            linear(Softsign, &operands);
            linear(HardSigmoid, &operands);
            linear(Gelu, &operands);
            linear(GeluTanh, &operands);
            linear(Silu, &operands);
            linear(Mish, &operands);
            linear(HardSwish, &operands);
            if low > 0.0 && biased {
                linear(Powf { exponent: 1.7 }, &operands);
                linear(Ln, &operands);
                linear(Ln1p, &operands);
                linear(Sqrt, &operands);
                linear(Rsqrt, &operands);
                linear(Recip, &operands);
            }
        }
    }

    #[test]
    fn cross_entropy_is_its_composition(
        [n, classes, positions] in [0..4_usize, 1..5_usize, 0..3_usize],
        smoothing in prop_oneof![Just(0.0), 0.0..0.5],
        seed: u64,
    ) {
        let mut rng = generator(seed, 0);
        let shape = [n, classes, positions];
        let scores = Tensor::uniform(shape, -3.0, 3.0, &mut rng).unwrap();
        let q = Tensor::uniform(shape, 0.0, 1.0, &mut rng).unwrap();
        let target = Tensor::from_fn([n, positions], |place| (place + seed as usize % classes) % classes);
        let index = target.unsqueeze(1).unwrap();
        assert_same(
            "classes",
            std::slice::from_ref(&scores),
            |x| x[0].cross_entropy(&target),
            |x| -x[0].log_softmax(1).gather(1, &index).squeeze(1),
        );
        let rule = SoftmaxCrossEntropy { smoothing, ..SoftmaxCrossEntropy::default() };
        assert_same(
            "probabilities",
            &[scores, q],
            |x| x[0].apply2(rule.clone(), x[1]),
            |x| {
                let smooth = x[1] * (1.0 - smoothing) + smoothing / classes as f64;
                -(smooth * x[0].log_softmax(1)).sum_axes(&[1], false)
            },
        );
    }
}
