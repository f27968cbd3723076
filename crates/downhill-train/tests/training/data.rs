//! What training sees of the data.

use downhill_data::{Dataset, Error as DataError, Transform};
use downhill_nn::autodiff::Tensor;
use downhill_nn::{CrossEntropy, Linear, Mse, Network, Params};
use downhill_optim::{Adam, GradientDescent};
use downhill_train::{Error, Metrics, Trainer};
use proptest::prelude::*;

use crate::{Recorder, classifier, clouds};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_fraction_is_held_back(rows in 4_usize..60, percent in 30_usize..70, seed: u64) {
        let fraction = percent as f64 / 100.0;
        let recorder = Recorder::default();
        let data = clouds(rows, 4, 2, 1);
        classifier(2, 2).epochs(1).seed(seed).validation_fraction(fraction).callback(recorder.clone()).fit(&data).unwrap();
        let samples = recorder.plan.lock().unwrap().as_ref().unwrap().samples;
        prop_assert!((samples as f64 - (1.0 - fraction) * rows as f64).abs() <= 0.5);
        // Of each class alike: the clouds have as many rows of one as of the other, up to one.
        let epochs = recorder.epochs.lock().unwrap();
        let Some(Metrics::Classes(confusion)) = &epochs[0].validation else { panic!("{epochs:?}") };
        prop_assert_eq!(confusion.support(0) + confusion.support(1), (rows - samples) as u64);
        prop_assert!(confusion.support(0).abs_diff(confusion.support(1)) <= 2);
    }
}

#[test]
fn fractions_that_leave_nothing() {
    let regression = Dataset::new(Tensor::<f32>::ones([5, 2]), Tensor::<f32>::ones([5, 1])).unwrap();
    for fraction in [0.0, 1.0, -0.5, 2.0, f64::NAN] {
        let error = classifier(2, 2).validation_fraction(fraction).fit(&clouds(20, 4, 2, 1)).unwrap_err();
        assert!(matches!(error, Error::Data(DataError::Fraction { .. })), "{fraction}: {error:?}");
        let trainer: Trainer = Trainer::new(Linear::new(1), Mse::new()).validation_fraction(fraction);
        let error = trainer.fit(&regression).unwrap_err();
        assert!(matches!(error, Error::Data(DataError::Fraction { .. })), "{fraction}: {error:?}");
    }
    let (empty, _) = clouds(4, 4, 2, 1).split_at(0).unwrap();
    let error = classifier(2, 2).validation(&empty).fit(&clouds(20, 4, 2, 1)).unwrap_err();
    assert_eq!(error.to_string(), "validation needs at least one sample");
}

/// A trainer of y = x with nothing to learn.
fn identity() -> Trainer {
    let network = Network::build(Linear::new(1), [1]).unwrap();
    let mut params: Params = network.init(0);
    params.set("weight", &Tensor::ones([1, 1])).unwrap();
    params.set("bias", &Tensor::zeros([1])).unwrap();
    Trainer::new(Linear::new(1), Mse::new()).start_from(params).freeze("*").epochs(1)
}

#[test]
fn transforms_are_fitted_on_the_training_part_alone() {
    let set =
        |x: &[[f32; 1]], y: &[[f32; 1]]| Dataset::new(Tensor::from_rows(x), Tensor::from_rows(y)).unwrap();
    let train = set(&[[1.0], [3.0]], &[[20.0], [60.0]]);
    let validation = set(&[[1000.0], [5.0]], &[[100.0], [1e6]]);
    let recorder = Recorder::default();
    let fit = identity()
        .transform(Transform::DivideBy(0.5))
        .transform(Transform::Standardize)
        .transform_targets(Transform::MinMax)
        .transform_targets(Transform::DivideBy(0.25))
        .validation(&validation)
        .callback(recorder.clone())
        .fit(&train)
        .unwrap();
    // Inputs become (2x − 4)/2; an answer a stands for 20 + 40·a/4.
    let answers = fit.model.predict(&Tensor::from_rows(&[[1.0], [3.0], [5.0]])).unwrap();
    assert_eq!(answers.as_slice(), [10.0, 30.0, 50.0]);
    // Of the validation set: 10000 − 20 and 50 in the data's unit, against 100 and 10⁶.
    let epochs = recorder.epochs.lock().unwrap();
    let Some(Metrics::Values(errors)) = epochs[0].validation else { panic!("{epochs:?}") };
    let expected = (f64::from(answers.as_slice()[2]) - 1e6).abs();
    assert!((errors.mae - (9900.0 + expected) / 2.0).abs() < 1e-2, "{errors}");
    let evaluated = fit.model.evaluate(&validation).unwrap();
    assert_eq!(Some(&evaluated), epochs[0].validation.as_ref(), "the same from the model");
}

#[test]
fn answers_come_back_in_the_datas_unit() {
    // y = 500 + 40 x₀ − 20 x₁, far from what weights start at.
    let x = Tensor::from_fn([64, 2], |i| ((i * 7 % 13) as f32) / 6.0 - 1.0);
    let y: Vec<[f32; 1]> = x.as_slice().chunks(2).map(|x| [500.0 + 40.0 * x[0] - 20.0 * x[1]]).collect();
    let data = Dataset::new(x.clone(), Tensor::from_rows(&y)).unwrap();
    let fit = Trainer::new(Linear::new(1), Mse::new())
        .optimizer(Adam::new(0.05).unwrap())
        .transform(Transform::Standardize)
        .transform_targets(Transform::Standardize)
        .epochs(100)
        .fit(&data)
        .unwrap();
    let predicted = fit.model.predict(&x).unwrap();
    for (predicted, expected) in predicted.as_slice().iter().zip(&y) {
        assert!((predicted - expected[0]).abs() < 0.5, "{predicted} for {expected:?}");
    }
    let metrics = fit.model.evaluate(&data).unwrap();
    assert!(metrics.r2().unwrap() > 0.999, "{metrics}");
    assert_eq!(metrics.accuracy(), None);
}

#[test]
fn frozen_parameters_stay_to_the_bit() {
    let data = clouds(40, 4, 2, 1);
    let network = Network::build(Linear::new(2), [4]).unwrap();
    let start: Params = network.init(99);
    let fit = Trainer::new(Linear::new(2), CrossEntropy::new())
        .start_from(start.clone())
        .freeze("weight")
        .optimizer(GradientDescent::new(0.5).unwrap())
        .fit(&data)
        .unwrap();
    assert_eq!(fit.model.params().get("weight").unwrap(), start.get("weight").unwrap());
    assert_ne!(fit.model.params().get("bias").unwrap(), start.get("bias").unwrap());

    let error = classifier(3, 2).freeze("7.*").fit(&data).unwrap_err().to_string();
    assert_eq!(error, "no parameter is named \"7.*\"; there are 0.weight, 0.bias, 2.weight, 2.bias");
    let error = classifier(3, 2).start_from(start).fit(&data).unwrap_err();
    assert!(matches!(error, Error::Network(downhill_nn::Error::OtherParameters { .. })), "{error:?}");
}
