//! How a table becomes a data set.

mod encoder;
mod fitting;
mod number;

use serde::{Deserialize, Serialize};

use crate::{Result, Table};

pub use encoder::Encoder;
pub(crate) use fitting::{Fitting, in_order};

/// How a [`Table`] becomes a [`Dataset`](crate::Dataset): what is to be learnt, which columns are categories, what to
/// do where a cell is missing.
///
/// [`fit`](Schema::fit) it on the training rows only. What it learns there (the classes of each category, the
/// means to fill gaps with) is an [`Encoder`], to be applied to every other table and stored with the model.
///
/// A column that is not mentioned is a feature that holds numbers. A cell is missing if it is empty, or, where a
/// number is wanted, if it holds `NA`, `N/A`, `NaN`, `null`, `None` or `?`, in upper or lower case.
///
/// ```
/// use downhill_data::{Dataset, Missing, Schema, Table, Unknown};
///
/// let csv = "id,sex,age,survived\n1,male,22,no\n2,female,,yes\n3,female,26,yes\n4,male,35,no\n";
/// let table = Table::from_reader(csv.as_bytes(), "ship.csv")?;
/// let (train, test) = (table.select(&[0, 1, 2])?, table.select(&[3])?);
///
/// let schema = Schema::classification("survived").without(["id"]).categorical(["sex"]).missing(Missing::Mean);
/// let encoder = schema.fit(&train)?;
/// let train: Dataset = encoder.dataset(&train)?;
/// assert_eq!(train.feature_names(), ["sex=female", "sex=male", "age"]);
/// assert_eq!(train.inputs().as_slice(), [0.0, 1.0, 22.0, 1.0, 0.0, 24.0, 1.0, 0.0, 26.0]);
/// assert_eq!(encoder.inputs::<f32>(&test)?.as_slice(), [0.0, 1.0, 35.0]);
/// # Ok::<(), downhill_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    target: Wanted,
    without: Vec<String>,
    categorical: Vec<String>,
    /// Columns with their classes in ascending order.
    ordinal: Vec<(String, Vec<String>)>,
    missing: Missing,
    missing_in: Vec<(String, Missing)>,
    unknown: Unknown,
    max_classes: usize,
}

/// What is to be learnt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Wanted {
    Nothing,
    Class(String),
    Values(Vec<String>),
}

/// What to do where a cell is missing.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Missing {
    /// An error that names the cell.
    #[default]
    Error,
    /// The row is left out of a data set. A prediction is asked for each row, and there it is an error.
    Drop,
    /// The mean of the column's numbers in the training rows. A category that is missing is none of its classes: 0 in
    /// each of its features; so it is for all that follow.
    Mean,
    /// Their median: the mean of the middle two of an even number.
    Median,
    /// This number.
    Constant(f64),
}

/// What to do with a category's class that the training rows did not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Unknown {
    /// An error that names the cell.
    #[default]
    Error,
    /// It is none of the known classes: 0 in each of the category's features.
    Ignore,
}

impl Schema {
    /// The schema of features alone, without anything to learn.
    pub fn new() -> Schema {
        Schema {
            target: Wanted::Nothing,
            without: Vec::new(),
            categorical: Vec::new(),
            ordinal: Vec::new(),
            missing: Missing::Error,
            missing_in: Vec::new(),
            unknown: Unknown::Error,
            max_classes: 1000,
        }
    }

    /// The schema of predicting the class in this column.
    pub fn classification(target: impl Into<String>) -> Schema {
        Schema { target: Wanted::Class(target.into()), ..Schema::new() }
    }

    /// The schema of predicting the numbers in these columns.
    pub fn regression(targets: impl IntoIterator<Item = impl Into<String>>) -> Schema {
        Schema { target: Wanted::Values(names(targets)), ..Schema::new() }
    }

    /// Leaves columns out: row numbers, say.
    #[must_use]
    pub fn without(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> Schema {
        self.without.extend(names(columns));
        self
    }

    /// Declares columns to be categories: each becomes one feature of 0 and 1 for each of its classes, named like
    /// `sex=female`.
    #[must_use]
    pub fn categorical(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> Schema {
        self.categorical.extend(names(columns));
        self
    }

    /// Declares a column to hold classes of this order: it becomes one feature, 0 for the first class, 1 for the
    /// second, and so on. Another class is an error.
    #[must_use]
    pub fn ordinal(
        mut self,
        column: impl Into<String>,
        classes: impl IntoIterator<Item = impl Into<String>>,
    ) -> Schema {
        self.ordinal.push((column.into(), names(classes)));
        self
    }

    /// Sets what to do where a cell is missing; at first an error. Targets are never filled: where one is missing
    /// it is an error, unless rows are dropped.
    #[must_use]
    pub fn missing(self, missing: Missing) -> Schema {
        Schema { missing, ..self }
    }

    /// The same for one column.
    #[must_use]
    pub fn missing_in(mut self, column: impl Into<String>, missing: Missing) -> Schema {
        self.missing_in.push((column.into(), missing));
        self
    }

    /// Sets what to do with a category's class that the training rows did not have; at first an error.
    #[must_use]
    pub fn unknown(self, unknown: Unknown) -> Schema {
        Schema { unknown, ..self }
    }

    /// Sets the number of classes from which on a category is taken for free text, which is an error; at first
    /// 1000.
    #[must_use]
    pub fn max_classes(self, max_classes: usize) -> Schema {
        Schema { max_classes, ..self }
    }

    /// Learns from the training rows what has to be known of them.
    ///
    /// # Errors
    /// [`Error::NoColumn`](crate::Error::NoColumn) for a column that is mentioned and missing,
    /// [`Error::Duplicate`](crate::Error::Duplicate) for a target asked for twice,
    /// [`Error::NoColumns`](crate::Error::NoColumns) if nothing is left to learn from or to learn,
    /// [`Error::Column`](crate::Error::Column) for a category of too many classes or a column without a number to
    /// fill gaps with, and [`Error::Cell`](crate::Error::Cell).
    pub fn fit(&self, train: &Table) -> Result<Encoder> {
        let mut fitting = Fitting::new(self, train)?;
        fitting.add(train)?;
        fitting.finish()
    }

    /// What to do where a cell of this column is missing.
    fn policy(&self, column: &str) -> Missing {
        let own = self.missing_in.iter().rev().find(|(name, _)| name == column);
        own.map_or(self.missing, |&(_, missing)| missing)
    }
}

impl Default for Schema {
    fn default() -> Schema {
        Schema::new()
    }
}

fn names(names: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    names.into_iter().map(Into::into).collect()
}
