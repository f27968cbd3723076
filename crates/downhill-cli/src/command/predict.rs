//! `downhill predict`.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use downhill::prelude::{Model, Tensor};
use serde_json::{Map, Value, json};

use crate::arguments::PredictArguments;
use crate::error::{Error, Result};
use crate::output::written;
use crate::source::Source;

pub(super) fn run(arguments: &PredictArguments, json: bool) -> Result<()> {
    let model: Model = Model::load(&arguments.model)?;
    let inputs = inputs(&model, Source::open(&arguments.data, arguments.delimiter, None)?)?;
    let answers = Answers::new(&model, &inputs, arguments.proba)?;
    let write = |out: &mut dyn Write| if json { answers.write_json(out) } else { answers.write_csv(out) };
    match &arguments.output {
        None => written(write(&mut BufWriter::new(io::stdout().lock()))),
        Some(path) => File::create(path)
            .and_then(|file| write(&mut BufWriter::new(file)))
            .map_err(|error| Error::file(path, error)),
    }
}

/// What a model is asked about.
pub(super) fn inputs(model: &Model, source: Source) -> Result<Tensor> {
    match source {
        Source::Table(table, _) => Ok(downhill::data::Schema::new().fit(&table)?.inputs(&table)?),
        Source::Arrays(parts) => {
            // A picture may be a row of pixels to one model and an image to another.
            let shape = model.input().prepend(parts.inputs.shape().first().copied().unwrap_or(0))?;
            Ok(parts.inputs.reshape(shape).unwrap_or(parts.inputs))
        }
        Source::Split(_, test) => Ok(test.inputs().clone()),
    }
}

/// A model's answers, a row for each sample.
struct Answers {
    names: Vec<String>,
    /// The class's name or the values.
    answers: Vec<Vec<Value>>,
}

impl Answers {
    fn new(model: &Model, inputs: &Tensor, proba: bool) -> Result<Answers> {
        let probabilities = match model.predict_proba(inputs) {
            // It answers with values.
            Err(downhill::train::Error::Question { .. }) if !proba => return Answers::values(model, inputs),
            probabilities => probabilities?,
        };
        let classes = probabilities.argmax(1)?;
        let mut names = vec!["prediction".to_owned()];
        if proba {
            let class = |class| format!("probability_{}", model.class_name(class));
            names.extend((0..probabilities.shape()[1]).map(class));
        }
        let answer = |(&class, probabilities): (&usize, &[f32])| {
            let mut row = vec![json!(model.class_name(class))];
            if proba {
                row.extend(probabilities.iter().map(|&probability| json!(probability)));
            }
            row
        };
        let answers = classes.as_slice().iter().zip(rows(&probabilities)).map(answer).collect();
        Ok(Answers { names, answers })
    }

    fn values(model: &Model, inputs: &Tensor) -> Result<Answers> {
        let values = model.predict(inputs)?;
        let names = match values.shape().sample().elements() {
            1 => vec!["prediction".to_owned()],
            width => (1..=width).map(|value| format!("prediction_{value}")).collect(),
        };
        let answers = rows(&values).map(|row| row.iter().map(|&value| json!(value)).collect()).collect();
        Ok(Answers { names, answers })
    }

    fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.names.iter().map(|name| cell(name)).collect::<Vec<_>>().join(","))?;
        for row in &self.answers {
            let cells = row.iter().map(|value| match value {
                Value::String(text) => cell(text),
                number => number.to_string(),
            });
            writeln!(out, "{}", cells.collect::<Vec<_>>().join(","))?;
        }
        out.flush()
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let object = |row: &Vec<Value>| {
            let pairs = self.names.iter().cloned().zip(row.iter().cloned());
            Value::Object(pairs.collect::<Map<_, _>>())
        };
        serde_json::to_writer_pretty(&mut *out, &self.answers.iter().map(object).collect::<Vec<_>>())?;
        writeln!(out)?;
        out.flush()
    }
}

fn rows(tensor: &Tensor) -> impl Iterator<Item = &[f32]> {
    tensor.as_slice().chunks_exact(tensor.shape().sample().elements().max(1))
}

/// Text as a cell of CSV (RFC 4180).
fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells() {
        for (text, expected) in [("plain", "plain"), ("a,b", "\"a,b\""), ("5\" disk", "\"5\"\" disk\"")] {
            assert_eq!(cell(text), expected);
        }
    }
}
