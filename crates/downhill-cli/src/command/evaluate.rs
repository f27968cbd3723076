//! `downhill evaluate`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use downhill::prelude::{Dataset, Model};
use downhill::tensor::Threads;

use super::predict::shaped;
use crate::classes::numbered_as;
use crate::error::{Error, Result};
use crate::output;
use crate::scores::Scores;
use crate::source::{Opening, Source};

#[derive(Debug, Args)]
pub(crate) struct EvaluateArguments {
    /// The model
    #[arg(value_hint = ValueHint::FilePath)]
    model: PathBuf,

    /// The data, with their truth
    #[arg(value_hint = ValueHint::AnyPath)]
    data: String,

    /// The file with the labels or values, where DATA is an array
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    labels: Option<PathBuf>,

    /// The character between cells [default: a comma, a tab for .tsv]
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<char>,
}

pub(super) fn run(arguments: &EvaluateArguments, json: bool) -> Result<()> {
    let model = Model::load(&arguments.model)?.with_threads(Threads::new(0));
    let (delimiter, labels) = (arguments.delimiter, arguments.labels.as_deref());
    let opening = Opening { delimiter, labels, ..Opening::default() }.for_model(&model);
    let source = Source::open(&arguments.data, &opening)?;
    output::report(&Scores::of(&model, &data(&model, source)?)?, json)
}

/// The data as the model was given its own; of a set with a test part, that part.
fn data(model: &Model, source: Source) -> Result<Dataset> {
    match source {
        Source::Ready(data, test) => numbered_as(test.unwrap_or(data), model.class_names()),
        Source::Table(table, bundled) => {
            let table = match bundled {
                Some((_, split)) => table.select(&split.test)?,
                None => table,
            };
            let data: Dataset = model.dataset(&table)?;
            // A picture in a table is a row of pixels.
            let fits = data.sample_shape().elements() == model.input().elements();
            Ok(if fits { data.with_sample_shape(model.input())? } else { data })
        }
        Source::Arrays(parts) => {
            let Some(target) = parts.target.clone() else {
                let message = "--labels is needed: the file with what is to be compared with".to_owned();
                return Err(Error::Usage(message));
            };
            let name = parts.name.clone();
            let inputs = shaped(model, parts)?;
            let data = if model.class_names().is_empty() {
                Dataset::new(inputs, target.numbers::<f32>()?)?
            } else {
                Dataset::new(inputs, target.labels()?)?.with_class_names(model.class_names().to_vec())?
            };
            Ok(data.with_name(name))
        }
    }
}
