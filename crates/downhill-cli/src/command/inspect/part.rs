//! What is in a part of a file: a column, an array, a tensor.

use std::collections::BTreeSet;

use downhill::data::{Array, Arrays};
use downhill::prelude::{Table, Tensor};
use serde::Serialize;

use crate::error::Result;

/// A column, an array, a tensor.
#[derive(Serialize)]
pub(super) struct Part {
    pub(super) name: String,
    /// How its elements are stored.
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shape: Option<Vec<usize>>,
    /// How many cells of a column are empty.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) empty: usize,
    #[serde(flatten)]
    pub(super) content: Content,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Content {
    Numbers(Statistics),
    /// Of text: how many different ones there are, with the first of them.
    Text {
        different: usize,
        examples: Vec<String>,
    },
    /// Numbers with text among them, and where the first is.
    Mixed {
        problem: String,
    },
}

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Statistics {
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) mean: f64,
    pub(super) deviation: f64,
    /// Numbers that are infinite or NaN; they are in none of the others.
    pub(super) not_finite: usize,
}

pub(super) fn arrays(arrays: &Arrays) -> Result<Vec<Part>> {
    arrays.iter().map(|(name, values)| array(name, values)).collect()
}

pub(super) fn array(name: &str, array: &Array) -> Result<Part> {
    Ok(tensor(name, &format!("{:?}", array.dtype()).to_lowercase(), &array.numbers::<f64>()?))
}

pub(super) fn tensor<T: downhill::tensor::Real>(name: &str, kind: &str, tensor: &Tensor<T>) -> Part {
    let numbers = tensor.as_slice().iter().map(|x| x.as_f64());
    Part {
        name: name.to_owned(),
        kind: kind.to_owned(),
        shape: Some(tensor.shape().to_vec()),
        empty: 0,
        content: Content::Numbers(Statistics::new(numbers)),
    }
}

/// The columns of a table.
pub(super) fn columns(table: &Table) -> Result<Vec<Part>> {
    let column = |name: &str| {
        let cells: Vec<&str> = table.column(name)?.collect();
        let (kind, content) = column(&cells);
        let empty = cells.iter().filter(|cell| cell.is_empty()).count();
        Ok(Part { name: name.to_owned(), kind: kind.to_owned(), shape: None, empty, content })
    };
    table.columns().map(column).collect()
}

/// What a column's cells are: numbers, text, or numbers with text among them.
fn column(cells: &[&str]) -> (&'static str, Content) {
    const EXAMPLES: usize = 4;
    let numbers: Vec<f64> = cells.iter().filter_map(|cell| cell.parse().ok()).collect();
    let stray = cells.iter().position(|cell| !cell.is_empty() && cell.parse::<f64>().is_err());
    match stray {
        None => ("number", Content::Numbers(Statistics::new(numbers.into_iter()))),
        Some(row) if !numbers.is_empty() => {
            let problem = format!("row {} holds {:?} among numbers", row + 1, cells[row]);
            ("mixed", Content::Mixed { problem })
        }
        Some(_) => {
            let different: BTreeSet<&str> = cells.iter().copied().filter(|cell| !cell.is_empty()).collect();
            let examples = different.iter().take(EXAMPLES).map(|&text| text.to_owned()).collect();
            ("text", Content::Text { different: different.len(), examples })
        }
    }
}

impl Statistics {
    fn new(numbers: impl Iterator<Item = f64> + Clone) -> Statistics {
        let finite = numbers.clone().filter(|x| x.is_finite());
        let count = finite.clone().count();
        let mean = finite.clone().sum::<f64>() / count as f64;
        let variance = finite.clone().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count as f64;
        Statistics {
            min: finite.clone().fold(f64::INFINITY, f64::min),
            max: finite.fold(f64::NEG_INFINITY, f64::max),
            mean,
            deviation: variance.sqrt(),
            not_finite: numbers.count() - count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_by_hand() {
        let statistics = Statistics::new([1.0, 3.0, f64::NAN].into_iter());
        let expected = Statistics { min: 1.0, max: 3.0, mean: 2.0, deviation: 1.0, not_finite: 1 };
        assert_eq!(statistics, expected);
    }

    #[test]
    fn kinds_of_columns() {
        for (cells, expected) in
            [(["1", "", "2"], "number"), (["a", "", "b"], "text"), (["1", "x", "2"], "mixed")]
        {
            let (kind, content) = column(&cells);
            assert_eq!(kind, expected);
            if let Content::Mixed { problem } = content {
                assert_eq!(problem, "row 2 holds \"x\" among numbers");
            }
        }
    }
}
