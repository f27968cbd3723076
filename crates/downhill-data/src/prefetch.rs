//! Batches that are prepared ahead.

use std::io;
use std::marker::PhantomData;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use downhill_tensor::{Real, Shape};

use crate::{Batch, Encoder, Error, Result, Source};

/// A source whose batches are prepared ahead by threads of their own, while the last ones are learnt from. They are the
/// same, in the same order, whatever the number of threads.
///
/// With several threads each has a copy of the source and goes from batch to batch of its own with
/// [`seek`](Source::seek); for a source that must read what lies between, such as a CSV file, take one.
///
/// ```
/// use downhill_data::{Batches, Dataset, Prefetch, Source};
/// use downhill_tensor::Tensor;
///
/// let data: Dataset = Dataset::new(Tensor::zeros([10, 3]), Tensor::<f32>::zeros([10, 1]))?;
/// let mut source = Prefetch::new(Batches::new(&data, 4)?.shuffled(42).epoch(0), 2, 3);
/// source.seek(0, 0)?;
/// let mut samples = 0;
/// while let Some(batch) = source.next_batch()? {
///     samples += batch.target.len();
/// }
/// assert_eq!(samples, 10);
/// # Ok::<(), downhill_data::Error>(())
/// ```
#[derive(Debug)]
pub struct Prefetch<T: Real, S> {
    source: S,
    threads: usize,
    ahead: usize,
    /// Those at work, in the order of the batches that they began with.
    workers: Vec<Worker<T>>,
    /// The batch that they began with, and the one that is asked for next.
    start: usize,
    next: usize,
    numbers: PhantomData<T>,
}

#[derive(Debug)]
struct Worker<T: Real> {
    /// None when it is to end.
    batches: Option<Receiver<Result<Option<Batch<T>>>>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Real, S: Source<T> + Clone + Send + 'static> Prefetch<T, S> {
    /// Prepares batches on so many threads, at least 1, each of them up to `ahead` batches ahead, at least 1.
    pub fn new(source: S, threads: usize, ahead: usize) -> Prefetch<T, S> {
        let (threads, ahead) = (threads.max(1), ahead.max(1));
        Prefetch { source, threads, ahead, workers: Vec::new(), start: 0, next: 0, numbers: PhantomData }
    }

    fn start(&self, epoch: u64, first: usize) -> Result<Worker<T>> {
        let (sender, batches) = sync_channel(self.ahead);
        let (source, step) = (self.source.clone(), self.threads);
        let thread = Builder::new().name("downhill data".into());
        let thread =
            thread.spawn(move || work(source, epoch, first, step, &sender)).map_err(Error::Thread)?;
        Ok(Worker { batches: Some(batches), thread: Some(thread) })
    }
}

/// Sends every `step`-th batch of an epoch, until there is none left or nobody wants one.
fn work<T: Real, S: Source<T>>(
    mut source: S,
    epoch: u64,
    first: usize,
    step: usize,
    sender: &SyncSender<Result<Option<Batch<T>>>>,
) {
    for number in (first..).step_by(step) {
        let sought = if number == first || step > 1 { source.seek(epoch, number) } else { Ok(()) };
        let batch = sought.and_then(|()| source.next_batch());
        let last = !matches!(batch, Ok(Some(_)));
        if sender.send(batch).is_err() || last {
            return;
        }
    }
}

impl<T: Real> Drop for Worker<T> {
    fn drop(&mut self) {
        // A worker that waits for room in its queue is told that nobody wants its batch.
        self.batches = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl<T: Real, S: Source<T> + Clone + Send + 'static> Source<T> for Prefetch<T, S> {
    fn sample_shape(&self) -> Shape {
        self.source.sample_shape()
    }

    fn samples(&self) -> usize {
        self.source.samples()
    }

    fn batches(&self) -> usize {
        self.source.batches()
    }

    fn seek(&mut self, epoch: u64, batch: usize) -> Result<()> {
        self.workers.clear();
        (self.start, self.next) = (batch, batch);
        // A worker beyond the last batch would only find that out.
        let wanted = self.threads.min(self.batches().saturating_sub(batch)).max(1);
        self.workers = (0..wanted).map(|worker| self.start(epoch, batch + worker)).collect::<Result<_>>()?;
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<Batch<T>>> {
        if self.workers.is_empty() {
            self.seek(0, 0)?;
        }
        let number = self.next;
        let worker = &self.workers[(number - self.start) % self.workers.len()];
        self.next += 1;
        match worker.batches.as_ref().map(Receiver::recv) {
            Some(Ok(batch)) => batch,
            // It is gone since all batches have been asked for; else it has panicked.
            _ if number >= self.batches() => Ok(None),
            _ => Err(Error::Thread(io::Error::other("it panicked"))),
        }
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
