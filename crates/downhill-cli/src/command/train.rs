//! `downhill train`.

use std::process::ExitCode;

use clap::{Args, ValueHint};

use crate::arguments::{ReadingArguments, RunArguments, TrainingArguments};
use crate::config::Config;
use crate::error::{INTERRUPTED, Result};
use crate::interrupt::Interrupt;
use crate::output::{print, report, thousands};
use crate::source::{Opening, Source};
use crate::task::Task;
use crate::training::{self, CONFIG};

#[derive(Debug, Args)]
pub(crate) struct TrainArguments {
    /// What to learn from: a table (.csv, .tsv, also .gz; .parquet, .arrow, .feather), an array (.npy, .npz, IDX), a folder with MNIST's files or
    /// with a folder of images for each class, or one of iris, wine, breast_cancer, digits, diabetes
    #[arg(value_name = "DATA", value_hint = ValueHint::AnyPath)]
    data: String,

    #[command(flatten)]
    reading: ReadingArguments,

    #[command(flatten)]
    training: TrainingArguments,

    /// Test on this file instead of on a part of DATA
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Data")]
    test: Option<String>,

    #[command(flatten)]
    run: RunArguments,
}

pub(super) fn run(arguments: &TrainArguments, json: bool) -> Result<ExitCode> {
    let TrainArguments { data, reading, test, run, training } = arguments;
    let begun = Some(run.output.join(CONFIG)).filter(|path| run.resume && path.exists());
    let config = Config::new(training, begun.as_deref())?;
    if run.print_config {
        print(&config.to_toml()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let source = Source::open(data, &reading.opening()?)?;
    let test = test
        .as_ref()
        .map(|test| Source::open(test, &Opening { labels: None, ..reading.opening()? }))
        .transpose()?;
    let task = Task::new(source, reading, test, config.cut())?;
    if !run.quiet {
        eprintln!("{}", about(&task));
    }
    let outcome = training::train(task, &config, run, &Interrupt::watch()?)?;
    report(&outcome, json)?;
    Ok(if outcome.interrupted { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
}

/// What is going to be learned of what.
fn about(task: &Task) -> String {
    let data = &task.train;
    let features = data.sample_shape().elements();
    let mut text = format!("{}: {} samples of {features} features; ", data.name(), thousands(data.len()));
    text += &match data.classes() {
        Some(classes) => format!("{} is one of {classes} classes", task.target),
        None => format!("{} is a number", task.target),
    };
    if !task.categories.is_empty() {
        text += &format!("; categories: {}", task.categories.join(", "));
    }
    text
}
