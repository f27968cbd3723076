//! How parameters start.

use downhill_autodiff::Shape;
use downhill_autodiff::tensor::random::Generator;
use nalgebra::DMatrix;
use rand::distr::StandardUniform;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

/// How a parameter starts. A weight `[out, in]` has fan-in `in` and fan-out `out`; further axes (a
/// convolution's kernel) multiply both.
///
/// The uniform forms draw from `(−b, b)` with the standard deviation `b/√3` of their normal namesakes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Init {
    /// All zeros.
    Zeros,
    /// All the same number.
    Constant(f64),
    /// Normal with this mean and standard deviation.
    Normal {
        /// The mean.
        mean: f64,
        /// The standard deviation.
        std: f64,
    },
    /// Uniform from `low` to `high`.
    Uniform {
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
    },
    /// Normal with variance 2/(fan-in + fan-out) (Glorot & Bengio 2010, equation 16); Xavier's.
    GlorotNormal,
    /// Uniform with variance 2/(fan-in + fan-out) (Glorot & Bengio 2010, equation 16); Xavier's.
    GlorotUniform,
    /// Normal with variance 2/fan-in (He et al. 2015, equation 10); Kaiming's, for rectifiers.
    HeNormal,
    /// Uniform with variance 2/fan-in (He et al. 2015, equation 10); Kaiming's, for rectifiers.
    HeUniform,
    /// Normal with variance 1/fan-in (LeCun et al. 1998, section 4.6).
    LecunNormal,
    /// Uniform with variance 1/fan-in (LeCun et al. 1998, section 4.6).
    LecunUniform,
    /// A random matrix `[out, …]` with orthonormal rows, or columns if it is taller than wide, times
    /// `gain` (Saxe et al. 2014): nalgebra's QR of a normal matrix, made uniform by the signs of R.
    Orthogonal {
        /// The factor.
        gain: f64,
    },
}

impl Init {
    /// Why the initialiser cannot make a parameter of this shape, if it cannot.
    pub(crate) fn check(&self, shape: Shape) -> Result<(), String> {
        let finite =
            |name, value: f64| if value.is_finite() { Ok(()) } else { Err(format!("{name} is {value}")) };
        match *self {
            Init::Constant(value) => finite("the constant", value),
            Init::Normal { mean, std } => {
                finite("the mean", mean)?;
                if std >= 0.0 && std.is_finite() {
                    Ok(())
                } else {
                    Err(format!("the standard deviation is {std}"))
                }
            }
            Init::Uniform { low, high } if low <= high && (high - low).is_finite() => Ok(()),
            Init::Uniform { low, high } => {
                Err(format!("the range from {low} to {high} is empty or infinite"))
            }
            Init::Orthogonal { gain } if shape.len() >= 2 => finite("the gain", gain),
            Init::Orthogonal { .. } => Err("an orthogonal initialiser needs at least two axes".into()),
            _ => Ok(()),
        }
    }

    /// The numbers of a parameter of this shape, in row-major order.
    pub fn draw(&self, shape: Shape, rng: &mut Generator) -> Vec<f64> {
        let elements = shape.elements();
        let rest: usize = shape.iter().skip(2).product();
        let (fan_in, fan_out) = match shape[..] {
            [out, inputs, ..] => ((inputs * rest) as f64, (out * rest) as f64),
            _ => (elements as f64, elements as f64),
        };
        let normal = |mean, std, rng| draws(elements, rng, StandardNormal, |z| mean + std * z);
        let uniform = |low, high, rng| draws(elements, rng, StandardUniform, |u| low * (1.0 - u) + high * u);
        // A uniform distribution in ±b has the variance b²/3.
        let symmetric = |variance: f64, rng| uniform(-(3.0 * variance).sqrt(), (3.0 * variance).sqrt(), rng);
        match *self {
            Init::Zeros => vec![0.0; elements],
            Init::Constant(value) => vec![value; elements],
            Init::Normal { mean, std } => normal(mean, std, rng),
            Init::Uniform { low, high } => uniform(low, high, rng),
            Init::GlorotNormal => normal(0.0, (2.0 / (fan_in + fan_out)).sqrt(), rng),
            Init::GlorotUniform => symmetric(2.0 / (fan_in + fan_out), rng),
            Init::HeNormal => normal(0.0, (2.0 / fan_in).sqrt(), rng),
            Init::HeUniform => symmetric(2.0 / fan_in, rng),
            Init::LecunNormal => normal(0.0, (1.0 / fan_in).sqrt(), rng),
            Init::LecunUniform => symmetric(1.0 / fan_in, rng),
            Init::Orthogonal { gain } => orthogonal(shape, gain, &normal(0.0, 1.0, rng)),
        }
    }
}

fn draws<D: Distribution<f64>>(
    count: usize,
    rng: &mut Generator,
    from: D,
    f: impl Fn(f64) -> f64,
) -> Vec<f64> {
    (0..count).map(|_| f(from.sample(rng))).collect()
}

fn orthogonal(shape: Shape, gain: f64, normal: &[f64]) -> Vec<f64> {
    let rows = shape[0];
    let columns: usize = shape[1..].iter().product();
    let (tall, wide) = (rows.max(columns), rows.min(columns));
    if wide == 0 {
        return Vec::new();
    }
    let (mut q, r) = DMatrix::from_column_slice(tall, wide, normal).qr().unpack();
    for (mut column, &diagonal) in q.column_iter_mut().zip(r.diagonal().iter()) {
        column *= if diagonal < 0.0 { -gain } else { gain };
    }
    // Column-major q is row-major qᵀ: what is asked for where it is wide.
    if rows > columns { q.transpose().as_slice().to_vec() } else { q.as_slice().to_vec() }
}
