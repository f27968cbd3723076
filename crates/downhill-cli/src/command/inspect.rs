//! `downhill inspect`.

use std::path::Path;

use downhill::data::{Array, idx, npy, npz, safetensors};
use downhill::prelude::{Model, Table, Tensor};
use serde::Serialize;

use crate::arguments::InspectArguments;
use crate::error::Result;
use crate::file_kind::FileKind;
use crate::output::{self, Report, number, table, thousands};
use crate::source;

/// What is in a file.
#[derive(Serialize)]
struct Inspection {
    file: String,
    kind: FileKind,
    /// The rows of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<usize>,
    /// The features that a model needs, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    classes: Vec<String>,
    parts: Vec<Part>,
}

/// A column, an array, a tensor.
#[derive(Serialize)]
struct Part {
    name: String,
    /// How its elements are stored.
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    shape: Option<Vec<usize>>,
    #[serde(flatten)]
    content: Content,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content {
    Numbers(Statistics),
    /// Of text: how many cells are empty and how many different ones there are, with the first of them.
    Text {
        different: usize,
        examples: Vec<String>,
    },
    /// Something is amiss: the reader's words.
    Unclear {
        problem: String,
    },
}

#[derive(Debug, PartialEq, Serialize)]
struct Statistics {
    min: f64,
    max: f64,
    mean: f64,
    deviation: f64,
    /// Numbers that are infinite or NaN; they are in none of the others.
    not_finite: usize,
}

pub(super) fn run(arguments: &InspectArguments, json: bool) -> Result<()> {
    let path = arguments.file.as_path();
    let kind = FileKind::of(path)?;
    let (rows, parts, classes) = match kind {
        FileKind::Table => {
            let table = source::table(path, arguments.delimiter)?;
            (Some(table.len()), columns(&table), Vec::new())
        }
        FileKind::Npy => (None, vec![array("array", &npy::open(path)?)?], Vec::new()),
        FileKind::Npz => (None, arrays(&npz::read(path)?)?, Vec::new()),
        FileKind::Safetensors => (None, arrays(&safetensors::read(path)?)?, Vec::new()),
        FileKind::Idx => (None, vec![tensor("array", "idx", &idx::read::<f64>(path)?)], Vec::new()),
        FileKind::Downhill => {
            let (parts, classes) = model(path)?;
            (None, parts, classes)
        }
    };
    let file = path.display().to_string();
    output::report(&Inspection { file, kind, rows, classes, parts }, json)
}

fn model(path: &Path) -> Result<(Vec<Part>, Vec<String>)> {
    let model: Model = Model::load(path)?;
    let parts = model.params().state_dict().map(|(name, numbers)| tensor(name, "f32", &numbers)).collect();
    Ok((parts, model.class_names().to_vec()))
}

fn arrays(arrays: &downhill::data::Arrays) -> Result<Vec<Part>> {
    arrays.iter().map(|(name, values)| array(name, values)).collect()
}

fn array(name: &str, array: &Array) -> Result<Part> {
    Ok(tensor(name, &format!("{:?}", array.dtype()).to_lowercase(), &array.numbers::<f64>()?))
}

fn tensor<T: downhill::tensor::Real>(name: &str, kind: &str, tensor: &Tensor<T>) -> Part {
    let numbers = tensor.as_slice().iter().map(|x| x.as_f64());
    Part {
        name: name.to_owned(),
        kind: kind.to_owned(),
        shape: Some(tensor.shape().to_vec()),
        content: Content::Numbers(Statistics::new(numbers)),
    }
}

/// The columns of a table: numbers, text, or what is wrong with them.
fn columns(table: &Table) -> Vec<Part> {
    const EXAMPLES: usize = 4;
    let column = |name: &str| {
        let (kind, content) = match (table.inputs::<f64>(&[name]), table.classes(name)) {
            (Ok(numbers), _) => {
                ("number", Content::Numbers(Statistics::new(numbers.as_slice().iter().copied())))
            }
            // Numbers with something else among them.
            (Err(error), Ok(texts)) if texts.iter().any(|text| text.parse::<f64>().is_ok()) => {
                ("mixed", Content::Unclear { problem: error.to_string() })
            }
            (_, Ok(texts)) => {
                let examples = texts.iter().take(EXAMPLES).cloned().collect();
                ("text", Content::Text { different: texts.len(), examples })
            }
            (_, Err(error)) => ("gaps", Content::Unclear { problem: error.to_string() }),
        };
        Part { name: name.to_owned(), kind: kind.to_owned(), shape: None, content }
    };
    table.columns().map(column).collect()
}

impl Statistics {
    fn new(numbers: impl Iterator<Item = f64> + Clone) -> Statistics {
        let finite = numbers.clone().filter(|x| x.is_finite());
        let count = finite.clone().count();
        let mean = finite.clone().sum::<f64>() / count as f64;
        let variance = finite.clone().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count as f64;
        Statistics {
            min: finite.clone().fold(f64::INFINITY, f64::min),
            max: finite.fold(f64::NEG_INFINITY, f64::max),
            mean,
            deviation: variance.sqrt(),
            not_finite: numbers.count() - count,
        }
    }
}

impl Report for Inspection {
    fn text(&self) -> String {
        let mut text = format!("{}: {}", self.file, self.kind.name());
        if let Some(rows) = self.rows {
            text += &format!(", {} rows, {} columns", thousands(rows), self.parts.len());
        }
        text.push('\n');
        if !self.classes.is_empty() {
            text += &format!("classes: {}\n", self.classes.join(", "));
        }
        let mut rows =
            vec![["name", "type", "shape", "min", "max", "mean", "deviation"].map(String::from).to_vec()];
        let mut remarks = Vec::new();
        for part in &self.parts {
            let shape = part.shape.as_ref().map_or(String::new(), |shape| format!("{shape:?}"));
            let mut row = vec![part.name.clone(), part.kind.clone(), shape];
            match &part.content {
                Content::Numbers(numbers) => {
                    let Statistics { min, max, mean, deviation, not_finite } = *numbers;
                    row.extend([min, max, mean, deviation].map(number));
                    if not_finite > 0 {
                        remarks.push(format!("{}: {not_finite} numbers are not finite", part.name));
                    }
                }
                Content::Text { different, examples } => {
                    let more = if examples.len() < *different { ", …" } else { "" };
                    remarks.push(format!(
                        "{}: {different} different: {}{more}",
                        part.name,
                        examples.join(", ")
                    ));
                }
                Content::Unclear { problem } => remarks.push(problem.clone()),
            }
            rows.push(row);
        }
        if rows.iter().all(|row| row.get(2).is_none_or(|shape| shape.is_empty() || shape == "shape")) {
            rows.iter_mut().for_each(|row| drop(row.remove(2)));
        }
        text += &table(&rows);
        remarks.iter().for_each(|remark| text += &format!("{remark}\n"));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_by_hand() {
        let statistics = Statistics::new([1.0, 3.0, f64::NAN].into_iter());
        let expected = Statistics { min: 1.0, max: 3.0, mean: 2.0, deviation: 1.0, not_finite: 1 };
        assert_eq!(statistics, expected);
    }
}
