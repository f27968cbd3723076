//! Products of derivatives with vectors: against closed forms and against each other.

// A panic is a failure report.
#![allow(clippy::unwrap_used)]

use downhill_autodiff::derivative::{hvp, jvp, vjp};
use downhill_autodiff::tensor::random::generator;
use downhill_autodiff::{Error, Real, Tensor, Var};
use proptest::prelude::*;

/// A function of `[n, 3]` with many kinds of rules in it, whose result is `[n, 2]`.
fn network<'t, T: Real>(x: Var<'t, T>) -> Var<'t, T> {
    let w = x.tape().constant(Tensor::from_fn([4, 3], |i| T::of((i as f64 * 1.3).sin())));
    let b = x.tape().constant(Tensor::from_fn([4], |i| T::of((i as f64).cos())));
    let h = (x.matmul_transposed(w) + b).tanh();
    // Nothing here grows or bends without bound, as a norm does near 0: rounding would grow with it.
    let p = (h * h.mean_axes(&[1], true)).softmax(1) + (x * 0.25 + 1.0).norm_axes(&[1], true, 2.0);
    let left = p.slice(1, 0..4, 3);
    left * p.slice(1, 1..3, 1).sin()
}

/// A single number of it.
fn energy<'t, T: Real>(x: Var<'t, T>) -> Var<'t, T> {
    network(x).square().sum() + x.logsumexp() + x.prod_axis(1, false).sum()
}

fn dot(a: &Tensor<f64>, b: &Tensor<f64>) -> f64 {
    a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| a * b).sum()
}

fn assert_near(a: f64, b: f64) -> Result<(), TestCaseError> {
    assert_near_for(a, b, a.abs().max(b.abs()))
}

/// Whether two sums agree, for the size of their terms: these may cancel.
fn assert_near_for(a: f64, b: f64, size: f64) -> Result<(), TestCaseError> {
    prop_assert!((a - b).abs() <= 1e-12 * (1.0 + size), "{a} and {b}");
    Ok(())
}

/// The size of the terms of a scalar product.
fn size(a: &Tensor<f64>, b: &Tensor<f64>) -> f64 {
    a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| (a * b).abs()).sum()
}

fn drawn<const N: usize>(shape: [usize; N], seed: u64, stream: u64) -> Tensor<f64> {
    Tensor::uniform(shape, -2.0, 2.0, &mut generator(seed, stream)).unwrap()
}

proptest! {
    #[test]
    fn forward_and_backward_agree(n in 0..5_usize, seed: u64) {
        let (x, v, u) = (drawn([n, 3], seed, 0), drawn([n, 3], seed, 1), drawn([n, 2], seed, 2));
        let forward = jvp(network, &x, &v).unwrap();
        let backward = vjp(network, &x, &u).unwrap();
        prop_assert_eq!(forward.value.shape(), [n, 2]);
        for (a, b) in forward.value.as_slice().iter().zip(backward.value.as_slice()) {
            assert_near(*a, *b)?;
        }
        let terms = size(&u, &forward.product) + size(&v, &backward.product);
        assert_near_for(dot(&u, &forward.product), dot(&v, &backward.product), terms)?;
    }

    #[test]
    fn the_hessian_is_symmetric(n in 1..5_usize, seed: u64) {
        let (x, v, w) = (drawn([n, 3], seed, 0), drawn([n, 3], seed, 1), drawn([n, 3], seed, 2));
        let (along_v, along_w) = (hvp(energy, &x, &v).unwrap(), hvp(energy, &x, &w).unwrap());
        let terms = size(&w, &along_v.product) + size(&v, &along_w.product);
        assert_near_for(dot(&w, &along_v.product), dot(&v, &along_w.product), terms)?;

        // The gradient is that of one backward pass, and its product with v that of one forward pass.
        let backward = vjp(energy, &x, &Tensor::scalar(1.0)).unwrap();
        let forward = jvp(energy, &x, &v).unwrap();
        assert_near(along_v.value, forward.value.item().unwrap())?;
        let terms = size(&along_v.gradient, &v);
        assert_near_for(dot(&along_v.gradient, &v), forward.product.item().unwrap(), terms)?;
        for (a, b) in along_v.gradient.as_slice().iter().zip(backward.product.as_slice()) {
            assert_near(*a, *b)?;
        }
    }

    #[test]
    fn closed_forms(n in 0..6_usize, seed: u64) {
        let (x, v) = (drawn([n], seed, 0), drawn([n], seed, 1));
        let pairs = || x.as_slice().iter().copied().zip(v.as_slice().iter().copied());

        // y = x³ elementwise: Jv = Jᵀv = 3x² ⊙ v.
        let cubed = pairs().map(|(x, v)| 3.0 * x * x * v);
        let forward = jvp(|x| x.powi(3), &x, &v).unwrap();
        let backward = vjp(|x| x.powi(3), &x, &v).unwrap();
        for ((expected, &forward), &backward) in
            cubed.zip(forward.product.as_slice()).zip(backward.product.as_slice())
        {
            assert_near(forward, expected)?;
            assert_near(backward, expected)?;
        }

        // f = (Σ x²)²: ∇f = 4 (x·x) x, Hv = 4 (x·x) v + 8 (x·v) x.
        let (xx, xv) = (dot(&x, &x), dot(&x, &v));
        let found = hvp(|x| x.square().sum().square(), &x, &v).unwrap();
        assert_near(found.value, xx * xx)?;
        let results = found.gradient.as_slice().iter().zip(found.product.as_slice());
        for ((x, v), (&gradient, &product)) in pairs().zip(results) {
            assert_near(gradient, 4.0 * xx * x)?;
            assert_near(product, 4.0 * xx * v + 8.0 * xv * x)?;
        }
    }
}

#[test]
fn directions_have_the_shapes_of_what_they_move() {
    let (x, wrong) = (Tensor::vector([1.0, 2.0]), Tensor::vector([1.0]));
    let misfits = [
        jvp(|x| x.exp(), &x, &wrong).unwrap_err(),
        vjp(|x| x.exp(), &x, &wrong).unwrap_err(),
        hvp(|x| x.sum(), &x, &wrong).unwrap_err(),
    ];
    for misfit in misfits {
        assert!(matches!(misfit, Error::Cotangent { .. }), "{misfit}");
        assert_eq!(misfit.to_string(), "the cotangent has shape [1], the value [2]");
    }
    assert!(matches!(hvp(|x| x.exp(), &x, &x), Err(Error::NotScalar { .. })));
}
