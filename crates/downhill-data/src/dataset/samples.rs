//! Data sets of what an iterator gives.

use downhill_tensor::{Real, Tensor};

use crate::{Dataset, Error, Result};

impl<T: Real> Dataset<T> {
    /// The data set of samples, each with its class. (A whole nalgebra matrix, one sample a column, becomes inputs for
    /// [`new`](Dataset::new) by [`Tensor::from_columns`], without a copy.)
    ///
    /// # Errors
    /// [`Error::Sample`] for a sample whose numbers are not as many as the first one's; as [`new`](Dataset::new).
    ///
    /// ```
    /// use downhill_data::Dataset;
    ///
    /// let readings = vec![(vec![0.5, 1.0], true), (vec![0.25, 3.0], false)];
    /// let samples = readings.iter().map(|(numbers, works)| (numbers, usize::from(*works)));
    /// let data: Dataset = Dataset::from_classes(samples)?;
    /// assert_eq!(data.inputs().shape(), [2, 2]);
    /// assert_eq!(data.labels()?.as_slice(), [1, 0]);
    /// # Ok::<(), downhill_data::Error>(())
    /// ```
    pub fn from_classes<S: AsRef<[T]>>(samples: impl IntoIterator<Item = (S, usize)>) -> Result<Dataset<T>> {
        let (mut inputs, mut labels) = (Rows::new("inputs"), Vec::new());
        for (sample, label) in samples {
            inputs.push(sample.as_ref())?;
            labels.push(label);
        }
        Dataset::new(inputs.tensor()?, Tensor::vector(labels))
    }

    /// The same of samples with the values to learn for each.
    ///
    /// # Errors
    /// [`Error::Sample`] for a sample or values of another number than the first ones; as [`new`](Dataset::new).
    pub fn from_values<S: AsRef<[T]>, V: AsRef<[T]>>(
        samples: impl IntoIterator<Item = (S, V)>,
    ) -> Result<Dataset<T>> {
        let (mut inputs, mut targets) = (Rows::new("inputs"), Rows::new("targets"));
        for (sample, values) in samples {
            inputs.push(sample.as_ref())?;
            targets.push(values.as_ref())?;
        }
        Dataset::new(inputs.tensor()?, targets.tensor()?)
    }
}

/// Rows of numbers, one behind the other.
struct Rows<T> {
    part: &'static str,
    count: usize,
    width: usize,
    numbers: Vec<T>,
}

impl<T: Real> Rows<T> {
    fn new(part: &'static str) -> Rows<T> {
        Rows { part, count: 0, width: 0, numbers: Vec::new() }
    }

    fn push(&mut self, row: &[T]) -> Result<()> {
        if self.count == 0 {
            self.width = row.len();
        }
        let (expected, found) = (self.width, row.len());
        if found != expected {
            return Err(Error::Sample { part: self.part, row: self.count, expected, found });
        }
        self.numbers.extend_from_slice(row);
        self.count += 1;
        Ok(())
    }

    fn tensor(self) -> Result<Tensor<T>> {
        Ok(Tensor::new([self.count, self.width], self.numbers)?)
    }
}
