//! `downhill summary`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use downhill::nn::Summary;
use downhill::prelude::Model;
use serde::Serialize;

use crate::error::Result;
use crate::output::{self, Report};

#[derive(Debug, Args)]
pub(crate) struct SummaryArguments {
    /// The model
    #[arg(value_hint = ValueHint::FilePath)]
    model: PathBuf,
}

/// A model's layers.
#[derive(Serialize)]
struct ModelSummary {
    input: Vec<usize>,
    layers: Vec<Layer>,
    parameters: usize,
    trainable: usize,
    classes: Vec<String>,
    #[serde(skip)]
    summary: Summary,
}

#[derive(Serialize)]
struct Layer {
    path: String,
    kind: String,
    output: Vec<usize>,
    parameters: usize,
    multiply_adds: usize,
}

pub(super) fn run(arguments: &SummaryArguments, json: bool) -> Result<()> {
    let model: Model = Model::load(&arguments.model)?;
    let summary = model.network().summary(model.params());
    let layer = |layer: &downhill::nn::LayerSummary| Layer {
        path: layer.path.clone(),
        kind: layer.kind.clone(),
        output: layer.output.to_vec(),
        parameters: layer.parameters,
        multiply_adds: layer.multiply_adds,
    };
    let report = ModelSummary {
        input: summary.input.to_vec(),
        layers: summary.layers.iter().filter(|layer| layer.inner == 0).map(layer).collect(),
        parameters: summary.parameters,
        trainable: summary.trainable,
        classes: model.class_names().to_vec(),
        summary,
    };
    output::report(&report, json)
}

impl Report for ModelSummary {
    fn text(&self) -> String {
        let mut text = format!("{}\n", self.summary);
        if !self.classes.is_empty() {
            text += &format!("classes: {}\n", self.classes.join(", "));
        }
        text
    }
}
