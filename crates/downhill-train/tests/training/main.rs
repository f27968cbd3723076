//! Training, and the models that it makes.

// A panic is a failure report.
#![allow(clippy::unwrap_used, clippy::panic)]

mod answers;
mod buffers;
mod callbacks;
mod checkpoints;
mod composition;
mod curvature;
mod data;
mod determinism;
mod diagnostics;
mod errors;
mod file;
mod folder;
mod killed;
mod optimizers;
mod penalties;
mod sources;
mod state_dicts;
mod stopping;
mod tables;
mod weights;

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use downhill_data::Dataset;
use downhill_nn::autodiff::Tensor;
use downhill_nn::autodiff::tensor::random::generator;
use downhill_nn::{Activation, CrossEntropy, Linear, Sequential};
use downhill_train::{Callback, EpochRecord, Plan, Result, Trainer};

/// Clouds of points, one around each class's own corner, that overlap a little.
fn clouds(rows: usize, features: usize, classes: usize, seed: u64) -> Dataset {
    let labels = Tensor::from_fn([rows], |row| row % classes);
    let mut points = Tensor::<f32>::normal([rows, features], 0.0, 0.6, &mut generator(seed, 0)).unwrap();
    for (place, x) in points.as_mut_slice().iter_mut().enumerate() {
        let (row, feature) = (place / features, place % features);
        *x += if feature % classes == row % classes { 1.0 } else { 0.0 };
    }
    Dataset::new(points, labels).unwrap()
}

/// A trainer of a small classifier.
fn classifier(hidden: usize, classes: usize) -> Trainer {
    let layers =
        Sequential::new().then(Linear::new(hidden)).then(Activation::Tanh).then(Linear::new(classes));
    Trainer::new(layers, CrossEntropy::new()).seed(7).epochs(5).batch_size(16)
}

/// Keeps what it is told.
#[derive(Clone, Default)]
struct Recorder {
    plan: Arc<Mutex<Option<Plan>>>,
    epochs: Arc<Mutex<Vec<EpochRecord>>>,
}

impl Callback for Recorder {
    fn on_start(&mut self, plan: &Plan) -> Result<()> {
        *self.plan.lock().unwrap() = Some(plan.clone());
        Ok(())
    }

    fn on_epoch(&mut self, epoch: &EpochRecord) -> Result<ControlFlow<()>> {
        self.epochs.lock().unwrap().push(epoch.clone());
        Ok(ControlFlow::Continue(()))
    }
}
