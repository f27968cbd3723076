//! Scaling and rotation of features.

mod project;
mod samples;
mod scale;

use downhill_tensor::{Real, Shape, Tensor};
use serde::{Deserialize, Serialize};

use crate::dataset::check_numbers;
use crate::{Error, Result, Source};
use project::Projection;
use samples::{Batches, Part};
use scale::Scale;

/// A transform of numbers, before it has seen any.
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
    /// Each feature gets median 0 and an interquartile range of 1: (x − median) / (q₃ − q₁), with quartiles interpolated
    /// linearly like scikit-learn's `RobustScaler`. Outliers do not matter. A feature without such a range is only
    /// centred.
    Robust,
    /// ln(1 + x), for sizes and counts whose range is wide. Every number must be above −1.
    Log,
    /// The coordinates along the principal components: as many directions, orthogonal to each other, along which the
    /// samples vary most, in descending order (Pearson 1901; scikit-learn's `PCA`). Each direction's largest
    /// coefficient is positive.
    Pca(usize),
    /// The same, each coordinate divided by its standard deviation (divisor n − 1): they are uncorrelated and have
    /// variance 1.
    Whiten(usize),
    /// Every number is divided by this one: 255 for the pixels of most images.
    DivideBy(f64),
}

/// A [`Transform`] that has been fitted.
///
/// It is meant to be stored, and is the same for every number type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fitted(Kind);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Kind {
    /// The same for all features, however many.
    All(Scale),
    /// One for each feature, in the row-major order of a sample.
    Each(Vec<Scale>),
    Log,
    Project(Projection),
}

impl Transform {
    /// Fits the transform on samples `[n, …]`: inputs, or the values of a regression. Sums are taken
    /// in `f64`.
    ///
    /// # Errors
    /// [`Error::Empty`] without a row, [`Error::NotFinite`], [`Error::Scale`] if a feature's numbers are
    /// so large that its statistics overflow, or if a component to be whitened has no variance;
    /// [`Error::Components`] for none or more than samples or features; [`Error::Logarithm`]; [`Error::Tensor`] for a
    /// scalar, or for a divisor that is 0 or not finite.
    pub fn fit<T: Real>(&self, samples: &Tensor<T>) -> Result<Fitted> {
        if let &Transform::DivideBy(scale) = self {
            if !scale.is_finite() || scale == 0.0 {
                let (name, rule) = ("divisor", "finite and not 0");
                return Err(downhill_tensor::Error::Setting { name, rule, value: scale }.into());
            }
            return Ok(Fitted(Kind::All(Scale { centre: 0.0, scale })));
        }
        check_numbers(samples, "samples")?;
        if samples.shape()[0] == 0 {
            return Err(Error::Empty { operation: "fitting a transform" });
        }
        let mut rows = samples;
        Ok(Fitted(match *self {
            Transform::Pca(components) => Kind::Project(Projection::fit(samples, components, false)?),
            Transform::Whiten(components) => Kind::Project(Projection::fit(samples, components, true)?),
            Transform::Log => {
                logarithms(samples)?;
                Kind::Log
            }
            Transform::MinMax => Kind::Each(scale::ranges(&mut rows)?),
            Transform::Robust => Kind::Each(scale::quartiles(samples)?),
            _ => Kind::Each(scale::deviations(&mut rows)?),
        }))
    }

    /// Fits the transform on the inputs of a source, which need not be in memory: goes through its first epoch, once or
    /// twice. What comes out is, to the bit, what [`fit`](Transform::fit) makes of the same samples in the same order.
    ///
    /// # Errors
    /// [`Error::AtOnce`] for those that need all samples at once: [`Robust`](Transform::Robust),
    /// [`Pca`](Transform::Pca), [`Whiten`](Transform::Whiten). As [`fit`](Transform::fit), and if the data cannot be read.
    pub fn fit_source<T: Real>(&self, source: &mut impl Source<T>) -> Result<Fitted> {
        self.fit_part(source, Part::Inputs)
    }

    /// The same on the values to learn of a source.
    ///
    /// # Errors
    /// As [`fit_source`](Transform::fit_source); [`Error::Target`] if its targets are classes.
    pub fn fit_source_targets<T: Real>(&self, source: &mut impl Source<T>) -> Result<Fitted> {
        self.fit_part(source, Part::Targets)
    }

    fn fit_part<T: Real, S: Source<T>>(&self, source: &mut S, part: Part) -> Result<Fitted> {
        let mut samples = Batches::new(source, part);
        match self {
            Transform::Standardize => Ok(Fitted(Kind::Each(scale::deviations(&mut samples)?))),
            Transform::MinMax => Ok(Fitted(Kind::Each(scale::ranges(&mut samples)?))),
            // There is nothing to learn; numbers without a logarithm are found when it is applied.
            Transform::Log => Ok(Fitted(Kind::Log)),
            Transform::DivideBy(_) => self.fit(&Tensor::<T>::zeros([0])),
            Transform::Robust => Err(Error::AtOnce { transform: "a robust scaling" }),
            Transform::Pca(_) => Err(Error::AtOnce { transform: "a principal component analysis" }),
            Transform::Whiten(_) => Err(Error::AtOnce { transform: "whitening" }),
        }
    }
}

impl Fitted {
    /// The transformed samples: in the shape given, `[n, …]`, but for components, which are `[n, components]`.
    ///
    /// # Errors
    /// [`Error::Features`] if a sample has not the number of features that the transform was fitted
    /// on; [`Error::Logarithm`].
    pub fn apply<T: Real>(&self, samples: &Tensor<T>) -> Result<Tensor<T>> {
        match &self.0 {
            Kind::All(Scale { centre, scale }) => {
                let (centre, scale) = (T::of(*centre), T::of(*scale));
                Ok(samples.map(|x| (x - centre) / scale))
            }
            Kind::Each(scales) => map(samples, scales, |x, centre, scale| (x - centre) / scale),
            Kind::Log => logarithms(samples),
            Kind::Project(projection) => projection.apply(samples),
        }
    }

    /// The samples that [`apply`](Fitted::apply) would turn into these; from fewer components than there were features
    /// the nearest to them, as `[n, features]`.
    ///
    /// # Errors
    /// [`Error::Features`].
    pub fn inverse<T: Real>(&self, samples: &Tensor<T>) -> Result<Tensor<T>> {
        match &self.0 {
            Kind::All(Scale { centre, scale }) => {
                let (centre, scale) = (T::of(*centre), T::of(*scale));
                Ok(samples.map(|x| x * scale + centre))
            }
            Kind::Each(scales) => map(samples, scales, |x, centre, scale| x * scale + centre),
            Kind::Log => Ok(samples.map(|x| T::of(x.as_f64().exp_m1()))),
            Kind::Project(projection) => projection.inverse(samples),
        }
    }

    /// The number of features it was fitted on; `None` if it is for any number.
    pub fn features(&self) -> Option<usize> {
        match &self.0 {
            Kind::All(_) | Kind::Log => None,
            Kind::Each(scales) => Some(scales.len()),
            Kind::Project(projection) => Some(projection.features()),
        }
    }
}

/// `f` of each number and its feature's centre and scale.
fn map<T: Real>(samples: &Tensor<T>, scales: &[Scale], f: impl Fn(T, T, T) -> T) -> Result<Tensor<T>> {
    check_features(samples.shape(), scales.len())?;
    let scales: Vec<(T, T)> = scales.iter().map(|s| (T::of(s.centre), T::of(s.scale))).collect();
    let mut mapped = Vec::with_capacity(samples.len());
    for sample in samples.as_slice().chunks_exact(scales.len().max(1)) {
        mapped.extend(sample.iter().zip(&scales).map(|(&x, &(centre, scale))| f(x, centre, scale)));
    }
    Ok(Tensor::new(samples.shape(), mapped)?)
}

fn logarithms<T: Real>(samples: &Tensor<T>) -> Result<Tensor<T>> {
    let width = samples.shape().sample().elements();
    if let Some(place) = samples.as_slice().iter().position(|x| x.as_f64() <= -1.0) {
        let value = samples.as_slice()[place].as_f64();
        return Err(Error::Logarithm { row: place / width, place: place % width, value });
    }
    Ok(samples.map(|x| T::of(x.as_f64().ln_1p())))
}

fn check_features(shape: Shape, expected: usize) -> Result<()> {
    if shape.is_empty() || shape.sample().elements() != expected {
        return Err(Error::Features { expected, shape });
    }
    Ok(())
}
