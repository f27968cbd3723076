//! What goes wrong in training says where and why.

use downhill_data::{Dataset, Error as DataError};
use downhill_nn::autodiff::Tensor;
use downhill_nn::{
    Activation, CrossEntropy, Error as NnError, Init, Linear, Mse, Network, Params, Reduction, Sequential,
    Target, lambda,
};
use downhill_optim::{Adam, GradientDescent, Sgd};
use downhill_train::{Error, Learner, Trainer};

use crate::{classifier, clouds};

fn line() -> Dataset {
    let x = Tensor::from_fn([12, 1], |i| i as f32);
    Dataset::new(x.clone(), x).unwrap()
}

#[test]
fn settings_out_of_range() {
    let data = clouds(20, 4, 2, 1);
    let error = classifier(2, 2).epochs(0).fit(&data).unwrap_err();
    assert_eq!(error.to_string(), "epochs must be at least 1, got 0");
    let error = classifier(2, 2).batch_size(0).fit(&data).unwrap_err();
    assert!(matches!(error, Error::Data(DataError::BatchSize { size: 0, rows: 20 })), "{error:?}");
    let (empty, _) = data.split_at(0).unwrap();
    let error = classifier(2, 2).fit(&empty).unwrap_err();
    assert!(matches!(error, Error::Data(DataError::Empty { .. })), "{error:?}");
    for rate in [-0.1, f64::NAN, f64::INFINITY] {
        let errors = [
            Adam::<f32>::new(rate).err(),
            Sgd::<f32>::new(rate).err(),
            GradientDescent::<f32>::new(rate).err(),
        ];
        for error in errors {
            let error = Error::from(error.unwrap());
            assert!(matches!(error, Error::Optimizer(_)), "{error:?}");
            assert!(error.to_string().starts_with("rate must be finite and at least 0"), "{error}");
        }
    }
    // A batch may be larger than the data.
    assert!(classifier(2, 2).batch_size(usize::MAX).fit(&data).is_ok());
}

#[test]
fn layers_and_targets_that_do_not_fit() {
    let data = clouds(20, 4, 3, 1);
    let text = |trainer: Trainer, data: &Dataset| trainer.fit(data).unwrap_err().to_string();
    // The third class is past the end.
    let error = text(classifier(2, 2), &data);
    assert!(error.contains("cross_entropy") && error.contains("index 2"), "{error}");
    let error = text(Trainer::new(Linear::new(1), Mse::new()), &data);
    assert!(error.contains("mse") && error.contains("not classes"), "{error}");
    let error = text(Trainer::new(Linear::new(2), Mse::new()), &line());
    assert!(error.contains("[12, 2]") && error.contains("[12, 1]"), "{error}");
    let layers = Sequential::new().then(Linear::new(2).weight_init(Init::Constant(f64::NAN)));
    let error = text(Trainer::new(layers, CrossEntropy::new()), &data);
    assert!(error.starts_with("layer 0 (Linear): "), "{error}");
    let trainer = Trainer::new(Linear::new(3), CrossEntropy::new());
    let error = text(trainer.transform_targets(downhill_data::Transform::Standardize), &data);
    assert_eq!(error, "the targets are classes, but values are needed");
    let error = text(classifier(2, 3).validation(&clouds(6, 5, 3, 1)), &data);
    assert_eq!(error, "the network takes batches of samples of shape [4], got a batch of shape [6, 5]");
}

#[test]
fn a_loss_must_be_one_number() {
    let each = Reduction::None.of(Mse::new());
    let error = Trainer::new(Linear::new(1), each).fit(&line()).unwrap_err();
    assert!(matches!(error, Error::LossShape { shape } if shape == [12, 1]), "{error:?}");
    // A single sample gives a single number, of any shape.
    let one = Dataset::new(Tensor::<f32>::ones([1, 1]), Tensor::<f32>::ones([1, 1])).unwrap();
    assert!(Trainer::new(Linear::new(1), each).fit(&one).is_ok());
    let network = Network::build(Linear::new(1), [1]).unwrap();
    let mut learner: Learner = Learner::new(network, each, Sgd::new(0.1).unwrap(), 0);
    let error = learner.evaluate(line().inputs(), line().target()).unwrap_err();
    assert!(matches!(error, Error::LossShape { .. }), "{error:?}");
}

#[test]
fn a_rate_too_high() {
    let layers = Sequential::new().then(Linear::new(3)).then(Activation::Relu).then(Linear::new(1));
    let trainer =
        Trainer::new(layers, Mse::new()).batch_size(4).optimizer(GradientDescent::new(1e20).unwrap());
    let error = trainer.fit(&line()).unwrap_err();
    let Error::NotFinite { epoch: 1, step: 2, what: "the loss", place } = &error else { panic!("{error:?}") };
    assert!(place.starts_with("0 (Linear)") || place.starts_with("2 (Linear)"), "{place}");
    let expected =
        format!("epoch 1, step 2: the loss is not finite, first in {place}; try a lower learning rate");
    assert_eq!(error.to_string(), expected);
    // The step is counted anew in each epoch.
    let trainer = Trainer::new(Linear::new(1), Mse::new()).batch_size(6).epochs(40);
    let error = trainer.optimizer(GradientDescent::new(5.0).unwrap()).fit(&line()).unwrap_err();
    assert!(matches!(error, Error::NotFinite { epoch: 2.., step: 1 | 2, .. }), "{error:?}");
}

#[test]
fn a_layer_that_makes_nan() {
    let layers = Sequential::new().then(lambda!(|x| (x - 100.0).ln())).then(Linear::new(1));
    let error = Trainer::new(layers, Mse::new()).fit(&line()).unwrap_err();
    let Error::NotFinite { epoch: 1, step: 1, what: "the loss", place } = &error else { panic!("{error:?}") };
    assert!(place.starts_with("0 (Lambda)"), "{place}");
}

#[test]
fn a_gradient_that_is_infinite() {
    // √ has an infinite slope at 0, where the layer before starts.
    let zeros = Linear::new(1).weight_init(Init::Zeros).bias_init(Init::Zeros);
    let layers = Sequential::new().then(zeros).then(lambda!(|x| x.sqrt()));
    let network = Network::build(layers, [1]).unwrap();
    let mut learner: Learner = Learner::new(network, Mse::new(), Sgd::new(0.1).unwrap(), 0);
    let before = learner.params().clone();
    let error = learner.step(line().inputs(), line().target()).unwrap_err();
    let Error::NotFinite { what: "the gradient", place, .. } = &error else { panic!("{error:?}") };
    assert_eq!(place, "0.bias");
    assert_eq!((learner.params(), learner.steps()), (&before, 0), "nothing has moved");
}

#[test]
fn a_learner_recovers_from_errors() {
    let network = Network::build(Linear::new(1), [1]).unwrap();
    let mut learner: Learner = Learner::new(network.clone(), Mse::new(), Sgd::new(0.01).unwrap(), 0);
    let mut other: Learner = Learner::new(network, Mse::new(), Sgd::new(0.01).unwrap(), 0);
    let data = line();
    for _ in 0..3 {
        assert!(learner.step(&Tensor::ones([3, 2]), data.target()).is_err());
        assert!(learner.step(data.inputs(), &Target::Classes(Tensor::vector([0]))).is_err());
        assert!(learner.evaluate(data.inputs(), &Target::Values(Tensor::ones([3, 1]))).is_err());
        assert!(learner.step(&Tensor::full([12, 1], f32::INFINITY), data.target()).is_err());
        assert_eq!(
            learner.step(data.inputs(), data.target()).unwrap(),
            other.step(data.inputs(), data.target()).unwrap()
        );
    }
    assert_eq!(learner.params(), other.params());
    // Parameters of another network are found out.
    let foreign: Params = Network::build(Linear::new(2), [1]).unwrap().init(0);
    *learner.params_mut() = foreign;
    let error = learner.step(data.inputs(), data.target()).unwrap_err();
    assert!(matches!(error, Error::Network(NnError::OtherParameters { .. })), "{error:?}");
}

#[test]
fn a_parameter_that_nothing_reaches() {
    let layers = Sequential::new().then(Linear::new(2)).then(lambda!(|x| x.detach()));
    let error = Trainer::new(layers, CrossEntropy::new()).fit(&clouds(8, 4, 2, 1)).unwrap_err();
    assert!(matches!(&error, Error::Network(NnError::Unreached { name }) if name == "0.weight"), "{error:?}");
    // Frozen it need not be reached.
    let layers = Sequential::new().then(Linear::new(2)).then(lambda!(|x| x.detach())).then(Linear::new(2));
    let trainer = Trainer::new(layers, CrossEntropy::new()).freeze("0.*");
    assert!(trainer.fit(&clouds(8, 4, 2, 1)).is_ok());
}

/// The number of steps saturates: more epochs than can be counted are as good as no end.
#[test]
fn endless_training_can_be_stopped() {
    struct First;
    impl downhill_train::Callback for First {
        fn on_epoch(
            &mut self,
            _: &downhill_train::EpochRecord,
        ) -> downhill_train::Result<std::ops::ControlFlow<()>> {
            Ok(std::ops::ControlFlow::Break(()))
        }
    }
    let data = downhill_data::Bundled::Iris.load::<f32>().unwrap();
    let layers = downhill_nn::Sequential::new().then(downhill_nn::Linear::new(3));
    let fit = downhill_train::Trainer::new(layers, downhill_nn::CrossEntropy::new())
        .epochs(usize::MAX)
        .schedule(downhill_optim::schedule::Cosine::new)
        .callback(First)
        .fit(&data)
        .unwrap();
    assert_eq!(fit.history.epochs.len(), 1);
}
