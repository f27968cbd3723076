//! Parts of a data set.

use std::ops::Range;
use std::sync::Arc;

use downhill_tensor::{Real, Target};

use crate::gather::{gather_into, gather_target, gather_weights};
use crate::{Dataset, Error, Result, Split};

impl<T: Real> Dataset<T> {
    /// The rows with these numbers, counted from 0, in this order; a row may be taken repeatedly.
    ///
    /// # Errors
    /// [`Error::Row`] if there is no such row.
    pub fn select(&self, rows: &[usize]) -> Result<Dataset<T>> {
        if let Some(&row) = rows.iter().find(|&&row| row >= self.len()) {
            return Err(Error::Row { row, rows: self.len() });
        }
        let mut part = self.clone();
        gather_into(&self.inputs, rows, T::zero(), &mut part.inputs);
        gather_target(&self.target, rows, &mut part.target);
        gather_weights(self.weights.as_ref(), rows, &mut part.weights);
        Ok(part)
    }

    /// The first `row` rows and the rest, in O(1).
    ///
    /// # Errors
    /// [`Error::Row`] if there are fewer rows.
    pub fn split_at(&self, row: usize) -> Result<(Dataset<T>, Dataset<T>)> {
        let rows = self.len();
        if row > rows {
            return Err(Error::Row { row, rows });
        }
        let part = |range: Range<usize>| -> Result<Dataset<T>> {
            let inputs = self.inputs.rows(range.clone())?;
            let weights = self.weights.as_ref().map(|weights| weights.rows(range.clone())).transpose()?;
            let target = match &self.target {
                Target::Classes(classes) => Target::Classes(classes.rows(range)?),
                Target::Values(values) => Target::Values(values.rows(range)?),
            };
            Ok(Dataset { inputs, target, weights, about: Arc::clone(&self.about) })
        };
        Ok((part(0..row)?, part(row..rows)?))
    }

    /// A random training part with `fraction` of the rows, and the rest to test: see
    /// [`Split::random`].
    ///
    /// # Errors
    /// [`Error::Fraction`] if a part would be empty.
    pub fn split(&self, fraction: f64, seed: u64) -> Result<(Dataset<T>, Dataset<T>)> {
        self.split_by(&Split::random(self.len(), fraction, seed)?)
    }

    /// The same, with each class's share of rows in both parts: see [`Split::stratified`].
    ///
    /// # Errors
    /// [`Error::Target`] if the targets are values, [`Error::Fraction`] if a part would be empty.
    pub fn stratified_split(&self, fraction: f64, seed: u64) -> Result<(Dataset<T>, Dataset<T>)> {
        self.split_by(&Split::stratified(self.labels()?.as_slice(), fraction, seed)?)
    }

    /// The training part and the test part that a split names.
    ///
    /// # Errors
    /// [`Error::Row`] and [`Error::Repeated`] if it does not fit these rows.
    pub fn split_by(&self, split: &Split) -> Result<(Dataset<T>, Dataset<T>)> {
        split.check(self.len())?;
        Ok((self.select(&split.train)?, self.select(&split.test)?))
    }
}
