//! `downhill evaluate`.

use downhill::prelude::Model;

use crate::arguments::EvaluateArguments;
use crate::error::Result;
use crate::output;
use crate::source::Source;
use crate::task::{Cut, Task};
use crate::training::scores;

pub(super) fn run(arguments: &EvaluateArguments, json: bool) -> Result<()> {
    let model: Model = Model::load(&arguments.model)?;
    let source =
        Source::open(&arguments.data, arguments.reading.delimiter, arguments.reading.labels.as_deref())?;
    let task = Task::new(source, &arguments.reading, None, Cut { share: 0.0, seed: 0 })?;
    output::report(&scores(&model, &task.train)?, json)
}
