//! Which rows to train on and which to test.

use serde::{Deserialize, Serialize};

use crate::folds::{in_time, members};
use crate::random::split_order;
use crate::{Error, Result};

/// The rows to train on and the rows to test on, each numbered from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// The rows to train on.
    pub train: Vec<usize>,
    /// The rows to test on.
    pub test: Vec<usize>,
}

impl Split {
    /// A random split of `rows` rows, of which `fraction` (to the nearest row) are trained on. Both
    /// parts are in random order; the same seed gives the same split.
    ///
    /// # Errors
    /// [`Error::Fraction`] if a part would be empty.
    pub fn random(rows: usize, fraction: f64, seed: u64) -> Result<Split> {
        let size = train_size(rows, fraction)?;
        let mut train = split_order(rows, seed);
        let test = train.split_off(size);
        Ok(Split { train, test })
    }

    /// A random split in which every class has its share of the training part: its number of rows
    /// there differs by less than one from `fraction` of all its rows. The total is that of
    /// [`Split::random`]; both parts are in random order.
    ///
    /// # Errors
    /// [`Error::Fraction`] if a part would be empty.
    pub fn stratified(classes: &[usize], fraction: f64, seed: u64) -> Result<Split> {
        let rows = classes.len();
        let size = train_size(rows, fraction)?;
        // Class by class, in random order within each.
        let order = split_order(rows, seed);
        let mut by_class = order.clone();
        by_class.sort_by_key(|&row| classes[row]);
        let groups: Vec<&[usize]> = by_class.chunk_by(|&a, &b| classes[a] == classes[b]).collect();

        // The largest remainders get the rows that rounding down leaves over (Hamilton's method).
        let share = |group: usize| fraction * groups[group].len() as f64;
        let mut sizes: Vec<usize> = (0..groups.len()).map(|group| share(group).floor() as usize).collect();
        let left_over = size - sizes.iter().sum::<usize>();
        let mut by_remainder: Vec<usize> = (0..groups.len()).collect();
        by_remainder.sort_by(|&a, &b| share(b).fract().total_cmp(&share(a).fract()));
        for &group in &by_remainder[..left_over] {
            sizes[group] += 1;
        }

        let mut in_train = vec![false; rows];
        for (group, &size) in groups.iter().zip(&sizes) {
            for &row in &group[..size] {
                in_train[row] = true;
            }
        }
        let (train, test) = order.into_iter().partition(|&row| in_train[row]);
        Ok(Split { train, test })
    }

    /// A random split in which each group (a patient, a speaker) is in one part as a whole. The training part takes group
    /// after group, in random order, as long as that brings it nearer to `fraction` of the rows.
    ///
    /// # Errors
    /// [`Error::Fraction`] if a part would be empty.
    pub fn by_group<G: Ord>(groups: &[G], fraction: f64, seed: u64) -> Result<Split> {
        let rows = groups.len();
        let size = train_size(rows, fraction)?;
        let (mut train, mut test) = (Vec::new(), Vec::new());
        for members in members(groups, seed) {
            // A group that is taken may at most double what is missing.
            let missing = size - train.len().min(size);
            if members.len() < 2 * missing { train.extend(members) } else { test.extend(members) }
        }
        if train.is_empty() || test.is_empty() {
            return Err(Error::Fraction { fraction, rows });
        }
        Ok(Split { train, test })
    }

    /// The earliest rows to train on, the later ones to test, both in the order of time. `fraction` of the rows are
    /// trained on, and those of the same time as the last of them.
    ///
    /// # Errors
    /// [`Error::Fraction`] if a part would be empty, [`Error::NotFinite`] for a time that is not.
    pub fn by_time(times: &[f64], fraction: f64) -> Result<Split> {
        let (rows, mut train) = (times.len(), in_time(times)?);
        let size = train_size(rows, fraction)?;
        let last = times[train[size - 1]];
        let test = train.split_off(train.partition_point(|&row| times[row] <= last));
        if test.is_empty() {
            return Err(Error::Fraction { fraction, rows });
        }
        Ok(Split { train, test })
    }

    /// Checks that every row is one of `rows` rows and occurs only once.
    ///
    /// # Errors
    /// [`Error::Row`] and [`Error::Repeated`].
    pub fn check(&self, rows: usize) -> Result<()> {
        let mut seen = vec![false; rows];
        for &row in self.train.iter().chain(&self.test) {
            let seen = seen.get_mut(row).ok_or(Error::Row { row, rows })?;
            if std::mem::replace(seen, true) {
                return Err(Error::Repeated { row });
            }
        }
        Ok(())
    }
}

/// The number of rows to train on.
fn train_size(rows: usize, fraction: f64) -> Result<usize> {
    let size = (fraction * rows as f64).round();
    if size >= 1.0 && size < rows as f64 {
        Ok(size as usize)
    } else {
        Err(Error::Fraction { fraction, rows })
    }
}
