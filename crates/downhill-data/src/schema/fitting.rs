//! What has to be known of the training rows, gathered table after table.

use std::collections::BTreeSet;

use super::encoder::{Feature, Fill, Kind, Learnt};
use super::number::number_in;
use super::{Encoder, Missing, Schema, Wanted};
use crate::{Error, Result, Table};

/// A schema with what the tables so far have told. They all have the same columns.
pub(crate) struct Fitting {
    schema: Schema,
    table: String,
    columns: Vec<Gathered>,
    target: Learning,
    rows: usize,
}

/// A column of features.
struct Gathered {
    name: String,
    missing: Missing,
    what: What,
}

enum What {
    /// Numbers; those that a filling is made of are kept.
    Numbers(Vec<f64>),
    /// Their sum and number.
    Sum(f64, usize),
    /// Nothing has to be known.
    Nothing,
    Classes(BTreeSet<String>),
    Ordinal(Vec<String>),
}

enum Learning {
    Nothing,
    Class(String, BTreeSet<String>),
    Values(Vec<String>),
}

impl Fitting {
    /// For tables like this one.
    pub(crate) fn new(schema: &Schema, table: &Table) -> Result<Fitting> {
        let Schema { without, categorical, ordinal, missing_in, .. } = schema;
        let targets: &[String] = match &schema.target {
            Wanted::Nothing => &[],
            Wanted::Class(column) => std::slice::from_ref(column),
            Wanted::Values(columns) if columns.is_empty() => {
                return Err(Error::NoColumns { table: table.name().into(), part: "targets" });
            }
            Wanted::Values(columns) => columns,
        };
        let named = ordinal.iter().map(|(name, _)| name).chain(missing_in.iter().map(|(name, _)| name));
        for name in targets.iter().chain(without).chain(categorical).chain(named) {
            table.place(name)?;
        }
        if let Some(place) = (1..targets.len()).find(|&place| targets[..place].contains(&targets[place])) {
            return Err(Error::Duplicate { table: table.name().into(), column: targets[place].clone() });
        }
        let features = table.columns().filter(|name| {
            let is = |names: &[String]| names.iter().any(|one| one == name);
            !is(targets) && !is(without)
        });
        let columns = features.map(|name| {
            let missing = schema.policy(name);
            let what = match missing {
                _ if categorical.iter().any(|one| one == name) => What::Classes(BTreeSet::new()),
                Missing::Mean => What::Sum(0.0, 0),
                Missing::Median => What::Numbers(Vec::new()),
                _ => What::Nothing,
            };
            let classes = ordinal.iter().find(|(one, _)| one == name);
            let what = classes.map_or(what, |(_, classes)| What::Ordinal(classes.clone()));
            Gathered { name: name.to_owned(), missing, what }
        });
        let columns: Vec<Gathered> = columns.collect();
        if columns.is_empty() {
            return Err(Error::NoColumns { table: table.name().into(), part: "features" });
        }
        let target = match &schema.target {
            Wanted::Nothing => Learning::Nothing,
            Wanted::Class(column) => Learning::Class(column.clone(), BTreeSet::new()),
            Wanted::Values(columns) => Learning::Values(columns.clone()),
        };
        Ok(Fitting { schema: schema.clone(), table: table.name().into(), columns, target, rows: 0 })
    }

    /// Whether something has to be known of the rows.
    pub(crate) fn needs_rows(&self) -> bool {
        let known = |column: &Gathered| matches!(column.what, What::Nothing | What::Ordinal(_));
        matches!(self.target, Learning::Class(..)) || !self.columns.iter().all(known)
    }

    /// Takes in the rows of a table.
    pub(crate) fn add(&mut self, table: &Table) -> Result<()> {
        let rows = self.kept(table)?;
        self.rows += rows.len();
        let max_classes = self.schema.max_classes;
        let mut text = None;
        for Gathered { name, what, .. } in &mut self.columns {
            let place = table.place(name)?;
            let numbers = rows.iter().map(|&row| number_in(table, row, place));
            match what {
                What::Nothing | What::Ordinal(_) => {}
                What::Numbers(all) => {
                    for number in numbers {
                        all.extend(number?);
                    }
                }
                What::Sum(sum, count) => {
                    for number in numbers.filter_map(Result::transpose) {
                        *sum += number?;
                        *count += 1;
                    }
                }
                What::Classes(classes) => {
                    gather(classes, rows.iter().map(|&row| table.cell(row, place)));
                    if classes.len() > max_classes {
                        text.get_or_insert(name.clone());
                    }
                }
            }
        }
        if let Some(name) = text {
            let problem =
                format!("has more than {max_classes} classes: it is text or numbers, not a category");
            return Err(self.column_error(name, problem));
        }
        if let Learning::Class(name, classes) = &mut self.target {
            let place = table.place(name)?;
            gather(classes, rows.iter().map(|&row| table.cell(row, place)));
        }
        Ok(())
    }

    /// The rows that no missing cell drops.
    fn kept(&self, table: &Table) -> Result<Vec<usize>> {
        let mut kept: Vec<usize> = (0..table.len()).collect();
        let features = self.columns.iter().map(|column| (&column.name, column.what.is_class()));
        let targets = match &self.target {
            Learning::Nothing => vec![],
            Learning::Class(column, _) => vec![(column, true)],
            Learning::Values(columns) => columns.iter().map(|column| (column, false)).collect(),
        };
        for (name, class) in features.chain(targets) {
            if self.schema.policy(name) == Missing::Drop {
                let place = table.place(name)?;
                kept.retain(|&row| !super::encoder::is_gap(table.cell(row, place), class));
            }
        }
        Ok(kept)
    }

    /// The number of rows so far that were kept.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn finish(self) -> Result<Encoder> {
        let mut features = Vec::with_capacity(self.columns.len());
        for Gathered { name, missing, what } in &self.columns {
            let fill = match (missing, what) {
                (Missing::Error, _) => Fill::Error,
                (Missing::Drop, _) => Fill::Drop,
                (_, What::Classes(_) | What::Ordinal(_)) => Fill::With(0.0),
                (Missing::Constant(number), _) => Fill::With(*number),
                (_, What::Sum(sum, count)) if *count > 0 => Fill::With(sum / *count as f64),
                (_, What::Numbers(numbers)) if !numbers.is_empty() => Fill::With(median(numbers.clone())),
                _ => {
                    return Err(self.column_error(name.clone(), "has no number to fill its gaps with".into()));
                }
            };
            if matches!(fill, Fill::With(number) if !number.is_finite()) {
                return Err(self
                    .column_error(name.clone(), "would be filled with a number that is not finite".into()));
            }
            let kind = match what {
                What::Classes(classes) => {
                    Kind::OneHot { classes: in_order(classes), unknown: self.schema.unknown }
                }
                What::Ordinal(classes) => Kind::Ordinal { classes: classes.clone() },
                _ => Kind::Number,
            };
            features.push(Feature { column: name.clone(), kind, fill });
        }
        let drops = |column: &String| self.schema.policy(column) == Missing::Drop;
        let learnt = match &self.target {
            Learning::Nothing => Learnt::Nothing,
            Learning::Class(column, classes) => {
                Learnt::Class { column: column.clone(), classes: in_order(classes), drop: drops(column) }
            }
            Learning::Values(columns) => {
                Learnt::Values { drop: columns.iter().map(drops).collect(), columns: columns.clone() }
            }
        };
        Encoder::new(features, learnt).map_err(|(column, problem)| self.column_error(column, problem))
    }

    fn column_error(&self, column: String, problem: String) -> Error {
        Error::Column { table: self.table.clone(), column, problem }
    }
}

impl What {
    fn is_class(&self) -> bool {
        matches!(self, What::Classes(_) | What::Ordinal(_))
    }
}

/// Adds the classes; what is empty is none.
fn gather<'a>(classes: &mut BTreeSet<String>, cells: impl Iterator<Item = &'a str>) {
    for cell in cells.filter(|cell| !cell.is_empty()) {
        if !classes.contains(cell) {
            classes.insert(cell.to_owned());
        }
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    let middle = numbers.len() / 2;
    let (below, &mut upper, _) = numbers.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = below.iter().copied().max_by(f64::total_cmp);
    // Halves first: the sum may overflow.
    if let Some(lower) = lower.filter(|_| numbers.len().is_multiple_of(2)) {
        lower / 2.0 + upper / 2.0
    } else {
        upper
    }
}

/// Classes in ascending order: of their numbers if all of them are numbers, else of their characters.
pub(crate) fn in_order(classes: &BTreeSet<String>) -> Vec<String> {
    let numbers: Option<Vec<f64>> = classes.iter().map(|class| class.parse().ok()).collect();
    let Some(numbers) = numbers else { return classes.iter().cloned().collect() };
    let mut order: Vec<(f64, &String)> = numbers.into_iter().zip(classes).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    order.into_iter().map(|(_, class)| class.clone()).collect()
}
