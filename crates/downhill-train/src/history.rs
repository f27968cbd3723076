//! What happened in training, epoch by epoch.

use serde::{Deserialize, Serialize};

use crate::Metrics;

/// One epoch of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EpochRecord {
    /// Its number, from 1.
    pub epoch: usize,
    /// The mean loss of the training batches, each before its step.
    pub loss: f64,
    /// The loss on the validation set, if there is one, after the epoch.
    pub validation_loss: Option<f64>,
    /// The metrics on the validation set, if there is one, after the epoch.
    pub validation: Option<Metrics>,
    /// The learning rate at the end of the epoch.
    pub rate: f64,
    /// How long it took, validation included.
    pub seconds: f64,
}

impl EpochRecord {
    /// The loss that says how well training goes: on the validation set if there is one.
    pub fn judged_loss(&self) -> f64 {
        self.validation_loss.unwrap_or(self.loss)
    }

    /// The same with NaN, which compares with nothing, as the worst of all.
    pub(crate) fn cost(&self) -> f64 {
        let loss = self.judged_loss();
        if loss.is_nan() { f64::INFINITY } else { loss }
    }
}

/// The epochs of a training, in order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct History {
    /// The epochs.
    pub epochs: Vec<EpochRecord>,
    /// The epoch whose parameters the model has, if early stopping brought back an earlier one's.
    pub restored: Option<usize>,
}

impl History {
    /// The epoch with the lowest loss, on the validation set if there is one.
    pub fn best(&self) -> Option<&EpochRecord> {
        self.epochs.iter().min_by(|a, b| a.cost().total_cmp(&b.cost()))
    }

    /// How long training took.
    pub fn seconds(&self) -> f64 {
        self.epochs.iter().map(|epoch| epoch.seconds).sum()
    }
}
