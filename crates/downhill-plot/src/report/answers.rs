//! What a model answers for a test set.

use downhill::data::Dataset;
use downhill::nn::{Scalar, Target};
use downhill::tensor::Real;
use downhill::train::{Metrics, Model};

use crate::Result;

/// The answers for a test set, and how good they are.
pub(super) struct Answered {
    pub(super) metrics: Metrics,
    pub(super) answers: Answers,
}

pub(super) enum Answers {
    Classes(Classes),
    Values(Values),
}

/// The answers of a classifier.
pub(super) struct Classes {
    pub(super) names: Vec<String>,
    pub(super) truth: Vec<usize>,
    pub(super) predicted: Vec<usize>,
    /// Row by row, the probability of each class.
    pub(super) probabilities: Vec<f64>,
}

/// The answers of a regression, row by row.
pub(super) struct Values {
    pub(super) names: Vec<String>,
    pub(super) truth: Vec<f64>,
    pub(super) predicted: Vec<f64>,
}

impl Answered {
    pub(super) fn new<T: Scalar>(model: &Model<T>, test: &Dataset<T>) -> Result<Answered> {
        let metrics = model.evaluate(test)?;
        let answers = match test.target() {
            Target::Classes(truth) => {
                let probabilities = model.predict_proba(test.inputs())?;
                let predicted = probabilities.argmax(1)?.into_vec();
                let classes = probabilities.shape()[1];
                let names = (0..classes).map(|class| model.class_name(class)).collect();
                let truth = truth.as_slice().to_vec();
                let probabilities = numbers(probabilities.as_slice());
                Answers::Classes(Classes { names, truth, predicted, probabilities })
            }
            Target::Values(truth) => {
                let predicted = numbers(model.predict(test.inputs())?.as_slice());
                let width = truth.shape().sample().elements();
                let name = |i: usize| match test.value_names().get(i) {
                    Some(name) => name.clone(),
                    None if width == 1 => "value".into(),
                    None => format!("value {i}"),
                };
                let names = (0..width).map(name).collect();
                Answers::Values(Values { names, truth: numbers(truth.as_slice()), predicted })
            }
        };
        Ok(Answered { metrics, answers })
    }
}

impl Classes {
    pub(super) fn probability(&self, sample: usize, class: usize) -> f64 {
        self.probabilities[sample * self.names.len() + class]
    }
}

pub(super) fn numbers<T: Real>(values: &[T]) -> Vec<f64> {
    values.iter().map(|x| x.as_f64()).collect()
}
