//! Data sets that are read from beginning to end, epoch after epoch.

mod chunks;
mod tables;

use std::collections::VecDeque;

use downhill_tensor::random::Generator;
use downhill_tensor::{Element, Real, Shape, Target, Tensor};
use rand::RngExt;

use crate::random::of_epoch;
use crate::{Batch, Dataset, Encoder, Error, Result, Source};

pub use chunks::Chunks;
pub use tables::TableChunks;

/// Batches of a data set that is read part after part: of it no more is in memory than a part and the rows among which
/// it is shuffled.
///
/// ```
/// use downhill_data::{Schema, Source, Stream, TableChunks, TableOptions};
///
/// let path = std::env::temp_dir().join("downhill-doc-stream.csv");
/// std::fs::write(&path, "x,kind\n1,a\n2,b\n3,a\n4,a\n5,b\n").unwrap();
///
/// // The file is read once to learn its classes, and again in each epoch.
/// let rows = TableChunks::csv(&path, TableOptions::new(), &Schema::classification("kind"))?;
/// let mut stream = Stream::<f32, _>::new(rows, 2)?.shuffled(42, 1000)?;
/// stream.seek(0, 0)?;
/// let mut samples = 0;
/// while let Some(batch) = stream.next_batch()? {
///     samples += batch.target.len();
/// }
/// assert_eq!((samples, stream.class_names()), (5, &["a".to_owned(), "b".to_owned()][..]));
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), downhill_data::Error>(())
/// ```
#[derive(Debug)]
pub struct Stream<T: Real, C> {
    chunks: C,
    size: usize,
    shuffle: Option<(u64, usize)>,
    epoch: Option<Reading<T>>,
    /// An empty part, which tells of the others.
    about: Dataset<T>,
}

/// Before its first epoch, wherever this one is.
impl<T: Real, C: Clone> Clone for Stream<T, C> {
    fn clone(&self) -> Stream<T, C> {
        let (chunks, about) = (self.chunks.clone(), self.about.clone());
        Stream { chunks, size: self.size, shuffle: self.shuffle, epoch: None, about }
    }
}

/// Where an epoch is.
#[derive(Debug)]
struct Reading<T: Real> {
    number: u64,
    /// Batches given so far.
    batches: usize,
    rng: Generator,
    /// The rows read and not given yet.
    inputs: Held<T>,
    target: HeldTarget<T>,
    /// Whether there are none behind them.
    ended: bool,
}

impl<T: Real, C: Chunks<T>> Stream<T, C> {
    /// Batches of `size` rows in the order of the file.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows, [`Error::BatchSize`] for batches without rows; if the data cannot be read.
    pub fn new(mut chunks: C, size: usize) -> Result<Stream<T, C>> {
        let rows = chunks.rows();
        if size == 0 {
            return Err(Error::BatchSize { size, rows });
        }
        chunks.restart()?;
        // Rows may be dropped: a part may have none.
        let about = match chunks.next_chunk()? {
            Some(chunk) if rows > 0 => chunk.split_at(0)?.0,
            _ => return Err(Error::Empty { operation: "batching" }),
        };
        Ok(Stream { chunks, size, shuffle: None, epoch: None, about })
    }

    /// The same batches, each row drawn from the next `buffer` rows that have not been drawn yet: anew in every epoch,
    /// the more thoroughly, the larger the buffer, of which all is in memory.
    ///
    /// # Errors
    /// [`Error::BatchSize`] if the buffer is smaller than a batch.
    pub fn shuffled(self, seed: u64, buffer: usize) -> Result<Stream<T, C>> {
        if buffer < self.size {
            return Err(Error::BatchSize { size: self.size, rows: buffer });
        }
        Ok(Stream { shuffle: Some((seed, buffer)), epoch: None, ..self })
    }

    /// What the parts are read from.
    pub fn chunks(&self) -> &C {
        &self.chunks
    }

    fn start(&mut self, epoch: u64) -> Result<()> {
        self.chunks.restart()?;
        let seed = self.shuffle.map_or(0, |(seed, _)| seed);
        self.epoch = Some(Reading {
            number: epoch,
            batches: 0,
            rng: of_epoch(seed, epoch),
            inputs: Held::like(self.about.inputs()),
            target: match self.about.target() {
                Target::Classes(labels) => HeldTarget::Classes(Held::like(labels)),
                Target::Values(values) => HeldTarget::Values(Held::like(values)),
            },
            ended: false,
        });
        Ok(())
    }
}

impl<T: Real> Reading<T> {
    /// Reads until so many rows are held, or all that are left.
    fn fill<C: Chunks<T>>(&mut self, chunks: &mut C, rows: usize) -> Result<()> {
        while !self.ended && self.inputs.len() < rows {
            match chunks.next_chunk()? {
                None => self.ended = true,
                Some(chunk) => {
                    self.inputs.extend(chunk.inputs());
                    match (&mut self.target, chunk.target()) {
                        (HeldTarget::Classes(held), Target::Classes(labels)) => held.extend(labels),
                        (HeldTarget::Values(held), Target::Values(values)) => held.extend(values),
                        (_, target) => {
                            let (needed, found) = match target {
                                Target::Classes(_) => ("values", "classes"),
                                Target::Values(_) => ("classes", "values"),
                            };
                            return Err(Error::Target { needed, found });
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes the next rows out of those held.
    fn take(&mut self, size: usize, shuffle: Option<(u64, usize)>) -> Result<Batch<T>> {
        let rows = size.min(self.inputs.len());
        let mut inputs = Vec::with_capacity(rows * self.inputs.width());
        let (mut labels, mut values) = (Vec::new(), Vec::new());
        for _ in 0..rows {
            if let Some((_, buffer)) = shuffle {
                let drawn = self.rng.random_range(0..buffer.min(self.inputs.len()));
                self.inputs.bring_forward(drawn);
                match &mut self.target {
                    HeldTarget::Classes(held) => held.bring_forward(drawn),
                    HeldTarget::Values(held) => held.bring_forward(drawn),
                }
            }
            self.inputs.pop(&mut inputs);
            match &mut self.target {
                HeldTarget::Classes(held) => held.pop(&mut labels),
                HeldTarget::Values(held) => held.pop(&mut values),
            }
        }
        let inputs = Tensor::new(self.inputs.shape.with(0, rows), inputs)?;
        let target = match &self.target {
            HeldTarget::Classes(_) => Target::Classes(Tensor::vector(labels)),
            HeldTarget::Values(held) => Target::Values(Tensor::new(held.shape.with(0, rows), values)?),
        };
        Ok(Batch::new(inputs, target))
    }
}

/// Rows in memory, the first of which goes first.
#[derive(Debug)]
struct Held<E> {
    /// `[0, …]`.
    shape: Shape,
    elements: VecDeque<E>,
    rows: usize,
}

#[derive(Debug)]
enum HeldTarget<T> {
    Classes(Held<usize>),
    Values(Held<T>),
}

impl<E: Element> Held<E> {
    fn like(tensor: &Tensor<E>) -> Held<E> {
        Held { shape: tensor.shape().with(0, 0), elements: VecDeque::new(), rows: 0 }
    }

    fn len(&self) -> usize {
        self.rows
    }

    fn width(&self) -> usize {
        self.shape.sample().elements()
    }

    fn extend(&mut self, rows: &Tensor<E>) {
        self.elements.extend(rows.as_slice());
        self.rows += rows.shape()[0];
    }

    fn bring_forward(&mut self, row: usize) {
        let width = self.width();
        for place in 0..width {
            self.elements.swap(place, row * width + place);
        }
    }

    fn pop(&mut self, into: &mut Vec<E>) {
        into.extend(self.elements.drain(..self.width()));
        self.rows -= 1;
    }
}

impl<T: Real, C: Chunks<T>> Source<T> for Stream<T, C> {
    fn sample_shape(&self) -> Shape {
        self.about.sample_shape()
    }

    fn samples(&self) -> usize {
        self.chunks.rows()
    }

    fn batches(&self) -> usize {
        self.samples().div_ceil(self.size)
    }

    /// Reads from the beginning up to there.
    fn seek(&mut self, epoch: u64, batch: usize) -> Result<()> {
        let ahead =
            self.epoch.as_ref().is_some_and(|reading| reading.number == epoch && reading.batches <= batch);
        if !ahead {
            self.start(epoch)?;
        }
        while self.epoch.as_ref().is_some_and(|reading| reading.batches < batch) {
            if self.next_batch()?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<Batch<T>>> {
        if self.epoch.is_none() {
            self.start(0)?;
        }
        let Some(reading) = &mut self.epoch else { return Ok(None) };
        let rows = self.shuffle.map_or(self.size, |(_, buffer)| buffer.saturating_add(self.size));
        reading.fill(&mut self.chunks, rows)?;
        if reading.inputs.len() == 0 {
            return Ok(None);
        }
        reading.batches += 1;
        Ok(Some(reading.take(self.size, self.shuffle)?))
    }

    fn feature_names(&self) -> &[String] {
        self.about.feature_names()
    }

    fn class_names(&self) -> &[String] {
        self.about.class_names()
    }

    fn value_names(&self) -> &[String] {
        self.about.value_names()
    }

    fn encoder(&self) -> Option<&Encoder> {
        self.about.encoder()
    }
}
