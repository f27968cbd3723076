//! What is told of training while it runs.

use std::ops::ControlFlow;

use crate::{EpochRecord, History, Inspection, Result};

/// What a training is going to be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// The number of epochs, if nothing stops it before.
    pub epochs: usize,
    /// The number of steps of an epoch.
    pub steps: usize,
    /// The number of training samples.
    pub samples: usize,
    /// The number of parameters.
    pub parameters: usize,
    /// The number of steps that are done already, by the training that this one resumes.
    pub done: u64,
}

/// One step of training.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct StepRecord {
    /// The epoch, from 1.
    pub epoch: usize,
    /// The step of the epoch, from 1.
    pub step: usize,
    /// The loss of its batch, before the step.
    pub loss: f64,
}

/// Something that is told of training while it runs, and may end it.
///
/// An error that is none of this library's goes into [`Error::Callback`](crate::Error::Callback).
pub trait Callback: Send {
    /// Training begins.
    ///
    /// # Errors
    /// An error ends the training.
    fn on_start(&mut self, plan: &Plan) -> Result<()> {
        let _ = plan;
        Ok(())
    }

    /// Training begins where another was cut off, after `history`: told after [`on_start`](Callback::on_start).
    ///
    /// # Errors
    /// An error ends the training.
    fn on_resume(&mut self, history: &History) -> Result<()> {
        let _ = history;
        Ok(())
    }

    /// A step is done.
    ///
    /// # Errors
    /// An error ends the training.
    fn on_step(&mut self, step: &StepRecord) -> Result<()> {
        let _ = step;
        Ok(())
    }

    /// Whether it wants to look into the step that comes, by epoch and step from 1: asked once before each step. Steps that
    /// no callback wants to look into cost nothing more.
    fn inspects(&mut self, epoch: usize, step: usize) -> bool {
        let _ = (epoch, step);
        false
    }

    /// A step that it wanted to look into is done.
    ///
    /// # Errors
    /// An error ends the training.
    fn on_inspect(&mut self, inspection: &mut Inspection<'_>) -> Result<()> {
        let _ = inspection;
        Ok(())
    }

    /// An epoch is done. `Break` ends the training as if this had been the last.
    ///
    /// # Errors
    /// An error ends the training.
    fn on_epoch(&mut self, epoch: &EpochRecord) -> Result<ControlFlow<()>> {
        let _ = epoch;
        Ok(ControlFlow::Continue(()))
    }

    /// Training has ended.
    ///
    /// # Errors
    /// An error is what `fit` returns.
    fn on_end(&mut self, history: &History) -> Result<()> {
        let _ = history;
        Ok(())
    }
}
