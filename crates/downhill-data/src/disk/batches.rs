//! Batches of rows on disk.

use std::sync::Arc;

use downhill_tensor::{Real, Shape, Target, Tensor};

#[cfg(feature = "images")]
use crate::images::ImageFolder;
use crate::random::shuffle;
use crate::{Batch, Dataset, DiskArray, Error, Result, Source};

/// Batches of a data set that stays on disk: the same, in the same order, as [`Batches`](crate::Batches) of the same
/// numbers in memory. Of the data set only the order of the rows, 8 bytes for each, and a batch are in memory.
///
/// ```
/// use downhill_data::{DiskArray, DiskBatches, Source, npy};
/// use downhill_tensor::Tensor;
///
/// let folder = std::env::temp_dir();
/// let (x, y) = (folder.join("downhill-doc-x.npy"), folder.join("downhill-doc-y.npy"));
/// npy::write(&x, &Tensor::<f32>::ones([10, 3]))?;
/// npy::write_labels(&y, &Tensor::full([10], 1))?;
///
/// let mut batches = DiskBatches::<f32>::classification(DiskArray::npy(&x)?, DiskArray::npy(&y)?, 2, 4)?.shuffled(42);
/// batches.seek(0, 0)?;
/// while let Some(batch) = batches.next_batch()? {
///     assert_eq!(batch.inputs.shape().sample(), [3]);
/// }
/// # std::fs::remove_file(x).unwrap();
/// # std::fs::remove_file(y).unwrap();
/// # Ok::<(), downhill_data::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct DiskBatches<T: Real = f32> {
    inputs: Inputs,
    /// The shape of one input.
    sample: Shape,
    target: Answers,
    /// How many classes there are, if the targets are classes.
    classes: Option<usize>,
    class_names: Arc<[String]>,
    size: usize,
    seed: Option<u64>,
    order: Vec<usize>,
    /// The epoch that `order` is of.
    epoch: Option<u64>,
    next: usize,
    bytes: Vec<u8>,
    batch: Option<Batch<T>>,
}

/// Where inputs are read from.
#[derive(Debug, Clone)]
enum Inputs {
    Array(DiskArray),
    #[cfg(feature = "images")]
    Images(Box<ImageFolder>),
}

/// Where targets are.
#[derive(Debug, Clone)]
enum Answers {
    Array(DiskArray),
    #[cfg(feature = "images")]
    Labels(Tensor<usize>),
}

impl<T: Real> DiskBatches<T> {
    /// Batches of `size` rows to learn their class from: labels `[n]` below `classes`.
    ///
    /// # Errors
    /// [`Error::Lengths`], [`Error::ArrayAxes`] for labels of another shape, [`Error::Empty`] without rows,
    /// [`Error::BatchSize`], [`Error::Class`] for more than [`Dataset::MAX_CLASSES`]. Labels and numbers are looked at
    /// when they are read.
    pub fn classification(
        inputs: DiskArray,
        labels: DiskArray,
        classes: usize,
        size: usize,
    ) -> Result<DiskBatches<T>> {
        if labels.shape().len() != 1 {
            let (name, shape) = (labels.name().to_owned(), labels.shape());
            return Err(Error::ArrayAxes { name, what: "labels", axes: 1, shape });
        }
        if classes > Dataset::<T>::MAX_CLASSES {
            return Err(Error::Class { row: 0, class: classes, classes: Dataset::<T>::MAX_CLASSES });
        }
        DiskBatches::of_arrays(inputs, labels, Some(classes), size)
    }

    /// Batches of `size` rows to learn values from, `[n, …]`; those of shape `[n]` become `[n, 1]`.
    ///
    /// # Errors
    /// [`Error::Lengths`], [`Error::Empty`] without rows, [`Error::BatchSize`]. Numbers are looked at when they are
    /// read.
    pub fn regression(inputs: DiskArray, values: DiskArray, size: usize) -> Result<DiskBatches<T>> {
        DiskBatches::of_arrays(inputs, values, None, size)
    }

    /// Batches of `size` images to learn their class from, each read when it is needed: `[m, channels, height, width]` of 0
    /// to 255. Reading takes much longer than learning: see [`Prefetch`](crate::Prefetch).
    ///
    /// # Errors
    /// [`Error::BatchSize`], and what is wrong with the first image if no size is set.
    #[cfg(feature = "images")]
    pub fn images(folder: ImageFolder, size: usize) -> Result<DiskBatches<T>> {
        let (rows, sample, labels) = (folder.len(), folder.sample_shape()?, folder.labels());
        let names = folder.class_names().to_vec();
        let (inputs, target) = (Inputs::Images(Box::new(folder)), Answers::Labels(labels));
        DiskBatches::new(inputs, sample, target, rows, Some(names.len()), size)?.with_class_names(names)
    }

    fn of_arrays(
        inputs: DiskArray,
        target: DiskArray,
        classes: Option<usize>,
        size: usize,
    ) -> Result<DiskBatches<T>> {
        let (rows, targets) = (inputs.rows(), target.rows());
        if rows != targets {
            return Err(Error::Lengths { inputs: rows, targets });
        }
        let sample = inputs.shape().sample();
        DiskBatches::new(Inputs::Array(inputs), sample, Answers::Array(target), rows, classes, size)
    }

    fn new(
        inputs: Inputs,
        sample: Shape,
        target: Answers,
        rows: usize,
        classes: Option<usize>,
        size: usize,
    ) -> Result<DiskBatches<T>> {
        if rows == 0 {
            return Err(Error::Empty { operation: "batching" });
        }
        if size == 0 {
            return Err(Error::BatchSize { size, rows });
        }
        let names: Vec<String> = (0..classes.unwrap_or(0)).map(|class| class.to_string()).collect();
        let order = (0..rows).collect();
        let class_names = names.into();
        let (seed, epoch, next, bytes, batch) = (None, None, 0, Vec::new(), None);
        Ok(DiskBatches {
            inputs,
            sample,
            target,
            classes,
            class_names,
            size,
            seed,
            order,
            epoch,
            next,
            bytes,
            batch,
        })
    }

    /// The same batches with the rows shuffled anew in every epoch.
    #[must_use]
    pub fn shuffled(self, seed: u64) -> DiskBatches<T> {
        DiskBatches { seed: Some(seed), epoch: None, ..self }
    }

    /// The same batches with a name for each class.
    ///
    /// # Errors
    /// [`Error::Names`] if their number is not that of the classes.
    pub fn with_class_names(self, names: Vec<String>) -> Result<DiskBatches<T>> {
        let expected = self.classes.unwrap_or(0);
        if names.len() != expected {
            return Err(Error::Names { things: "classes", expected, found: names.len() });
        }
        Ok(DiskBatches { class_names: names.into(), ..self })
    }

    /// The rows with these numbers. The storage of `used` is written again if nobody else holds it.
    fn read(&mut self, from: usize, to: usize) -> Result<Batch<T>> {
        let rows = &self.order[from..to];
        let (used, target) =
            self.batch.take().map_or((None, None), |batch| (Some(batch.inputs), Some(batch.target)));
        let inputs = match &self.inputs {
            Inputs::Array(array) => read(array, rows, used, &mut self.bytes, "inputs")?,
            #[cfg(feature = "images")]
            Inputs::Images(folder) => {
                let mut numbers = storage(used);
                for &row in rows {
                    folder.read_image(row, self.sample, &mut numbers)?;
                }
                Tensor::new(self.sample.prepend(rows.len())?, numbers)?
            }
        };
        let target = match (&self.target, self.classes, target) {
            #[cfg(feature = "images")]
            (Answers::Labels(labels), ..) => {
                let labels = labels.as_slice();
                Target::Classes(Tensor::vector(rows.iter().map(|&row| labels[row]).collect::<Vec<_>>()))
            }
            (Answers::Array(array), Some(classes), _) => {
                let labels = array.read_labels(rows, &mut self.bytes)?;
                if let Some(place) = labels.iter().position(|&label| label >= classes) {
                    return Err(Error::Class { row: rows[place], class: labels[place], classes });
                }
                Target::Classes(Tensor::vector(labels))
            }
            (Answers::Array(array), None, used) => {
                let used = used.and_then(|target| match target {
                    Target::Values(values) => Some(values),
                    Target::Classes(_) => None,
                });
                let values = read(array, rows, used, &mut self.bytes, "targets")?;
                Target::Values(if values.shape().len() == 1 { values.unsqueeze(1)? } else { values })
            }
        };
        Ok(Batch::new(inputs, target))
    }
}

/// An empty vector, with the storage of `used` if nobody else holds it.
fn storage<T: Real>(used: Option<Tensor<T>>) -> Vec<T> {
    let mut numbers = used.filter(|used| !used.is_shared()).map_or(Vec::new(), Tensor::into_vec);
    numbers.clear();
    numbers
}

/// Reads rows into the storage of `used`, if nobody else holds it.
fn read<T: Real>(
    array: &DiskArray,
    rows: &[usize],
    used: Option<Tensor<T>>,
    bytes: &mut Vec<u8>,
    part: &'static str,
) -> Result<Tensor<T>> {
    let mut numbers = storage(used);
    array.read_rows(rows, bytes, &mut numbers)?;
    let width = array.shape().sample().elements();
    if let Some(place) = numbers.iter().position(|x| !x.finite()) {
        let (row, value) = (rows[place / width], numbers[place].as_f64());
        return Err(Error::NotFinite { part, row, place: place % width, value });
    }
    Ok(Tensor::new(array.shape().with(0, rows.len()), numbers)?)
}

impl<T: Real> Source<T> for DiskBatches<T> {
    fn sample_shape(&self) -> Shape {
        self.sample
    }

    fn samples(&self) -> usize {
        self.order.len()
    }

    fn batches(&self) -> usize {
        self.order.len().div_ceil(self.size)
    }

    fn seek(&mut self, epoch: u64, batch: usize) -> Result<()> {
        if let Some(seed) = self.seed
            && self.epoch != Some(epoch)
        {
            shuffle(&mut self.order, seed, epoch);
            self.epoch = Some(epoch);
        }
        self.next = batch.saturating_mul(self.size).min(self.order.len());
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<Batch<T>>> {
        let (from, to) = (self.next, self.next.saturating_add(self.size).min(self.order.len()));
        if from == to {
            return Ok(None);
        }
        let batch = self.read(from, to)?;
        self.next = to;
        self.batch = Some(batch.clone());
        Ok(Some(batch))
    }

    fn class_names(&self) -> &[String] {
        &self.class_names
    }
}
