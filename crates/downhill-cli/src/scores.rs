//! How good a model is, to be printed.

use downhill::prelude::{Dataset, Model};
use downhill::train::Metrics;
use downhill::train::metrics::{Bootstrap, Interval};
use serde::{Serialize, Serializer};

use crate::error::Result;
use crate::output::Report;

/// How likely a metric is in its interval.
pub(crate) const LEVEL: f64 = 0.95;

/// Metrics on a data set.
#[derive(Debug, Serialize)]
pub(crate) struct Scores {
    /// The number of samples.
    samples: usize,
    #[serde(flatten)]
    numbers: Numbers,
    /// Where each metric is likely to be.
    #[serde(rename = "intervals_95", serialize_with = "by_metric")]
    intervals: Vec<Interval>,
    #[serde(skip)]
    text: String,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Numbers {
    Classes { accuracy: f64, macro_f1: f64, classes: Vec<Class>, confusion: Vec<Vec<u64>> },
    Values { rmse: f64, mae: f64, r2: f64 },
}

/// A class's own metrics.
#[derive(Debug, Serialize)]
struct Class {
    name: String,
    support: u64,
    precision: f64,
    recall: f64,
    f1: f64,
}

impl Scores {
    /// The metrics of a model on data.
    pub(crate) fn of(model: &Model, data: &Dataset) -> Result<Scores> {
        let metrics = model.evaluate(data)?;
        let intervals = model.evaluate_intervals(data, &bootstrap(data.len())?)?;
        let numbers = Numbers::of(&metrics, |class| model.class_name(class));
        Ok(Scores { samples: data.len(), numbers, intervals, text: metrics.to_string() })
    }

    /// The interval of each metric.
    pub(crate) fn intervals(&self) -> &[Interval] {
        &self.intervals
    }
}

/// So many draws that judging them all takes no longer than a second or two; the more rows, the fewer are needed.
fn bootstrap(rows: usize) -> Result<Bootstrap> {
    const ROWS: usize = 20_000_000;
    Ok(Bootstrap::new().level(LEVEL)?.draws((ROWS / rows.max(1)).clamp(200, 1000))?)
}

impl Numbers {
    fn of(metrics: &Metrics, name: impl Fn(usize) -> String) -> Numbers {
        match metrics {
            Metrics::Classes(confusion) => {
                let all = 0..confusion.classes();
                let class = |class: usize| Class {
                    name: name(class),
                    support: confusion.support(class),
                    precision: confusion.precision(class),
                    recall: confusion.recall(class),
                    f1: confusion.f1(class),
                };
                let row = |truth| all.clone().map(|predicted| confusion.count(truth, predicted)).collect();
                Numbers::Classes {
                    accuracy: confusion.accuracy(),
                    macro_f1: confusion.macro_f1(),
                    classes: all.clone().map(class).collect(),
                    confusion: all.clone().map(row).collect(),
                }
            }
            Metrics::Values(errors) => Numbers::Values { rmse: errors.rmse, mae: errors.mae, r2: errors.r2 },
        }
    }
}

/// Intervals by their metrics' names as the other fields have them: `"macro_f1": [0.91, 0.97]`.
fn by_metric<S: Serializer>(intervals: &[Interval], serializer: S) -> Result<S::Ok, S::Error> {
    let name = |metric: &str| metric.to_lowercase().replace(' ', "_").replace('²', "2");
    serializer
        .collect_map(intervals.iter().map(|interval| (name(interval.metric), [interval.low, interval.high])))
}

impl Report for Scores {
    fn text(&self) -> String {
        let interval =
            |interval: &Interval| format!("{} {:.4} to {:.4}", interval.metric, interval.low, interval.high);
        // Of the means over the classes the one that the text has.
        let shown = |interval: &&Interval| !["macro precision", "macro recall"].contains(&interval.metric);
        let intervals: Vec<String> = self.intervals.iter().filter(shown).map(interval).collect();
        let level = 100.0 * LEVEL;
        format!("{} samples: {}\n{level} % intervals: {}\n", self.samples, self.text, intervals.join(", "))
    }
}
