//! Checkpoints: a training written down, to go on from there.

mod contents;
mod folder;
mod state;

pub use state::Checkpoint;

pub(crate) use folder::Folder;
pub(crate) use state::{Best, Codec, Course, Training, fingerprint, resume};

use std::path::PathBuf;
use std::time::Duration;

/// Where and how often a training is written to files, so that it can go on after it was ended:
/// [`Trainer::checkpoints`](crate::Trainer::checkpoints), [`Trainer::resume`](crate::Trainer::resume).
///
/// A checkpoint is everything that the steps to come depend on: parameters and buffers, the state of optimizer and
/// schedule, the place in the data and in all random numbers, early stopping, the history. A training that goes on
/// from one makes, to the bit, what it would have made without the break.
///
/// Files appear whole or not at all, whenever the process or the machine dies: they are written beside their place, synced
/// and renamed, and the folder is synced. They are named after the number of steps, `step-0000001200.checkpoint`;
/// `best.downhill` is the model of the best epoch so far, for [`Model::load`](crate::Model::load).
#[derive(Debug, Clone)]
pub struct Checkpoints {
    pub(crate) folder: PathBuf,
    pub(crate) steps: u64,
    pub(crate) epochs: usize,
    pub(crate) interval: Option<Duration>,
    pub(crate) keep: usize,
    pub(crate) best: bool,
}

impl Checkpoints {
    /// Checkpoints in a folder of this training's own, which is made if it is missing: after every epoch, the newest
    /// three kept, and the model of the best epoch. There is always one at the end of the training.
    pub fn new(folder: impl Into<PathBuf>) -> Checkpoints {
        Checkpoints { folder: folder.into(), steps: 0, epochs: 1, interval: None, keep: 3, best: true }
    }

    /// Writes one after every so many steps too; 0, as at first, means no such.
    #[must_use]
    pub fn every_steps(self, steps: u64) -> Checkpoints {
        Checkpoints { steps, ..self }
    }

    /// Writes one after every so many epochs; 0 means no such.
    #[must_use]
    pub fn every_epochs(self, epochs: usize) -> Checkpoints {
        Checkpoints { epochs, ..self }
    }

    /// Writes one after the first step that ends this long after the last one.
    #[must_use]
    pub fn every(self, interval: Duration) -> Checkpoints {
        Checkpoints { interval: Some(interval), ..self }
    }

    /// Keeps this many of the newest; 0 means 1.
    #[must_use]
    pub fn keep(self, count: usize) -> Checkpoints {
        Checkpoints { keep: count, ..self }
    }

    /// Does not write the model of the best epoch.
    #[must_use]
    pub fn without_best(self) -> Checkpoints {
        Checkpoints { best: false, ..self }
    }
}
