use downhill_tensor::kernel::{self, add};
use downhill_tensor::num_dual::Dual64;
use downhill_tensor::{Shape, Tensor};
use proptest::prelude::*;

use crate::*;

/// A shape and up to three that broadcast to it, of which the first is that shape or the others stretch it.
fn stretching() -> impl Strategy<Value = [Shape; 4]> {
    shapes().prop_flat_map(|shape| {
        let operand = move || {
            let masks = prop::collection::vec(any::<bool>(), shape.len());
            (0..=shape.len(), masks).prop_map(move |(lead, masks)| {
                let lengths: Vec<usize> =
                    (0..shape.len()).map(|axis| if masks[axis] { 1 } else { shape[axis] }).collect();
                Shape::new(&lengths[lead..]).unwrap()
            })
        };
        (Just(shape), operand(), operand(), operand()).prop_map(|(shape, a, b, c)| [shape, a, b, c])
    })
}

proptest! {
    #[test]
    fn two_operands([_, a, b, _] in stretching(), seed in 0usize..100) {
        let shape = a.broadcast(&b).unwrap();
        let (a, b) = (whole(a, seed), whole(b, seed + 1));
        let expected = |f: fn(f64, f64) -> f64| by_index(shape, |i| f(stretched(&a, i), stretched(&b, i)));
        prop_assert_eq!(a.add(&b).unwrap(), expected(|a, b| a + b));
        prop_assert_eq!(a.sub(&b).unwrap(), expected(|a, b| a - b));
        prop_assert_eq!(a.mul(&b).unwrap(), expected(|a, b| a * b));
        prop_assert_eq!(a.maximum(&b).unwrap(), expected(f64::max));
        prop_assert_eq!(a.minimum(&b).unwrap(), expected(f64::min));
        assert_close(&a.div(&b).unwrap(), &expected(|a, b| a / b), 0.0);
        assert_close(&a.pow(&b).unwrap(), &expected(f64::powf), 0.0);
        let expected = |f: fn(f64, f64) -> bool| by_index(shape, |i| f(stretched(&a, i), stretched(&b, i)));
        prop_assert_eq!(a.less(&b).unwrap(), expected(|a, b| a < b));
        prop_assert_eq!(a.greater(&b).unwrap(), expected(|a, b| a > b));
        prop_assert_eq!(a.equal(&b).unwrap(), expected(|a, b| a == b));
    }

    #[test]
    fn three_operands([shape, a, b, c] in stretching(), seed in 0usize..100) {
        let mask = whole(a, seed).map(|x| x > 0.0);
        let (b, c) = (whole(b, seed + 1), whole(c, seed + 2));
        let expected = |shape| {
            by_index(shape, |i| if stretched(&mask, i) { stretched(&b, i) } else { stretched(&c, i) })
        };
        let selected = Tensor::select(&mask, &b, &c).unwrap();
        prop_assert_eq!(&selected, &expected(selected.shape()));
        let mut sums = whole(shape, seed + 3);
        let (mask, b, c) = (mask.view(), b.view(), c.view());
        kernel::zip3(sums.as_mut_slice(), shape, mask, b, c, |sum, mask, b, c, _| *sum += if mask { b } else { c });
        prop_assert_eq!(sums, whole(shape, seed + 3).add(&expected(shape)).unwrap());
    }

    #[test]
    fn there_and_back([shape, from, ..] in stretching(), seed in 0usize..100) {
        let x = whole(from, seed);
        let wide = x.broadcast_to(shape).unwrap();
        prop_assert_eq!(&wide, &by_index(shape, |i| stretched(&x, i)));
        let mut added = whole(shape, seed + 1);
        kernel::broadcast_to(added.as_mut_slice(), shape, x.view(), add);
        prop_assert_eq!(added, whole(shape, seed + 1).add(&wide).unwrap());
        // ⟨broadcast(x), g⟩ = ⟨x, sum_to(g)⟩
        let g = whole(shape, seed + 2);
        let narrow = g.sum_to(from).unwrap();
        let inner = |a: &Tensor<f64>, b: &Tensor<f64>| a.mul(b).unwrap().sum(&[], false).unwrap().item().unwrap();
        prop_assert_eq!(inner(&wide, &g), inner(&x, &narrow));
        let mut expected = Tensor::<f64>::zeros(from);
        for index in indices(shape) {
            let own = &index[shape.len() - from.len()..];
            let place = own.iter().zip(from.iter()).fold(0, |p, (&i, &n)| p * n + if n == 1 { 0 } else { i });
            expected.as_mut_slice()[place] += g.at(&index).unwrap();
        }
        prop_assert_eq!(narrow, expected);
    }
}

#[test]
fn functions() {
    let x = Tensor::vector([-1.5, -0.25, 0.0, 0.5, 2.0, f64::NAN]);
    type Case = (Tensor<f64>, fn(f64) -> f64);
    let cases: [Case; 14] = [
        (x.neg(), |x| -x),
        (x.exp(), f64::exp),
        (x.ln(), f64::ln),
        (x.sqrt(), f64::sqrt),
        (x.abs(), f64::abs),
        (x.recip(), f64::recip),
        (x.square(), |x| x * x),
        (x.sin(), f64::sin),
        (x.cos(), f64::cos),
        (x.tanh(), f64::tanh),
        (x.sigmoid(), |x| 1.0 / (1.0 + (-x).exp())),
        (x.relu(), |x| if x < 0.0 { 0.0 } else { x }),
        (x.clamp(-0.5, 1.0), |x| x.clamp(-0.5, 1.0)),
        (x.clamp(1.0, -0.5), |x| if x.is_nan() { x } else { -0.5 }),
    ];
    for (case, (y, f)) in cases.iter().enumerate() {
        println!("case {case}");
        assert_close(y, &x.map(f), 1e-14);
    }
    let erf = Tensor::vector([0.5, -1.0]).erf();
    assert_close(&erf, &Tensor::vector([0.520_499_877_813_046_5, -0.842_700_792_949_714_9]), 1e-15);
}

#[test]
fn nan_wins() {
    let (a, b) = (Tensor::vector([f64::NAN, 1.0, 1.0]), Tensor::vector([1.0, f64::NAN, 2.0]));
    for y in [a.maximum(&b).unwrap(), a.minimum(&b).unwrap()] {
        assert_eq!(y.map(f64::is_nan).as_slice(), [true, true, false]);
    }
}

#[test]
fn shared_storage_is_not_written() {
    let x = Tensor::vector([0.0, 1.0]);
    let y = x.exp();
    assert_eq!((x.as_slice(), y.as_slice()[0]), (&[0.0, 1.0][..], 1.0));
}

#[test]
fn dual_numbers() {
    // d/dt of x(t)·w, softmax and logsumexp at x = (1, 2, 3) + t·(1, 0, −1).
    let x = Tensor::vector([(1.0, 1.0), (2.0, 0.0), (3.0, -1.0)].map(|(re, eps)| Dual64::new(re, eps)));
    let p = [1.0f64, 2.0, 3.0].map(|x| x.exp() / (1.0f64.exp() + 2.0f64.exp() + 3.0f64.exp()));
    let slope = p[0] - p[2];
    let w = Tensor::vector([2.0, 3.0, 5.0].map(Dual64::from));
    assert_eq!(x.matmul(&w).unwrap().item().unwrap().eps, -3.0);
    let y = x.logsumexp(&[0], false).unwrap().item().unwrap();
    assert!((y.eps - slope).abs() < 1e-15);
    for (k, y) in x.softmax(0).unwrap().as_slice().iter().enumerate() {
        assert!((y.eps - p[k] * ([1.0, 0.0, -1.0][k] - slope)).abs() < 1e-15);
    }
    assert_eq!(x.max(&[0], false).unwrap().item().unwrap().eps, -1.0);
    assert_eq!(x.mul(&x).unwrap().sum(&[], false).unwrap().item().unwrap().eps, -4.0);
}
