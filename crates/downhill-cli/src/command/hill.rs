//! `downhill hill`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use downhill::prelude::*;
use downhill_plot::{Recorder, Trace};
use serde::Serialize;

use crate::arguments::{ReadingArguments, TrainingArguments};
use crate::config::{Config, OptimizerConfig, ScheduleConfig};
use crate::error::{Error, Result};
use crate::output::{self, number, table};
use crate::report::About;
use crate::source::Source;
use crate::survey::survey;
use crate::task::{Cut, Task};
use crate::training::{layers, loss, scaled};

#[derive(Debug, Args)]
pub(crate) struct HillArguments {
    /// What to learn from, as for train
    #[arg(value_name = "DATA", value_hint = ValueHint::AnyPath)]
    data: String,

    #[command(flatten)]
    reading: ReadingArguments,

    #[command(flatten)]
    training: TrainingArguments,

    /// The methods: gradient-descent (all samples at each step), sgd, momentum, or any of train's optimizers
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        help_heading = "Running",
        default_value = "gradient-descent,sgd,momentum"
    )]
    descents: Vec<String>,

    /// Threads to compute on; 0 for as many as there are
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Running")]
    threads: usize,

    /// The page to write
    #[arg(short, long, value_name = "FILE", default_value = "hill.html", value_hint = ValueHint::FilePath,
          help_heading = "Running")]
    output: PathBuf,
}

/// Descents side by side.
#[derive(Serialize)]
struct Descents {
    descents: Vec<Descent>,
    file: PathBuf,
}

#[derive(Serialize)]
struct Descent {
    name: String,
    batch_size: usize,
    rate: f64,
    steps: u64,
    /// The mean loss of the last epoch's batches.
    loss: f64,
}

/// Trains once by each method, from the same start, and draws the hill with all the ways down.
pub(super) fn run(arguments: &HillArguments, json: bool) -> Result<()> {
    let HillArguments { data, reading, training, descents, threads, output } = arguments;
    let base = Config::new(training, None)?;
    let source = Source::open(data, &reading.opening()?)?;
    let Task { train, target, .. } =
        Task::new(source, reading, None, Cut { share: 0.0, seed: 0 })?.shaped(&base.input)?;
    let epochs = training.epochs.unwrap_or(30);
    let mut found: Vec<(Descent, Trace, Model)> = Vec::new();
    for name in descents {
        let config = method(&base, name, train.len());
        let recorder = Recorder::new();
        let trainer = Trainer::new(layers(&train, &config)?, loss(&train, config.loss)?)
            .optimizer(recorder.watch(config.optimizer.build()?))
            .epochs(epochs)
            .batch_size(config.batch_size)
            .seed(config.seed)
            .threads(*threads);
        let fit = scaled(trainer, &train, &config).fit(&train)?;
        let trace = recorder.trace();
        let steps = trace.path().last().map_or(0, |point| point.step);
        let descent = Descent {
            name: name.clone(),
            batch_size: config.batch_size,
            rate: config.optimizer.rate(),
            steps,
            loss: fit.history.epochs.last().map_or(f64::NAN, |epoch| epoch.loss),
        };
        found.push((descent, trace, fit.model));
    }
    let Some((_, _, model)) = found.last() else {
        return Err(Error::Usage("--descents: at least one is needed".into()));
    };
    let paths: Vec<(&str, &Trace)> =
        found.iter().map(|(descent, trace, _)| (descent.name.as_str(), trace)).collect();
    let loss = loss(&train, base.loss)?;
    let hill = survey(model, &*loss, &train, &paths, *threads)?
        .ok_or_else(|| Error::Input("this network is too large for a hill".into()))?;
    let about = About::new(&train, &target).fact("epochs", epochs).fact("layers", base.layers_text()?);
    about.fact("seed", base.seed).report().hill(&hill).train(&train).write(output)?;
    let descents = found.into_iter().map(|(descent, _, _)| descent).collect();
    output::report(&Descents { descents, file: output.clone() }, json)
}

/// The configuration of a method: plain gradient descent sees all samples at each step, the others a batch.
fn method(base: &Config, name: &str, samples: usize) -> Config {
    let (optimizer, momentum, batch_size) = match name {
        "gradient-descent" => ("gradient-descent", None, samples),
        "momentum" => ("gradient-descent", Some(0.9), base.batch_size),
        name => (name, None, base.batch_size),
    };
    let rate = base.optimizer.rate;
    let optimizer = OptimizerConfig { name: optimizer.into(), rate, momentum, ..OptimizerConfig::default() };
    Config { optimizer, batch_size, schedule: ScheduleConfig::default(), ..base.clone() }
}

impl output::Report for Descents {
    fn text(&self) -> String {
        let mut rows = vec![["descent", "batch", "rate", "steps", "last loss"].map(String::from).to_vec()];
        for Descent { name, batch_size, rate, steps, loss } in &self.descents {
            rows.push(vec![
                name.clone(),
                batch_size.to_string(),
                number(*rate),
                steps.to_string(),
                number(*loss),
            ]);
        }
        format!("{}wrote {}\n", table(&rows), self.file.display())
    }
}
