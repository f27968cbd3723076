//! What was recorded of a training, kept beside its checkpoints, so that the report of a training that was cut off goes
//! on where it ended.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use downhill::data::npz;
use downhill::train::{Callback, History, Plan, Result as TrainResult, StepRecord};
use downhill_plot::{Recorder, Trace};

use crate::error::{Error, Result};

/// Keeps a recorder's trace in a file.
pub(crate) struct TraceFile {
    path: PathBuf,
    recorder: Recorder,
    pause: Duration,
    last: Instant,
}

impl TraceFile {
    /// In a folder, at the end and as often as this.
    pub(crate) fn new(folder: &Path, recorder: &Recorder, pause: Duration) -> TraceFile {
        TraceFile { path: folder.join("trace.npz"), recorder: recorder.clone(), pause, last: Instant::now() }
    }

    fn read(&self) -> Result<Trace> {
        Ok(Trace::from_arrays(&npz::read(&self.path)?)?)
    }

    /// Writes it beside its place first, which so never holds half of it.
    fn write(&mut self) -> Result<()> {
        let bytes = npz::to_bytes(&self.recorder.trace().to_arrays()?)?;
        let beside = self.path.with_extension("npz.tmp");
        fs::write(&beside, bytes).map_err(|error| Error::file(&beside, error))?;
        fs::rename(&beside, &self.path).map_err(|error| Error::file(&self.path, error))?;
        self.last = Instant::now();
        Ok(())
    }

    fn keep(&mut self) -> TrainResult<()> {
        self.write().map_err(|error| downhill::train::Error::Callback(Box::new(error)))
    }
}

impl Callback for TraceFile {
    fn on_start(&mut self, plan: &Plan) -> TrainResult<()> {
        if plan.done > 0 {
            let trace = self.read().unwrap_or_else(|error| {
                // The training can go on all the same.
                eprintln!("warning: the report has no curves of what was before: {error}");
                Trace::default()
            });
            self.recorder.resume(trace, plan.done);
        }
        Ok(())
    }

    fn on_step(&mut self, _: &StepRecord) -> TrainResult<()> {
        if self.last.elapsed() >= self.pause { self.keep() } else { Ok(()) }
    }

    fn on_end(&mut self, _: &History) -> TrainResult<()> {
        self.keep()
    }
}
