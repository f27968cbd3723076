//! Scaling of features.

use downhill_tensor::{Real, Tensor};
use serde::{Deserialize, Serialize};

use crate::dataset::check_numbers;
use crate::{Error, Result};

/// A scaling of numbers, before it has seen any.
///
/// [`fit`](Transform::fit) it on the training part only: what is tested must not leak into what is
/// trained. What it learns there is a [`Fitted`] transform, to be applied to everything else and
/// stored with the model.
///
/// ```
/// use downhill_data::Transform;
/// use downhill_tensor::Tensor;
///
/// let train = Tensor::from_rows(&[[1.0_f32, 10.0], [3.0, 30.0]]);
/// let fitted = Transform::Standardize.fit(&train)?;
/// let scaled = fitted.apply(&Tensor::from_rows(&[[4.0, 10.0]]))?;
/// assert_eq!(scaled.as_slice(), [2.0, -1.0]);
/// assert_eq!(fitted.inverse(&scaled)?.as_slice(), [4.0, 10.0]);
/// # Ok::<(), downhill_data::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Transform {
    /// Each feature gets mean 0 and standard deviation 1: (x − mean) / σ, with the population's σ
    /// (divisor n) like scikit-learn's `StandardScaler`. A constant feature becomes 0.
    Standardize,
    /// Each feature gets the range 0 to 1: (x − min) / (max − min). A constant feature becomes 0.
    MinMax,
    /// Every number is divided by this one: 255 for the pixels of most images.
    DivideBy(f64),
}

/// A [`Transform`] that has been fitted: (x − centre) / scale, feature by feature.
///
/// It is meant to be stored, and is the same for every number type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fitted(Scales);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Scales {
    /// The same for all features, however many.
    All(Scale),
    /// One for each feature, in the row-major order of a sample.
    Each(Vec<Scale>),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Scale {
    centre: f64,
    scale: f64,
}

impl Transform {
    /// Fits the transform on samples `[n, …]`: inputs, or the values of a regression. Sums are taken
    /// in `f64`.
    ///
    /// # Errors
    /// [`Error::Empty`] without a row, [`Error::NotFinite`], [`Error::Scale`] if a feature's numbers are
    /// so large that its statistics overflow, [`Error::Tensor`] for a scalar, or for a divisor that is
    /// 0 or not finite.
    pub fn fit<T: Real>(&self, samples: &Tensor<T>) -> Result<Fitted> {
        if let &Transform::DivideBy(scale) = self {
            if !scale.is_finite() || scale == 0.0 {
                let (name, rule) = ("divisor", "finite and not 0");
                return Err(downhill_tensor::Error::Setting { name, rule, value: scale }.into());
            }
            return Ok(Fitted(Scales::All(Scale { centre: 0.0, scale })));
        }
        check_numbers(samples, "samples")?;
        let rows = samples.shape()[0];
        if rows == 0 {
            return Err(Error::Empty { operation: "fitting a transform" });
        }
        let lows = reduce(samples, f64::INFINITY, |low, x, _| low.min(x));
        let highs = reduce(samples, f64::NEG_INFINITY, |high, x, _| high.max(x));
        let (centres, scales, what) = match self {
            Transform::Standardize => {
                let count = rows as f64;
                let mut means = reduce(samples, 0.0, |sum, x, _| sum + x);
                means.iter_mut().for_each(|mean| *mean /= count);
                let mut deviations = reduce(samples, 0.0, |sum, x, feature| {
                    let deviation = x - means[feature];
                    sum + deviation * deviation
                });
                deviations.iter_mut().for_each(|deviation| *deviation = (*deviation / count).sqrt());
                (means, deviations, "standard deviation")
            }
            _ => (lows.clone(), lows.iter().zip(&highs).map(|(low, high)| high - low).collect(), "range"),
        };
        let scale = |feature: usize| {
            let (centre, scale) = (centres[feature], scales[feature]);
            if !centre.is_finite() || !scale.is_finite() {
                Err(Error::Scale { feature, what, value: scale })
            } else if lows[feature] == highs[feature] || scale == 0.0 {
                // Rounding in the mean must not make noise of a constant.
                Ok(Scale { centre: lows[feature], scale: 1.0 })
            } else {
                Ok(Scale { centre, scale })
            }
        };
        Ok(Fitted(Scales::Each((0..lows.len()).map(scale).collect::<Result<_>>()?)))
    }
}

/// For each feature, its numbers taken together: `f` of what was found so far, a number and the
/// feature.
fn reduce<T: Real>(samples: &Tensor<T>, start: f64, f: impl Fn(f64, f64, usize) -> f64) -> Vec<f64> {
    let mut reduced = vec![start; samples.shape().sample().elements()];
    for sample in samples.as_slice().chunks_exact(reduced.len().max(1)) {
        for (feature, (so_far, x)) in reduced.iter_mut().zip(sample).enumerate() {
            *so_far = f(*so_far, x.as_f64(), feature);
        }
    }
    reduced
}

impl Fitted {
    /// The transformed samples, in the shape given: `[n, …]`.
    ///
    /// # Errors
    /// [`Error::Features`] if a sample has not the number of features that the transform was fitted
    /// on.
    pub fn apply<T: Real>(&self, samples: &Tensor<T>) -> Result<Tensor<T>> {
        self.map(samples, |x, centre, scale| (x - centre) / scale)
    }

    /// The samples that [`apply`](Fitted::apply) would turn into these.
    ///
    /// # Errors
    /// As there.
    pub fn inverse<T: Real>(&self, samples: &Tensor<T>) -> Result<Tensor<T>> {
        self.map(samples, |x, centre, scale| x * scale + centre)
    }

    /// The number of features it was fitted on; `None` if it is for any number.
    pub fn features(&self) -> Option<usize> {
        match &self.0 {
            Scales::All(_) => None,
            Scales::Each(scales) => Some(scales.len()),
        }
    }

    fn map<T: Real>(&self, samples: &Tensor<T>, f: impl Fn(T, T, T) -> T) -> Result<Tensor<T>> {
        let pair = |s: &Scale| (T::of(s.centre), T::of(s.scale));
        match &self.0 {
            Scales::All(all) => {
                let (centre, scale) = pair(all);
                Ok(samples.map(|x| f(x, centre, scale)))
            }
            Scales::Each(each) => {
                let shape = samples.shape();
                if shape.is_empty() || shape.sample().elements() != each.len() {
                    return Err(Error::Features { expected: each.len(), shape });
                }
                let scales: Vec<(T, T)> = each.iter().map(pair).collect();
                let mut mapped = Vec::with_capacity(samples.len());
                for sample in samples.as_slice().chunks_exact(scales.len().max(1)) {
                    mapped
                        .extend(sample.iter().zip(&scales).map(|(&x, &(centre, scale))| f(x, centre, scale)));
                }
                Ok(Tensor::new(shape, mapped)?)
            }
        }
    }
}
