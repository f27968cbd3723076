//! All there is to see of a training, in one HTML file.

mod answers;
mod data;
mod hill;
mod inside;
mod learning;
mod mistakes;
mod page;
mod quality;
mod samples;

use std::fmt::Display;
use std::path::Path;

use downhill::data::Dataset;
use downhill::nn::Scalar;
use downhill::train::metrics::Interval;
use downhill::train::{History, Model};

use self::answers::Answered;
use self::page::Section;
use crate::{Hill, Result, Trace, file};

/// A report of a training: one HTML file that needs no network, for bright and dark screens, phones and paper. It is
/// whole without JavaScript; with it, one can point at curves, zoom, turn the hill and watch the descent.
///
/// Only what is given is shown, so that it serves while a training runs as well: [`body`](Report::body) is what
/// changes, and a page with [`live`](Report::live) fetches it.
#[derive(Debug, Clone)]
pub struct Report<'a, T: Scalar = f32> {
    title: String,
    model: Option<&'a Model<T>>,
    history: Option<&'a History>,
    trace: Option<&'a Trace>,
    train: Option<&'a Dataset<T>>,
    test: Option<&'a Dataset<T>>,
    hill: Option<&'a Hill>,
    intervals: &'a [Interval],
    level: f64,
    tiles: Vec<Tile>,
    facts: Vec<(String, String)>,
    command: Option<String>,
    live: Option<String>,
}

/// A number at the head of a report.
#[derive(Debug, Clone, PartialEq)]
struct Tile {
    value: String,
    label: String,
    note: String,
}

impl<'a, T: Scalar> Report<'a, T> {
    /// A report of which only the title is known.
    pub fn new(title: impl Into<String>) -> Report<'a, T> {
        Report {
            title: title.into(),
            model: None,
            history: None,
            trace: None,
            train: None,
            test: None,
            hill: None,
            intervals: &[],
            level: 0.0,
            tiles: Vec::new(),
            facts: Vec::new(),
            command: None,
            live: None,
        }
    }

    /// Adds the model: its table, its weights and, with a test set, its answers.
    #[must_use]
    pub fn model(self, model: &'a Model<T>) -> Report<'a, T> {
        Report { model: Some(model), ..self }
    }

    /// Adds what happened, epoch by epoch.
    #[must_use]
    pub fn history(self, history: &'a History) -> Report<'a, T> {
        Report { history: Some(history), ..self }
    }

    /// Adds what a [`Recorder`](crate::Recorder) has recorded, step by step.
    #[must_use]
    pub fn trace(self, trace: &'a Trace) -> Report<'a, T> {
        Report { trace: Some(trace), ..self }
    }

    /// Adds the data that were learned from, as they were before any scaling.
    #[must_use]
    pub fn train(self, data: &'a Dataset<T>) -> Report<'a, T> {
        Report { train: Some(data), ..self }
    }

    /// Adds the data to judge the model on, as they were before any scaling.
    #[must_use]
    pub fn test(self, data: &'a Dataset<T>) -> Report<'a, T> {
        Report { test: Some(data), ..self }
    }

    /// Adds the intervals that the test set's metrics are in with a probability of `level`, as
    /// [`Model::evaluate_intervals`] finds them.
    #[must_use]
    pub fn intervals(self, intervals: &'a [Interval], level: f64) -> Report<'a, T> {
        Report { intervals, level, ..self }
    }

    /// Adds the hill.
    #[must_use]
    pub fn hill(self, hill: &'a Hill) -> Report<'a, T> {
        Report { hill: Some(hill), ..self }
    }

    /// Adds a number at the head: `("98.3 %", "test accuracy", "95 % interval: 96.7 to 99.4 %")`. Without any, the
    /// test set's most telling number is there.
    #[must_use]
    pub fn highlight(
        mut self,
        value: impl Display,
        label: impl Into<String>,
        note: impl Into<String>,
    ) -> Report<'a, T> {
        self.tiles.push(Tile { value: value.to_string(), label: label.into(), note: note.into() });
        self
    }

    /// Adds something to know for who wants to repeat the training: the seed, the batch size.
    #[must_use]
    pub fn fact(mut self, name: impl Into<String>, value: impl Display) -> Report<'a, T> {
        self.facts.push((name.into(), value.to_string()));
        self
    }

    /// Adds the command that does it all again.
    #[must_use]
    pub fn command(mut self, command: impl Into<String>) -> Report<'a, T> {
        self.command = Some(command.into());
        self
    }

    /// Lets the page listen to server-sent events from this address: the data of each is the new
    /// [`body`](Report::body), and an event named `end` is the last.
    #[must_use]
    pub fn live(mut self, address: impl Into<String>) -> Report<'a, T> {
        self.live = Some(address.into());
        self
    }

    /// What is inside the page's `main` element.
    ///
    /// # Errors
    /// If the test set is not such as the model was trained on.
    pub fn body(&self) -> Result<String> {
        let answered = self.answered()?;
        let mut sections: Vec<Section> = Vec::new();
        sections.extend(self.learning());
        sections.extend(self.hill_section());
        if let Some(answered) = &answered {
            sections.extend(self.quality(answered));
            sections.extend(self.mistakes(answered)?);
        }
        sections.extend(self.inside());
        sections.extend(self.data()?);
        sections.extend(self.repeat());
        Ok(page::body(&self.title, &self.subtitle(), &self.heads(answered.as_ref()), &sections))
    }

    /// The whole page.
    ///
    /// # Errors
    /// As [`body`](Report::body).
    pub fn html(&self) -> Result<String> {
        Ok(page::page(&self.title, &self.body()?, self.live.as_deref()))
    }

    /// Writes the page to a file.
    ///
    /// # Errors
    /// As [`body`](Report::body); [`Error::File`](crate::Error::File).
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        file::write(path.as_ref(), &self.html()?)
    }

    fn answered(&self) -> Result<Option<Answered>> {
        match (self.model, self.test) {
            (Some(model), Some(test)) if !test.is_empty() => Ok(Some(Answered::new(model, test)?)),
            _ => Ok(None),
        }
    }
}
