//! The training loop.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use downhill_data::{Batch, Batches, Dataset, Fitted, Source};
use downhill_nn::autodiff::Tensor;
use downhill_nn::{Scalar, Target};

use crate::answers::Answers;
use crate::checkpoint::{Best, Course, Folder, Training};
use crate::names::Names;
use crate::{Callback, EarlyStopping, EpochRecord, Error, Learner, Metrics, Model, Plan, Result, StepRecord};

/// A training under way.
pub(crate) struct Run<T: Scalar> {
    pub(crate) learner: Learner<T>,
    pub(crate) training: Training,
    pub(crate) course: Course<T>,
    pub(crate) epochs: usize,
    pub(crate) names: Names,
    pub(crate) input_transforms: Vec<Fitted>,
    pub(crate) answers: Answers,
    /// The validation set as the network sees it, and its targets in the data's unit.
    pub(crate) validation: Option<(Dataset<T>, Target<T>)>,
    pub(crate) early_stopping: Option<EarlyStopping>,
    pub(crate) callbacks: Vec<Box<dyn Callback>>,
    /// Which of them look into the step under way.
    pub(crate) inspecting: Vec<bool>,
    pub(crate) folder: Option<Folder<T>>,
    /// Set from outside when the training is to end.
    pub(crate) stop: Option<Arc<AtomicBool>>,
}

/// How many rows of the validation set are computed at once.
const ROWS: usize = 1024;

impl<T: Scalar> Run<T> {
    /// Trains to the end, and answers whether it was stopped before.
    pub(crate) fn run(&mut self, source: &mut dyn Source<T>) -> Result<bool> {
        let plan = Plan {
            epochs: self.epochs,
            steps: source.batches(),
            samples: source.samples(),
            parameters: self.learner.params().len(),
            done: self.learner.steps(),
        };
        for callback in &mut self.callbacks {
            callback.on_start(&plan)?;
            if plan.done > 0 {
                callback.on_resume(&self.course.history)?;
            }
        }
        let mut stopped = false;
        while !stopped && !self.course.ended && self.course.epochs() < self.epochs {
            stopped = self.epoch(source)?.is_break();
        }
        self.learner.average()?;
        let history = &mut self.course.history;
        if let Some(best) = self.course.best.take()
            && best.epoch < history.epochs.len()
        {
            *self.learner.params_mut() = best.params;
            history.restored = Some(best.epoch);
        }
        for callback in &mut self.callbacks {
            callback.on_end(history)?;
        }
        Ok(stopped)
    }

    /// Trains for the rest of an epoch and judges what came out. `Break` if it was stopped.
    fn epoch(&mut self, source: &mut dyn Source<T>) -> Result<ControlFlow<()>> {
        let (start, before) = (Instant::now(), self.course.seconds);
        let epoch = self.course.epochs() + 1;
        source.seek(epoch as u64 - 1, self.course.batch)?;
        while let Some(batch) = source.next_batch()? {
            self.step(epoch, &batch)?;
            // A source writes its next batch into the storage of this one.
            drop(batch);
            self.course.seconds = before + start.elapsed().as_secs_f64();
            let stops = self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed));
            if let Some(folder) = &mut self.folder
                && (stops || folder.due_step(self.learner.steps()))
            {
                folder.save(&self.training, &self.course, &mut self.learner)?;
            }
            if stops {
                return Ok(ControlFlow::Break(()));
            }
        }
        let (setting, value) =
            ("the number of batches that a source gave in an epoch", self.course.batch as f64);
        if self.course.batch != self.training.batches {
            return Err(Error::Setting { setting, rule: "the one that it announced", value });
        }
        if self.course.samples == 0 {
            return Err(Error::Needs { what: "an epoch", needs: "at least one sample" });
        }

        let trained = self.learner.params().clone();
        self.learner.average()?;
        let (validation_loss, validation) = self.validate()?.unzip();
        let record = EpochRecord {
            epoch,
            loss: self.course.loss / self.course.samples as f64,
            validation_loss,
            validation: validation.flatten(),
            rate: self.learner.optimizer().rate(),
            seconds: before + start.elapsed().as_secs_f64(),
        };
        self.finish(record)?;
        *self.learner.params_mut() = trained;
        if let Some(folder) = &mut self.folder
            && (folder.due_epoch(epoch) || self.course.ended || epoch == self.epochs)
        {
            folder.save(&self.training, &self.course, &mut self.learner)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Takes one step.
    fn step(&mut self, epoch: usize, batch: &Batch<T>) -> Result<()> {
        let step = self.course.batch + 1;
        self.inspecting.clear();
        self.inspecting.extend(self.callbacks.iter_mut().map(|callback| callback.inspects(epoch, step)));
        let inspected = self.inspecting.contains(&true);
        let before = inspected.then(|| self.learner.params().theta().clone());
        let loss = self.learner.step_on(batch).map_err(|error| match error {
            Error::NotFinite { what, place, .. } => Error::NotFinite { epoch, step, what, place },
            other => other,
        })?;
        let loss = loss.as_f64();
        self.course.loss += loss * batch.target.len() as f64;
        self.course.samples += batch.target.len();
        self.course.batch = step;
        for callback in &mut self.callbacks {
            callback.on_step(&StepRecord { epoch, step, loss })?;
        }
        if let Some(before) = before {
            let asked = self.callbacks.iter_mut().zip(&self.inspecting).filter(|(_, inspects)| **inspects);
            let callbacks = asked.map(|(callback, _)| callback);
            self.learner.inspect(StepRecord { epoch, step, loss }, batch, &before, callbacks)?;
        }
        Ok(())
    }

    /// Tells of an epoch that is done, while the learner has the parameters to judge it by, and goes on to the next one.
    fn finish(&mut self, record: EpochRecord) -> Result<()> {
        let mut ends = false;
        for callback in &mut self.callbacks {
            ends |= callback.on_epoch(&record)?.is_break();
        }
        let (epoch, cost) = (record.epoch, record.cost());
        if let Some(stopping) = self.early_stopping {
            match &self.course.best {
                Some(best) if cost >= best.loss - stopping.min_fall => {
                    ends |= epoch - best.epoch >= stopping.patience;
                }
                _ => {
                    self.course.best = Some(Best { epoch, loss: cost, params: self.learner.params().clone() })
                }
            }
        }
        if let Some(folder) = &self.folder
            && folder.wants_best()
            && self.course.history.epochs.iter().all(|epoch| cost < epoch.cost())
        {
            folder.save_best(&self.model()?)?;
        }
        self.learner.optimizer_mut().report(cost);
        let course = &mut self.course;
        course.history.epochs.push(record);
        (course.batch, course.samples, course.loss, course.seconds, course.ended) = (0, 0, 0.0, 0.0, ends);
        Ok(())
    }

    /// The model as it is now.
    pub(crate) fn model(&self) -> Result<Model<T>> {
        let (network, params) = (self.learner.network().clone(), self.learner.params().clone());
        let transforms = self.input_transforms.clone();
        Model::from_parts(network, params, self.names.clone(), transforms, self.answers.clone())
    }

    /// The loss on the validation set, and the metrics if the targets are what the network answers.
    fn validate(&mut self) -> Result<Option<(f64, Option<Metrics>)>> {
        let Some((set, target)) = &self.validation else { return Ok(None) };
        let (mut sum, mut outputs) = (0.0, Vec::new());
        for batch in Batches::new(set, ROWS)?.epoch(0) {
            let (output, loss) = self.learner.evaluate_on(&batch)?;
            sum += loss.as_f64() * batch.target.len() as f64;
            outputs.extend_from_slice(output.as_slice());
        }
        let outputs = Tensor::new(self.answers.output.prepend(set.len())?, outputs)?;
        let metrics = self.answers.comparable().then(|| self.answers.judge(outputs, target)).transpose()?;
        Ok(Some((sum / set.len() as f64, metrics)))
    }
}
