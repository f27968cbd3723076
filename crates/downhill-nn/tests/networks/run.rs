//! Networks as they run: in every number type, on batches of every size, or not at all.

use downhill_nn::autodiff::tensor::Threads;
use downhill_nn::autodiff::tensor::num_dual::{Dual32, Dual64};
use downhill_nn::autodiff::{Shape, Tape, Tensor};
use downhill_nn::{Error, Linear, Network, Params, Sequential, lambda};
use proptest::prelude::*;

use crate::numbers;
use crate::table::{built_in, own};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn every_number_type_computes_the_same(n in 0_usize..4, seed: u64) {
        for (layer, sample) in built_in().into_iter().chain(own()) {
            let network = Network::build(layer.clone(), sample).unwrap();
            let params: Params<f64> = network.init(seed);
            let x = numbers(sample.prepend(n).unwrap(), seed);
            let y = network.predict(&params, &x).unwrap();
            prop_assert_eq!(y.shape(), network.output().prepend(n).unwrap(), "{:?}", layer);
            let single = network.predict::<f32>(&params.cast(), &x.cast()).unwrap();
            let dual = network.predict::<Dual64>(&params.cast(), &x.cast()).unwrap();
            let dual_single = network.predict::<Dual32>(&params.cast(), &x.cast()).unwrap();
            for (i, &y) in y.as_slice().iter().enumerate() {
                let size = y.abs().max(1.0);
                prop_assert!((f64::from(single.as_slice()[i]) - y).abs() < 1e-5 * size, "{:?}", layer);
                prop_assert!((f64::from(dual_single.as_slice()[i].re) - y).abs() < 1e-5 * size, "{:?}", layer);
                prop_assert!((dual.as_slice()[i].re - y).abs() < 1e-12 * size, "{:?}", layer);
                prop_assert_eq!(dual.as_slice()[i].eps, 0.0);
            }
        }
    }

    /// Its second batch of a size, and one of another, read weights that the first one has prepared.
    #[test]
    fn a_predictor_answers_the_same_bits(n in 0_usize..20, seed: u64) {
        for (layer, sample) in built_in().into_iter().chain(own()) {
            let network = Network::build(layer.clone(), sample).unwrap();
            let params: Params = network.init(seed);
            let mut predictor = network.predictor(&params).threads(Threads::new(2));
            for (n, seed) in [(n, seed), (n, seed ^ 1), (4, seed)] {
                let x = numbers(sample.prepend(n).unwrap(), seed).cast();
                let bits = |y: Tensor| y.as_slice().iter().map(|y| y.to_bits()).collect::<Vec<_>>();
                let expected = bits(network.predict(&params, &x).unwrap());
                prop_assert_eq!(bits(predictor.predict(&x).unwrap()), expected, "{:?}", layer);
            }
        }
    }

    /// A sample's answer does not depend on its batch.
    #[test]
    fn batches_are_samples(seed: u64) {
        for (layer, sample) in built_in().into_iter().chain(own()) {
            let network = Network::build(layer.clone(), sample).unwrap();
            let params: Params<f64> = network.init(seed);
            let x = numbers(sample.prepend(3).unwrap(), seed);
            let y = network.predict(&params, &x).unwrap();
            for i in 0..3 {
                let alone = network.predict(&params, &x.rows(i..i + 1).unwrap()).unwrap();
                for (alone, y) in alone.as_slice().iter().zip(y.rows(i..i + 1).unwrap().as_slice()) {
                    prop_assert!((alone - y).abs() <= 1e-13 * y.abs().max(1.0), "{:?}", layer);
                }
            }
        }
    }
}

#[test]
fn input_that_does_not_fit() {
    let network = Network::build(Linear::new(2), [3, 4]).unwrap();
    let params: Params = network.init(0);
    for shape in [&[][..], &[4], &[3, 4], &[5, 4, 3], &[5, 3, 4, 1], &[0, 3]] {
        let shape = Shape::new(shape).unwrap();
        let error = network.predict(&params, &Tensor::zeros(shape)).unwrap_err();
        let (expected, given) = (Box::new([3, 4].into()), Box::new(shape));
        assert_eq!(error, Error::Input { expected, given });
    }
    assert_eq!(network.predict(&params, &Tensor::zeros([0, 3, 4])).unwrap().shape(), [0, 3, 2]);
    let error = network.check_input([5, 4].into()).unwrap_err().to_string();
    assert_eq!(error, "the network takes batches of samples of shape [3, 4], got a batch of shape [5, 4]");
}

#[test]
fn a_predictor_goes_on_after_an_error() {
    let network = Network::build(Linear::new(2), [3]).unwrap();
    let params: Params = network.init(0);
    let mut predictor = network.predictor(&params);
    assert!(predictor.predict(&Tensor::zeros([5, 4])).is_err());
    let x = Tensor::ones([5, 3]);
    assert_eq!(predictor.predict(&x), network.predict(&params, &x));
}

#[test]
fn the_first_layer_that_is_not_finite() {
    let layers =
        Sequential::new().then(Linear::new(2)).then(lambda!(|x| (x * 0.0).ln())).then(Linear::new(1));
    let network = Network::build(layers, [2]).unwrap();
    let params: Params = network.init(0);
    let tape = Tape::new();
    network.forward(&tape, &params, tape.constant(Tensor::ones([1, 2])), None);
    assert_eq!(network.first_not_finite(&tape).unwrap(), "1 (Lambda), ln");
}
