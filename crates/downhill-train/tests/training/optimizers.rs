//! What a training does for its optimizer: reports, averages, second gradients.

use downhill_nn::{Activation, CrossEntropy, Dropout, Linear, Network, Sequential};
use downhill_optim::{GradientDescent, Optimizer, Plateau, Sgd};
use downhill_train::{EarlyStopping, Learner};

use crate::{Recorder, classifier, clouds};

#[test]
fn a_plateau_is_told_of_each_epoch() {
    let plateau = Plateau::new(0.5, 0).unwrap().relative_threshold(0.9).unwrap().least_fall(0.0).unwrap();
    let sgd = Sgd::new(0.5).unwrap();
    let recorder = Recorder::default();
    let trainer = classifier(4, 2).optimizer(Optimizer::<f32>::reduce_on_plateau(sgd, plateau));
    trainer.callback(recorder.clone()).fit(&clouds(40, 4, 2, 1)).unwrap();
    // The first loss is the best so far; none of the others is a tenth of it.
    let rates: Vec<f64> = recorder.epochs.lock().unwrap().iter().map(|epoch| epoch.rate).collect();
    assert_eq!(rates, [0.5, 0.5, 0.25, 0.125, 0.0625]);
}

#[test]
fn averages_are_judged_and_kept_while_training_goes_on_without() {
    let (train, test) = (clouds(60, 4, 2, 1), clouds(30, 4, 2, 2));
    let descent = || GradientDescent::new(0.2).unwrap();
    let plain = classifier(8, 2).optimizer(descent()).validation(&test).fit(&train).unwrap();
    let same = Optimizer::<f32>::ema(descent(), 0.0).unwrap();
    let same = classifier(8, 2).optimizer(same).validation(&test).fit(&train).unwrap();
    assert_eq!(plain.model.params(), same.model.params());
    let ema = Optimizer::<f32>::ema(descent(), 0.9).unwrap();
    let trainer = classifier(8, 2).optimizer(ema).validation(&test);
    let mean = trainer.early_stopping(EarlyStopping::new(5)).fit(&train).unwrap();
    assert_ne!(plain.model.params(), mean.model.params());
    for ((plain, same), mean) in
        plain.history.epochs.iter().zip(&same.history.epochs).zip(&mean.history.epochs)
    {
        assert_eq!((plain.loss, plain.validation_loss), (same.loss, same.validation_loss));
        assert_eq!(plain.loss, mean.loss);
        assert_ne!(plain.validation_loss, mean.validation_loss);
    }
}

/// With a radius of 0 the second gradient is the first, if it is of the same batch and the same dropout.
#[test]
fn a_second_gradient_is_that_of_the_same_step() {
    let data = clouds(16, 4, 2, 1);
    let layers = || {
        let hidden = Sequential::new().then(Linear::new(8)).then(Activation::Tanh);
        hidden.then(Dropout::new(0.5).unwrap()).then(Linear::new(2))
    };
    let descent = || GradientDescent::new(0.2).unwrap();
    let learn = |optimizer: Box<dyn Optimizer>| {
        let network = Network::build(layers(), [4]).unwrap();
        let mut learner = Learner::new(network, CrossEntropy::new(), optimizer, 3);
        let losses = [(); 5].map(|()| learner.step(data.inputs(), data.target()).unwrap());
        (losses, learner.params().clone(), learner.steps())
    };
    let plain = learn(Box::new(descent()));
    assert_eq!(plain, learn(Box::new(descent().sam(0.0).unwrap())));
    assert_ne!(plain.1, learn(Box::new(descent().sam(0.5).unwrap())).1);
}
