//! What may be written on the command line: the commands, and the groups of flags that several of them share.

mod reading;
mod run;
mod training;

use clap::{Parser, Subcommand};

pub(crate) use reading::{ReadingArguments, TaskArgument};
pub(crate) use run::RunArguments;
pub(crate) use training::TrainingArguments;

use crate::command::{
    CompletionsArguments, DemoArguments, EvaluateArguments, ExportArguments, HillArguments, InspectArguments,
    PredictArguments, SummaryArguments, TrainArguments,
};

/// Train, use and inspect small and medium neural networks
#[derive(Debug, Parser)]
#[command(name = "downhill", version, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Print the result as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

const AFTER_HELP: &str = "\
Exit codes: 0 done, 1 bad input, 2 wrong usage, 130 interrupted.

Examples:
  downhill train iris --hidden 16
  downhill train houses.csv --target price -o houses
  downhill predict houses/model.downhill new.csv -o prices.csv
  downhill demo";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train a network on a file, a folder or a bundled data set
    Train(Box<TrainArguments>),
    /// Answer for each row of a file
    Predict(PredictArguments),
    /// Tell how good a model's answers are on data whose truth is known
    Evaluate(EvaluateArguments),
    /// Tell what is in a file: a model, a table, an array
    Inspect(InspectArguments),
    /// Show a model's layers
    Summary(SummaryArguments),
    /// Write a model's numbers in a format that others read
    Export(ExportArguments),
    /// Show how several methods go down the hill of the loss, side by side
    Hill(Box<HillArguments>),
    /// Learn to read handwritten digits, and show it
    Demo(DemoArguments),
    /// Print a script that completes this command in a shell
    Completions(CompletionsArguments),
    /// Print the manual page
    Man,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_fit_together() {
        Arguments::command().debug_assert();
    }
}
