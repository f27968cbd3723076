//! Cross-validation, and how far metrics can be trusted.

use downhill_data::{Dataset, Folds, Transform};
use downhill_nn::autodiff::Tensor;
use downhill_nn::{Linear, Mse};
use downhill_train::metrics::{Bootstrap, calibration, precision_recall, roc};
use downhill_train::{Error, Trainer, cross_validate};

use crate::{classifier, clouds};

#[test]
fn is_what_one_would_do_by_hand() {
    let data = clouds(45, 4, 3, 1);
    let folds = Folds::stratified(data.labels().unwrap().as_slice(), 3, 7).unwrap();
    let make = |fold: usize| classifier(4, 3).transform(Transform::Standardize).seed(fold as u64);
    let found = cross_validate(&data, &folds, |fold| Ok(make(fold))).unwrap();
    let mut accuracies = Vec::new();
    for ((number, split), fold) in folds.iter().enumerate().zip(&found.folds) {
        let (train, test) = data.split_by(&split).unwrap();
        let fit = make(number).fit(&train).unwrap();
        assert_eq!(fit.model.params(), fold.fit.model.params());
        assert_eq!(fit.model.evaluate(&test).unwrap(), fold.metrics);
        accuracies.push(fold.metrics.accuracy().unwrap());
    }
    let mean = accuracies.iter().sum::<f64>() / 3.0;
    let deviation = (accuracies.iter().map(|a| (a - mean).powi(2)).sum::<f64>() / 2.0).sqrt();
    let summary = &found.summary()[0];
    assert_eq!(summary.metric, "accuracy");
    assert!((summary.mean - mean).abs() < 1e-12 && (summary.deviation - deviation).abs() < 1e-12, "{found}");
    assert_eq!(found.summary().len(), 4);
    assert!(found.to_string().starts_with(&format!("accuracy {mean:.4} ± {deviation:.4}, macro precision")));
}

#[test]
fn of_values_and_of_errors() {
    let data =
        Dataset::new(Tensor::from_fn([12, 1], |x| x as f32), Tensor::from_fn([12, 1], |x| x as f32)).unwrap();
    let folds = Folds::random(12, 4, 1).unwrap();
    let found = cross_validate(&data, &folds, |_| Ok(Trainer::new(Linear::new(1), Mse::new()))).unwrap();
    assert_eq!(found.summary().iter().map(|found| found.metric).collect::<Vec<_>>(), ["RMSE", "MAE", "R²"]);
    let none = cross_validate(&data, &folds, |_| Ok(Trainer::new(Linear::new(1), Mse::new()).epochs(0)));
    assert!(matches!(none.unwrap_err(), Error::Setting { setting: "epochs", .. }));
    let of_others = Folds::random(13, 4, 1).unwrap();
    assert!(cross_validate(&data, &of_others, |_| Ok(Trainer::new(Linear::new(1), Mse::new()))).is_err());
}

#[test]
fn intervals_hold_the_value_and_curves_follow_from_answers() {
    let (train, test) = (clouds(90, 4, 3, 1), clouds(60, 4, 3, 2));
    let model = classifier(8, 3).epochs(20).fit(&train).unwrap().model;
    let metrics = model.evaluate(&test).unwrap();
    let intervals = model.evaluate_intervals(&test, &Bootstrap::new().draws(200).unwrap()).unwrap();
    for (interval, (metric, value)) in intervals.iter().zip(metrics.values()) {
        assert_eq!((interval.metric, interval.value), (metric, value));
        assert!(interval.low < value && value < interval.high, "{interval}");
    }

    let (answers, truth) = (model.answer(test.inputs()).unwrap(), test.labels().unwrap());
    for class in 0..3 {
        let (scores, positive) = answers.one_against_rest(class, truth).unwrap();
        assert!(roc(&scores, &positive).unwrap().area > 0.5);
        assert!(precision_recall(&scores, &positive).unwrap().area > 1.0 / 3.0);
    }
    assert_eq!(answers.one_against_rest(3, truth), None);
    let (sure, right) = answers.confidence(truth).unwrap();
    assert_eq!(right.iter().filter(|&&right| right).count() as f64 / 60.0, metrics.accuracy().unwrap());
    assert!((0.0..1.0).contains(&calibration(&sure, &right).unwrap().error));
}
