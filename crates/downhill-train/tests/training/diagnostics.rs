//! Looks into steps, and the search for a rate.

use downhill_data::Dataset;
use downhill_nn::autodiff::Tensor;
use downhill_nn::{CrossEntropy, Linear, Mse, WeightPenalty};
use downhill_optim::{Adam, GradientDescent, Lbfgs, Optimizer};
use downhill_train::{Diagnostics, Error, Spread, Trainer};

use crate::{classifier, clouds};

/// y = wx over x = 1, 2, 3, 4: the Hessian of the mean square is 2·mean(x²) = 15, and with a penalty of ½w² it is 16.
fn line(optimizer: impl Optimizer<f64> + 'static) -> (Trainer<f64>, Dataset<f64>) {
    let x = Tensor::from_fn([4, 1], |i| i as f64 + 1.0);
    let data = Dataset::new(x.clone(), x).unwrap();
    let trainer = Trainer::new(Linear::new(1).without_bias(), Mse::new()).optimizer(optimizer);
    let penalty = WeightPenalty::new("weight", 0.0, 0.5).unwrap();
    (trainer.curvature(Mse::new()).penalty(penalty).epochs(2).batch_size(4), data)
}

#[test]
fn of_a_parabola() {
    let diagnostics = Diagnostics::new().curvature().eigenvalues(5);
    let (trainer, data) = line(GradientDescent::new(0.01).unwrap());
    trainer.callback(diagnostics.clone()).fit(&data).unwrap();
    let records = diagnostics.records();
    assert_eq!(
        records.iter().map(|record| (record.epoch, record.step)).collect::<Vec<_>>(),
        [(1, 1), (2, 1)]
    );
    for record in &records {
        let part = &record.parts[0];
        let (w, slope) = (part.weights.mean, part.gradient.mean);
        assert!((slope - (15.0 * (w - 1.0) + w)).abs() < 1e-12, "{record:?}");
        assert!((record.loss - (7.5 * (w - 1.0).powi(2) + 0.5 * w * w)).abs() < 1e-12);
        assert_eq!(record.gradient_norm, slope.abs());
        assert!((record.update_ratio - (0.01 * slope / w).abs()).abs() < 1e-12);
        assert_eq!(record.update_ratio, part.update_ratio);
        assert!((record.curvature.unwrap() - 16.0).abs() < 1e-12);
        let (smallest, largest) = record.eigenvalues.unwrap();
        assert!((smallest - 16.0).abs() < 1e-12 && smallest == largest);
    }
    let csv = diagnostics.to_csv();
    let columns: Vec<usize> = csv.lines().map(|line| line.split(',').count()).collect();
    assert_eq!(columns, [20; 3], "{csv}");
}

#[test]
fn of_one_number_and_of_none() {
    let found = Spread::of(&[-1.0, 0.0, 0.0, 3.0]);
    assert_eq!((found.mean, found.min, found.max, found.zeros), (0.5, -1.0, 3.0, 0.5));
    assert!((found.deviation - 2.25_f64.sqrt()).abs() < 1e-15);
    assert!(Spread::of(&[]).mean.is_nan());
}

#[test]
fn to_look_changes_nothing() {
    for every in [1, 3] {
        let data = clouds(40, 4, 2, 1);
        let trainer = || classifier(4, 2).epochs(2).curvature(CrossEntropy::new()).freeze("2.bias");
        let plain = trainer().fit(&data).unwrap();
        let diagnostics = Diagnostics::new().every(every).curvature().eigenvalues(4);
        let seen = trainer().callback(diagnostics.clone()).fit(&data).unwrap();
        assert_eq!(plain.model.params(), seen.model.params());
        // Three steps an epoch.
        let records = diagnostics.records();
        assert_eq!(records.len(), 6 / every);
        assert!(records.iter().all(|record| record.parts.len() == 3 && record.step % every == 1 % every));
    }
}

#[test]
fn a_curvature_that_nobody_knows() {
    let error =
        classifier(4, 2).callback(Diagnostics::new().curvature()).fit(&clouds(40, 4, 2, 1)).unwrap_err();
    assert!(matches!(error, Error::Needs { .. }), "{error}");
    assert!(classifier(4, 2).callback(Diagnostics::new()).fit(&clouds(40, 4, 2, 1)).is_ok());
}

/// Gradient descent on a parabola of curvature 16: up to 2/16 it is stable.
#[test]
fn a_range_test_ends_where_it_blows_up() {
    let (trainer, data) = line(GradientDescent::new(1.0).unwrap());
    let test = trainer.validation_fraction(0.5).range_test(&data, 1e-4, 1e4, 200).unwrap();
    let last = test.points.last().unwrap();
    assert!(test.points.len() < 200 && last.rate > 0.125 && last.rate < 10.0, "{last:?}");
    assert!(
        test.points
            .iter()
            .zip(&test.points[1..])
            .all(|(a, b)| (b.rate / a.rate).ln() - 1e8_f64.ln() / 199.0 < 1e-9)
    );
    let rate = test.suggestion().unwrap();
    assert!((1e-3..0.125).contains(&rate), "{rate}");
    assert_eq!(test.to_csv().lines().count(), test.points.len() + 1);
    assert!(test.to_csv().starts_with("rate,loss,smooth\n0.0001,"));
}

#[test]
fn a_range_test_of_anything() {
    let data = clouds(40, 4, 2, 1);
    for (low, high, steps) in
        [(0.0, 1.0, 9), (f64::NAN, 1.0, 9), (1.0, 1.0, 9), (1.0, f64::INFINITY, 9), (0.1, 1.0, 1)]
    {
        let error = classifier(4, 2).range_test(&data, low, high, steps).unwrap_err();
        assert!(matches!(error, Error::Setting { .. }), "{error}");
    }
    let optimizers: [Box<dyn Optimizer>; 2] = [Box::new(Adam::new(0.1).unwrap()), Box::new(Lbfgs::new())];
    for optimizer in optimizers {
        let test = classifier(4, 2).optimizer(optimizer).range_test(&data, 1e-6, 1e-5, 7).unwrap();
        assert_eq!(test.points.len(), 7);
    }
    // Nothing was learnt at such rates.
    let test =
        classifier(4, 2).optimizer(GradientDescent::new(1.0).unwrap()).range_test(&data, 1e-300, 1e-299, 7);
    assert!(test.unwrap().points.iter().all(|point| point.loss.is_finite()));
}
