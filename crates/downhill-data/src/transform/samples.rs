//! What a transform is fitted on.

use std::marker::PhantomData;

use downhill_tensor::{Real, Target, Tensor};

use crate::dataset::check_numbers;
use crate::{Error, Result, Source};

/// Samples that can be gone through again and again.
pub(super) trait Samples<T: Real> {
    /// Shows all of them, `[n, …]`, some rows at a time, all of one width.
    fn visit(&mut self, show: &mut dyn FnMut(&Tensor<T>)) -> Result<()>;
}

/// In memory, and finite.
impl<T: Real> Samples<T> for &Tensor<T> {
    fn visit(&mut self, show: &mut dyn FnMut(&Tensor<T>)) -> Result<()> {
        show(self);
        Ok(())
    }
}

/// A part of each batch of a source's first epoch.
pub(super) struct Batches<'a, T, S> {
    source: &'a mut S,
    part: Part,
    numbers: PhantomData<T>,
}

#[derive(Clone, Copy)]
pub(super) enum Part {
    Inputs,
    Targets,
}

impl<'a, T: Real, S: Source<T>> Batches<'a, T, S> {
    pub(super) fn new(source: &'a mut S, part: Part) -> Batches<'a, T, S> {
        Batches { source, part, numbers: PhantomData }
    }
}

impl<T: Real, S: Source<T>> Samples<T> for Batches<'_, T, S> {
    fn visit(&mut self, show: &mut dyn FnMut(&Tensor<T>)) -> Result<()> {
        self.source.seek(0, 0)?;
        let (mut before, mut width) = (0, None);
        while let Some(batch) = self.source.next_batch()? {
            let (samples, part) = match (self.part, &batch.target) {
                (Part::Inputs, _) => (&batch.inputs, "inputs"),
                (Part::Targets, Target::Values(values)) => (values, "targets"),
                (Part::Targets, Target::Classes(_)) => {
                    return Err(Error::Target { needed: "values", found: "classes" });
                }
            };
            check_numbers(samples, part).map_err(|error| match error {
                Error::NotFinite { part, row, place, value } => {
                    Error::NotFinite { part, row: before + row, place, value }
                }
                other => other,
            })?;
            let shape = samples.shape();
            let expected = *width.get_or_insert(shape.sample().elements());
            if shape.sample().elements() != expected {
                return Err(Error::Features { expected, shape });
            }
            before += shape[0];
            show(samples);
        }
        Ok(())
    }
}
