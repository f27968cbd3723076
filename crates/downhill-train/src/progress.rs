//! Training as it is shown on the terminal.

use std::io::{Write, stdout};
use std::ops::ControlFlow;

use crate::{Callback, EpochRecord, History, Plan, Result, StepRecord};

/// Shows training as it runs: a line for each epoch on standard output and, with the feature `progress`
/// and on a terminal, a bar below them.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    epochs: usize,
    every: usize,
    #[cfg(feature = "progress")]
    bar: Option<indicatif::ProgressBar>,
}

impl Progress {
    /// A line for each epoch, and a bar where one can be drawn.
    pub fn new() -> Progress {
        Progress { every: 1, ..Progress::default() }
    }

    /// The same with a line for every `epochs`-th epoch only.
    #[must_use]
    pub fn every(mut self, epochs: usize) -> Progress {
        self.every = epochs.max(1);
        self
    }

    fn say(&self, line: &str) {
        #[cfg(feature = "progress")]
        if let Some(bar) = &self.bar {
            bar.println(line);
            return;
        }
        // A closed pipe is no reason to end training.
        let _ = writeln!(stdout(), "{line}");
    }
}

impl Callback for Progress {
    fn on_start(&mut self, plan: &Plan) -> Result<()> {
        self.epochs = plan.epochs;
        #[cfg(feature = "progress")]
        if std::io::IsTerminal::is_terminal(&stdout()) {
            let target = indicatif::ProgressDrawTarget::stdout();
            let bar = indicatif::ProgressBar::with_draw_target(
                Some((plan.epochs.saturating_mul(plan.steps)) as u64),
                target,
            );
            let style = indicatif::ProgressStyle::with_template(
                "{wide_bar} {percent:>3} %  {msg}  {elapsed} + {eta}",
            );
            bar.set_position(plan.done);
            self.bar = Some(style.map_or(bar.clone(), |style| bar.with_style(style)));
        }
        Ok(())
    }

    fn on_step(&mut self, step: &StepRecord) -> Result<()> {
        #[cfg(feature = "progress")]
        if let Some(bar) = &self.bar {
            bar.inc(1);
            bar.set_message(format!("epoch {}  loss {:.4}", step.epoch, step.loss));
        }
        let _ = step;
        Ok(())
    }

    fn on_epoch(&mut self, epoch: &EpochRecord) -> Result<ControlFlow<()>> {
        if epoch.epoch.is_multiple_of(self.every) || epoch.epoch == self.epochs {
            let width = self.epochs.to_string().len();
            let mut line = format!("epoch {:>width$}/{}  loss {:.4}", epoch.epoch, self.epochs, epoch.loss);
            if let Some(loss) = epoch.validation_loss {
                line += &format!("  validation loss {loss:.4}");
            }
            if let Some(metrics) = &epoch.validation {
                line += &format!("  {}", metrics.headline());
            }
            self.say(&line);
        }
        Ok(ControlFlow::Continue(()))
    }

    fn on_end(&mut self, history: &History) -> Result<()> {
        if let Some(epoch) = history.restored {
            self.say(&format!("stopped early: the parameters are those of epoch {epoch}"));
        }
        #[cfg(feature = "progress")]
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        Ok(())
    }
}
