//! `downhill export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use downhill::data::{npz, safetensors};
use downhill::prelude::Model;
use downhill::train::state_dict;
use serde::Serialize;

use crate::error::Result;
use crate::output::{self, Report, thousands};

#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The model
    #[arg(value_hint = ValueHint::FilePath)]
    model: PathBuf,

    /// The format
    #[arg(long, value_enum, default_value_t)]
    to: ExportFormat,

    /// The file to write [default: the model's name with the format's ending]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
}

/// A format that others read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ExportFormat {
    /// Hugging Face's, with PyTorch's names and layouts
    #[default]
    Safetensors,
    /// NumPy's
    Npz,
}

/// What was written.
#[derive(Serialize)]
struct Exported {
    file: PathBuf,
    tensors: usize,
    numbers: usize,
}

pub(super) fn run(arguments: &ExportArguments, json: bool) -> Result<()> {
    let model: Model = Model::load(&arguments.model)?;
    let ending = match arguments.to {
        ExportFormat::Safetensors => "safetensors",
        ExportFormat::Npz => "npz",
    };
    let file = arguments.output.clone().unwrap_or_else(|| arguments.model.with_extension(ending));
    let arrays = state_dict::to_arrays(model.params())?;
    match arguments.to {
        ExportFormat::Safetensors => safetensors::write(&file, &arrays)?,
        ExportFormat::Npz => npz::write(&file, &arrays)?,
    }
    let numbers = arrays.iter().map(|(_, array)| array.shape().elements()).sum();
    output::report(&Exported { file, tensors: arrays.len(), numbers }, json)
}

impl Report for Exported {
    fn text(&self) -> String {
        format!(
            "wrote {}: {} tensors, {} numbers\n",
            self.file.display(),
            self.tensors,
            thousands(self.numbers)
        )
    }
}
