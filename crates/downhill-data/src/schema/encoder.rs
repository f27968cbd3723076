//! A schema that has been fitted.

use std::collections::{HashMap, HashSet};
use std::thread::available_parallelism;

use downhill_tensor::{Real, Target, Tensor};
use serde::{Deserialize, Deserializer, Serialize, de};

use super::Unknown;
use super::number::{number, number_in};
use crate::threads::in_order;
use crate::{Dataset, Error, Result, Table};

/// A [`Schema`](super::Schema) that has been fitted: it makes of every table what it made of the training rows.
///
/// It finds columns by their names, whatever their order, and is meant to be stored with the model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Encoder {
    features: Vec<Feature>,
    target: Learnt,
    /// The features' names, which follow from the rest.
    #[serde(skip)]
    names: Vec<String>,
}

/// A column that features are made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Feature {
    pub(super) column: String,
    pub(super) kind: Kind,
    pub(super) fill: Fill,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Kind {
    Number,
    OneHot { classes: Vec<String>, unknown: Unknown },
    Ordinal { classes: Vec<String> },
}

/// What to do where a cell is missing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Fill {
    Error,
    Drop,
    With(f64),
}

/// What is to be learnt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Learnt {
    Nothing,
    Class { column: String, classes: Vec<String>, drop: bool },
    Values { columns: Vec<String>, drop: Vec<bool> },
}

impl Encoder {
    /// An encoder whose parts fit each other, or the column that does not and why.
    pub(super) fn new(features: Vec<Feature>, target: Learnt) -> Result<Encoder, (String, String)> {
        let mut names = Vec::new();
        for Feature { column, kind, fill } in &features {
            let classes: &[String] = match kind {
                Kind::Number => {
                    names.push(column.clone());
                    &[]
                }
                Kind::OneHot { classes, .. } => {
                    names.extend(classes.iter().map(|class| format!("{column}={class}")));
                    classes
                }
                Kind::Ordinal { classes } => {
                    names.push(column.clone());
                    classes
                }
            };
            check_classes(column, classes)?;
            if matches!(fill, Fill::With(number) if !number.is_finite()) {
                return Err((column.clone(), "is filled with a number that is not finite".into()));
            }
        }
        match &target {
            Learnt::Class { column, classes, .. } => check_classes(column, classes)?,
            Learnt::Values { columns, drop } if columns.len() != drop.len() => {
                return Err((String::new(), "has a rule too many or too few".into()));
            }
            _ => {}
        }
        Ok(Encoder { features, target, names })
    }

    /// The encoder of columns that hold numbers, each of them a feature, without anything to learn.
    ///
    /// # Errors
    /// [`Error::NoColumns`] without a column.
    pub fn numbers(columns: Vec<String>) -> Result<Encoder> {
        if columns.is_empty() {
            return Err(Error::NoColumns { table: "a table".into(), part: "features" });
        }
        let feature = |column| Feature { column, kind: Kind::Number, fill: Fill::Error };
        let features: Vec<Feature> = columns.iter().cloned().map(feature).collect();
        Ok(Encoder { features, target: Learnt::Nothing, names: columns })
    }

    /// The features' names, in order: a column's name, or like `sex=female` for a category.
    pub fn feature_names(&self) -> &[String] {
        &self.names
    }

    /// The columns that features are made of.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &str> {
        self.features.iter().map(|feature| feature.column.as_str())
    }

    /// The names of the classes to be learnt, in order; empty if it is something else.
    pub fn class_names(&self) -> &[String] {
        match &self.target {
            Learnt::Class { classes, .. } => classes,
            _ => &[],
        }
    }

    /// The columns to be learnt.
    pub fn targets(&self) -> &[String] {
        match &self.target {
            Learnt::Nothing => &[],
            Learnt::Class { column, .. } => std::slice::from_ref(column),
            Learnt::Values { columns, .. } => columns,
        }
    }

    /// The data set of a table, without the rows that are to be dropped.
    ///
    /// # Errors
    /// [`Error::NoColumn`] or [`Error::MissingColumns`], [`Error::Cell`] for a cell that is not what its column needs,
    /// [`Error::NoColumns`] if there is nothing to learn, [`Error::TooLarge`].
    pub fn dataset<T: Real>(&self, table: &Table) -> Result<Dataset<T>> {
        let (inputs, target) = self.samples(table)?;
        self.name(inputs, target, table.name())
    }

    /// The inputs and targets of that data set.
    pub(crate) fn samples<T: Real>(&self, table: &Table) -> Result<(Tensor<T>, Target<T>)> {
        let places = self.places(table)?;
        let rows = self.kept(table, &places)?;
        let inputs = self.encode(table, &places, &rows)?;
        let target = match &self.target {
            Learnt::Nothing => {
                return Err(Error::NoColumns { table: table.name().into(), part: "targets" });
            }
            Learnt::Class { column, classes, .. } => {
                Target::Classes(labels(table, self.place(table, column)?, classes, &rows)?)
            }
            Learnt::Values { columns, .. } => {
                let mut values: Vec<T> = zeros(rows.len(), columns.len())?;
                for (at, column) in columns.iter().enumerate() {
                    let values = feature(&mut values, at, columns.len());
                    numbers(table, self.place(table, column)?, Fill::Error, rows.iter().zip(values))?;
                }
                Target::Values(Tensor::new([rows.len(), columns.len()], values)?)
            }
        };
        Ok((inputs, target))
    }

    /// The data set of inputs and targets, with their names.
    pub(crate) fn name<T: Real>(
        &self,
        inputs: Tensor<T>,
        target: Target<T>,
        name: &str,
    ) -> Result<Dataset<T>> {
        let data = Dataset::new(inputs, target)?;
        let data = match &self.target {
            Learnt::Nothing => data,
            Learnt::Class { classes, .. } => data.with_class_names(classes.clone())?,
            Learnt::Values { columns, .. } => data.with_value_names(columns.clone())?,
        };
        Ok(data.with_name(name).with_feature_names(self.names.clone())?.with_encoder(self.clone()))
    }

    /// The features of a table's rows, `[rows, features]`: what a trained model needs of new data. Columns to be
    /// learnt need not be there.
    ///
    /// # Errors
    /// [`Error::NoColumn`] or [`Error::MissingColumns`], [`Error::Cell`], [`Error::TooLarge`].
    pub fn inputs<T: Real>(&self, table: &Table) -> Result<Tensor<T>> {
        let rows: Vec<usize> = (0..table.len()).collect();
        self.encode(table, &self.places(table)?, &rows)
    }

    /// The place of each feature's column.
    fn places(&self, table: &Table) -> Result<Vec<usize>> {
        let missing = self.columns().filter(|name| table.place(name).is_err());
        match missing.collect::<Vec<_>>()[..] {
            [] | [_] => self.columns().map(|name| self.place(table, name)).collect(),
            ref several => Err(Error::MissingColumns {
                table: table.name().into(),
                columns: several.iter().map(|&name| name.to_owned()).collect(),
            }),
        }
    }

    /// The place of a column that is read here.
    fn place(&self, table: &Table, column: &str) -> Result<usize> {
        table.place_beside(column, |name| {
            self.columns().chain(self.targets().iter().map(String::as_str)).any(|read| read == name)
        })
    }

    /// The rows that no missing cell drops.
    fn kept(&self, table: &Table, places: &[usize]) -> Result<Vec<usize>> {
        let mut kept: Vec<usize> = (0..table.len()).collect();
        let mut drop = |place, class| kept.retain(|&row| !is_gap(table.cell(row, place), class));
        for (feature, &place) in self.features.iter().zip(places) {
            if feature.fill == Fill::Drop {
                drop(place, !matches!(feature.kind, Kind::Number));
            }
        }
        match &self.target {
            Learnt::Class { column, drop: true, .. } => drop(self.place(table, column)?, true),
            Learnt::Values { columns, drop: drops } => {
                for (column, _) in columns.iter().zip(drops).filter(|(_, drops)| **drops) {
                    drop(self.place(table, column)?, false);
                }
            }
            _ => {}
        }
        Ok(kept)
    }

    fn encode<T: Real>(&self, table: &Table, places: &[usize], rows: &[usize]) -> Result<Tensor<T>> {
        /// Rows whose text is in the processor's cache while their columns are gone through.
        const BLOCK: usize = 128;
        /// The number of features below which a thread costs more than it saves.
        const WORTH_A_THREAD: usize = 1 << 18;
        let width = self.names.len();
        let mut inputs = zeros(rows.len(), width)?;
        let columns: Vec<Column<'_>> = self.features.iter().zip(places).map(Column::new).collect();
        let part = |rows: &[usize], inputs: &mut [T]| {
            let blocks = rows.chunks(BLOCK).zip(inputs.chunks_mut((BLOCK * width).max(1)));
            blocks.into_iter().try_for_each(|(rows, inputs)| encode_block(table, &columns, rows, inputs))
        };
        let threads =
            available_parallelism().map_or(1, usize::from).min(inputs.len() / WORTH_A_THREAD).max(1);
        // Whole blocks, so that an error does not depend on the number of threads.
        let share = rows.len().div_ceil(threads).max(1).next_multiple_of(BLOCK);
        let mut parts = rows.chunks(share).zip(inputs.chunks_mut((share * width).max(1)));
        in_order(threads, || Ok(parts.next()), |(rows, inputs)| part(rows, inputs), |encoded| encoded)?;
        Ok(Tensor::new([rows.len(), width], inputs)?)
    }
}

/// A feature's column in a table.
struct Column<'a> {
    feature: &'a Feature,
    place: usize,
    /// The number of each class.
    known: HashMap<&'a str, usize>,
}

impl<'a> Column<'a> {
    fn new((feature, &place): (&'a Feature, &usize)) -> Column<'a> {
        let known = match &feature.kind {
            Kind::Number => HashMap::new(),
            Kind::OneHot { classes, .. } | Kind::Ordinal { classes } => numbering(classes),
        };
        Column { feature, place, known }
    }
}

/// Writes the features of these rows to `inputs`, which are 0.
fn encode_block<T: Real>(
    table: &Table,
    columns: &[Column<'_>],
    rows: &[usize],
    inputs: &mut [T],
) -> Result<()> {
    let width = inputs.len() / rows.len().max(1);
    let mut at = 0;
    for Column { feature: Feature { kind, fill, .. }, place, known } in columns {
        match kind {
            Kind::Number => {
                let features = feature(inputs, at, width);
                numbers(table, *place, *fill, rows.iter().zip(features))?;
                at += 1;
            }
            Kind::OneHot { classes, unknown } => {
                for (to, &row) in rows.iter().enumerate() {
                    if let Some(class) = class(table, row, *place, *fill, known, *unknown)? {
                        inputs[to * width + at + class] = T::one();
                    }
                }
                at += classes.len();
            }
            Kind::Ordinal { .. } => {
                for (to, &row) in rows.iter().enumerate() {
                    let class = class(table, row, *place, *fill, known, Unknown::Error)?;
                    inputs[to * width + at] = T::of(class.unwrap_or(0) as f64);
                }
                at += 1;
            }
        }
    }
    Ok(())
}

/// Whether a cell is missing, in a column of classes or of numbers.
pub(super) fn is_gap(cell: &str, class: bool) -> bool {
    if class { cell.is_empty() } else { number(cell) == Ok(None) }
}

/// A feature of all rows.
fn feature<T>(rows: &mut [T], at: usize, width: usize) -> impl Iterator<Item = &mut T> {
    rows.chunks_exact_mut(width).map(move |row| &mut row[at])
}

/// Writes a column's numbers in these rows.
fn numbers<'a, T: Real>(
    table: &Table,
    place: usize,
    fill: Fill,
    rows: impl Iterator<Item = (&'a usize, &'a mut T)>,
) -> Result<()> {
    for (&row, into) in rows {
        let error = |problem| table.cell_error(row, place, problem);
        let number = match (number_in(table, row, place)?, fill) {
            (Some(number), _) | (None, Fill::With(number)) => T::of(number),
            (None, _) => return Err(error("is not a number")),
        };
        if !number.finite() {
            return Err(error("is not finite"));
        }
        *into = number;
    }
    Ok(())
}

/// The class in a cell; none if it is missing or unknown, and that is allowed.
fn class(
    table: &Table,
    row: usize,
    place: usize,
    fill: Fill,
    known: &HashMap<&str, usize>,
    unknown: Unknown,
) -> Result<Option<usize>> {
    let cell = table.cell(row, place);
    match known.get(cell) {
        Some(&class) => Ok(Some(class)),
        None if cell.is_empty() && matches!(fill, Fill::With(_)) => Ok(None),
        None if !cell.is_empty() && unknown == Unknown::Ignore => Ok(None),
        None => Err(table.cell_error(row, place, "is none of the known classes")),
    }
}

fn labels(table: &Table, place: usize, classes: &[String], rows: &[usize]) -> Result<Tensor<usize>> {
    let known = numbering(classes);
    let label = |&row: &usize| {
        let label = class(table, row, place, Fill::Error, &known, Unknown::Error)?;
        label.ok_or_else(|| table.cell_error(row, place, "is none of the known classes"))
    };
    Ok(Tensor::vector(rows.iter().map(label).collect::<Result<Vec<usize>>>()?))
}

fn numbering(classes: &[String]) -> HashMap<&str, usize> {
    classes.iter().enumerate().map(|(number, class)| (class.as_str(), number)).collect()
}

fn zeros<T: Real>(rows: usize, columns: usize) -> Result<Vec<T>> {
    let too_large = || Error::TooLarge { what: "a data set", rows, columns };
    let elements = rows.checked_mul(columns).ok_or_else(too_large)?;
    let mut zeros = Vec::new();
    zeros.try_reserve_exact(elements).map_err(|_| too_large())?;
    zeros.resize(elements, T::zero());
    Ok(zeros)
}

/// Classes must differ from each other, and an empty one would be a missing cell.
fn check_classes(column: &str, classes: &[String]) -> Result<(), (String, String)> {
    let mut seen = HashSet::new();
    match classes.iter().find(|&class| class.is_empty() || !seen.insert(class)) {
        None => Ok(()),
        Some(class) => Err((column.to_owned(), format!("has the class {class:?} twice or without a name"))),
    }
}

impl<'de> Deserialize<'de> for Encoder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Encoder, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename = "Encoder")]
        struct Unchecked {
            features: Vec<Feature>,
            target: Learnt,
        }

        let Unchecked { features, target } = Unchecked::deserialize(deserializer)?;
        Encoder::new(features, target)
            .map_err(|(column, problem)| de::Error::custom(format!("column {column:?} {problem}")))
    }
}
