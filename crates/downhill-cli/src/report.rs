//! The report of a training: what it says beside the numbers, and how it is shown while they come in.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use downhill::prelude::Dataset;
use downhill::train::{Callback, EpochRecord, History, Plan, Result as TrainResult};
use downhill_plot::{Recorder, Report};

use crate::config::Config;
use crate::error::Result;
use crate::serve::{EVENTS, Server};

/// What a report says beside the numbers.
#[derive(Debug, Clone)]
pub(crate) struct About {
    title: String,
    facts: Vec<(&'static str, String)>,
    command: String,
}

impl About {
    pub(crate) fn new(data: &Dataset, target: &str) -> About {
        let name = Path::new(data.name()).file_name().unwrap_or_default().to_string_lossy();
        let title = if name.is_empty() { target.to_owned() } else { format!("{name}: {target}") };
        let arguments = std::env::args().skip(1).map(quoted);
        let command = std::iter::once("downhill".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ");
        About { title, facts: Vec::new(), command }
    }

    /// The same with something to know.
    pub(crate) fn fact(mut self, name: &'static str, value: impl ToString) -> About {
        self.facts.push((name, value.to_string()));
        self
    }

    /// The same with what a configuration says.
    pub(crate) fn config(self, config: &Config) -> Result<About> {
        let optimizer = format!("{} at a rate of {}", config.optimizer.name, config.optimizer.rate());
        let about = self
            .fact("seed", config.seed)
            .fact("layers", config.layers_text()?)
            .fact("optimizer", optimizer)
            .fact("schedule", &config.schedule.name)
            .fact("batch size", config.batch_size);
        Ok(about)
    }

    /// A report that says this.
    pub(crate) fn report<'a>(&self) -> Report<'a> {
        let report = Report::new(&self.title).command(&self.command);
        self.facts.iter().fold(report, |report, (name, value)| report.fact(*name, value))
    }
}

/// An argument as a shell wants it.
fn quoted(argument: String) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=,:+@%".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

/// Keeps the page of a server up to date while a training runs.
pub(crate) struct Broadcast {
    server: Arc<Server>,
    about: About,
    data: Dataset,
    recorder: Recorder,
    history: History,
    last: Option<Instant>,
}

/// The page is made anew no more often than this.
const PAUSE: Duration = Duration::from_millis(500);

impl Broadcast {
    pub(crate) fn new(server: &Arc<Server>, about: &About, data: &Dataset, recorder: &Recorder) -> Broadcast {
        Broadcast {
            server: Arc::clone(server),
            about: about.clone(),
            data: data.clone(),
            recorder: recorder.clone(),
            history: History::default(),
            last: None,
        }
    }

    fn publish(&mut self) -> TrainResult<()> {
        let trace = self.recorder.trace();
        let report = self.about.report().history(&self.history).trace(&trace).train(&self.data);
        self.last = Some(Instant::now());
        publish(&self.server, report).map_err(|error| downhill::train::Error::Callback(Box::new(error)))
    }
}

/// Puts a report on a server's page.
pub(crate) fn publish(server: &Server, report: Report<'_>) -> Result<()> {
    let report = report.live(EVENTS);
    server.publish(report.html()?, report.body()?);
    Ok(())
}

impl Callback for Broadcast {
    fn on_start(&mut self, _: &Plan) -> TrainResult<()> {
        self.publish()
    }

    fn on_resume(&mut self, history: &History) -> TrainResult<()> {
        self.history = history.clone();
        self.publish()
    }

    fn on_epoch(&mut self, epoch: &EpochRecord) -> TrainResult<ControlFlow<()>> {
        self.history.epochs.push(epoch.clone());
        if self.last.is_none_or(|last| last.elapsed() >= PAUSE) {
            self.publish()?;
        }
        Ok(ControlFlow::Continue(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_for_a_shell() {
        for (argument, expected) in
            [("a-b=1.5", "a-b=1.5"), ("two words", "'two words'"), ("it's", r"'it'\''s'")]
        {
            assert_eq!(quoted(argument.to_owned()), expected);
        }
    }
}
