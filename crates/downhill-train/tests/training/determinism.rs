//! The same seed makes the same model, to the bit.

use downhill_data::{Dataset, Transform};
use downhill_nn::autodiff::Tensor;
use downhill_nn::autodiff::tensor::Threads;
use downhill_nn::{Activation, CrossEntropy, Dropout, Linear, Network, Sequential, Target};
use downhill_optim::Adam;
use downhill_train::{Fit, Learner, Trainer};

use crate::{classifier, clouds};

/// Layers wide enough that every product of a batch of 64 is shared out to the threads.
fn wide() -> Sequential {
    Sequential::new()
        .then(Linear::new(192))
        .then(Activation::Relu)
        .then(Dropout::new(0.3).unwrap())
        .then(Linear::new(160))
        .then(Activation::Gelu)
        .then(Linear::new(4))
}

fn train(data: &Dataset, seed: u64, threads: usize) -> Fit {
    Trainer::new(wide(), CrossEntropy::new())
        .optimizer(Adam::new(0.01).unwrap())
        .transform(Transform::Standardize)
        .validation_fraction(0.25)
        .epochs(2)
        .batch_size(64)
        .seed(seed)
        .threads(threads)
        .fit(data)
        .unwrap()
}

#[test]
fn on_any_number_of_threads() {
    let data = clouds(256, 144, 4, 1);
    let expected = train(&data, 5, 1);
    for threads in [1, 2, 3, 8] {
        let fit = train(&data, 5, threads);
        assert_eq!(fit.model.params(), expected.model.params(), "{threads} threads");
        for (epoch, expected) in fit.history.epochs.iter().zip(&expected.history.epochs) {
            assert_eq!((epoch.loss, epoch.validation_loss), (expected.loss, expected.validation_loss));
            assert_eq!(epoch.validation, expected.validation);
        }
    }
    assert_ne!(train(&data, 6, 1).model.params(), expected.model.params(), "another seed");
}

/// It learns something, and the threads are really used.
#[test]
fn steps_on_threads() {
    let data = clouds(64, 144, 4, 1);
    let Target::Classes(_) = data.target() else { panic!("classes") };
    let losses = [1, 4].map(|threads| {
        let threads = Threads::new(threads);
        let network = Network::build(wide(), [144]).unwrap();
        let mut learner =
            Learner::new(network, CrossEntropy::new(), Adam::new(0.01).unwrap(), 3).threads(threads);
        let losses: Vec<f32> = (0..6).map(|_| learner.step(data.inputs(), data.target()).unwrap()).collect();
        (losses, learner.params().theta().clone(), learner.gradient().to_vec())
    });
    assert_eq!(losses[0], losses[1]);
    let (first, last) = (losses[0].0[0], losses[0].0[5]);
    assert!(last < 0.5 * first, "from {first} to {last}");
}

#[test]
fn each_choice_has_its_own_randomness() {
    let data = clouds(60, 4, 3, 1);
    let params = |seed| classifier(8, 3).seed(seed).fit(&data).unwrap().model.params().theta().clone();
    let all: Vec<Tensor> = (0..5).map(params).collect();
    for (i, a) in all.iter().enumerate() {
        assert_eq!(a, &params(i as u64));
        assert!(all[..i].iter().all(|b| a != b), "seed {i}");
    }
}
