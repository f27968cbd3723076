//! `downhill inspect`.

mod checkpoint;
mod part;

use std::path::PathBuf;

use clap::{Args, ValueHint};
use downhill::data::{idx, images, npy, npz, safetensors};
use downhill::prelude::Model;
use serde::Serialize;

use self::checkpoint::Progress;
use self::part::{Content, Part, Statistics, array, arrays, columns, tensor};
use crate::error::Result;
use crate::file_kind::FileKind;
use crate::output::{self, Report, number, table, thousands};
use crate::source;

#[derive(Debug, Args)]
pub(crate) struct InspectArguments {
    /// A model, checkpoint, CSV, Parquet, Arrow, NPY, NPZ, safetensors, IDX, PNG or JPEG file
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,

    /// The character between cells [default: a comma, a tab for .tsv]
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<char>,
}

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
    /// How far the training of a checkpoint has come.
    #[serde(flatten)]
    progress: Option<Progress>,
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

pub(super) fn run(arguments: &InspectArguments, json: bool) -> Result<()> {
    let path = arguments.file.as_path();
    let kind = FileKind::of(path)?;
    let (mut rows, mut about, mut progress) = (None, None, None);
    let parts = match kind {
        FileKind::Table => {
            let table = source::table(path, arguments.delimiter)?;
            rows = Some(table.len());
            columns(&table)?
        }
        kind @ (FileKind::Parquet | FileKind::Arrow) => {
            let table = if kind == FileKind::Arrow { source::arrow(path) } else { source::parquet(path) }?;
            rows = Some(table.len());
            columns(&table)?
        }
        FileKind::Checkpoint => {
            let (found, parts) = checkpoint::read(path)?;
            progress = Some(found);
            parts
        }
        FileKind::Npy => vec![array("array", &npy::open(path)?)?],
        FileKind::Npz => arrays(&npz::read(path)?)?,
        FileKind::Safetensors => arrays(&safetensors::read(path)?)?,
        FileKind::Idx => vec![tensor("array", "idx", &idx::read::<f64>(path)?)],
        FileKind::Image => vec![tensor("image", "u8", &images::read::<f64>(path, 3)?)],
        FileKind::Model => {
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
    output::report(&Inspection { file, kind, rows, model: about, progress, parts }, json)
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
        if let Some(progress) = &self.progress {
            text += &progress.text();
        }
        let mut rows =
            vec![["name", "type", "shape", "min", "max", "mean", "deviation"].map(String::from).to_vec()];
        let mut remarks = Vec::new();
        for part in &self.parts {
            let shape = part.shape.as_ref().map_or(String::new(), |shape| format!("{shape:?}"));
            let mut row = vec![part.name.clone(), part.kind.clone(), shape];
            match &part.content {
                // Of none there is nothing to say.
                Content::Numbers(_) if part.shape.as_ref().is_some_and(|shape| shape.contains(&0)) => {}
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
