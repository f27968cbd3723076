//! Metrics of a classifier.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{Error, Result};

/// How often each class is taken for each: the confusion matrix, and what follows from it.
///
/// A ratio with nothing to divide by, such as the precision of a class never predicted, is 0, as in
/// scikit-learn.
///
/// ```
/// use downhill_train::Confusion;
/// let confusion = Confusion::new(2, &[0, 0, 1, 1], &[0, 1, 1, 1])?;
/// assert_eq!(confusion.count(0, 1), 1); // one of class 0 was taken for class 1
/// assert_eq!(confusion.accuracy(), 0.75);
/// assert_eq!((confusion.precision(0), confusion.recall(0)), (1.0, 0.5));
/// # Ok::<(), downhill_train::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confusion {
    classes: usize,
    /// Row-major: the true class's row, the predicted class's column.
    counts: Vec<u64>,
    names: Vec<String>,
}

impl Confusion {
    /// Counts the samples of each true and predicted class.
    ///
    /// # Errors
    /// [`Error::Targets`] if the two differ in length or one holds a class not below `classes`.
    pub fn new(classes: usize, truth: &[usize], predicted: &[usize]) -> Result<Confusion> {
        let wrong = |found: String| Err(Error::Targets { found, expected: format!("{classes} classes") });
        if truth.len() != predicted.len() {
            return wrong(format!("{} targets and {} predictions", truth.len(), predicted.len()));
        }
        if let Some(class) = truth.iter().chain(predicted).find(|&&class| class >= classes) {
            return wrong(format!("class {class}"));
        }
        let mut counts = vec![0; classes * classes];
        for (&truth, &predicted) in truth.iter().zip(predicted) {
            counts[truth * classes + predicted] += 1;
        }
        Ok(Confusion { classes, counts, names: Vec::new() })
    }

    /// The same counts with the classes' names, for printing.
    #[must_use]
    pub fn with_names(mut self, names: &[String]) -> Confusion {
        self.names = names.to_vec();
        self
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The number of samples of class `truth` that were taken for class `predicted`.
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        if truth < self.classes && predicted < self.classes {
            self.counts[truth * self.classes + predicted]
        } else {
            0
        }
    }

    /// The number of samples of a class.
    pub fn support(&self, class: usize) -> u64 {
        (0..self.classes).map(|predicted| self.count(class, predicted)).sum()
    }

    /// The part of all samples whose class is right.
    pub fn accuracy(&self) -> f64 {
        let right = (0..self.classes).map(|class| self.count(class, class)).sum();
        ratio(right, self.counts.iter().sum())
    }

    /// Of the samples taken for a class, the part that is of it.
    pub fn precision(&self, class: usize) -> f64 {
        ratio(self.count(class, class), (0..self.classes).map(|truth| self.count(truth, class)).sum())
    }

    /// Of the samples of a class, the part that was taken for it.
    pub fn recall(&self, class: usize) -> f64 {
        ratio(self.count(class, class), self.support(class))
    }

    /// The harmonic mean of precision and recall.
    pub fn f1(&self, class: usize) -> f64 {
        let taken: u64 = (0..self.classes).map(|truth| self.count(truth, class)).sum();
        ratio(2 * self.count(class, class), taken + self.support(class))
    }

    /// The mean of [`precision`](Confusion::precision) over the classes, each counting the same.
    pub fn macro_precision(&self) -> f64 {
        self.mean(Confusion::precision)
    }

    /// The mean of [`recall`](Confusion::recall) over the classes, each counting the same: the balanced accuracy.
    pub fn macro_recall(&self) -> f64 {
        self.mean(Confusion::recall)
    }

    /// The mean of [`f1`](Confusion::f1) over the classes, each counting the same.
    pub fn macro_f1(&self) -> f64 {
        self.mean(Confusion::f1)
    }

    fn mean(&self, of: fn(&Confusion, usize) -> f64) -> f64 {
        (0..self.classes).map(|class| of(self, class)).sum::<f64>() / self.classes.max(1) as f64
    }

    fn name(&self, class: usize) -> String {
        self.names.get(class).cloned().unwrap_or_else(|| class.to_string())
    }
}

/// Counts as they were written, which may be of any number.
#[derive(Deserialize)]
#[serde(rename = "Confusion")]
struct Unchecked {
    classes: usize,
    counts: Vec<u64>,
    names: Vec<String>,
}

impl<'de> Deserialize<'de> for Confusion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Confusion, D::Error> {
        let Unchecked { classes, counts, names } = Unchecked::deserialize(deserializer)?;
        let sum = counts.iter().try_fold(0_u64, |sum, &count| sum.checked_add(count));
        // Twice a sum is taken in the F1.
        if classes.checked_mul(classes) != Some(counts.len()) || sum.is_none_or(|sum| sum > u64::MAX / 4) {
            return Err(de::Error::custom(format!("these are no counts of {classes} classes")));
        }
        Ok(Confusion { classes, counts, names })
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A table with a row for each class: its precision, recall, F1 and the classes its samples were taken for.
/// The most classes whose whole matrix is printed; of more, for each the classes that it is most often taken for.
const MATRIX: usize = 15;
const MISTAKES: usize = 3;

impl Confusion {
    /// The other classes that samples of a class were taken for, the most frequent first, and how often.
    fn mistakes(&self, class: usize) -> Vec<(usize, u64)> {
        let others = (0..self.classes).filter(|&other| other != class);
        let mut mistakes: Vec<(usize, u64)> =
            others.map(|other| (other, self.count(class, other))).filter(|(_, count)| *count > 0).collect();
        mistakes.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        mistakes
    }
}

impl fmt::Display for Confusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = (0..self.classes).map(|class| self.name(class)).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(5);
        let cell = self.counts.iter().max().map_or(1, |max| max.to_string().len()).max(2);
        writeln!(f, "accuracy {:.4}, macro F1 {:.4}", self.accuracy(), self.macro_f1())?;
        write!(f, "{:width$}  precision  recall      F1  taken for", "class")?;
        for (class, name) in names.iter().enumerate() {
            writeln!(f)?;
            let (precision, recall, f1) = (self.precision(class), self.recall(class), self.f1(class));
            write!(f, "{name:width$}  {precision:>9.4}  {recall:>6.4}  {f1:>6.4} ")?;
            if self.classes > MATRIX {
                for (taken, count) in self.mistakes(class).into_iter().take(MISTAKES) {
                    write!(f, " {} {count}", names[taken])?;
                }
                continue;
            }
            for predicted in 0..self.classes {
                match self.count(class, predicted) {
                    0 => write!(f, " {:>cell$}", "·")?,
                    count => write!(f, " {count:>cell$}")?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_class_never_seen_or_predicted_scores_zero() {
        let confusion = Confusion::new(3, &[0, 1], &[1, 1]).unwrap();
        assert_eq!((confusion.precision(0), confusion.recall(2), confusion.f1(2)), (0.0, 0.0, 0.0));
        assert!(confusion.to_string().contains("accuracy 0.5000"));
    }

    #[test]
    fn a_table_that_is_not_too_wide() {
        let lines = |classes: usize| {
            let truth: Vec<usize> = (0..600).map(|row| row % classes).collect();
            // Each fourth sample is taken for the next class, each tenth for the one behind that.
            let taken = |(row, &truth): (usize, &usize)| match row / classes {
                round if round % 4 == 0 => (truth + 1) % classes,
                round if round % 10 == 5 => (truth + 2) % classes,
                _ => truth,
            };
            let predicted: Vec<usize> = truth.iter().enumerate().map(taken).collect();
            let text = Confusion::new(classes, &truth, &predicted).unwrap().to_string();
            text.lines().skip(2).map(str::to_owned).collect::<Vec<_>>()
        };
        for classes in [2, 10, 15, 16, 60] {
            let lines = lines(classes);
            assert_eq!(lines.len(), classes);
            assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:#?}");
        }
        assert!(lines(10)[0].ends_with(" 39 15  6  ·  ·  ·  ·  ·  ·  ·"), "{}", lines(10)[0]);
        assert!(lines(20)[18].ends_with(" 19 8 0 3"), "{}", lines(20)[18]);
    }

    #[test]
    fn wrong_classes_are_errors() {
        assert!(Confusion::new(2, &[0, 2], &[0, 1]).unwrap_err().to_string().contains("class 2"));
        assert!(
            Confusion::new(2, &[0], &[0, 1]).unwrap_err().to_string().contains("1 targets and 2 predictions")
        );
        assert_eq!(Confusion::new(2, &[], &[]).unwrap().accuracy(), 0.0);
    }

    proptest! {
        #[test]
        fn f1_is_the_harmonic_mean(pairs in proptest::collection::vec((0_usize..4, 0_usize..4), 1..60)) {
            let (truth, predicted): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
            let confusion = Confusion::new(4, &truth, &predicted).unwrap();
            let right = truth.iter().zip(&predicted).filter(|(a, b)| a == b).count();
            prop_assert!((confusion.accuracy() - right as f64 / truth.len() as f64).abs() < 1e-15);
            for class in 0..4 {
                let (p, r) = (confusion.precision(class), confusion.recall(class));
                let harmonic = if p + r == 0.0 { 0.0 } else { 2.0 * p * r / (p + r) };
                prop_assert!((confusion.f1(class) - harmonic).abs() < 1e-12);
            }
        }
    }
}
