//! What can be seen of a checkpoint.

use std::path::Path;

use downhill_nn::{Params, Scalar};
use downhill_optim::State;
use serde::de::DeserializeOwned;

use super::state::Checkpoint;
use crate::file::{self, Kind};
use crate::{History, Result};

impl<T: Scalar> Checkpoint<T> {
    /// Reads a checkpoint.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File); [`Error::Format`](crate::Error::Format) if the file is no checkpoint, is
    /// damaged or cut off, or holds numbers of another type.
    pub fn load(path: impl AsRef<Path>) -> Result<Checkpoint<T>>
    where
        T: DeserializeOwned,
    {
        file::read::<T, _>(Kind::Checkpoint, path.as_ref())
    }

    /// The number of steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The seed of the training.
    pub fn seed(&self) -> u64 {
        self.training.seed
    }

    /// The number of samples of an epoch.
    pub fn samples(&self) -> usize {
        self.training.samples
    }

    /// The number of steps of an epoch.
    pub fn steps_of_epoch(&self) -> usize {
        self.training.batches
    }

    /// The epochs that are done.
    pub fn history(&self) -> &History {
        &self.course.history
    }

    /// The epoch, from 1, whose parameters early stopping would bring back.
    pub fn best_epoch(&self) -> Option<usize> {
        self.course.best.as_ref().map(|best| best.epoch)
    }

    /// Whether early stopping or a callback has ended the training.
    pub fn has_ended(&self) -> bool {
        self.course.ended
    }

    /// The parameters after the last step.
    pub fn params(&self) -> &Params<T> {
        &self.params
    }

    /// What the optimizer remembers.
    pub fn optimizer(&self) -> &State<T> {
        &self.optimizer
    }
}
