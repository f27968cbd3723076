//! Early stopping.

use std::sync::{Arc, Mutex};

use downhill_data::Dataset;
use downhill_nn::autodiff::Tensor;
use downhill_nn::autodiff::tensor::random::generator;
use downhill_nn::{CrossEntropy, Linear, Link, Loss, Target};
use downhill_optim::{Adam, GradientDescent};
use downhill_train::{EarlyStopping, Error, Fit, Trainer};

use crate::{Recorder, classifier};

/// Noise with random classes: what is learnt from it does not hold for other noise.
fn noise(rows: usize, seed: u64) -> Dataset {
    let mut rng = generator(seed, 0);
    let x = Tensor::<f32>::normal([rows, 6], 0.0, 1.0, &mut rng).unwrap();
    let classes = Tensor::<f64>::uniform([rows], 0.0, 3.0, &mut rng).unwrap().map(|c| (c as usize).min(2));
    Dataset::new(x, classes).unwrap()
}

fn overfit(epochs: usize, stopping: Option<EarlyStopping>, recorder: Recorder) -> Fit {
    let trainer = classifier(32, 3)
        .optimizer(Adam::new(0.02).unwrap())
        .epochs(epochs)
        .validation(&noise(60, 2))
        .callback(recorder);
    match stopping {
        Some(stopping) => trainer.early_stopping(stopping),
        None => trainer,
    }
    .fit(&noise(48, 1))
    .unwrap()
}

#[test]
fn brings_back_the_best_epoch() {
    for patience in [1, 4] {
        let recorder = Recorder::default();
        let fit = overfit(60, Some(EarlyStopping::new(patience)), recorder.clone());
        let losses: Vec<f64> =
            recorder.epochs.lock().unwrap().iter().map(|epoch| epoch.validation_loss.unwrap()).collect();
        assert!(losses.len() < 60, "it stops: {losses:?}");
        let best = (0..losses.len()).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap() + 1;
        assert_eq!(losses.len(), best + patience, "{losses:?}");
        assert_eq!(fit.history.restored, Some(best));
        assert_eq!(fit.history.best().unwrap().epoch, best);
        // The parameters are those that training for as many epochs makes.
        let expected = overfit(best, None, Recorder::default());
        assert_eq!(fit.model.params(), expected.model.params());
        assert_eq!(expected.history.restored, None);
    }
}

#[test]
fn without_patience_it_ends_at_the_first_rise() {
    let [none, one] = [0, 1].map(|patience| {
        overfit(60, Some(EarlyStopping::new(patience)), Recorder::default()).model.params().clone()
    });
    assert_eq!(none, one);
}

#[test]
fn a_fall_that_is_too_small_does_not_count() {
    let fit = overfit(60, Some(EarlyStopping::new(3).min_fall(1e3)), Recorder::default());
    assert_eq!((fit.history.epochs.len(), fit.history.restored), (4, Some(1)));
    for fall in [-1.0, f64::NAN, f64::INFINITY] {
        let stopping = EarlyStopping::new(3).min_fall(fall);
        let error = classifier(2, 3).early_stopping(stopping).fit(&noise(9, 1)).unwrap_err();
        assert!(matches!(error, Error::Setting { setting: "the fall of early stopping", .. }), "{error:?}");
    }
}

#[test]
fn without_validation_it_judges_by_the_training_loss() {
    // A rate of 0 learns nothing: no epoch is better than the first but by rounding.
    let still = GradientDescent::new(0.0).unwrap();
    let stopping = EarlyStopping::new(2).min_fall(1e-4);
    let fit =
        classifier(4, 3).epochs(50).optimizer(still).early_stopping(stopping).fit(&noise(48, 1)).unwrap();
    assert_eq!((fit.history.epochs.len(), fit.history.restored), (3, Some(1)));
}

/// A loss that is NaN whenever it is told to be.
struct Patchy(CrossEntropy, Arc<Mutex<usize>>);

impl Loss for Patchy {
    fn terms<'t>(
        &self,
        output: downhill_nn::autodiff::Var<'t>,
        target: &Target,
    ) -> downhill_nn::autodiff::Var<'t> {
        let loss = self.0.terms(output, target);
        // The validation set alone has 5 rows.
        let mut judged = self.1.lock().unwrap();
        *judged += usize::from(target.len() == 5);
        if target.len() == 5 && *judged <= 2 { loss * f64::NAN } else { loss }
    }

    fn link(&self) -> Link {
        Link::Softmax
    }
}

/// NaN is worse than any number, though it is neither more nor less than one.
#[test]
fn nan_is_never_the_best() {
    let fit = Trainer::new(Linear::new(3), Patchy(CrossEntropy::new(), Arc::default()))
        .epochs(4)
        .batch_size(12)
        .validation(&noise(5, 2))
        .early_stopping(EarlyStopping::new(10))
        .fit(&noise(48, 1))
        .unwrap();
    let losses: Vec<f64> = fit.history.epochs.iter().map(|epoch| epoch.validation_loss.unwrap()).collect();
    assert!(losses[0].is_nan() && losses[1].is_nan() && losses[2].is_finite(), "{losses:?}");
    let best = fit.history.best().unwrap();
    assert!(best.epoch > 2 && best.judged_loss() <= losses[2], "{losses:?}");
    assert!(fit.history.restored.is_none_or(|epoch| epoch > 2));
}
