//! A training that goes on from a checkpoint makes what one without a break makes, to the bit.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use downhill_data::{Dataset, Transform};
use downhill_nn::{Activation, BatchNorm1d, CrossEntropy, Dropout, Linear, Sequential};
use downhill_optim::schedule::{Cosine, Linear as Ramp};
use downhill_optim::{
    Adam, AdamW, ConjugateGradient, Group, Lbfgs, LevenbergMarquardt, NewtonCg, Optimizer, Plateau, Rprop,
    Schedule, ScheduleFreeAdamW, Sgd, Sophia,
};
use downhill_train::{
    Callback, Checkpoint, Checkpoints, EarlyStopping, Error, Fit, History, Model, Result, StepRecord, Trainer,
};
use proptest::prelude::*;

use crate::file::{CHECKPOINT, HEADER, sealed};
use crate::folder::Folder;
use crate::{classifier, clouds};

type Boxed = Box<dyn Optimizer>;

/// Optimizers that remember something, of each kind.
fn optimizers() -> Vec<(&'static str, Boxed)> {
    let sgd = || Sgd::new(0.1).unwrap().momentum(0.9).unwrap();
    let adam = || Adam::new(0.02).unwrap();
    let ramp = Ramp::warmup(5).unwrap().then(5, Cosine::new(20).unwrap());
    let plateau = Plateau::new(0.5, 0).unwrap();
    vec![
        ("sgd", Box::new(sgd())),
        ("adam", Box::new(adam())),
        ("schedule", Box::new(adam().schedule(ramp))),
        ("rprop", Box::new(Rprop::new(0.01).unwrap())),
        ("schedule-free", Box::new(ScheduleFreeAdamW::new(0.02).unwrap().warmup(4))),
        ("ema", Box::new(Optimizer::<f32>::ema(adam(), 0.8).unwrap())),
        ("swa", Box::new(Optimizer::<f32>::swa(sgd(), 6, 2).unwrap())),
        ("lookahead", Box::new(Optimizer::<f32>::lookahead(adam(), 4, 0.5).unwrap())),
        ("accumulate", Box::new(Optimizer::<f32>::accumulate(adam().clip_norm(1.0).unwrap(), 3).unwrap())),
        ("sam", Box::new(Optimizer::<f32>::sam(sgd(), 0.05).unwrap())),
        ("plateau", Box::new(Optimizer::<f32>::reduce_on_plateau(adam(), plateau))),
        ("noise", Box::new(Optimizer::<f32>::noise(adam(), 0.01, 0.55, 3).unwrap())),
        ("l-bfgs", Box::new(Lbfgs::new())),
        ("conjugate gradient", Box::new(ConjugateGradient::new())),
        ("newton-cg", Box::new(NewtonCg::new())),
        ("levenberg-marquardt", Box::new(LevenbergMarquardt::new())),
        ("sophia", Box::new(Sophia::new(0.02).unwrap().every(3).unwrap())),
        ("group", Box::new(AdamW::new(0.01).unwrap().group("0.*", Group::new().rate(0.1).unwrap()))),
    ]
}

/// Numbers that are all there is to remember: running statistics, dropout, a short last batch, early stopping.
fn trainer(optimizer: Boxed) -> Trainer {
    let layers = Sequential::new()
        .then(Linear::new(6))
        .then(BatchNorm1d::new())
        .then(Activation::Relu)
        .then(Dropout::new(0.3).unwrap())
        .then(Linear::new(3));
    Trainer::new(layers, CrossEntropy::new())
        .optimizer(optimizer)
        .curvature(CrossEntropy::new())
        .transform(Transform::Standardize)
        .validation_fraction(0.25)
        .early_stopping(EarlyStopping::new(2))
        .epochs(4)
        .batch_size(7)
        .seed(5)
        .threads(1)
}

const STEPS: usize = 5;

fn data() -> Dataset {
    clouds(44, 4, 3, 1)
}

/// Raises a flag during a step.
struct StopAt(usize, Arc<AtomicBool>);

impl Callback for StopAt {
    fn on_step(&mut self, step: &StepRecord) -> Result<()> {
        if (step.epoch - 1) * STEPS + step.step == self.0 {
            self.1.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// The same trainer, which stops after a step.
fn stopping(trainer: Trainer, step: usize) -> Trainer {
    let flag = Arc::new(AtomicBool::new(false));
    trainer.callback(StopAt(step, Arc::clone(&flag))).stop_when(flag)
}

/// All of a history but the time it took.
fn timeless(history: &History) -> History {
    let mut history = history.clone();
    history.epochs.iter_mut().for_each(|epoch| epoch.seconds = 0.0);
    history
}

fn same(fit: &Fit, expected: &Fit) {
    assert_eq!(fit.model.params(), expected.model.params());
    assert_eq!(timeless(&fit.history), timeless(&expected.history));
    assert!(!fit.stopped);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn resumed_anywhere(
        row in 0..optimizers().len(),
        mut cuts in prop::collection::vec(1..=4 * STEPS, 1..4),
        every in 0_u64..8,
    ) {
        let make = || trainer(optimizers().swap_remove(row).1);
        let (expected, folder) = (make().fit(&data()).unwrap(), Folder::new());
        let checkpoints = || Checkpoints::new(&folder.0).every_steps(every).every_epochs(every as usize % 3);
        cuts.sort_unstable();
        for cut in cuts {
            let part = stopping(make().checkpoints(checkpoints()), cut).resume(&folder.0).fit(&data()).unwrap();
            prop_assert!(part.stopped || part.history.epochs.len() == expected.history.epochs.len());
        }
        let last = make().checkpoints(checkpoints()).resume(&folder.0).fit(&data()).unwrap();
        same(&last, &expected);
        // What is done is not done again.
        same(&make().resume(&folder.0).fit(&data()).unwrap(), &expected);
    }
}

#[test]
fn every_optimizer_at_every_step() {
    for (row, (name, _)) in optimizers().into_iter().enumerate() {
        let make = || trainer(optimizers().swap_remove(row).1).epochs(2);
        let expected = make().fit(&data()).unwrap();
        for cut in 1..=2 * STEPS {
            let folder = Folder::new();
            let checkpoints = Checkpoints::new(&folder.0);
            let stopped = stopping(make().checkpoints(checkpoints), cut).fit(&data()).unwrap();
            assert!(stopped.stopped, "{name}, {cut}");
            assert_eq!(stopped.history.epochs.len(), (cut - 1) / STEPS, "the epoch is not done");
            same(&make().resume(&folder.0).fit(&data()).unwrap(), &expected);
        }
    }
}

/// Files named after the number of their steps.
fn named(steps: &[usize]) -> Vec<String> {
    let files = steps.iter().map(|steps| format!("step-{steps:010}.checkpoint"));
    ["best.downhill".to_string()].into_iter().chain(files).collect()
}

#[test]
fn which_are_written_and_kept() {
    let adam = || Adam::new(0.01).unwrap();
    let files = |change: fn(Checkpoints) -> Checkpoints| {
        let folder = Folder::new();
        let checkpoints = change(Checkpoints::new(&folder.0));
        classifier(4, 3)
            .optimizer(adam())
            .epochs(4)
            .checkpoints(checkpoints)
            .fit(&clouds(48, 4, 3, 1))
            .unwrap();
        folder.names()
    };
    assert_eq!(files(|checkpoints| checkpoints), named(&[6, 9, 12]));
    assert_eq!(files(|checkpoints| checkpoints.keep(0)), named(&[12]));
    assert_eq!(files(|checkpoints| checkpoints.keep(9).every_epochs(2)), named(&[6, 12]));
    assert_eq!(files(|checkpoints| checkpoints.keep(9).every_epochs(0)), named(&[12]));
    assert_eq!(
        files(|checkpoints| checkpoints.keep(9).every_steps(4).every_epochs(3)),
        named(&[4, 8, 9, 12])
    );
    assert_eq!(
        files(|checkpoints| checkpoints.every_epochs(0).every(std::time::Duration::ZERO)),
        named(&[10, 11, 12])
    );
    assert_eq!(files(Checkpoints::without_best).len(), 3);
}

#[test]
fn the_best_model_is_there_to_be_used() {
    let (train, test, folder) = (clouds(48, 4, 3, 1), clouds(48, 4, 3, 2), Folder::new());
    let make =
        || classifier(8, 3).optimizer(Adam::new(0.3).unwrap()).transform(Transform::Standardize).epochs(12);
    let fit = make().validation(&test).checkpoints(Checkpoints::new(&folder.0)).fit(&train).unwrap();
    let best = fit.history.best().unwrap();
    assert!(best.epoch < 12, "the last one says nothing");
    let model: Model = Model::load(folder.0.join("best.downhill")).unwrap();
    assert_eq!(Some(&model.evaluate(&test).unwrap()), best.validation.as_ref());
    assert_ne!(model.params(), fit.model.params());
}

#[test]
fn more_epochs_may_be_asked_for() {
    let (data, folder) = (clouds(40, 4, 3, 1), Folder::new());
    let make = |epochs| classifier(4, 3).epochs(epochs);
    make(2).checkpoints(Checkpoints::new(&folder.0)).fit(&data).unwrap();
    same(&make(5).resume(&folder.0).fit(&data).unwrap(), &make(5).fit(&data).unwrap());
    let none = make(2).resume(folder.0.join("missing")).fit(&data).unwrap();
    same(&none, &make(2).fit(&data).unwrap());
}

/// Tells what it is told of the training that is gone on from.
struct Before(std::sync::mpsc::Sender<usize>);

impl Callback for Before {
    fn on_resume(&mut self, history: &History) -> Result<()> {
        self.0.send(history.epochs.len()).unwrap();
        Ok(())
    }
}

#[test]
fn what_was_before_is_told() {
    let (data, folder) = (clouds(40, 4, 3, 1), Folder::new());
    for (epochs, expected) in [(2, None), (5, Some(2)), (5, Some(5))] {
        let (sender, told) = std::sync::mpsc::channel();
        let trainer = classifier(4, 3).epochs(epochs).callback(Before(sender));
        trainer.checkpoints(Checkpoints::new(&folder.0)).resume(&folder.0).fit(&data).unwrap();
        assert_eq!(told.try_iter().collect::<Vec<_>>(), Vec::from_iter(expected));
    }
}

#[test]
fn what_is_in_it() {
    let (data, folder) = (clouds(40, 4, 3, 1), Folder::new());
    let stopped =
        stopping(classifier(4, 3).checkpoints(Checkpoints::new(&folder.0)), STEPS + 1).fit(&data).unwrap();
    let checkpoint: Checkpoint = Checkpoint::load(folder.0.join("step-0000000004.checkpoint")).unwrap();
    assert_eq!((checkpoint.steps(), checkpoint.seed(), checkpoint.samples()), (4, 7, 40));
    assert_eq!((checkpoint.steps_of_epoch(), checkpoint.history().epochs.len()), (3, 1));
    assert_eq!((checkpoint.best_epoch(), checkpoint.has_ended()), (None, false));
    assert_eq!(checkpoint.params(), stopped.model.params());
    assert!(!checkpoint.optimizer().entries().is_empty());
    stopped.model.save(folder.0.join("model")).unwrap();
    let error = Checkpoint::<f32>::load(folder.0.join("model")).unwrap_err().to_string();
    assert!(error.contains("it holds a model"), "{error}");
}

/// The newest checkpoint of a training, in a folder.
fn written(folder: &Folder) -> std::path::PathBuf {
    classifier(4, 3)
        .epochs(2)
        .checkpoints(Checkpoints::new(&folder.0).keep(1))
        .fit(&clouds(40, 4, 3, 1))
        .unwrap();
    folder.0.join("step-0000000006.checkpoint")
}

#[test]
fn of_another_training() {
    let folder = Folder::new();
    let path = written(&folder);
    let data = clouds(40, 4, 3, 1);
    let sgd = || Sgd::new(0.1).unwrap().momentum(0.5).unwrap();
    for (trainer, data, expected) in [
        (classifier(4, 3).seed(8), &data, "it is of a training with the seed 7, not 8"),
        (classifier(4, 3), &clouds(41, 4, 3, 1), "a number of samples of 40, not 41"),
        (classifier(4, 3).batch_size(20), &data, "a number of batches of 3, not 2"),
        (classifier(4, 3), &clouds(40, 4, 3, 2), "on other data"),
        (classifier(4, 3).transform(Transform::MinMax), &data, "on other data, or data scaled otherwise"),
        (classifier(5, 3), &data, "the network has the parameters 0.weight [5, 4]"),
        (classifier(4, 3).optimizer(sgd()), &data, "with another optimizer"),
    ] {
        let error = trainer.resume(&folder.0).fit(data).unwrap_err();
        assert!(matches!(&error, Error::Resume { path: named, .. } if *named == path), "{error:?}");
        let error = error.to_string();
        assert!(error.contains("cannot go on from here") && error.contains(expected), "{error}");
    }
}

#[test]
fn in_the_way_of_another() {
    let (folder, data) = (Folder::new(), clouds(40, 4, 3, 1));
    let path = written(&folder);
    let make = || classifier(4, 3).checkpoints(Checkpoints::new(&folder.0));
    let error = make().fit(&data).unwrap_err();
    assert!(matches!(&error, Error::Occupied { path: named } if *named == path), "{error:?}");
    // One of an earlier step is as much in the way of what is newer.
    let other = Folder::new();
    stopping(classifier(4, 3).checkpoints(Checkpoints::new(&other.0)), 2).fit(&data).unwrap();
    let error = make().resume(&other.0).fit(&data).unwrap_err();
    assert!(matches!(error, Error::Occupied { .. }), "{error:?}");
    let error = classifier(4, 3).resume(folder.0.join("step-7.checkpoint")).fit(&data).unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error:?}");
}

#[test]
fn what_a_killed_process_left_is_removed() {
    let (folder, data) = (Folder::new(), clouds(40, 4, 3, 1));
    let ours = ["step-0000000003.checkpoint.99.0.tmp", "best.downhill.99.0.tmp"];
    let others = ["notes.txt.tmp", "step-9.tmp", "step-x.checkpoint"];
    for name in ours.iter().chain(&others) {
        fs::write(folder.0.join(name), b"half").unwrap();
    }
    classifier(4, 3).checkpoints(Checkpoints::new(&folder.0).keep(1)).resume(&folder.0).fit(&data).unwrap();
    let names = folder.names();
    assert!(ours.iter().all(|name| !names.contains(&name.to_string())), "{names:?}");
    assert!(others.iter().all(|name| names.contains(&name.to_string())), "{names:?}");
}

#[test]
fn a_checkpoint_is_no_model_and_a_model_no_checkpoint() {
    let (folder, data) = (Folder::new(), clouds(40, 4, 3, 1));
    let error = Model::<f32>::load(written(&folder)).unwrap_err().to_string();
    assert!(error.ends_with("this is no model file, it holds a checkpoint"), "{error}");
    let error = classifier(4, 3).resume(folder.0.join("best.downhill")).fit(&data).unwrap_err().to_string();
    assert!(error.ends_with("this is no checkpoint file, it holds a model"), "{error}");
    let error = Trainer::<f64>::new(Linear::new(3), CrossEntropy::new()).resume(&folder.0);
    let error = error.fit(&data.cast().unwrap()).unwrap_err().to_string();
    assert!(error.ends_with("it holds numbers of type f32, not f64"), "{error}");
}

/// Goes on from these bytes for a few steps.
fn resume(bytes: &[u8], folder: &Folder) -> Result<Fit> {
    let path = folder.0.join("any");
    fs::write(&path, bytes).unwrap();
    classifier(4, 3).epochs(3).early_stopping(EarlyStopping::new(1)).resume(path).fit(&clouds(40, 4, 3, 1))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn damaged(place: prop::sample::Index, length: prop::sample::Index, value: u8) {
        static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| fs::read(written(&Folder::new())).unwrap());
        let (sound, folder) = (&*SOUND, Folder::new());
        prop_assert!(resume(sound, &folder).is_ok());
        prop_assert!(resume(&sound[..length.index(sound.len())], &folder).is_err());
        let mut changed = sound.clone();
        let place = place.index(sound.len());
        changed[place] = value;
        prop_assert!(&changed == sound || resume(&changed, &folder).is_err());
        // With a header that fits it may still be a checkpoint, or not; it is no reason to panic.
        let body = &changed[HEADER..];
        let _ = resume(&sealed(CHECKPOINT, body), &folder);
        let cut = resume(&sealed(CHECKPOINT, &body[..length.index(body.len())]), &folder);
        let refused = matches!(cut, Err(Error::Format { .. }));
        prop_assert!(refused);
    }
}
