//! What is to be learned: a class or values, of which features.

use downhill::data::{Array, Dtype};
use downhill::prelude::{Dataset, Table, Tensor};

use crate::arguments::{ReadingArguments, TaskArgument};
use crate::error::{Error, Result};
use crate::source::{Parts, Source};

/// Data to learn from and, if there is one, a part to test on.
pub(crate) struct Task {
    pub(crate) train: Dataset,
    pub(crate) test: Option<Dataset>,
    /// The target's name; empty if unknown.
    pub(crate) target: String,
    /// The columns that were taken for categories.
    pub(crate) categories: Vec<String>,
}

/// More different texts than this are no category but names or the like, unless somebody says so.
const MAX_CATEGORIES: usize = 50;

/// More different whole numbers than this are not classes, unless somebody says so.
const MAX_CLASSES: usize = 20;

impl Task {
    /// Finds out what is to be learned, and reads the test set if one is given.
    pub(crate) fn new(source: Source, reading: &ReadingArguments, test: Option<Source>) -> Result<Task> {
        match source {
            Source::Split(train, test_part) => {
                let test = match test {
                    None => test_part,
                    Some(Source::Split(_, test)) => test,
                    Some(_) => return Err(Error::Input("--test: this is not the same kind of data".into())),
                };
                Ok(Task { train, test: Some(test), target: "class".into(), categories: Vec::new() })
            }
            Source::Arrays(parts) => Task::of_arrays(parts, reading, test),
            Source::Table(table, bundled) => {
                let (target, split) = bundled.unzip();
                let mut task = Task::of_table(table, target, reading, test)?;
                if let (Some(split), None) = (split, &task.test) {
                    let (train, test) = task.train.split_by(&split)?;
                    (task.train, task.test) = (train, Some(test));
                }
                Ok(task)
            }
        }
    }

    fn of_table(
        table: Table,
        usual_target: Option<&str>,
        reading: &ReadingArguments,
        test: Option<Source>,
    ) -> Result<Task> {
        let mut targets: Vec<String> = reading.target.clone();
        if targets.is_empty() {
            let Some(target) = usual_target else {
                let columns: Vec<&str> = table.columns().collect();
                return Err(Error::Usage(format!(
                    "which column is to be learned? --target with one of {}",
                    columns.join(", ")
                )));
            };
            targets.push(target.to_owned());
        }
        let table = table.without(&reading.drop)?;
        let (table, categories) = with_categories(table, &targets, &reading.categorical)?;
        let classes = match reading.task {
            TaskArgument::Classification if targets.len() > 1 => {
                return Err(Error::Usage("a classification has one target".into()));
            }
            TaskArgument::Classification => true,
            TaskArgument::Regression => false,
            TaskArgument::Auto => targets.len() == 1 && holds_classes(&table, &targets[0])?,
        };
        let read = |table: &Table| -> Result<Dataset> {
            Ok(if classes { table.classification(&targets[0])? } else { table.regression(&targets)? })
        };
        let train = read(&table)?;
        let test = match test {
            None => None,
            Some(Source::Table(table, _)) => Some(like(&table, &train, &targets)?),
            Some(_) => return Err(Error::Input("--test: this is no table".into())),
        };
        Ok(Task { train, test, target: targets.join(", "), categories })
    }

    fn of_arrays(parts: Parts, reading: &ReadingArguments, test: Option<Source>) -> Result<Task> {
        let Parts { name, inputs, target, test: inner_test } = parts;
        let target = target.ok_or_else(|| {
            Error::Usage(format!(
                "{name} holds inputs alone: --labels with the file of what is to be learned"
            ))
        })?;
        let classes = match reading.task {
            TaskArgument::Classification => true,
            TaskArgument::Regression => false,
            TaskArgument::Auto => array_holds_classes(&target)?,
        };
        let read = |name: &str, inputs: Tensor, target: &Array| -> Result<Dataset> {
            let data = if classes {
                Dataset::new(inputs, target.labels()?)?
            } else {
                Dataset::new(inputs, target.numbers::<f32>()?)?
            };
            Ok(data.with_name(name))
        };
        let mut train = read(&name, inputs, &target)?;
        let mut test = match test {
            None => inner_test.map(|(inputs, target)| read(&name, inputs, &target)).transpose()?,
            Some(Source::Arrays(Parts { name, inputs, target: Some(target), .. })) => {
                Some(read(&name, inputs, &target)?)
            }
            Some(_) => return Err(Error::Input("--test: these are no arrays of inputs and targets".into())),
        };
        if classes {
            // A part need not have a sample of every class.
            let classes = train.classes().max(test.as_ref().and_then(Dataset::classes)).unwrap_or(0);
            let names: Vec<String> = (0..classes).map(|class| class.to_string()).collect();
            test = test.map(|test| test.with_class_names(names.clone())).transpose()?;
            train = train.with_class_names(names)?;
        }
        Ok(Task { train, test, target: "target".into(), categories: Vec::new() })
    }
}

/// The data set of another table with the features and classes of one that is there already.
pub(crate) fn like(table: &Table, data: &Dataset, targets: &[String]) -> Result<Dataset> {
    let inputs: Tensor = table.inputs(data.feature_names())?;
    let other = if data.classes().is_some() {
        let labels = table.labels(&targets[0], data.class_names())?;
        Dataset::new(inputs, labels)?.with_class_names(data.class_names().to_vec())?
    } else {
        Dataset::new(inputs, table.inputs::<f32>(targets)?)?.with_value_names(targets.to_vec())?
    };
    Ok(other.with_name(table.name()).with_feature_names(data.feature_names().to_vec())?)
}

/// Declares as categories the columns that are named and those that hold nothing but a few different texts.
fn with_categories(table: Table, targets: &[String], named: &[String]) -> Result<(Table, Vec<String>)> {
    let mut categories = named.to_vec();
    for column in table.columns().filter(|column| !targets.iter().any(|target| target == column)) {
        if named.iter().any(|name| name == column) || table.inputs::<f64>(&[column]).is_ok() {
            continue;
        }
        let Ok(texts) = table.classes(column) else { continue };
        if texts.iter().any(|text| text.parse::<f64>().is_ok()) {
            // Numbers with a stray text among them: reading them as numbers will name its place.
            continue;
        }
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
    Ok((table.categorical(&categories)?, categories))
}

/// Whether a target column holds classes: text, or a few different whole numbers.
fn holds_classes(table: &Table, column: &str) -> Result<bool> {
    let classes = table.classes(column)?;
    let numbers: Option<Vec<f64>> = classes.iter().map(|class| class.parse().ok()).collect();
    match numbers {
        Some(numbers) => Ok(are_classes(&numbers, table.len())),
        None if classes.iter().any(|class| class.parse::<f64>().is_ok()) && classes.len() > MAX_CLASSES => {
            Ok(false)
        }
        None if classes.len() > 10 && 2 * classes.len() > table.len() => Err(Error::Input(format!(
            "{}: column \"{column}\" holds {} different texts in {} rows, which are hardly classes",
            table.name(),
            classes.len(),
            table.len()
        ))),
        None => Ok(true),
    }
}

fn array_holds_classes(target: &Array) -> Result<bool> {
    let numbers = target.numbers::<f64>()?;
    let mut different = numbers.as_slice().to_vec();
    different.sort_by(f64::total_cmp);
    different.dedup();
    let whole = numbers.shape().len() == 1 && target.labels().is_ok();
    Ok(whole && (are_classes(&different, numbers.len()) || !is_float(target.dtype())))
}

fn are_classes(different: &[f64], rows: usize) -> bool {
    let whole = different.iter().all(|number| number.fract() == 0.0);
    whole && different.len() <= MAX_CLASSES && (different.len() <= 2 || 5 * different.len() <= rows)
}

fn is_float(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F16 | Dtype::BF16 | Dtype::F32 | Dtype::F64)
}
