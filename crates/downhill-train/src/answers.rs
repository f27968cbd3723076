//! What a network's outputs mean.

use downhill_data::Fitted;
use downhill_nn::autodiff::{Shape, Tensor};
use downhill_nn::{Link, Scalar, Target};
use serde::{Deserialize, Serialize};

use crate::{Confusion, Error, Metrics, RegressionErrors, Result};

/// How to make answers of a network's outputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answers {
    /// The shape of one sample of the outputs.
    pub(crate) output: Shape,
    pub(crate) link: Link,
    /// What the values went through before they were learned.
    pub(crate) target_transforms: Vec<Fitted>,
    pub(crate) class_names: Vec<String>,
}

impl Answers {
    /// The values in the data's unit.
    pub(crate) fn values<T: Scalar>(&self, outputs: Tensor<T>) -> Result<Tensor<T>> {
        let values = match (self.link, outputs.shape()) {
            (Link::Log, _) => outputs.exp(),
            // What says how sure the values are lies behind them.
            (Link::Spread, shape) if shape.len() > 1 => outputs.slice(1, 0..shape[1] / 2, 1)?,
            _ => outputs,
        };
        let back = |values: Tensor<T>, transform: &Fitted| transform.inverse(&values);
        Ok(self.target_transforms.iter().rev().try_fold(values, back)?)
    }

    /// The class of each sample, `[n]`: the most probable one, or that of the highest score.
    pub(crate) fn classes<T: Scalar>(&self, outputs: &Tensor<T>) -> Result<Tensor<usize>> {
        match (self.link, self.output.len(), self.output.elements()) {
            (Link::Scores, 0 | 1, 1) => {
                let classes = outputs.as_slice().iter().map(|&score| usize::from(score > T::zero()));
                Ok(Tensor::vector(classes.collect::<Vec<_>>()))
            }
            (Link::Scores, 1, _) => Ok(outputs.argmax(1)?),
            _ => Ok(self.probabilities(outputs)?.argmax(1)?),
        }
    }

    /// Whether the answers are classes.
    pub(crate) fn tells_classes(&self) -> bool {
        match self.link {
            Link::Softmax | Link::LogProbabilities => self.output.len() == 1,
            Link::Logistic | Link::Probabilities | Link::Scores => self.output.len() <= 1,
            _ => false,
        }
    }

    /// The number of classes that the outputs tell apart.
    fn class_count(&self) -> usize {
        match self.output.elements() {
            1 if self.link != Link::Softmax => 2,
            elements => elements,
        }
    }

    /// Whether targets are what the outputs are made into, so that the two can be compared.
    pub(crate) fn comparable(&self) -> bool {
        self.link != Link::Opaque
    }

    /// The probability of each class, `[n, classes]`.
    pub(crate) fn probabilities<T: Scalar>(&self, outputs: &Tensor<T>) -> Result<Tensor<T>> {
        let refuse =
            Error::Question { question: "a class", needed: "classification", output: Box::new(self.output) };
        let probabilities = match (self.link, self.output.len()) {
            (Link::Softmax | Link::LogProbabilities, 1) => self.linked(outputs)?,
            (Link::Logistic | Link::Probabilities, 0 | 1) => self.linked(outputs)?,
            _ => return Err(refuse),
        };
        if self.class_count() == self.output.elements() {
            return Ok(probabilities);
        }
        // One output is the probability of the second of two classes.
        let pairs: Vec<T> = probabilities.as_slice().iter().flat_map(|&p| [T::one() - p, p]).collect();
        Ok(Tensor::new([probabilities.len(), 2], pairs)?)
    }

    /// What the loss takes the outputs for.
    fn linked<T: Scalar>(&self, outputs: &Tensor<T>) -> Result<Tensor<T>> {
        Ok(match self.link {
            Link::Softmax => outputs.softmax(1)?,
            Link::Logistic => outputs.sigmoid(),
            Link::LogProbabilities => outputs.exp(),
            _ => outputs.clone(),
        })
    }

    /// How good outputs are; the targets are in the data's unit.
    pub(crate) fn judge<T: Scalar>(&self, outputs: Tensor<T>, target: &Target<T>) -> Result<Metrics> {
        if target.is_empty() {
            return Err(Error::Needs { what: "evaluating", needs: "at least one sample" });
        }
        match target {
            _ if !self.comparable() => {
                let (question, needed) = ("how good the answers are", "outputs that the targets are like");
                Err(Error::Question { question, needed, output: Box::new(self.output) })
            }
            Target::Classes(classes) => {
                let predicted = self.classes(&outputs)?;
                let confusion = Confusion::new(self.class_count(), classes.as_slice(), predicted.as_slice())?;
                Ok(Metrics::Classes(confusion.with_names(&self.class_names)))
            }
            Target::Values(values) => {
                let numbers =
                    |tensor: &Tensor<T>| tensor.as_slice().iter().map(|x| x.as_f64()).collect::<Vec<_>>();
                let width = values.shape().sample().elements();
                let answers = self.values(self.linked(&outputs)?)?;
                Ok(Metrics::Values(RegressionErrors::new(width, &numbers(values), &numbers(&answers))?))
            }
        }
    }
}
