//! The transforms that data go through before a network sees them.

use downhill_data::{Batch, Dataset, Encoder, Fitted, Source, Transform};
use downhill_nn::autodiff::tensor::Target;
use downhill_nn::autodiff::{Real, Shape, Tensor};

use crate::Result;

/// One of a trainer's transforms.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// To be fitted on the samples trained on.
    New(Transform),
    Fitted(Fitted),
}

impl Step {
    fn fit<T: Real>(&self, samples: &Tensor<T>) -> Result<Fitted> {
        match self {
            Step::New(transform) => Ok(transform.fit(samples)?),
            Step::Fitted(fitted) => Ok(fitted.clone()),
        }
    }
}

/// Fits transforms of a source's inputs and of its values to learn on it, one after the other.
pub(crate) fn of_source<T: Real>(
    inputs: &[Step],
    targets: &[Step],
    source: &mut impl Source<T>,
) -> Result<(Vec<Fitted>, Vec<Fitted>)> {
    let mut so_far = Transformed { source, inputs: Vec::new(), targets: Vec::new() };
    for step in inputs {
        let fitted = match step {
            Step::New(transform) => transform.fit_source(&mut so_far)?,
            Step::Fitted(fitted) => fitted.clone(),
        };
        so_far.inputs.push(fitted);
    }
    for step in targets {
        let fitted = match step {
            Step::New(transform) => transform.fit_source_targets(&mut so_far)?,
            Step::Fitted(fitted) => fitted.clone(),
        };
        so_far.targets.push(fitted);
    }
    Ok((so_far.inputs, so_far.targets))
}

/// Fits transforms of the inputs on `train`, one after the other, and applies them to both sets.
pub(crate) fn of_inputs<T: Real>(
    steps: &[Step],
    train: &mut Dataset<T>,
    validation: &mut Option<Dataset<T>>,
) -> Result<Vec<Fitted>> {
    let fit = |step: &Step| {
        let fitted = step.fit(train.inputs())?;
        for set in [&mut *train].into_iter().chain(validation.as_mut()) {
            *set = set.transform_inputs(&fitted)?;
        }
        Ok(fitted)
    };
    steps.iter().map(fit).collect()
}

/// The same with the values to learn.
pub(crate) fn of_targets<T: Real>(
    steps: &[Step],
    train: &mut Dataset<T>,
    validation: &mut Option<Dataset<T>>,
) -> Result<Vec<Fitted>> {
    let fit = |step: &Step| {
        let fitted = step.fit(train.values()?)?;
        for set in [&mut *train].into_iter().chain(validation.as_mut()) {
            *set = set.transform_targets(&fitted)?;
        }
        Ok(fitted)
    };
    steps.iter().map(fit).collect()
}

/// A source whose batches go through transforms.
pub(crate) struct Transformed<S> {
    pub(crate) source: S,
    pub(crate) inputs: Vec<Fitted>,
    pub(crate) targets: Vec<Fitted>,
}

impl<T: Real, S: Source<T>> Source<T> for Transformed<S> {
    fn sample_shape(&self) -> Shape {
        self.source.sample_shape()
    }

    fn samples(&self) -> usize {
        self.source.samples()
    }

    fn batches(&self) -> usize {
        self.source.batches()
    }

    fn seek(&mut self, epoch: u64, batch: usize) -> downhill_data::Result<()> {
        self.source.seek(epoch, batch)
    }

    fn next_batch(&mut self) -> downhill_data::Result<Option<Batch<T>>> {
        let Some(mut batch) = self.source.next_batch()? else { return Ok(None) };
        for transform in &self.inputs {
            batch.inputs = transform.apply(&batch.inputs)?;
        }
        for transform in &self.targets {
            if let Target::Values(values) = &mut batch.target {
                *values = transform.apply(values)?;
            }
        }
        Ok(Some(batch))
    }

    fn feature_names(&self) -> &[String] {
        self.source.feature_names()
    }

    fn class_names(&self) -> &[String] {
        self.source.class_names()
    }

    fn value_names(&self) -> &[String] {
        self.source.value_names()
    }

    fn encoder(&self) -> Option<&Encoder> {
        self.source.encoder()
    }
}
