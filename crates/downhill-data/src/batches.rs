//! A data set in batches, epoch after epoch.

use downhill_tensor::{Real, Target, Tensor};

use crate::draws::Draws;
use crate::gather::{gather_into, gather_target, gather_weights};
use crate::random::{of_epoch, shuffle};
use crate::{Dataset, Error, Result};

/// A few rows of a data set, to be learnt from at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch<T: Real = f32> {
    /// The inputs, `[m, …]`.
    pub inputs: Tensor<T>,
    /// Their targets: classes `[m]` or values `[m, …]`.
    pub target: Target<T>,
    /// How much each row counts, `[m]`, if the data set says so.
    pub weights: Option<Tensor<T>>,
}

impl<T: Real> Batch<T> {
    /// A batch whose rows count alike.
    pub fn new(inputs: Tensor<T>, target: impl Into<Target<T>>) -> Batch<T> {
        Batch { inputs, target: target.into(), weights: None }
    }
}

/// How a data set is cut into batches.
///
/// The rows come in the data set's order, or shuffled anew in every epoch. The order depends on the
/// seed and the epoch's number only, so that a training run can be continued where it stopped.
///
/// ```
/// use downhill_data::{Batches, Dataset};
/// use downhill_tensor::Tensor;
///
/// let data: Dataset = Dataset::new(Tensor::zeros([10, 3]), Tensor::<f32>::zeros([10, 1]))?;
/// let batches = Batches::new(&data, 4)?.shuffled(42);
/// let sizes: Vec<usize> = batches.epoch(0).map(|batch| batch.target.len()).collect();
/// assert_eq!(sizes, [4, 4, 2]);
/// # Ok::<(), downhill_data::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Batches<T: Real = f32> {
    data: Dataset<T>,
    size: usize,
    order: Order,
    rows: usize,
}

/// In which order an epoch takes the rows.
#[derive(Debug, Clone)]
enum Order {
    /// The data set's.
    Given,
    /// Shuffled, with this seed.
    Shuffled(u64),
    /// Drawn with replacement, with this seed.
    Drawn(u64, Draws),
}

impl<T: Real> Batches<T> {
    /// Batches of `size` rows in the data set's order; the last one of an epoch may be shorter.
    ///
    /// # Errors
    /// [`Error::Empty`] for a data set without rows, [`Error::BatchSize`] for batches without rows.
    pub fn new(data: &Dataset<T>, size: usize) -> Result<Batches<T>> {
        let rows = data.len();
        if rows == 0 {
            return Err(Error::Empty { operation: "batching" });
        }
        if size == 0 {
            return Err(Error::BatchSize { size, rows });
        }
        Ok(Batches { data: data.clone(), size, order: Order::Given, rows })
    }

    /// The same batches with the rows shuffled anew in every epoch.
    #[must_use]
    pub fn shuffled(self, seed: u64) -> Batches<T> {
        Batches { order: Order::Shuffled(seed), ..self }
    }

    /// The same batches with as many rows drawn anew in every epoch, with replacement, each as often as its weight says.
    ///
    /// # Errors
    /// [`Error::Weights`] if there is not a weight for each row, [`Error::Weight`].
    pub fn weighted(self, weights: &[f64], seed: u64) -> Result<Batches<T>> {
        if weights.len() != self.data.len() {
            return Err(Error::Weights { rows: self.data.len(), weights: weights.len() });
        }
        Ok(Batches { order: Order::Drawn(seed, Draws::new(weights)?), ..self })
    }

    /// The same batches with as many rows drawn anew in every epoch, with replacement, each class as often as any
    /// other: rare classes come more often than they are there.
    ///
    /// # Errors
    /// [`Error::Target`] if the targets are values.
    pub fn balanced(self, seed: u64) -> Result<Batches<T>> {
        let counts = self.data.class_counts()?;
        let labels = self.data.labels()?.as_slice();
        let weights: Vec<f64> = labels.iter().map(|&class| 1.0 / counts[class] as f64).collect();
        self.weighted(&weights, seed)
    }

    /// The same batches without the short one at an epoch's end.
    ///
    /// # Errors
    /// [`Error::BatchSize`] if this would leave none.
    pub fn drop_last(self) -> Result<Batches<T>> {
        let rows = self.data.len();
        if self.size > rows {
            return Err(Error::BatchSize { size: self.size, rows });
        }
        Ok(Batches { rows: rows - rows % self.size, ..self })
    }

    /// The number of batches in an epoch: at least 1.
    #[expect(clippy::len_without_is_empty, reason = "there is always a batch")]
    pub fn len(&self) -> usize {
        self.rows.div_ceil(self.size)
    }

    /// The batches of one epoch.
    pub fn epoch(&self, epoch: u64) -> Epoch<T> {
        let order = (0..self.data.len()).collect();
        let batch = Batch {
            inputs: self.data.inputs().clone(),
            target: self.data.target().clone(),
            weights: self.data.weights().cloned(),
        };
        let mut epochs =
            Epoch { batches: self.clone(), order, epoch: None, next: 0, full: batch.clone(), short: batch };
        epochs.restart(epoch);
        epochs
    }
}

/// The batches of one epoch, and after [`restart`](Epoch::restart) of another.
///
/// A batch is written into the storage of the one before if that has been dropped, so that a loop
/// which holds on to nothing allocates nothing after its first epoch.
#[derive(Debug, Clone)]
pub struct Epoch<T: Real = f32> {
    batches: Batches<T>,
    order: Vec<usize>,
    /// The epoch that `order` is of.
    epoch: Option<u64>,
    next: usize,
    // The last full batch and the last short one: storage to be used again.
    full: Batch<T>,
    short: Batch<T>,
}

impl<T: Real> Epoch<T> {
    /// Starts another epoch, or the same one again.
    pub fn restart(&mut self, epoch: u64) {
        self.next = 0;
        if self.epoch.replace(epoch) == Some(epoch) {
            return;
        }
        match &self.batches.order {
            Order::Given => {}
            &Order::Shuffled(seed) => shuffle(&mut self.order, seed, epoch),
            Order::Drawn(seed, draws) => draws.draw(&mut self.order, &mut of_epoch(*seed, epoch)),
        }
    }

    /// Goes to a batch of the epoch, counted from 0; behind the last one to the end.
    pub fn skip_to(&mut self, batch: usize) {
        self.next = batch.saturating_mul(self.batches.size).min(self.batches.rows);
    }

    /// The data set that is cut into batches.
    pub fn data(&self) -> &Dataset<T> {
        &self.batches.data
    }

    /// The number of rows of an epoch: all of the data set's, or those of its full batches.
    pub fn samples(&self) -> usize {
        self.batches.rows
    }

    /// The number of batches of an epoch.
    pub fn batches(&self) -> usize {
        self.batches.len()
    }
}

impl<T: Real> Iterator for Epoch<T> {
    type Item = Batch<T>;

    fn next(&mut self) -> Option<Batch<T>> {
        let Batches { data, size, rows, .. } = &self.batches;
        let end = self.next.saturating_add(*size).min(*rows);
        let order = &self.order[self.next..end];
        let batch = match order.len() {
            0 => return None,
            len if len == *size => &mut self.full,
            _ => &mut self.short,
        };
        gather_into(data.inputs(), order, T::zero(), &mut batch.inputs);
        gather_target(data.target(), order, &mut batch.target);
        gather_weights(data.weights(), order, &mut batch.weights);
        self.next = end;
        Some(batch.clone())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.batches.rows - self.next).div_ceil(self.batches.size);
        (left, Some(left))
    }
}

impl<T: Real> ExactSizeIterator for Epoch<T> {}
