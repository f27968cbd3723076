//! Tables of named columns.

use std::collections::{BTreeSet, HashMap};
use std::io::Read;
use std::path::Path;

use downhill_tensor::{Real, Tensor};

use crate::cells::Cells;
use crate::nearest::nearest;
use crate::{Cell, Dataset, Error, Result, TableOptions};

/// A table of named columns, read from CSV.
///
/// Its cells stay text until it is known what a column is used for. A column of features or of values
/// to learn must hold numbers, and a cell there that is missing, no number or not finite is an error
/// that names it. A column of classes may hold any text, `0` to `9` included. A feature that is a
/// category is declared by [`categorical`](Table::categorical) and becomes one feature of 0 and 1 for
/// each of its classes, named like `sex=female`.
///
/// Classes are numbered in ascending order, of their numbers if all of them are numbers, else of
/// their characters, so that the numbering does not depend on the rows' order.
///
/// ```
/// use downhill_data::{Dataset, Table};
///
/// let text = "sex,weight,age\nm,61.5,7\nf,44,6\n";
/// let table = Table::from_reader(text.as_bytes(), "children.csv")?.categorical(["sex"])?;
/// let data: Dataset = table.regression(["age"])?;
/// assert_eq!(data.feature_names(), ["sex=f", "sex=m", "weight"]);
/// assert_eq!(data.inputs().as_slice(), [0.0, 1.0, 61.5, 1.0, 0.0, 44.0]);
/// # Ok::<(), downhill_data::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Table {
    name: String,
    columns: Vec<Column>,
    cells: Cells,
}

#[derive(Debug, Clone, PartialEq)]
struct Column {
    name: String,
    place: usize,
    categorical: bool,
}

/// Where a feature comes from.
enum Feature<'a> {
    /// A column's number.
    Number(&'a Column),
    /// Whether a column's class is this one.
    Is(&'a Column, &'a str),
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

    pub(crate) fn new(name: String, columns: Vec<String>, cells: Cells) -> Table {
        let column = |(place, name)| Column { name, place, categorical: false };
        Table { name, columns: columns.into_iter().enumerate().map(column).collect(), cells }
    }

    /// The same table with these columns declared as categories.
    ///
    /// # Errors
    /// [`Error::NoColumn`].
    pub fn categorical(mut self, columns: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Table> {
        for name in columns {
            let place = self.column(name.as_ref())?.place;
            self.columns.iter_mut().for_each(|column| column.categorical |= column.place == place);
        }
        Ok(self)
    }

    /// The same table without these columns: row numbers, say.
    ///
    /// # Errors
    /// [`Error::NoColumn`].
    pub fn without(mut self, columns: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Table> {
        for name in columns {
            let place = self.column(name.as_ref())?.place;
            self.columns.retain(|column| column.place != place);
        }
        Ok(self)
    }

    /// The table's name: the file's path as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The columns' names.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// The number of rows, without the header.
    #[expect(clippy::len_without_is_empty, reason = "there is always a row")]
    pub fn len(&self) -> usize {
        self.cells.rows()
    }

    /// The data set of predicting a class from all other columns.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::NoColumns`] without another column, [`Error::Cell`].
    pub fn classification<T: Real>(&self, target: &str) -> Result<Dataset<T>> {
        let classes = self.classes(target)?;
        let features = self.features(&[self.column(target)?])?;
        Dataset::new(self.inputs(&features)?, self.labels(target, &classes)?)?
            .with_name(&self.name)
            .with_class_names(classes)?
            .with_feature_names(features)
    }

    /// The data set of predicting numbers from all other columns.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::Duplicate`], [`Error::NoColumns`] without a target or without
    /// another column, [`Error::Cell`].
    pub fn regression<T: Real>(
        &self,
        targets: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Dataset<T>> {
        let mut columns = Vec::new();
        for name in targets {
            let column = self.column(name.as_ref())?;
            if columns.contains(&column) {
                return Err(Error::Duplicate { table: self.name.clone(), column: column.name.clone() });
            }
            columns.push(column);
        }
        if columns.is_empty() {
            return Err(Error::NoColumns { table: self.name.clone(), part: "targets" });
        }
        let features = self.features(&columns)?;
        let names = columns.iter().map(|column| column.name.clone()).collect();
        let columns: Vec<Feature<'_>> = columns.into_iter().map(Feature::Number).collect();
        Dataset::new(self.inputs(&features)?, self.numbers::<T>(&columns)?)?
            .with_name(&self.name)
            .with_value_names(names)?
            .with_feature_names(features)
    }

    /// The features with these names, `[n, names]`: what a trained model needs of a new table, whatever
    /// the order of its columns. A name is a column's, or like `sex=female` for a category.
    ///
    /// # Errors
    /// [`Error::NoColumn`], and [`Error::Cell`] for a cell that is no number or a category that is not
    /// among the names.
    pub fn inputs<T: Real>(&self, names: &[impl AsRef<str>]) -> Result<Tensor<T>> {
        let features =
            names.iter().map(|name| self.feature(name.as_ref())).collect::<Result<Vec<Feature<'_>>>>()?;
        let mut categories: HashMap<usize, (&Column, Vec<&str>)> = HashMap::new();
        for feature in &features {
            if let Feature::Is(column, class) = *feature {
                categories.entry(column.place).or_insert((column, Vec::new())).1.push(class);
            }
        }
        for (column, classes) in categories.values() {
            self.labels(&column.name, classes)?;
        }
        self.numbers(&features)
    }

    /// The class of each row, `[n]`, as its place among `classes`: for a table whose classes must be
    /// numbered like those of another one.
    ///
    /// # Errors
    /// [`Error::NoColumn`], and [`Error::Cell`] for another class.
    pub fn labels(&self, column: &str, classes: &[impl AsRef<str>]) -> Result<Tensor<usize>> {
        let column = self.column(column)?;
        let numbers: HashMap<&str, usize> =
            classes.iter().enumerate().map(|(number, class)| (class.as_ref(), number)).collect();
        let label = |row| {
            let class = self.class(row, column)?;
            let problem = || self.cell_error(row, column, "is none of the known classes");
            numbers.get(class).copied().ok_or_else(problem)
        };
        Ok(Tensor::vector((0..self.len()).map(label).collect::<Result<Vec<usize>>>()?))
    }

    /// The different classes in a column, in ascending order.
    ///
    /// # Errors
    /// [`Error::NoColumn`], and [`Error::Cell`] for an empty cell.
    pub fn classes(&self, column: &str) -> Result<Vec<String>> {
        let column = self.column(column)?;
        let classes: BTreeSet<&str> =
            (0..self.len()).map(|row| self.class(row, column)).collect::<Result<_>>()?;
        let numbers: Option<Vec<f64>> = classes.iter().map(|class| class.parse().ok()).collect();
        let mut classes: Vec<&str> = classes.into_iter().collect();
        if let Some(numbers) = numbers {
            let mut order: Vec<(f64, &str)> = numbers.into_iter().zip(classes).collect();
            order.sort_by(|a, b| a.0.total_cmp(&b.0));
            classes = order.into_iter().map(|(_, class)| class).collect();
        }
        Ok(classes.into_iter().map(str::to_owned).collect())
    }

    /// The names of the features in all columns but these.
    fn features(&self, targets: &[&Column]) -> Result<Vec<String>> {
        let mut features = Vec::new();
        for column in self.columns.iter().filter(|column| !targets.contains(column)) {
            if column.categorical {
                let class = |class| format!("{}={class}", column.name);
                features.extend(self.classes(&column.name)?.into_iter().map(class));
            } else {
                features.push(column.name.clone());
            }
        }
        if features.is_empty() {
            return Err(Error::NoColumns { table: self.name.clone(), part: "features" });
        }
        Ok(features)
    }

    fn feature<'a>(&'a self, name: &'a str) -> Result<Feature<'a>> {
        let class = |column: &'a Column| {
            Some(Feature::Is(column, name.strip_prefix(column.name.as_str())?.strip_prefix('=')?))
        };
        match self.column(name) {
            Ok(column) => Ok(Feature::Number(column)),
            Err(error) => self.columns.iter().find_map(class).ok_or(error),
        }
    }

    fn numbers<T: Real>(&self, features: &[Feature<'_>]) -> Result<Tensor<T>> {
        let mut numbers = Vec::with_capacity(self.len() * features.len());
        for row in 0..self.len() {
            for feature in features {
                numbers.push(match *feature {
                    Feature::Number(column) => self.number(row, column)?,
                    Feature::Is(column, class) if self.text(row, column) == class => T::one(),
                    Feature::Is(..) => T::zero(),
                });
            }
        }
        Ok(Tensor::new([self.len(), features.len()], numbers)?)
    }

    fn number<T: Real>(&self, row: usize, column: &Column) -> Result<T> {
        let problem = match self.text(row, column).parse::<f64>() {
            Ok(number) if T::of(number).finite() => return Ok(T::of(number)),
            Ok(_) => "is not finite",
            Err(_) => "is not a number",
        };
        Err(self.cell_error(row, column, problem))
    }

    fn class(&self, row: usize, column: &Column) -> Result<&str> {
        match self.text(row, column) {
            "" => Err(self.cell_error(row, column, "")),
            class => Ok(class),
        }
    }

    fn text(&self, row: usize, column: &Column) -> &str {
        self.cells.get(row, column.place)
    }

    fn cell_error(&self, row: usize, column: &Column, problem: &str) -> Error {
        const SHOWN: usize = 40;
        let whole = self.text(row, column);
        let mut text: String = whole.chars().take(SHOWN).collect();
        if text.len() < whole.len() {
            text.push('…');
        }
        let problem =
            if text.is_empty() { "the cell is empty".to_owned() } else { format!("{text:?} {problem}") };
        let (table, column) = (self.name.clone(), column.name.clone());
        Error::Cell { cell: Box::new(Cell { table, row: row + 1, column, text }), problem }
    }

    fn column(&self, name: &str) -> Result<&Column> {
        self.columns.iter().find(|column| column.name == name).ok_or_else(|| Error::NoColumn {
            table: self.name.clone(),
            column: name.to_owned(),
            nearest: nearest(name, self.columns()).map(str::to_owned),
        })
    }
}
