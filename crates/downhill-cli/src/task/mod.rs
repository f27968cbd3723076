//! What is to be learned: a class or values, of which features; and what is kept to test on.

mod arrays;
mod columns;

use downhill::data::Split;
use downhill::prelude::Dataset;
use downhill::tensor::Shape;

use crate::arguments::ReadingArguments;
use crate::classes::numbered_as;
use crate::error::{Error, Result};
use crate::source::Source;

/// Data to learn from and, if there is one, a part to test on.
pub(crate) struct Task {
    pub(crate) train: Dataset,
    pub(crate) test: Option<Dataset>,
    /// The target's name; empty if unknown.
    pub(crate) target: String,
    /// The columns that were taken for categories.
    pub(crate) categories: Vec<String>,
}

/// How a test part is cut off where there is none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    /// The share of the rows; 0 for no test part.
    pub(crate) share: f64,
    pub(crate) seed: u64,
}

/// More different whole numbers than this are not classes, unless somebody says so.
const MAX_CLASSES: usize = 20;

impl Task {
    /// Finds out what is to be learned, and reads the test set if one is given.
    pub(crate) fn new(
        source: Source,
        reading: &ReadingArguments,
        test: Option<Source>,
        cut: Cut,
    ) -> Result<Task> {
        match source {
            Source::Ready(data, test_part) => {
                let test = match test {
                    None => test_part,
                    Some(Source::Ready(other, test)) => {
                        Some(numbered_as(test.unwrap_or(other), data.class_names())?)
                    }
                    Some(_) => return Err(Error::Input("--test: this is not the same kind of data".into())),
                };
                Task { train: data, test, target: "class".into(), categories: Vec::new() }.cut(cut)
            }
            Source::Arrays(parts) => arrays::task(parts, reading, test, cut),
            Source::Table(table, bundled) => columns::task(&table, bundled, reading, test, cut),
        }
    }
}

impl Task {
    /// The same task with a test part cut off, if it has none.
    fn cut(mut self, cut: Cut) -> Result<Task> {
        if self.test.is_none() {
            let labels = self.train.labels().ok().map(|labels| labels.as_slice());
            if let Some(split) = cut.split(self.train.len(), labels)? {
                let (train, test) = self.train.split_by(&split)?;
                (self.train, self.test) = (train, Some(test));
            }
        }
        Ok(self)
    }

    /// The same task with each sample in this shape, if there is one.
    pub(crate) fn shaped(self, shape: &[usize]) -> Result<Task> {
        if shape.is_empty() {
            return Ok(self);
        }
        let shape = Shape::new(shape)?;
        let test = self.test.map(|test| test.with_sample_shape(shape)).transpose()?;
        Ok(Task { train: self.train.with_sample_shape(shape)?, test, ..self })
    }
}

impl Cut {
    /// The split of rows of these classes, or of so many rows if they have none. A class with a single row is kept to
    /// learn from: what has never been seen cannot be known.
    fn split(self, rows: usize, classes: Option<&[usize]>) -> Result<Option<Split>> {
        if self.share == 0.0 {
            return Ok(None);
        }
        let train = 1.0 - self.share;
        let Some(classes) = classes else { return Ok(Some(Split::random(rows, train, self.seed)?)) };
        let mut split = Split::stratified(classes, train, self.seed)?;
        let mut seen = vec![false; classes.iter().max().map_or(0, |highest| highest + 1)];
        split.train.iter().for_each(|&row| seen[classes[row]] = true);
        let (test, unseen) = split.test.into_iter().partition(|&row| seen[classes[row]]);
        split.test = test;
        split.train.extend::<Vec<usize>>(unseen);
        Ok(Some(split).filter(|split| !split.test.is_empty()))
    }
}

/// Whether numbers are classes: a few different ones, all of them whole, each of several rows.
fn are_classes(different: &[f64], rows: usize) -> bool {
    let whole = different.iter().all(|number| number.fract() == 0.0);
    whole && different.len() <= MAX_CLASSES && (different.len() <= 2 || 5 * different.len() <= rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_or_numbers() {
        for (different, rows, expected) in [
            (vec![0.0, 1.0], 2, true),
            (vec![0.0, 1.0, 2.0], 15, true),
            (vec![0.0, 1.0, 2.0], 14, false),
            (vec![0.5, 1.0], 100, false),
            ((0..21).map(f64::from).collect(), 1000, false),
        ] {
            assert_eq!(are_classes(&different, rows), expected, "{different:?} in {rows} rows");
        }
    }

    #[test]
    fn a_class_of_one_row_is_learned() {
        for seed in 0..20 {
            let classes = [0, 0, 0, 0, 0, 1, 1, 1, 1, 2];
            let split = Cut { share: 0.3, seed }.split(10, Some(&classes)).unwrap().unwrap();
            assert!(split.train.contains(&9), "{split:?}");
            split.check(10).unwrap();
            assert_eq!(split.train.len() + split.test.len(), 10);
        }
        assert!(Cut { share: 0.0, seed: 0 }.split(10, None).unwrap().is_none());
    }
}
