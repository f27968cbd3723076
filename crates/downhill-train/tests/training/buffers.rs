//! Running statistics in training: when they move, and that they travel with the model.

use std::ops::Range;

use downhill_data::Dataset;
use downhill_nn::autodiff::Tensor;
use downhill_nn::autodiff::tensor::Threads;
use downhill_nn::{Activation, BatchNorm1d, CrossEntropy, Init, Linear, Mse, Network, Sequential, lambda};
use downhill_optim::{Adam, Sgd};
use downhill_train::{Error, Learner, Model, Trainer};

use crate::clouds;

fn layers() -> Sequential {
    Sequential::new()
        .then(Linear::new(160))
        .then(BatchNorm1d::new())
        .then(Activation::Relu)
        .then(Linear::new(4))
}

fn learner(threads: usize) -> Learner {
    let network = Network::build(layers(), [144]).unwrap();
    Learner::new(network, CrossEntropy::new(), Adam::new(0.01).unwrap(), 3).threads(Threads::new(threads))
}

fn steps(learner: &mut Learner, data: &Dataset, steps: Range<usize>) {
    for _ in steps {
        learner.step(data.inputs(), data.target()).unwrap();
    }
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let data = clouds(256, 144, 4, 1);
    let train = |threads| {
        let mut learner = learner(threads);
        steps(&mut learner, &data, 0..4);
        learner.params().clone()
    };
    let expected = train(1);
    assert_ne!(expected.get("1.running_mean").unwrap().as_slice(), [0.0; 160]);
    for threads in [2, 3, 8] {
        assert_eq!(train(threads), expected, "{threads} threads");
    }
}

/// Stopping after some steps and going on with the parameters and buffers is as if nothing had been between.
#[test]
fn going_on_where_another_stopped() {
    let data = clouds(32, 4, 4, 1);
    let network = Network::build(
        Sequential::new().then(Linear::new(6)).then(BatchNorm1d::new()).then(Linear::new(4)),
        [4],
    )
    .unwrap();
    let learner =
        || -> Learner { Learner::new(network.clone(), CrossEntropy::new(), Sgd::new(0.1).unwrap(), 3) };
    let mut whole = learner();
    steps(&mut whole, &data, 0..6);
    let mut first = learner();
    steps(&mut first, &data, 0..3);
    let mut second = learner();
    // By name, as a state dict does it.
    for (name, value) in first.params().state_dict() {
        second.params_mut().set(name, &value).unwrap();
    }
    steps(&mut second, &data, 0..3);
    assert_eq!(second.params(), whole.params());
}

#[test]
fn a_failed_step_moves_nothing() {
    let (x, y) = (Tensor::from_fn([4, 1], |i| i as f32), Tensor::<f32>::ones([4, 1]));
    let data = Dataset::new(x, y).unwrap();
    // √ has an infinite slope at 0, and no value below.
    for (bias, what) in [(0.0, "the gradient"), (-1.0, "the loss")] {
        let zeros = Linear::new(1).weight_init(Init::Zeros).bias_init(Init::Constant(bias));
        let layers = Sequential::new().then(BatchNorm1d::new()).then(zeros).then(lambda!(|x| x.sqrt()));
        let network = Network::build(layers, [1]).unwrap();
        let mut learner: Learner = Learner::new(network, Mse::new(), Sgd::new(0.1).unwrap(), 0);
        let before = learner.params().clone();
        let error = learner.step(data.inputs(), data.target()).unwrap_err();
        assert!(matches!(&error, Error::NotFinite { what: found, .. } if *found == what), "{error:?}");
        assert_eq!(learner.params(), &before, "{what}");
        // A step that succeeds moves them, and judging does not.
        learner.params_mut().set("1.bias", &Tensor::ones([1])).unwrap();
        learner.step(data.inputs(), data.target()).unwrap();
        let after = learner.params().clone();
        assert_eq!(after.get("0.running_mean").unwrap().as_slice(), [0.1 * 1.5_f32]);
        learner.evaluate(data.inputs(), data.target()).unwrap();
        assert_eq!(learner.params(), &after);
    }
}

#[test]
fn they_travel_with_the_model() {
    let data = clouds(64, 144, 4, 1);
    let fit = Trainer::new(layers(), CrossEntropy::new()).epochs(2).seed(1).fit(&data).unwrap();
    let path = std::env::temp_dir().join(format!("downhill-buffers-{}.downhill", std::process::id()));
    fit.model.save(&path).unwrap();
    let read = Model::<f32>::load(&path);
    std::fs::remove_file(&path).unwrap();
    let read = read.unwrap();
    assert_eq!(read.params(), fit.model.params());
    assert_ne!(read.params().get("1.running_var").unwrap().as_slice(), [1.0; 160]);
    assert_eq!(read.predict(data.inputs()).unwrap(), fit.model.predict(data.inputs()).unwrap());
}
