//! A model's answers, to be read or written to a file.

use std::io::{self, Write};
use std::path::Path;

use downhill_nn::Scalar;
use downhill_nn::autodiff::Tensor;

use crate::{Error, Result, file};

/// A model's answers, one for each row: made by [`Model::answer`](crate::Model::answer) and
/// [`Model::answer_table`](crate::Model::answer_table).
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions<T: Scalar = f32> {
    kind: Kind<T>,
    /// The names of the classes, or of the values.
    names: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind<T: Scalar> {
    Classes { classes: Tensor<usize>, probabilities: Option<Tensor<T>> },
    Values(Tensor<T>),
}

impl<T: Scalar> Predictions<T> {
    pub(crate) fn of_classes(
        classes: Tensor<usize>,
        probabilities: Option<Tensor<T>>,
        names: Vec<String>,
    ) -> Predictions<T> {
        Predictions { kind: Kind::Classes { classes, probabilities }, names }
    }

    pub(crate) fn of_values(values: Tensor<T>, names: Vec<String>) -> Predictions<T> {
        Predictions { kind: Kind::Values(values), names }
    }

    /// The same answers without the probabilities of classes.
    #[must_use]
    pub fn without_probabilities(mut self) -> Predictions<T> {
        if let Kind::Classes { probabilities, .. } = &mut self.kind {
            *probabilities = None;
        }
        self
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        match &self.kind {
            Kind::Classes { classes, .. } => classes.len(),
            Kind::Values(values) => values.shape().first().copied().unwrap_or(0),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The class of each row, `[n]`; `None` for a regression.
    pub fn classes(&self) -> Option<&Tensor<usize>> {
        match &self.kind {
            Kind::Classes { classes, .. } => Some(classes),
            Kind::Values(_) => None,
        }
    }

    /// The probability of each class, `[n, classes]`; `None` for a regression, and for a classifier that answers with
    /// scores.
    pub fn probabilities(&self) -> Option<&Tensor<T>> {
        match &self.kind {
            Kind::Classes { probabilities, .. } => probabilities.as_ref(),
            Kind::Values(_) => None,
        }
    }

    /// The values of each row in the data's unit, `[n, …]`; `None` for a classifier.
    pub fn values(&self) -> Option<&Tensor<T>> {
        match &self.kind {
            Kind::Classes { .. } => None,
            Kind::Values(values) => Some(values),
        }
    }

    /// The score of a class for each row and whether the row is of it: what [`roc`](crate::metrics::roc) and
    /// [`precision_recall`](crate::metrics::precision_recall) are made of. `truth` has the class of each row. `None` without
    /// probabilities, or for a class that there is not.
    pub fn one_against_rest(&self, class: usize, truth: &Tensor<usize>) -> Option<(Vec<f64>, Vec<bool>)> {
        let probabilities = self.probabilities()?;
        let rows = probabilities.as_slice().chunks_exact(probabilities.shape()[1].max(1));
        let scores = rows.map(|row| row.get(class).map(|score| score.as_f64())).collect::<Option<_>>()?;
        Some((scores, truth.as_slice().iter().map(|&of| of == class).collect()))
    }

    /// How sure the answer for each row is, its class's probability, and whether it is right: what
    /// [`calibration`](crate::metrics::calibration) is made of. `None` without probabilities.
    pub fn confidence(&self, truth: &Tensor<usize>) -> Option<(Vec<f64>, Vec<bool>)> {
        let (classes, probabilities) = (self.classes()?.as_slice(), self.probabilities()?);
        let rows = probabilities.as_slice().chunks_exact(probabilities.shape()[1].max(1));
        let sure = rows.zip(classes).map(|(row, &class)| row.get(class).map_or(0.0, |score| score.as_f64()));
        let right = truth.as_slice().iter().zip(classes).map(|(truth, class)| truth == class);
        Some((sure.collect(), right.collect()))
    }

    /// The name of a row's class; `None` for a regression, or if there is no such row.
    pub fn class_name(&self, row: usize) -> Option<String> {
        self.classes()?.as_slice().get(row).map(|&class| self.name(class))
    }

    /// The names of the columns of [`write_csv`](Predictions::write_csv): `prediction`, and for a classifier
    /// `probability_NAME` of each class; for several values `prediction_NAME` of each.
    pub fn columns(&self) -> Vec<String> {
        let all =
            |head: &str, count| (0..count).map(|at| format!("{head}_{}", self.name(at))).collect::<Vec<_>>();
        match &self.kind {
            Kind::Classes { probabilities, .. } => {
                let classes = probabilities.as_ref().map_or(0, |of| of.shape().sample().elements());
                ["prediction".to_owned()].into_iter().chain(all("probability", classes)).collect()
            }
            Kind::Values(values) => match values.shape().sample().elements() {
                1 => vec!["prediction".to_owned()],
                width => all("prediction", width),
            },
        }
    }

    /// Writes the answers as CSV (RFC 4180) with a header line, a line for each row. Numbers have as many digits as it
    /// takes to read the same number again.
    ///
    /// # Errors
    /// Whatever `out` returns.
    pub fn write_csv(&self, mut out: impl Write) -> io::Result<()> {
        let header: Vec<String> = self.columns().iter().map(|name| cell(name)).collect();
        writeln!(out, "{}", header.join(","))?;
        for row in 0..self.len() {
            let (first, numbers) = match &self.kind {
                Kind::Classes { classes, probabilities } => {
                    (Some(cell(&self.name(classes.as_slice()[row]))), probabilities.as_ref())
                }
                Kind::Values(values) => (None, Some(values)),
            };
            let numbers = numbers.map_or(&[][..], |numbers| {
                let width = numbers.shape().sample().elements();
                &numbers.as_slice()[row * width..][..width]
            });
            let cells: Vec<String> = first.into_iter().chain(numbers.iter().map(T::to_string)).collect();
            writeln!(out, "{}", cells.join(","))?;
        }
        out.flush()
    }

    /// Writes the answers to a CSV file, which appears whole or not at all.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let mut bytes = Vec::new();
        let written = self.write_csv(&mut bytes).and_then(|()| file::replace(path, &bytes));
        written.map_err(|source| Error::File { path: path.into(), source })
    }

    fn name(&self, at: usize) -> String {
        self.names.get(at).cloned().unwrap_or_else(|| at.to_string())
    }
}

/// Text as a cell of CSV.
fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
