//! How far metrics can be trusted.

use std::fmt;

use downhill_nn::autodiff::Tensor;
use downhill_nn::autodiff::tensor::random::generator;

use crate::{Error, Metrics, Result};

/// How to find the intervals that metrics are likely in: the percentile bootstrap. The samples are drawn again and again,
/// with replacement; what is in the middle of the metrics of these draws is the interval. Source: Efron (1979), Bootstrap
/// methods: another look at the jackknife; Efron and Tibshirani (1993), An introduction to the bootstrap, chapter 13.
///
/// The draws are those of samples, not of trainings: the intervals say how much chance there was in who is tested.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    draws: usize,
    level: f64,
    seed: u64,
}

/// A metric and the interval that it is likely in.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Interval {
    /// The name of the metric.
    pub metric: &'static str,
    /// Its value on all samples.
    pub value: f64,
    /// Where the interval begins.
    pub low: f64,
    /// Where the interval ends.
    pub high: f64,
}

impl Default for Bootstrap {
    fn default() -> Bootstrap {
        Bootstrap { draws: 1000, level: 0.95, seed: 0 }
    }
}

impl Bootstrap {
    /// 1000 draws, intervals of 95 %, seed 0.
    pub fn new() -> Bootstrap {
        Bootstrap::default()
    }

    /// Sets the number of draws.
    ///
    /// # Errors
    /// [`Error::Setting`] for none.
    pub fn draws(self, draws: usize) -> Result<Bootstrap> {
        if draws == 0 {
            return Err(Error::Setting { setting: "the number of draws", rule: "at least 1", value: 0.0 });
        }
        Ok(Bootstrap { draws, ..self })
    }

    /// Sets how likely the metric is in the interval.
    ///
    /// # Errors
    /// [`Error::Setting`] unless it is above 0 and below 1.
    pub fn level(self, level: f64) -> Result<Bootstrap> {
        if !(level > 0.0 && level < 1.0) {
            return Err(Error::Setting { setting: "the level", rule: "above 0 and below 1", value: level });
        }
        Ok(Bootstrap { level, ..self })
    }

    /// Sets the seed of the draws.
    #[must_use]
    pub fn seed(self, seed: u64) -> Bootstrap {
        Bootstrap { seed, ..self }
    }

    /// The metrics of all rows, each with its interval. `metrics` answers those of the rows with some numbers, of which a
    /// number may occur repeatedly.
    ///
    /// # Errors
    /// [`Error::Needs`] without a row; whatever `metrics` returns.
    pub fn intervals(
        &self,
        rows: usize,
        mut metrics: impl FnMut(&[usize]) -> Result<Metrics>,
    ) -> Result<Vec<Interval>> {
        if rows == 0 {
            return Err(Error::Needs { what: "evaluating", needs: "at least one sample" });
        }
        let of_all = metrics(&(0..rows).collect::<Vec<_>>())?.values();
        let mut found = vec![Vec::with_capacity(self.draws); of_all.len()];
        for draw in 0..self.draws {
            let places =
                Tensor::<f64>::uniform([rows], 0.0, rows as f64, &mut generator(self.seed, draw as u64))?;
            let drawn: Vec<usize> =
                places.as_slice().iter().map(|&place| (place as usize).min(rows - 1)).collect();
            for (found, (_, value)) in found.iter_mut().zip(metrics(&drawn)?.values()) {
                found.push(value);
            }
        }
        let interval = |((metric, value), mut found): ((&'static str, f64), Vec<f64>)| {
            found.sort_by(f64::total_cmp);
            let tail = (1.0 - self.level) / 2.0;
            Interval { metric, value, low: quantile(&found, tail), high: quantile(&found, 1.0 - tail) }
        };
        Ok(of_all.into_iter().zip(found).map(interval).collect())
    }
}

/// The quantile of sorted numbers, interpolated as NumPy does.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * sorted.len().saturating_sub(1) as f64;
    let at = |place: f64| sorted.get(place as usize).copied().unwrap_or(f64::NAN);
    let (below, above) = (at(place.floor()), at(place.ceil()));
    below + (above - below) * place.fract()
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:.4} [{:.4}, {:.4}]", self.metric, self.value, self.low, self.high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Confusion;

    #[test]
    fn quantiles_by_hand() {
        let found = [0.0, 0.1, 0.5, 0.9, 1.0].map(|share| quantile(&[1.0, 2.0, 4.0], share));
        for (found, expected) in found.into_iter().zip([1.0, 1.2, 2.0, 3.6, 4.0]) {
            assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
        }
    }

    /// The accuracy of a draw has the binomial distribution: its deviation is √(p(1 − p)/n).
    #[test]
    fn of_an_accuracy_they_are_those_of_the_normal_distribution() {
        let truth = vec![0; 400];
        let predicted: Vec<usize> = (0..400).map(|row| usize::from(row % 10 == 0)).collect();
        let pick = |rows: &[usize], of: &[usize]| rows.iter().map(|&row| of[row]).collect::<Vec<_>>();
        let of = |bootstrap: Bootstrap| {
            let metrics = |rows: &[usize]| {
                Confusion::new(2, &pick(rows, &truth), &pick(rows, &predicted)).map(Metrics::Classes)
            };
            bootstrap.intervals(400, metrics).unwrap().swap_remove(0)
        };
        let found = of(Bootstrap::new().draws(4000).unwrap());
        let half = 1.959_964 * (0.9_f64 * 0.1 / 400.0).sqrt();
        assert_eq!((found.metric, found.value), ("accuracy", 0.9));
        assert!(
            (found.low - (0.9 - half)).abs() < 0.004 && (found.high - (0.9 + half)).abs() < 0.004,
            "{found}"
        );
        assert_eq!(of(Bootstrap::new()), of(Bootstrap::new()));
        assert_ne!(of(Bootstrap::new()), of(Bootstrap::new().seed(1)));
        let narrow = of(Bootstrap::new().level(0.5).unwrap());
        assert!(narrow.low > found.low && narrow.high < found.high, "{narrow}");
    }

    #[test]
    fn settings_out_of_range() {
        assert!(Bootstrap::new().draws(0).is_err());
        for level in [0.0, 1.0, f64::NAN, -0.5] {
            assert!(Bootstrap::new().level(level).is_err());
        }
        assert!(Bootstrap::new().intervals(0, |_| unreachable!()).is_err());
    }
}
