//! Training as it is shown while it runs: a picture that is drawn anew on a terminal, a line for each epoch elsewhere.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write, stderr};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use downhill::train::{Callback, EpochRecord, History, Metrics, Plan, Result, StepRecord};

use crate::output::thousands;

/// Shows a training on standard error.
pub(crate) struct Live {
    terminal: bool,
    epochs: usize,
    steps: usize,
    samples: usize,
    start: Instant,
    /// The steps that an earlier training, which this one resumes, had done.
    before: usize,
    drawn: Option<Instant>,
    /// How many lines the picture had that is on the terminal.
    lines: usize,
    /// The step that is done and the mean loss of the epoch so far.
    step: usize,
    sum: f64,
    losses: Vec<f64>,
    judged: Vec<f64>,
    scores: Vec<f64>,
    score_name: &'static str,
    rate: f64,
}

/// The picture is drawn no more often than this.
const PAUSE: Duration = Duration::from_millis(80);

impl Live {
    /// For standard error as it is.
    pub(crate) fn new() -> Live {
        Live::on(stderr().is_terminal())
    }

    fn on(terminal: bool) -> Live {
        Live {
            terminal,
            epochs: 0,
            steps: 0,
            samples: 0,
            start: Instant::now(),
            before: 0,
            drawn: None,
            lines: 0,
            step: 0,
            sum: 0.0,
            losses: Vec::new(),
            judged: Vec::new(),
            scores: Vec::new(),
            score_name: "",
            rate: f64::NAN,
        }
    }

    fn take(&mut self, epoch: &EpochRecord) {
        self.losses.push(epoch.loss);
        self.judged.extend(epoch.validation_loss);
        if let Some(metrics) = &epoch.validation {
            let (name, score) = score(metrics);
            self.score_name = name;
            self.scores.push(score);
        }
        self.rate = epoch.rate;
        (self.step, self.sum) = (0, 0.0);
    }

    /// The line of an epoch.
    fn line(&self, epoch: &EpochRecord) -> String {
        let width = self.epochs.to_string().len();
        let mut line = format!("epoch {:>width$}/{}  loss {:.4}", epoch.epoch, self.epochs, epoch.loss);
        if let Some(loss) = epoch.validation_loss {
            let _ = write!(line, "  validation loss {loss:.4}");
        }
        if let Some(metrics) = &epoch.validation {
            let _ = write!(line, "  {}", metrics.headline());
        }
        line
    }

    /// The picture: a line for the progress, one for each curve, one for the speed.
    fn picture(&self, elapsed: f64) -> String {
        let done = self.losses.len() * self.steps + self.step;
        let all = self.epochs * self.steps;
        let share = (done as f64 / all.max(1) as f64).min(1.0);
        let epoch = (self.losses.len() + usize::from(self.step > 0)).max(1);
        let mut text = format!("epoch {epoch}/{}  {}  {:.0} %\n", self.epochs, bar(share), 100.0 * share);
        let mut curve = |name: &str, values: &[f64], latest: Option<f64>| {
            if let Some(latest) = latest.or(values.last().copied()) {
                let _ = writeln!(text, "{name:<15} {latest:>9.4}  {}", sparkline(values, 40));
            }
        };
        let running = (self.step > 0).then(|| self.sum / self.step as f64);
        curve("loss", &self.losses, running.filter(|_| self.losses.is_empty()));
        curve("validation loss", &self.judged, None);
        curve(self.score_name, &self.scores, None);
        // Steps a second, of those that this training has done itself.
        let speed = done.saturating_sub(self.before) as f64 / elapsed.max(1e-9);
        let left = all.saturating_sub(done) as f64 / speed.max(1e-9);
        let speed = speed * self.samples as f64 / self.steps.max(1) as f64;
        if self.rate.is_finite() {
            let _ = write!(text, "rate {:<9}", short(self.rate));
        }
        let _ = writeln!(text, "{} samples/s  at most {} to go", thousands(speed as usize), clock(left));
        text
    }

    /// Draws the picture over the last one.
    fn draw(&mut self) {
        let text = self.picture(self.start.elapsed().as_secs_f64());
        // What a key has left on the line of the cursor is no reason to draw farther to the right.
        let mut out = String::from("\r");
        if self.lines > 0 {
            let _ = write!(out, "\x1b[{}A", self.lines);
        }
        // Lines that are too long are cut off rather than wrapped, which would make them more than they are.
        out += "\x1b[?7l";
        for line in text.lines() {
            let _ = writeln!(out, "\x1b[2K{line}");
        }
        // What a key has left below goes.
        out += "\x1b[?7h\x1b[J";
        self.lines = text.lines().count();
        self.drawn = Some(Instant::now());
        say(&out);
    }
}

/// What cannot be shown is no reason to end a training.
fn say(text: &str) {
    let mut out = stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

impl Callback for Live {
    fn on_start(&mut self, plan: &Plan) -> Result<()> {
        (self.epochs, self.steps, self.samples) = (plan.epochs, plan.steps, plan.samples);
        self.before = usize::try_from(plan.done).unwrap_or(usize::MAX);
        self.start = Instant::now();
        Ok(())
    }

    fn on_resume(&mut self, history: &History) -> Result<()> {
        history.epochs.iter().for_each(|epoch| self.take(epoch));
        Ok(())
    }

    fn on_step(&mut self, step: &StepRecord) -> Result<()> {
        self.step = step.step;
        self.sum += step.loss;
        if self.terminal && self.drawn.is_none_or(|drawn| drawn.elapsed() >= PAUSE) {
            self.draw();
        }
        Ok(())
    }

    fn on_epoch(&mut self, epoch: &EpochRecord) -> Result<ControlFlow<()>> {
        self.take(epoch);
        if !self.terminal {
            say(&(self.line(epoch) + "\n"));
        }
        Ok(ControlFlow::Continue(()))
    }

    fn on_end(&mut self, history: &History) -> Result<()> {
        if self.terminal {
            self.draw();
        }
        if let Some(epoch) = history.restored {
            say(&format!("no lower loss for a while: back to the parameters of epoch {epoch}\n"));
        }
        Ok(())
    }
}

/// The most telling number of some metrics, with its name.
pub(crate) fn score(metrics: &Metrics) -> (&'static str, f64) {
    match metrics {
        Metrics::Classes(confusion) => ("accuracy", confusion.accuracy()),
        Metrics::Values(errors) => ("R²", errors.r2),
    }
}

/// A bar of 30 cells.
fn bar(share: f64) -> String {
    const CELLS: usize = 30;
    let full = (share * CELLS as f64) as usize;
    (0..CELLS).map(|cell| if cell < full { '█' } else { '░' }).collect()
}

/// A curve of at most so many characters, each the mean of a few values.
pub(crate) fn sparkline(values: &[f64], width: usize) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let cells = values.len().min(width);
    let means: Vec<f64> = (0..cells)
        .map(|cell| {
            let part = &values[cell * values.len() / cells..(cell + 1) * values.len() / cells];
            part.iter().sum::<f64>() / part.len() as f64
        })
        .collect();
    let finite = || means.iter().copied().filter(|mean| mean.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let height = |mean: f64| if high > low { (7.99 * (mean - low) / (high - low)) as usize } else { 0 };
    means.into_iter().map(|mean| if mean.is_finite() { HEIGHTS[height(mean).min(7)] } else { ' ' }).collect()
}

/// A time as minutes and seconds.
fn clock(seconds: f64) -> String {
    let seconds = seconds.clamp(0.0, 1e7).round() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

fn short(rate: f64) -> String {
    if rate == 0.0 || (1e-4..1e3).contains(&rate) {
        format!("{:.5}", rate).trim_end_matches('0').to_owned()
    } else {
        format!("{rate:.2e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn curves() {
        assert_eq!(sparkline(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 8), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&[1.0, 1.0], 8), "▁▁");
        assert_eq!(sparkline(&[f64::NAN, 0.0, 1.0], 8), " ▁█");
        assert_eq!(sparkline(&[], 8), "");
    }

    #[test]
    fn times() {
        assert_eq!([0.4, 61.0, 3725.0].map(clock), ["0:00", "1:01", "1:02:05"]);
        assert_eq!([0.001, 0.000_01, 0.05].map(short), ["0.001", "1.00e-5", "0.05"]);
    }

    #[test]
    fn a_picture_before_and_after_an_epoch() {
        let mut live = Live::on(false);
        (live.epochs, live.steps, live.samples) = (4, 10, 100);
        assert!(live.picture(1.0).starts_with("epoch 1/4"));
        (live.step, live.sum) = (5, 2.5);
        let picture = live.picture(1.0);
        assert!(picture.contains("loss               0.5000"), "{picture}");
        assert!(picture.contains("50 samples/s  at most 0:07 to go"), "{picture}");
        // The steps that an earlier training has done say nothing of the speed.
        (live.before, live.losses) = (22, vec![0.5; 2]);
        let picture = live.picture(1.0);
        assert!(
            picture.starts_with("epoch 3/4") && picture.contains("30 samples/s  at most 0:05"),
            "{picture}"
        );
    }

    proptest! {
        #[test]
        fn a_curve_has_a_character_for_each_value_until_it_is_full(
            values in proptest::collection::vec(proptest::num::f64::ANY, 0..100), width in 1_usize..50,
        ) {
            prop_assert_eq!(sparkline(&values, width).chars().count(), values.len().min(width));
        }
    }
}
