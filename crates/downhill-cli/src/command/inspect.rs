//! `downhill inspect`.

use std::collections::BTreeSet;

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
    /// What a model was trained on and what it answers with.
    #[serde(flatten)]
    model: Option<About>,
    parts: Vec<Part>,
}

/// What a model knows of its data.
#[derive(Serialize)]
struct About {
    input: Vec<usize>,
    features: Vec<String>,
    targets: Vec<String>,
    classes: Vec<String>,
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
    /// How many cells of a column are empty.
    #[serde(skip_serializing_if = "is_zero")]
    empty: usize,
    #[serde(flatten)]
    content: Content,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content {
    Numbers(Statistics),
    /// Of text: how many different ones there are, with the first of them.
    Text {
        different: usize,
        examples: Vec<String>,
    },
    /// Numbers with text among them, and where the first is.
    Mixed {
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
    let (mut rows, mut about) = (None, None);
    let parts = match kind {
        FileKind::Table => {
            let table = source::table(path, arguments.delimiter)?;
            rows = Some(table.len());
            columns(&table)?
        }
        FileKind::Npy => vec![array("array", &npy::open(path)?)?],
        FileKind::Npz => arrays(&npz::read(path)?)?,
        FileKind::Safetensors => arrays(&safetensors::read(path)?)?,
        FileKind::Idx => vec![tensor("array", "idx", &idx::read::<f64>(path)?)],
        FileKind::Downhill => {
            let model: Model = Model::load(path)?;
            about = Some(About {
                input: model.input().to_vec(),
                features: model.feature_names().to_vec(),
                targets: model.target_names().to_vec(),
                classes: model.class_names().to_vec(),
            });
            model.params().state_dict().map(|(name, numbers)| tensor(name, "f32", &numbers)).collect()
        }
    };
    let file = path.display().to_string();
    output::report(&Inspection { file, kind, rows, model: about, parts }, json)
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
        empty: 0,
        content: Content::Numbers(Statistics::new(numbers)),
    }
}

/// The columns of a table.
fn columns(table: &Table) -> Result<Vec<Part>> {
    let column = |name: &str| {
        let cells: Vec<&str> = table.column(name)?.collect();
        let (kind, content) = column(&cells);
        let empty = cells.iter().filter(|cell| cell.is_empty()).count();
        Ok(Part { name: name.to_owned(), kind: kind.to_owned(), shape: None, empty, content })
    };
    table.columns().map(column).collect()
}

/// What a column's cells are: numbers, text, or numbers with text among them.
fn column(cells: &[&str]) -> (&'static str, Content) {
    const EXAMPLES: usize = 4;
    let numbers: Vec<f64> = cells.iter().filter_map(|cell| cell.parse().ok()).collect();
    let stray = cells.iter().position(|cell| !cell.is_empty() && cell.parse::<f64>().is_err());
    match stray {
        None => ("number", Content::Numbers(Statistics::new(numbers.into_iter()))),
        Some(row) if !numbers.is_empty() => {
            let problem = format!("row {} holds {:?} among numbers", row + 1, cells[row]);
            ("mixed", Content::Mixed { problem })
        }
        Some(_) => {
            let different: BTreeSet<&str> = cells.iter().copied().filter(|cell| !cell.is_empty()).collect();
            let examples = different.iter().take(EXAMPLES).map(|&text| text.to_owned()).collect();
            ("text", Content::Text { different: different.len(), examples })
        }
    }
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
        if let Some(About { input, features, targets, classes }) = &self.model {
            text += &format!("input: {input:?}\n");
            for (title, names) in [("features", features), ("target", targets), ("classes", classes)] {
                if !names.is_empty() {
                    text += &format!("{title}: {}\n", shortened(names));
                }
            }
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
                Content::Mixed { problem } => remarks.push(format!("{}: {problem}", part.name)),
            }
            if part.empty > 0 {
                remarks.push(format!("{}: {} cells are empty", part.name, part.empty));
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

/// A list of names, of a long one its beginning.
fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 20;
    let more = names.len().saturating_sub(SHOWN);
    let shown = names[..names.len() - more].join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
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

    #[test]
    fn kinds_of_columns() {
        for (cells, expected) in
            [(["1", "", "2"], "number"), (["a", "", "b"], "text"), (["1", "x", "2"], "mixed")]
        {
            let (kind, content) = column(&cells);
            assert_eq!(kind, expected);
            if let Content::Mixed { problem } = content {
                assert_eq!(problem, "row 2 holds \"x\" among numbers");
            }
        }
    }
}
