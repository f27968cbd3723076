//! Rows drawn by their weights.

use std::sync::Arc;

use downhill_tensor::random::Generator;
use rand::RngExt;

use crate::{Error, Result};

/// Weights to draw rows with.
#[derive(Debug, Clone)]
pub(crate) struct Draws {
    /// The sum of the weights up to each row, that row included.
    sums: Arc<[f64]>,
    /// The last row of a weight above 0.
    last: usize,
}

impl Draws {
    pub(crate) fn new(weights: &[f64]) -> Result<Draws> {
        if let Some(row) = weights.iter().position(|weight| !(0.0..f64::INFINITY).contains(weight)) {
            return Err(Error::Weight { row, value: weights[row] });
        }
        let mut sum = 0.0;
        let sums = weights.iter().map(|weight| {
            sum += weight;
            sum
        });
        let sums: Arc<[f64]> = sums.collect();
        if !(sum > 0.0 && sum.is_finite()) {
            return Err(Error::Weight { row: 0, value: sum });
        }
        let last = sums.partition_point(|&partial| partial < sum);
        Ok(Draws { sums, last })
    }

    /// Fills `rows` with draws, each independent of the others.
    pub(crate) fn draw(&self, rows: &mut [usize], rng: &mut Generator) {
        let total = self.sums.last().copied().unwrap_or(0.0);
        for row in rows {
            let drawn = rng.random::<f64>() * total;
            // Rounding may reach the total.
            *row = self.sums.partition_point(|&sum| sum <= drawn).min(self.last);
        }
    }
}
