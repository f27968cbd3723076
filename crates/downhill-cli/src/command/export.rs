//! `downhill export`.

use std::path::PathBuf;

use downhill::data::{npz, safetensors};
use downhill::prelude::Model;
use downhill::train::state_dict;
use serde::Serialize;

use crate::arguments::{ExportArguments, ExportFormat};
use crate::error::Result;
use crate::output::{self, Report, thousands};

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
