//! A training, from data to files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use downhill::nn::Loss;
use downhill::prelude::*;
use downhill::train::{Checkpoints, Fit};
use downhill_plot::Recorder;
use serde::Serialize;

use crate::arguments::RunArguments;
use crate::config::{Config, LayerConfig, LossConfig, Scale};
use crate::error::{Error, Result};
use crate::history;
use crate::interrupt::Interrupt;
use crate::live::Live;
use crate::output::{Report, thousands};
use crate::report::{About, Broadcast, publish};
use crate::scores::{LEVEL, Scores};
use crate::serve::Server;
use crate::survey::survey;
use crate::task::Task;
use crate::tensorboard::EventFile;
use crate::trace_file::TraceFile;

/// The file with what decides which model comes out, beside the model.
pub(crate) const CONFIG: &str = "config.toml";

/// The folder of the checkpoints, beside the model.
const CHECKPOINTS: &str = "checkpoints";

/// What came of a training.
#[derive(Serialize)]
pub(crate) struct Outcome {
    /// Where the data came from.
    data: String,
    /// What was learned.
    target: String,
    train_samples: usize,
    parameters: usize,
    epochs: usize,
    /// The epoch that the parameters are of, if not the last one.
    restored_epoch: Option<usize>,
    seconds: f64,
    seed: u64,
    pub(crate) interrupted: bool,
    /// On the test part, if there is one.
    test: Option<Scores>,
    files: Vec<PathBuf>,
    #[serde(skip)]
    pub(crate) model: Model,
    /// The part that was tested on.
    #[serde(skip)]
    pub(crate) tested: Option<Dataset>,
}

/// Trains, judges and writes the files.
pub(crate) fn train(
    task: Task,
    config: &Config,
    run: &RunArguments,
    interrupt: &Interrupt,
) -> Result<Outcome> {
    let Task { train, test, target, .. } = task.shaped(&config.input)?;
    make_folder(&run.output)?;
    write(&run.output.join(CONFIG), &config.to_toml()?)?;
    let about = About::new(&train, &target).config(config)?;
    let recorder = Recorder::new();
    let mut trainer = trainer(&train, config, run, &recorder)?.stop_when(interrupt.flag());
    let server = run.serve.map(Server::start).transpose()?.map(Arc::new);
    if let Some(server) = &server {
        eprintln!("live at http://{}", server.address());
        trainer = trainer.callback(Broadcast::new(server, &about, &train, &recorder));
    }
    let fit = trainer.fit(&train)?;
    let mut files = write_files(&fit, &run.output)?;
    let scores = test.as_ref().map(|test| Scores::of(&fit.model, test)).transpose()?;
    if !run.no_report || server.is_some() {
        let trace = recorder.trace();
        let loss = loss(&train, config.loss)?;
        let hill = survey(&fit.model, &*loss, &train, &[(&config.optimizer.name, &trace)], run.threads)?;
        let mut report = about.report().model(&fit.model).history(&fit.history).trace(&trace).train(&train);
        if let (Some(test), Some(scores)) = (&test, &scores) {
            report = report.test(test).intervals(scores.intervals(), LEVEL);
        }
        if let Some(hill) = &hill {
            report = report.hill(hill);
        }
        if !run.no_report {
            let path = run.output.join("report.html");
            report.write(&path)?;
            files.push(path);
        }
        if let Some(server) = &server {
            publish(server, report)?;
            server.end();
        }
    }
    Ok(Outcome {
        data: train.name().to_owned(),
        target,
        train_samples: train.len(),
        parameters: fit.model.params().len(),
        epochs: fit.history.epochs.len(),
        restored_epoch: fit.history.restored,
        seconds: fit.history.seconds(),
        seed: config.seed,
        interrupted: fit.stopped,
        test: scores,
        files,
        model: fit.model,
        tested: test,
    })
}

/// The layers of a configuration, fitted to the data at both ends.
pub(crate) fn layers(data: &Dataset, config: &Config) -> Result<Sequential> {
    let outputs = match data.classes() {
        Some(classes) => classes,
        None => data.values()?.shape().sample().elements(),
    };
    let spatial = data.sample_shape().len() > 1;
    let mut layers = config.layers.clone();
    if spatial && matches!(layers.first(), None | Some(LayerConfig::Linear(_))) {
        layers.insert(0, LayerConfig::Flatten);
    }
    if spatial {
        layers.push(LayerConfig::Flatten);
    }
    layers.push(LayerConfig::Linear(outputs));
    LayerConfig::chain(&layers)
}

/// The same trainer with the scaling of a configuration.
pub(crate) fn scaled(trainer: Trainer, data: &Dataset, config: &Config) -> Trainer {
    let trainer = match config.scale {
        Scale::Standardize => trainer.transform(Transform::Standardize),
        Scale::MinMax => trainer.transform(Transform::MinMax),
        Scale::None => trainer,
    };
    if data.classes().is_none() { trainer.transform_targets(Transform::Standardize) } else { trainer }
}

fn trainer(data: &Dataset, config: &Config, run: &RunArguments, recorder: &Recorder) -> Result<Trainer> {
    let schedule = config.schedule.clone();
    let trainer = Trainer::new(layers(data, config)?, loss(data, config.loss)?)
        .optimizer(recorder.watch(config.optimizer.build()?))
        .schedule(move |steps| schedule.build(steps))
        .epochs(config.epochs)
        .batch_size(config.batch_size)
        .seed(config.seed)
        .threads(run.threads);
    let mut trainer = scaled(trainer, data, config);
    if config.validation > 0.0 {
        trainer = trainer.validation_fraction(config.validation);
    }
    if config.patience > 0 {
        trainer = trainer.early_stopping(EarlyStopping::new(config.patience));
    }
    if run.checkpoint_seconds > 0 || run.resume {
        let folder = run.output.join(CHECKPOINTS);
        if run.resume {
            trainer = trainer.resume(&folder);
        } else {
            // Those of a training whose place this one takes.
            remove(&folder)?;
        }
        let pause = Duration::from_secs(run.checkpoint_seconds.max(1));
        trainer = trainer.callback(TraceFile::new(&folder, recorder, pause));
        trainer = trainer.checkpoints(Checkpoints::new(folder).every_epochs(0).every(pause).without_best());
    }
    if let Some(folder) = &run.tensorboard {
        trainer = trainer.callback(EventFile::create(folder)?);
    }
    if !run.quiet {
        trainer = trainer.callback(Live::new());
    }
    Ok(trainer)
}

/// The loss of a configuration.
pub(crate) fn loss(data: &Dataset, loss: LossConfig) -> Result<Box<dyn Loss>> {
    Ok(match (loss, data.classes().is_some()) {
        (LossConfig::Auto, true) => Box::new(CrossEntropy::new()),
        (LossConfig::LabelSmoothing(share), true) => Box::new(CrossEntropy::new().label_smoothing(share)?),
        (LossConfig::Auto, false) => Box::new(Mse::new()),
        (LossConfig::L1, false) => Box::new(L1::new()),
        (LossConfig::Huber(delta), false) => Box::new(Huber::new(delta)?),
        (LossConfig::L1 | LossConfig::Huber(_), true) => {
            return Err(Error::Input("this loss is for values, the target is a class".into()));
        }
        (LossConfig::LabelSmoothing(_), false) => {
            return Err(Error::Input("this loss is for classes, the target is a value".into()));
        }
    })
}

fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))
}

fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file(folder, error)),
        _ => Ok(()),
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|error| Error::file(path, error))
}

fn write_files(fit: &Fit, folder: &Path) -> Result<Vec<PathBuf>> {
    let [model, history] = ["model.downhill", "history.csv"].map(|name| folder.join(name));
    fit.model.save(&model)?;
    write(&history, &history::to_csv(&fit.history))?;
    Ok(vec![model, history, folder.join(CONFIG)])
}

impl Report for Outcome {
    fn text(&self) -> String {
        let mut text = format!(
            "{} epoch{} in {:.1} s, {} parameters\n",
            self.epochs,
            if self.epochs == 1 { "" } else { "s" },
            self.seconds,
            thousands(self.parameters)
        );
        if let Some(test) = &self.test {
            text += &format!("test: {}", test.text());
        }
        if self.interrupted {
            text += "interrupted: --resume goes on from here\n";
        }
        for file in &self.files {
            text += &format!("wrote {}\n", file.display());
        }
        text
    }
}
