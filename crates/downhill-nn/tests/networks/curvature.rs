//! Hessian-vector products of whole networks.

use downhill_nn::autodiff::{Tape, Tensor};
use downhill_nn::{
    Activation, CrossEntropy, Error, Linear, Loss, Mse, Network, Params, Reduction, Residual, Sequential,
    Target,
};
use proptest::prelude::*;

use crate::numbers;
use crate::table::Gain;

fn network() -> Network {
    let body = Sequential::new().then(Linear::new(3)).then(Activation::Gelu).then(Gain::default());
    let layers = Sequential::new().then(Linear::new(3)).then(Activation::Tanh).then(Residual::new(body));
    Network::build(layers, [2]).unwrap()
}

fn gradient(network: &Network, params: &Params<f64>, x: &Tensor<f64>, y: &Target<f64>) -> Vec<f64> {
    let tape = Tape::new();
    let output = network.forward(&tape, params, tape.constant(x.clone()), None);
    let mut gradient = vec![0.0; params.len()];
    CrossEntropy::new().loss(output, y).backward_into(&mut gradient).unwrap();
    gradient
}

fn dot(a: &Tensor<f64>, b: &Tensor<f64>) -> f64 {
    a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| a * b).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn it_is_the_derivative_of_the_gradient(seed: u64, n in 1_usize..5) {
        let network = network();
        let params: Params<f64> = network.init(seed);
        let x = numbers([n, 2], seed);
        let y = Target::Classes(Tensor::from_fn([n], |i| i % 3));
        let [v, w] = [1, 2].map(|i| numbers([params.len()], seed ^ i));
        let product = |v| network.hessian_vector_product(&params, &CrossEntropy::new(), &x, &y, v).unwrap();
        let (along_v, along_w) = (product(&v), product(&w));

        for (dual, real) in along_v.gradient.as_slice().iter().zip(gradient(&network, &params, &x, &y)) {
            prop_assert!((dual - real).abs() < 1e-13 * real.abs().max(1.0), "{} and {}", dual, real);
        }
        let moved = |by: f64| {
            let mut params = params.clone();
            params.theta_mut().0.iter_mut().zip(v.as_slice()).for_each(|(theta, v)| *theta += by * v);
            gradient(&network, &params, &x, &y)
        };
        let (up, down) = (moved(1e-5), moved(-1e-5));
        for (i, &product) in along_v.product.as_slice().iter().enumerate() {
            let difference = (up[i] - down[i]) / 2e-5;
            prop_assert!((product - difference).abs() < 1e-6 * difference.abs().max(1.0), "{}: {} and {}", i, product, difference);
        }
        let (left, right) = (dot(&w, &along_v.product), dot(&v, &along_w.product));
        prop_assert!((left - right).abs() < 1e-12 * left.abs().max(1.0), "{} and {}", left, right);
    }
}

#[test]
fn what_is_frozen_has_no_curvature() {
    let network = network();
    let mut params: Params<f64> = network.init(1);
    params.freeze("0.*").unwrap();
    let (x, v) = (numbers([4, 2], 1), numbers([params.len()], 2));
    let y = Target::Values(numbers([4, 3], 3));
    let at = network.hessian_vector_product(&params, &Mse::new(), &x, &y, &v).unwrap();
    let frozen = params.layout().part("0.weight").unwrap().range();
    assert!(at.product.as_slice()[frozen].iter().all(|&h| h == 0.0));
    assert!(at.product.as_slice().iter().any(|&h| h != 0.0));
}

#[test]
fn what_does_not_fit() {
    let network = network();
    let params: Params<f64> = network.init(1);
    let (x, y, v) = (numbers([2, 2], 1), Target::Values(numbers([2, 3], 2)), Tensor::ones([params.len()]));
    let run = |reduction: Reduction, x: &Tensor<f64>, y: &Target<f64>, v: &Tensor<f64>| {
        network.hessian_vector_product(&params, &reduction.of(Mse::new()), x, y, v).map(|_| ()).unwrap_err()
    };
    assert!(matches!(run(Reduction::Mean, &numbers([2, 3], 1), &y, &v), Error::Input { .. }));
    let error = run(Reduction::Mean, &x, &y, &Tensor::ones([3]));
    assert!(error.to_string().contains("[3]"), "{error}");
    let error = run(Reduction::Mean, &x, &Target::Classes(Tensor::vector([0, 1])), &v);
    assert!(error.to_string().contains("not classes"), "{error}");
    let error = run(Reduction::None, &x, &y, &v);
    assert!(error.to_string().contains("[2, 3]"), "{error}");
}
