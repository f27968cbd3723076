//! Tables of named columns.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use downhill_tensor::Real;

use crate::cells::Cells;
use crate::nearest::nearest;
use crate::schema::in_order;
use crate::{Cell, Dataset, Error, Result, Schema, Split, TableOptions};

/// A table of named columns, read from CSV.
///
/// Its cells stay text until a [`Schema`] says what each column is used for. Without one, a column of features or
/// of values to learn must hold numbers, and a cell there that is missing, no number or not finite is an error that
/// names it; a column of classes may hold any text, `0` to `9` included.
///
/// Classes are numbered in ascending order, of their numbers if all of them are numbers, else of
/// their characters, so that the numbering does not depend on the rows' order.
///
/// ```
/// use downhill_data::{Dataset, Table};
///
/// let text = "length,width,species\n5.1,3.5,setosa\n6.3,3.3,virginica\n";
/// let flowers = Table::from_reader(text.as_bytes(), "flowers.csv")?;
/// let data: Dataset = flowers.classification("species")?;
/// assert_eq!(data.feature_names(), ["length", "width"]);
/// assert_eq!(data.class_names(), ["setosa", "virginica"]);
/// # Ok::<(), downhill_data::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Table {
    name: String,
    columns: Arc<[String]>,
    cells: Arc<Cells>,
    /// Which rows of `cells` these are; none for all of them.
    rows: Option<Arc<[usize]>>,
    /// The number of rows of the file before those of `cells`.
    before: usize,
}

impl Table {
    /// Reads a CSV file with a header line, which may be compressed with gzip. For other forms see
    /// [`TableOptions`].
    ///
    /// # Errors
    /// [`Error::Read`], and whatever is wrong with the text: [`Error::Utf8`], [`Error::Ragged`],
    /// [`Error::NoRows`], [`Error::NoHeader`], [`Error::Unnamed`], [`Error::Duplicate`].
    pub fn read(path: impl AsRef<Path>) -> Result<Table> {
        TableOptions::new().read(path)
    }

    /// Reads CSV with a header line, which may be compressed with gzip; `name` stands for it in error
    /// messages.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn from_reader(reader: impl Read, name: &str) -> Result<Table> {
        TableOptions::new().from_reader(reader, name)
    }

    /// The rows of a file behind the first `before`.
    pub(crate) fn new(name: &str, columns: &Arc<[String]>, cells: Cells, before: usize) -> Table {
        let (name, columns) = (name.to_owned(), Arc::clone(columns));
        Table { name, columns, cells: Arc::new(cells), rows: None, before }
    }

    /// The table's name: the file's path as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The columns' names.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &str> {
        self.columns.iter().map(String::as_str)
    }

    /// The number of rows, without the header.
    pub fn len(&self) -> usize {
        self.rows.as_ref().map_or(self.cells.rows(), |rows| rows.len())
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The data set of predicting a class from the numbers in all other columns: what
    /// [`Schema::classification`] makes of it.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::NoColumns`] without another column, [`Error::Cell`].
    pub fn classification<T: Real>(&self, target: &str) -> Result<Dataset<T>> {
        Schema::classification(target).fit(self)?.dataset(self)
    }

    /// The data set of predicting numbers from the numbers in all other columns: what [`Schema::regression`] makes of
    /// it.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::Duplicate`], [`Error::NoColumns`] without a target or without
    /// another column, [`Error::Cell`].
    pub fn regression<T: Real>(
        &self,
        targets: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Dataset<T>> {
        Schema::regression(targets).fit(self)?.dataset(self)
    }

    /// The cells of a column, row by row, without the white space around them.
    ///
    /// # Errors
    /// [`Error::NoColumn`].
    pub fn column(&self, name: &str) -> Result<impl ExactSizeIterator<Item = &str>> {
        let place = self.place(name)?;
        Ok((0..self.len()).map(move |row| self.cell(row, place)))
    }

    /// The different classes in a column, in ascending order.
    ///
    /// # Errors
    /// [`Error::NoColumn`].
    pub fn classes(&self, column: &str) -> Result<Vec<String>> {
        let classes: BTreeSet<&str> = self.column(column)?.filter(|cell| !cell.is_empty()).collect();
        Ok(in_order(&classes.into_iter().map(str::to_owned).collect()))
    }

    /// The rows with these numbers, counted from 0, in this order. Cells are shared, not copied, and messages keep
    /// naming the file's rows.
    ///
    /// # Errors
    /// [`Error::Row`] if there is no such row.
    pub fn select(&self, rows: &[usize]) -> Result<Table> {
        if let Some(&row) = rows.iter().find(|&&row| row >= self.len()) {
            return Err(Error::Row { row, rows: self.len() });
        }
        let rows = rows.iter().map(|&row| self.row(row)).collect();
        Ok(Table { rows: Some(rows), ..self.clone() })
    }

    /// The training part and the test part that a split names.
    ///
    /// # Errors
    /// [`Error::Row`] and [`Error::Repeated`] if it does not fit these rows.
    pub fn split_by(&self, split: &Split) -> Result<(Table, Table)> {
        split.check(self.len())?;
        Ok((self.select(&split.train)?, self.select(&split.test)?))
    }

    /// The place of a column.
    pub(crate) fn place(&self, name: &str) -> Result<usize> {
        self.place_beside(name, |_| false)
    }

    /// The place of a column. If it is missing, one that is `taken` for something else cannot have been meant by it.
    pub(crate) fn place_beside(&self, name: &str, taken: impl Fn(&str) -> bool) -> Result<usize> {
        self.columns.iter().position(|column| column == name).ok_or_else(|| Error::NoColumn {
            table: self.name.clone(),
            column: name.to_owned(),
            nearest: nearest(name, self.columns().filter(|column| !taken(column))).map(str::to_owned),
        })
    }

    pub(crate) fn cell(&self, row: usize, column: usize) -> &str {
        self.cells.get(self.row(row), column)
    }

    /// The bytes of a cell, with white space around them if there is any.
    pub(crate) fn cell_bytes(&self, row: usize, column: usize) -> &[u8] {
        self.cells.bytes(self.row(row), column)
    }

    fn row(&self, row: usize) -> usize {
        self.rows.as_ref().map_or(row, |rows| rows[row])
    }

    /// What is wrong with a cell.
    pub(crate) fn cell_error(&self, row: usize, column: usize, problem: &str) -> Error {
        const SHOWN: usize = 40;
        let whole = self.cell(row, column);
        let mut text: String = whole.chars().take(SHOWN).collect();
        if text.len() < whole.len() {
            text.push('…');
        }
        let problem =
            if text.is_empty() { "the cell is empty".to_owned() } else { format!("{text:?} {problem}") };
        let (table, column) = (self.name.clone(), self.columns[column].clone());
        let row = self.before + self.row(row) + 1;
        Error::Cell { cell: Box::new(Cell { table, row, column, text }), problem }
    }
}
