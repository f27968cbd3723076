//! Principal components.

use downhill_tensor::nalgebra::{DMatrix, SVD};
use downhill_tensor::{Real, Tensor};
use serde::{Deserialize, Serialize};

use super::check_features;
use super::scale::Summary;
use crate::{Error, Result};

/// Coordinates along orthogonal directions: zⱼ = aⱼ·(x − mean) / scaleⱼ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub(super) struct Projection {
    means: Vec<f64>,
    /// Direction after direction.
    directions: Vec<f64>,
    scales: Vec<f64>,
}

impl Projection {
    pub(super) fn fit<T: Real>(
        mut samples: &Tensor<T>,
        components: usize,
        whiten: bool,
    ) -> Result<Projection> {
        let (rows, features) = (samples.shape()[0], samples.shape().sample().elements());
        if components == 0 || components > rows.min(features) {
            return Err(Error::Components { components, rows, features });
        }
        let Summary { means, .. } = Summary::of(&mut samples)?;
        if let Some(feature) = means.iter().position(|mean| !mean.is_finite()) {
            return Err(Error::Scale { feature, what: "mean", value: means[feature] });
        }
        let sample = |place: usize| samples.as_slice()[place].as_f64() - means[place % features];
        let centred = Tensor::<f64>::from_fn([rows, features], sample);
        Projection::of_centred(means, &centred, components, whiten)
    }

    /// The directions in which centred samples, `[rows, features]`, vary most. Not generic: the decomposition is compiled
    /// here, not anew in each program.
    fn of_centred(
        means: Vec<f64>,
        centred: &Tensor<f64>,
        components: usize,
        whiten: bool,
    ) -> Result<Projection> {
        let (rows, features) = (centred.shape()[0], means.len());
        let divisor = (rows - 1).max(1) as f64;
        // The covariance has the same directions and is small if there are many samples; its rounding errors are those of
        // squares (scikit-learn draws the line there, too).
        let few = rows < 10 * features;
        let matrix = if few { centred.to_row_matrix()? } else { covariance(centred, divisor)? };
        let not_finite = |value: f64| Error::Scale { feature: 0, what: "covariance", value };
        if let Some(&value) = matrix.iter().find(|x| !x.is_finite()) {
            return Err(not_finite(value));
        }
        const ITERATIONS: usize = 100_000;
        let svd = SVD::try_new(matrix, false, true, f64::EPSILON, ITERATIONS);
        let svd = svd.ok_or_else(|| not_finite(f64::NAN))?;
        let Some(directions) = svd.v_t else { return Err(not_finite(f64::NAN)) };

        let variance = |size: f64| if few { size * size / divisor } else { size };
        let mut projection = Projection { means, directions: Vec::new(), scales: Vec::new() };
        for component in 0..components {
            let value = variance(svd.singular_values[component]);
            if whiten && value <= f64::EPSILON * variance(svd.singular_values[0]) {
                return Err(Error::Scale { feature: component, what: "variance as a component", value });
            }
            projection.scales.push(if whiten { value.sqrt() } else { 1.0 });
            let direction = directions.row(component);
            let largest = direction.iter().fold(0.0, |a: f64, &b| if b.abs() > a.abs() { b } else { a });
            projection.directions.extend(direction.iter().map(|x| x * largest.signum()));
        }
        Ok(projection)
    }

    pub(super) fn features(&self) -> usize {
        self.means.len()
    }

    pub(super) fn apply<T: Real>(&self, samples: &Tensor<T>) -> Result<Tensor<T>> {
        let (features, components) = (self.features(), self.scales.len());
        check_features(samples.shape(), features)?;
        let mut projected = Vec::with_capacity(samples.shape()[0] * components);
        let mut centred = vec![0.0; features];
        for sample in samples.as_slice().chunks_exact(features) {
            for ((centred, x), mean) in centred.iter_mut().zip(sample).zip(&self.means) {
                *centred = x.as_f64() - mean;
            }
            let directions = self.directions.chunks_exact(features).zip(&self.scales);
            projected.extend(directions.map(|(direction, scale)| {
                T::of(direction.iter().zip(&centred).map(|(a, x)| a * x).sum::<f64>() / scale)
            }));
        }
        Ok(Tensor::new([samples.shape()[0], components], projected)?)
    }

    pub(super) fn inverse<T: Real>(&self, projected: &Tensor<T>) -> Result<Tensor<T>> {
        let (features, components) = (self.features(), self.scales.len());
        check_features(projected.shape(), components)?;
        let mut samples = Vec::with_capacity(projected.shape()[0] * features);
        for coordinates in projected.as_slice().chunks_exact(components) {
            let mut sample = self.means.clone();
            for (place, z) in coordinates.iter().enumerate() {
                let along = z.as_f64() * self.scales[place];
                for (x, a) in sample.iter_mut().zip(&self.directions[place * features..]) {
                    *x += along * a;
                }
            }
            samples.extend(sample.into_iter().map(T::of));
        }
        Ok(Tensor::new([projected.shape()[0], features], samples)?)
    }
}

/// The covariance of centred samples.
fn covariance(centred: &Tensor<f64>, divisor: f64) -> Result<DMatrix<f64>> {
    let products = centred.transpose(0, 1)?.matmul(centred)?;
    // Symmetric: its columns are its rows.
    Ok(products.to_row_matrix()? / divisor)
}

/// As it was stored.
#[derive(Deserialize)]
struct Unchecked {
    means: Vec<f64>,
    directions: Vec<f64>,
    scales: Vec<f64>,
}

impl TryFrom<Unchecked> for Projection {
    type Error = &'static str;

    fn try_from(stored: Unchecked) -> Result<Projection, &'static str> {
        let Unchecked { means, directions, scales } = stored;
        let fits = means.len().checked_mul(scales.len()) == Some(directions.len());
        if !fits || means.is_empty() || scales.is_empty() {
            return Err("components that are not of the features");
        }
        Ok(Projection { means, directions, scales })
    }
}
