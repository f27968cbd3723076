//! The learning-rate range test.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use downhill_data::Dataset;
use downhill_nn::Scalar;

use crate::validation::Validation;
use crate::{Callback, Error, Result, StepRecord, Trainer};

/// What a range test found: the loss of each step while the rate rose from step to step. Source: Smith (2017), Cyclical
/// learning rates for training neural networks, section 3.3, with rates in equal ratios.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RangeTest {
    /// The steps, in order, up to where the loss blew up.
    pub points: Vec<RangePoint>,
}

/// One step of a range test.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RangePoint {
    /// The rate of the step.
    pub rate: f64,
    /// The loss of its batch, before the step.
    pub loss: f64,
    /// The running mean of the losses so far, of which the past is 0.95, without the bias of its start.
    pub smooth: f64,
}

impl RangeTest {
    /// A rate to train with: where the smoothed loss fell most steeply over the logarithm of the rate, but at most a tenth of
    /// where it was lowest. None if it never fell.
    pub fn suggestion(&self) -> Option<f64> {
        let lowest = self.points.iter().min_by(|a, b| a.smooth.total_cmp(&b.smooth))?;
        let falling = self.points.iter().take_while(|point| point.rate <= lowest.rate);
        let slope = |(a, b): (&RangePoint, &RangePoint)| (b.smooth - a.smooth) / (b.rate / a.rate).ln();
        let slopes = falling.clone().zip(falling.skip(2)).map(slope).enumerate();
        let (place, slope) = slopes.min_by(|a, b| a.1.total_cmp(&b.1))?;
        (slope < 0.0).then(|| self.points[place + 1].rate.min(lowest.rate / 10.0))
    }

    /// The points as a table in CSV: to be plotted, with the rate on a logarithmic axis.
    pub fn to_csv(&self) -> String {
        let mut text = String::from("rate,loss,smooth\n");
        for RangePoint { rate, loss, smooth } in &self.points {
            let _ = writeln!(text, "{rate},{loss},{smooth}");
        }
        text
    }
}

impl<T: Scalar> Trainer<T> {
    /// Looks for a learning rate: trains for up to `steps` steps while the rate rises from `low` to `high`, and stops when
    /// the loss is four times its lowest. The trainer is used up: train with another one like it.
    ///
    /// ```
    /// use downhill_data::{Bundled, Dataset, Transform};
    /// use downhill_nn::{Activation, CrossEntropy, Linear, Sequential};
    /// use downhill_optim::Adam;
    /// use downhill_train::Trainer;
    ///
    /// let iris: Dataset = Bundled::Iris.load()?;
    /// let trainer = |rate| -> Result<Trainer, downhill_optim::Error> {
    ///     let layers = Sequential::new().then(Linear::new(16)).then(Activation::Relu).then(Linear::new(3));
    ///     let trainer = Trainer::new(layers, CrossEntropy::new()).optimizer(Adam::new(rate)?);
    ///     Ok(trainer.transform(Transform::Standardize))
    /// };
    /// let test = trainer(1.0)?.range_test(&iris, 1e-5, 10.0, 100)?;
    /// let rate = test.suggestion().unwrap();
    /// assert!(rate > 1e-4 && rate < 0.5, "{rate}");
    /// trainer(rate)?.fit(&iris)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`fit`](Trainer::fit), but for a loss that is not finite, which ends the test; [`Error::Setting`] unless the rates
    /// are finite, `low` is above 0 and `high` above `low`, and there are at least 2 steps.
    pub fn range_test(mut self, data: &Dataset<T>, low: f64, high: f64, steps: usize) -> Result<RangeTest> {
        let setting = |setting, rule, value| Err(Error::Setting { setting, rule, value });
        if !low.is_finite() || low <= 0.0 {
            return setting("the lowest rate", "finite and above 0", low);
        }
        if !high.is_finite() || high <= low {
            return setting("the highest rate", "finite and above the lowest", high);
        }
        if steps < 2 {
            return setting("the steps of a range test", "at least 2", steps as f64);
        }
        // One step an epoch at least; it ends by itself.
        (self.epochs, self.validation, self.early_stopping) = (steps, Validation::None, None);
        (self.checkpoints, self.resume) = (None, None);
        let ratio = (high / low).ln() / (steps - 1) as f64;
        let rate = move |step: u64| low * (ratio * step as f64).exp();
        let watch = Watch { rate, steps, mean: 0.0, lowest: f64::INFINITY, points: Arc::default() };
        let points = Arc::clone(&watch.points);
        match self.schedule(move |_| Ok(move |_: f64, step| rate(step))).callback(watch).fit(data) {
            Ok(_) | Err(Error::NotFinite { .. }) => {}
            Err(Error::Callback(error)) if error.is::<Done>() => {}
            Err(error) => return Err(error),
        }
        let points = std::mem::take(&mut *points.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(RangeTest { points })
    }
}

/// Writes down rates and losses, and ends the training.
struct Watch<F> {
    rate: F,
    steps: usize,
    mean: f64,
    lowest: f64,
    points: Arc<Mutex<Vec<RangePoint>>>,
}

impl<F: Fn(u64) -> f64 + Send> Callback for Watch<F> {
    fn on_step(&mut self, step: &StepRecord) -> Result<()> {
        const KEEP: f64 = 0.95;
        let mut points = self.points.lock().unwrap_or_else(PoisonError::into_inner);
        let rate = (self.rate)(points.len() as u64);
        self.mean = KEEP * self.mean + (1.0 - KEEP) * step.loss;
        let smooth = self.mean / (1.0 - KEEP.powf(points.len() as f64 + 1.0));
        points.push(RangePoint { rate, loss: step.loss, smooth });
        self.lowest = self.lowest.min(smooth);
        if smooth > 4.0 * self.lowest || points.len() == self.steps {
            return Err(Error::Callback(Box::new(Done)));
        }
        Ok(())
    }
}

/// No error, but the end.
#[derive(Debug, thiserror::Error)]
#[error("the range test is done")]
struct Done;
