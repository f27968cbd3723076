//! Penalties on parameters and activations in training.

use downhill_nn::autodiff::Tensor;
use downhill_nn::{
    ActivityPenalty, Error as NnError, Linear, Mse, Network, Sequential, Target, WeightPenalty,
};
use downhill_optim::Sgd;
use downhill_train::{Error, Learner, Trainer};

use crate::clouds;

fn batch() -> (Tensor<f64>, Target<f64>) {
    (
        Tensor::from_rows(&[[1.0, 0.5], [-0.5, 2.0], [1.5, -1.0]]),
        Target::Values(Tensor::from_rows(&[[1.0], [2.0], [0.0]])),
    )
}

fn learner(layers: Sequential) -> Learner<f64> {
    Learner::new(Network::build(layers, [2]).unwrap(), Mse::new(), Sgd::new(0.1).unwrap(), 1)
}

#[test]
fn they_are_in_the_loss_and_in_the_gradient() {
    let layers = || Sequential::new().then(Linear::new(1));
    let (x, y) = batch();
    let (mut plain, penalised) = (learner(layers()), learner(layers()));
    let mut penalised = penalised.penalty(WeightPenalty::new("*.weight", 0.5, 0.25).unwrap()).unwrap();
    let w = plain.params().get("0.weight").unwrap();
    let sums = w.as_slice().iter().fold([0.0, 0.0], |[l1, l2], w| [l1 + w.abs(), l2 + w * w]);
    let expected = plain.step(&x, &y).unwrap() + 0.5 * sums[0] + 0.25 * sums[1];
    let loss = penalised.step(&x, &y).unwrap();
    assert!((loss - expected).abs() < 1e-12, "{loss} {expected}");
    for (i, w) in w.as_slice().iter().enumerate() {
        let expected = plain.gradient()[i] + 0.5 * w.signum() + 0.5 * w;
        assert!((penalised.gradient()[i] - expected).abs() < 1e-12);
    }
    assert_eq!(penalised.gradient()[2], plain.gradient()[2], "the bias has none");
    // Judging knows nothing of it.
    *penalised.params_mut() = plain.params().clone();
    assert_eq!(penalised.evaluate(&x, &y).unwrap(), plain.evaluate(&x, &y).unwrap());
}

#[test]
fn of_activations_they_shrink_them() {
    let (x, y) = batch();
    let size = |l1, l2| {
        let penalty = ActivityPenalty::new(l1, l2).unwrap();
        let mut learner = learner(Sequential::new().then(Linear::new(1)).then(penalty));
        (0..100).for_each(|_| assert!(learner.step(&x, &y).unwrap().is_finite()));
        let output = learner.evaluate(&x, &y).unwrap().0;
        output.as_slice().iter().map(|y| y.abs()).sum::<f64>()
    };
    let free = size(0.0, 0.0);
    assert!(size(1.0, 0.0) < 0.8 * free && size(0.0, 1.0) < 0.8 * free, "{free}");
}

#[test]
fn of_nothing_they_are_an_error() {
    let penalty = || WeightPenalty::new("1.*", 0.1, 0.0).unwrap();
    let error = learner(Sequential::new().then(Linear::new(1))).penalty(penalty()).unwrap_err();
    assert!(matches!(&error, Error::Network(NnError::UnknownName { name, .. }) if name == "1.*"), "{error}");
    let trainer = || Trainer::new(Linear::new(2), downhill_nn::CrossEntropy::new());
    assert!(trainer().penalty(penalty()).fit(&clouds(8, 4, 2, 1)).is_err());
    let penalty = WeightPenalty::new("weight", 0.1, 0.0).unwrap();
    assert!(trainer().penalty(penalty).fit(&clouds(8, 4, 2, 1)).is_ok());
}
