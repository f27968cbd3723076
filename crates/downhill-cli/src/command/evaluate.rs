//! `downhill evaluate`.

use downhill::prelude::Model;

use crate::arguments::EvaluateArguments;
use crate::error::Result;
use crate::output;
use crate::source::Source;
use crate::task::Task;
use crate::training::scores;

pub(super) fn run(arguments: &EvaluateArguments, json: bool) -> Result<()> {
    let model: Model = Model::load(&arguments.model)?;
    let source =
        Source::open(&arguments.data, arguments.reading.delimiter, arguments.reading.labels.as_deref())?;
    let task = Task::new(source, &arguments.reading, None)?;
    output::report(&scores(&model, &task.train)?, json)
}
