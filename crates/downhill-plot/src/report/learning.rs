//! The head of a report, and how the loss fell.

use downhill::nn::Scalar;
use downhill::train::{EpochRecord, Metrics};

use super::answers::Answered;
use super::page::Section;
use super::{Report, Tile};
use crate::LineChart;
use crate::number::{count, digits, duration, percent, short};

impl<T: Scalar> Report<'_, T> {
    /// What the whole is about, in a line.
    pub(super) fn subtitle(&self) -> String {
        let mut parts = Vec::new();
        if let Some(model) = self.model {
            let parameters = count(model.params().len());
            parts.push(format!("a network of {parameters} parameters"));
        }
        if let Some(train) = self.train {
            parts.push(format!("trained on {} samples", count(train.len())));
        }
        if let Some(test) = self.test {
            parts.push(format!("tested on {} others", count(test.len())));
        }
        parts.join(", ")
    }

    /// The numbers at the head.
    pub(super) fn heads(&self, answered: Option<&Answered>) -> Vec<Tile> {
        let tile = |value: String, label: &str, note: String| Tile { value, label: label.into(), note };
        let four = |value| digits(value, 4);
        let mut tiles = self.tiles.clone();
        if let (Some(answered), true) = (answered, tiles.is_empty()) {
            tiles.extend(match &answered.metrics {
                Metrics::Classes(confusion) => {
                    let (accuracy, f1) = (confusion.accuracy(), confusion.macro_f1());
                    vec![
                        tile(
                            percent(accuracy),
                            "test accuracy",
                            self.likely("accuracy", percent, "of the classes are right"),
                        ),
                        tile(
                            four(f1),
                            "macro F1",
                            self.likely("macro F1", four, "each class counts the same"),
                        ),
                    ]
                }
                Metrics::Values(errors) => {
                    let mean = format!("mean absolute error {}", four(errors.mae));
                    vec![
                        tile(four(errors.r2), "test R²", self.likely("R²", four, "1 is perfect, 0 the mean")),
                        tile(four(errors.rmse), "RMSE", self.likely("RMSE", four, &mean)),
                    ]
                }
            });
        }
        if let Some(history) = self.history
            && let (Some(first), Some(best)) = (history.epochs.first(), history.best())
        {
            let loss = best.judged_loss();
            let what = if best.validation_loss.is_some() { "validation loss" } else { "training loss" };
            tiles.push(tile(
                short(loss),
                what,
                format!("in epoch {}; {} in the first", best.epoch, short(first.judged_loss())),
            ));
            let seconds = history.seconds();
            let epochs = history.epochs.len();
            let plural = if epochs == 1 { "" } else { "s" };
            let stopped = if history.restored.is_some() { ", stopped early" } else { "" };
            tiles.push(tile(duration(seconds), "training time", format!("{epochs} epoch{plural}{stopped}")));
        }
        tiles
    }

    /// Where a metric is likely to be; without an interval of it, something else to say.
    fn likely(&self, metric: &str, number: fn(f64) -> String, otherwise: &str) -> String {
        match self.intervals.iter().find(|interval| interval.metric == metric) {
            Some(interval) => {
                let (level, low) = (100.0 * self.level, number(interval.low));
                let low = low.trim_end_matches(" %");
                format!("{level} % interval: {low} to {}", number(interval.high))
            }
            None => otherwise.into(),
        }
    }

    pub(super) fn learning(&self) -> Option<Section> {
        let epochs = &self.history?.epochs;
        let mut section = Section::new("learning", "Learning", "How it learned");
        let curve = |value: fn(&EpochRecord) -> Option<f64>| -> Vec<[f64; 2]> {
            epochs.iter().filter_map(|epoch| Some([epoch.epoch as f64, value(epoch)?])).collect()
        };
        let (training, validation) = (curve(|epoch| Some(epoch.loss)), curve(|epoch| epoch.validation_loss));
        let losses =
            || training.iter().chain(&validation).map(|point| point[1]).filter(|loss| loss.is_finite());
        let (low, high) = (losses().fold(f64::INFINITY, f64::min), losses().fold(0.0, f64::max));
        let mut chart = LineChart::new("Loss").line("training", training.clone()).labels("epoch", "");
        if !validation.is_empty() {
            chart = chart.line("validation", validation);
        }
        if let Some(epoch) = self.history?.restored {
            chart = chart.mark(epoch as f64, "kept");
        }
        if low > 0.0 && high / low > 12.0 {
            chart = chart.log_y();
        }
        let mut figures = vec![(
            chart.draw(),
            "The mean loss of each epoch’s batches, before their steps, and of the validation set after it."
                .to_string(),
        )];
        let metric = curve(|epoch| match epoch.validation.as_ref()? {
            Metrics::Classes(confusion) => Some(confusion.accuracy()),
            Metrics::Values(errors) => Some(errors.r2),
        });
        if !metric.is_empty() {
            let classes = epochs.iter().any(|epoch| matches!(epoch.validation, Some(Metrics::Classes(_))));
            let (title, name) =
                if classes { ("Validation accuracy", "accuracy") } else { ("Validation R²", "R²") };
            let chart = LineChart::new(title).line(name, metric).labels("epoch", "");
            figures.push((chart.draw(), "On samples held back from training.".into()));
        }
        let (rates, axis): (Vec<[f64; 2]>, _) = match self.trace {
            Some(trace) if !trace.steps().is_empty() => (
                trace.steps().iter().zip(trace.rates()).map(|(&step, &rate)| [step as f64, rate]).collect(),
                "step",
            ),
            _ => (curve(|epoch| Some(epoch.rate)), "epoch"),
        };
        let constant = rates.windows(2).all(|pair| pair[0][1] == pair[1][1]);
        if !constant {
            let chart = LineChart::new("Learning rate").line("η", rates).labels(axis, "");
            figures.push((chart.draw(), "How large a step each gradient was worth.".into()));
        }
        section.figures(&figures);
        Some(section)
    }
}
