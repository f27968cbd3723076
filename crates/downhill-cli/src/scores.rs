//! How good a model is, to be printed.

use downhill::train::Metrics;
use serde::Serialize;

use crate::output::Report;

/// Metrics on a data set.
#[derive(Debug, Serialize)]
pub(crate) struct Scores {
    /// The number of samples.
    samples: usize,
    #[serde(flatten)]
    numbers: Numbers,
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
    pub(crate) fn new(metrics: &Metrics, samples: usize, name: impl Fn(usize) -> String) -> Scores {
        let numbers = match metrics {
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
        };
        Scores { samples, numbers, text: metrics.to_string() }
    }
}

impl Report for Scores {
    fn text(&self) -> String {
        format!("{} samples: {}\n", self.samples, self.text)
    }
}
