//! What is to be learned of a table.

use std::collections::{BTreeSet, HashMap};

use downhill::data::{Schema, Split};
use downhill::prelude::Table;

use super::{Cut, MAX_CLASSES, Task, are_classes};
use crate::arguments::{ReadingArguments, TaskArgument};
use crate::error::{Error, Result};
use crate::source::Source;

/// More different texts than this are no category but names or the like, unless somebody says so.
const MAX_CATEGORIES: usize = 50;

/// The task of a table. What has to be learned of its columns (the classes, the means that fill gaps) is learned of
/// the training rows alone.
pub(super) fn task(
    table: &Table,
    bundled: Option<(&str, Split)>,
    reading: &ReadingArguments,
    test: Option<Source>,
    cut: Cut,
) -> Result<Task> {
    let (usual_target, usual_split) = bundled.unzip();
    let targets = targets(table, usual_target, &reading.target)?;
    let classes = match reading.task {
        TaskArgument::Classification if targets.len() > 1 => {
            return Err(Error::Usage("a classification has one target".into()));
        }
        TaskArgument::Classification => true,
        TaskArgument::Regression => false,
        TaskArgument::Auto => targets.len() == 1 && holds_classes(table, &targets[0])?,
    };
    let categories = categories(table, &targets, reading)?;
    let schema = if classes { Schema::classification(&targets[0]) } else { Schema::regression(&targets) };
    let schema = schema
        .without(&reading.drop)
        .categorical(&categories)
        .missing(reading.missing)
        .unknown(reading.unknown.into());
    let (train, test) = match test {
        Some(Source::Table(test, _)) => (table.clone(), Some(test)),
        Some(_) => return Err(Error::Input("--test: this is no table".into())),
        None => {
            let split = match usual_split {
                Some(split) => Some(split),
                None => cut.split(table.len(), labels(table, classes.then_some(&targets[0]))?.as_deref())?,
            };
            match split {
                Some(split) => {
                    let (train, test) = table.split_by(&split)?;
                    (train, Some(test))
                }
                None => (table.clone(), None),
            }
        }
    };
    let encoder = schema.fit(&train)?;
    let test = test.map(|test| encoder.dataset(&test)).transpose()?;
    Ok(Task { train: encoder.dataset(&train)?, test, target: targets.join(", "), categories })
}

/// The columns to be learned: those asked for, or a bundled set's own.
fn targets(table: &Table, usual: Option<&str>, asked: &[String]) -> Result<Vec<String>> {
    match (asked, usual) {
        ([], Some(usual)) => Ok(vec![usual.to_owned()]),
        ([], None) => {
            let columns: Vec<&str> = table.columns().collect();
            Err(Error::Usage(format!(
                "which column is to be learned? --target with one of: {}",
                columns.join(", ")
            )))
        }
        (asked, _) => {
            // A misspelt name is an error before anything is made of the column.
            asked.iter().try_for_each(|name| table.column(name).map(drop))?;
            Ok(asked.to_vec())
        }
    }
}

/// The columns that are named as categories and those that hold nothing but a few different texts.
fn categories(table: &Table, targets: &[String], reading: &ReadingArguments) -> Result<Vec<String>> {
    let mut categories = reading.categorical.clone();
    for column in table.columns() {
        let spoken_for = [targets, &reading.categorical, &reading.drop];
        if spoken_for.into_iter().flatten().any(|name| name == column) {
            continue;
        }
        // A single number makes it a column of numbers; reading it as such will name the place of a stray text.
        if table.column(column)?.any(|cell| cell.parse::<f64>().is_ok()) {
            continue;
        }
        let texts: BTreeSet<&str> = table.column(column)?.collect();
        if texts.len() > MAX_CATEGORIES {
            return Err(Error::Input(format!(
                "{}: column \"{column}\" holds {} different texts, too many for a category; leave it out \
                 (--drop \"{column}\") or insist (--categorical \"{column}\")",
                table.name(),
                texts.len()
            )));
        }
        categories.push(column.to_owned());
    }
    Ok(categories)
}

/// Whether a target column holds classes: text, or a few different whole numbers.
fn holds_classes(table: &Table, column: &str) -> Result<bool> {
    let different: BTreeSet<&str> = table.column(column)?.filter(|cell| !cell.is_empty()).collect();
    let numbers: Vec<f64> = different.iter().filter_map(|cell| cell.parse().ok()).collect();
    if numbers.len() == different.len() {
        return Ok(are_classes(&numbers, table.len()));
    }
    if !numbers.is_empty() && different.len() > MAX_CLASSES {
        // Numbers with a stray text among them: reading them as numbers will name its place.
        return Ok(false);
    }
    if different.len() > MAX_CLASSES && 2 * different.len() > table.len() {
        return Err(Error::Input(format!(
            "{}: column \"{column}\" holds {} different texts in {} rows: these are hardly classes",
            table.name(),
            different.len(),
            table.len()
        )));
    }
    Ok(true)
}

/// A number for each row's class, in any order.
fn labels(table: &Table, column: Option<&String>) -> Result<Option<Vec<usize>>> {
    let Some(column) = column else { return Ok(None) };
    let mut numbers = HashMap::new();
    let label = |cell| {
        let next = numbers.len();
        *numbers.entry(cell).or_insert(next)
    };
    Ok(Some(table.column(column)?.map(label).collect()))
}
