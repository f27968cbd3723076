//! The commands, each with its arguments.

mod completions;
mod demo;
mod evaluate;
mod export;
mod hill;
mod inspect;
mod man;
mod predict;
mod summary;
mod train;

use std::process::ExitCode;

pub(crate) use completions::CompletionsArguments;
pub(crate) use demo::DemoArguments;
pub(crate) use evaluate::EvaluateArguments;
pub(crate) use export::ExportArguments;
pub(crate) use hill::HillArguments;
pub(crate) use inspect::InspectArguments;
pub(crate) use predict::PredictArguments;
pub(crate) use summary::SummaryArguments;
pub(crate) use train::TrainArguments;

use crate::arguments::{Arguments, Command};
use crate::error::Result;

/// Runs a command and answers with its exit code.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let json = arguments.json;
    match &arguments.command {
        Command::Train(train) => return train::run(train, json),
        Command::Demo(demo) => return demo::run(demo, json),
        Command::Predict(predict) => predict::run(predict, json)?,
        Command::Evaluate(evaluate) => evaluate::run(evaluate, json)?,
        Command::Inspect(inspect) => inspect::run(inspect, json)?,
        Command::Summary(summary) => summary::run(summary, json)?,
        Command::Export(export) => export::run(export, json)?,
        Command::Hill(hill) => hill::run(hill, json)?,
        Command::Completions(completions) => completions::run(completions)?,
        Command::Man => man::run()?,
    }
    Ok(ExitCode::SUCCESS)
}
