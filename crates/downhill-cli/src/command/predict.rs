//! `downhill predict`.

use std::io::{self, BufWriter};
use std::path::PathBuf;

use clap::{Args, ValueHint};
use downhill::prelude::{Model, Tensor};
use downhill::tensor::Threads;
use downhill::train::Predictions;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::output::{print, written};
use crate::source::{Opening, Parts, Source};

#[derive(Debug, Args)]
pub(crate) struct PredictArguments {
    /// The model
    #[arg(value_hint = ValueHint::FilePath)]
    model: PathBuf,

    /// The data, with the columns that the model was trained on
    #[arg(value_hint = ValueHint::AnyPath)]
    data: String,

    /// Write to this file instead of to the terminal
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,

    /// Add the probability of each class
    #[arg(long)]
    proba: bool,

    /// The character between cells [default: a comma, a tab for .tsv]
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<char>,
}

pub(super) fn run(arguments: &PredictArguments, json: bool) -> Result<()> {
    let model = Model::load(&arguments.model)?.with_threads(Threads::new(0));
    let opening = Opening { delimiter: arguments.delimiter, ..Opening::default() }.for_model(&model);
    let predictions = match Source::open(&arguments.data, &opening)? {
        Source::Table(table, _) => model.answer_table(&table)?,
        Source::Arrays(parts) => model.answer(&shaped(&model, parts)?)?,
        Source::Ready(data, test) => model.answer(test.unwrap_or(data).inputs())?,
    };
    if arguments.proba && predictions.probabilities().is_none() {
        return Err(Error::Input("--proba: this model answers with values, not with classes".into()));
    }
    let predictions = if arguments.proba { predictions } else { predictions.without_probabilities() };
    match &arguments.output {
        Some(path) if json => {
            std::fs::write(path, to_json(&predictions)).map_err(|error| Error::file(path, error))
        }
        Some(path) => Ok(predictions.save_csv(path)?),
        None if json => print(&to_json(&predictions)),
        None => written(predictions.write_csv(BufWriter::new(io::stdout().lock()))),
    }
}

/// Inputs in the shape that a model wants: a picture may be a row of pixels to one and an image to another.
pub(super) fn shaped(model: &Model, Parts { inputs, .. }: Parts) -> Result<Tensor> {
    let shape = model.input().prepend(inputs.shape().first().copied().unwrap_or(0))?;
    Ok(if inputs.len() == shape.elements() { inputs.reshape(shape)? } else { inputs })
}

/// The answers as a list of objects, one for each row.
fn to_json(predictions: &Predictions) -> String {
    let columns = predictions.columns();
    let numbers = predictions.probabilities().or(predictions.values());
    let width = numbers.map_or(0, |numbers| numbers.shape().sample().elements());
    let row = |row: usize| {
        let numbers = numbers.map_or(&[][..], |numbers| &numbers.as_slice()[row * width..(row + 1) * width]);
        let class = predictions.class_name(row).map(Value::from);
        let cells = class.into_iter().chain(numbers.iter().map(|&number| json!(number)));
        Value::Object(columns.iter().cloned().zip(cells).collect::<Map<_, _>>())
    };
    let rows: Vec<Value> = (0..predictions.len()).map(row).collect();
    format!("{:#}\n", Value::Array(rows))
}
