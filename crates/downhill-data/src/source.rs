//! Where a training gets its batches from.

use downhill_tensor::{Real, Shape};

use crate::{Batch, Encoder, Epoch, Result};

/// Batches, epoch after epoch: what a training loop goes through.
///
/// [`Epoch`] is the one over a data set in memory. Data that are elsewhere, or too many, become another: the loop
/// asks for one batch after the other and holds on to none.
///
/// A batch must follow from the numbers of its epoch and its own alone, whatever was read before: this is what makes a
/// training reproducible, and lets it go on where it stopped.
pub trait Source<T: Real = f32> {
    /// The shape of one input, without the batch's axis.
    fn sample_shape(&self) -> Shape;

    /// The number of samples of an epoch.
    fn samples(&self) -> usize;

    /// The number of batches of an epoch: at least 1, the same for each.
    fn batches(&self) -> usize;

    /// Goes to a batch of an epoch, both counted from 0: the one that [`next_batch`](Source::next_batch) answers with.
    ///
    /// # Errors
    /// If the data cannot be read.
    fn seek(&mut self, epoch: u64, batch: usize) -> Result<()>;

    /// The next batch of the epoch; `None` at its end.
    ///
    /// # Errors
    /// If the data cannot be read, or make no batch.
    fn next_batch(&mut self) -> Result<Option<Batch<T>>>;

    /// The features' names, in the row-major order of a sample; empty if unknown.
    fn feature_names(&self) -> &[String] {
        &[]
    }

    /// The classes' names; empty if unknown.
    fn class_names(&self) -> &[String] {
        &[]
    }

    /// The names of a row's values to learn; empty if unknown.
    fn value_names(&self) -> &[String] {
        &[]
    }

    /// What made the inputs of a table, if anything did.
    fn encoder(&self) -> Option<&Encoder> {
        None
    }
}

impl<T: Real> Source<T> for Epoch<T> {
    fn sample_shape(&self) -> Shape {
        self.data().sample_shape()
    }

    fn samples(&self) -> usize {
        self.samples()
    }

    fn batches(&self) -> usize {
        self.batches()
    }

    fn seek(&mut self, epoch: u64, batch: usize) -> Result<()> {
        self.restart(epoch);
        self.skip_to(batch);
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<Batch<T>>> {
        Ok(self.next())
    }

    fn feature_names(&self) -> &[String] {
        self.data().feature_names()
    }

    fn class_names(&self) -> &[String] {
        self.data().class_names()
    }

    fn value_names(&self) -> &[String] {
        self.data().value_names()
    }

    fn encoder(&self) -> Option<&Encoder> {
        self.data().encoder()
    }
}

/// The same source, lent.
impl<T: Real, S: Source<T>> Source<T> for &mut S {
    fn sample_shape(&self) -> Shape {
        (**self).sample_shape()
    }

    fn samples(&self) -> usize {
        (**self).samples()
    }

    fn batches(&self) -> usize {
        (**self).batches()
    }

    fn seek(&mut self, epoch: u64, batch: usize) -> Result<()> {
        (**self).seek(epoch, batch)
    }

    fn next_batch(&mut self) -> Result<Option<Batch<T>>> {
        (**self).next_batch()
    }

    fn feature_names(&self) -> &[String] {
        (**self).feature_names()
    }

    fn class_names(&self) -> &[String] {
        (**self).class_names()
    }

    fn value_names(&self) -> &[String] {
        (**self).value_names()
    }

    fn encoder(&self) -> Option<&Encoder> {
        (**self).encoder()
    }
}
