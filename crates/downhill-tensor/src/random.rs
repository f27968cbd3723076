//! Random numbers, always from an explicit, seeded generator.

use rand::distr::StandardUniform;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

use crate::{Error, Real, Result, Shape, Tensor};

/// The generator of all random numbers: xoshiro256++ (Blackman and Vigna, 2021), whose numbers are the
/// same on every machine.
pub type Generator = rand::rngs::Xoshiro256PlusPlus;

/// The generator of one stream of random numbers of a seed.
///
/// Different streams of a seed are as independent as different seeds: one for the initial parameters,
/// one for the order of the samples, one for each worker. The seed's generator is
/// `seed_from_u64(mix(mix(seed) ^ stream))`, where `mix` is a step of SplitMix64 (Steele, Lea and
/// Flood, 2014), a bijection: no two streams of a seed are the same. They begin at unrelated places of
/// one period of 2²⁵⁶ − 1 numbers.
///
/// ```
/// use downhill_tensor::Tensor;
/// use downhill_tensor::random::generator;
/// let noise = |stream| Tensor::<f32>::normal([4], 0.0, 1.0, &mut generator(42, stream));
/// assert_eq!(noise(0)?, noise(0)?);
/// assert_ne!(noise(0)?, noise(1)?);
/// # Ok::<(), downhill_tensor::Error>(())
/// ```
pub fn generator(seed: u64, stream: u64) -> Generator {
    Generator::seed_from_u64(mix(mix(seed) ^ stream))
}

fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The numbers from 0 to `n` − 1 in a random order, each order equally likely.
pub fn permutation<R: Rng + ?Sized>(n: usize, rng: &mut R) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(rng);
    order
}

/// Adds to each element a normally distributed number of mean 0 and this standard deviation. They are drawn as
/// `f64` and rounded to `T`, so that every number type gets the same ones.
pub fn add_normal<T: Real, R: Rng + ?Sized>(elements: &mut [T], deviation: f64, rng: &mut R) {
    for x in elements {
        let z: f64 = StandardNormal.sample(rng);
        *x += T::of(deviation * z);
    }
}

impl<T: Real> Tensor<T> {
    /// Numbers spread evenly from `low` to `high`. They are drawn as `f64` and rounded to `T`, so that
    /// every number type gets the same ones.
    ///
    /// # Errors
    /// [`Error::Setting`] if a bound is not finite, or `high` is less than `low`.
    pub fn uniform<R: Rng + ?Sized>(
        shape: impl Into<Shape>,
        low: f64,
        high: f64,
        rng: &mut R,
    ) -> Result<Tensor<T>> {
        if !low.is_finite() {
            return Err(Error::Setting { name: "low", rule: "finite", value: low });
        }
        if !(low..f64::INFINITY).contains(&high) {
            return Err(Error::Setting { name: "high", rule: "finite and at least `low`", value: high });
        }
        Ok(Tensor::drawn(shape, rng, |rng| {
            let u: f64 = StandardUniform.sample(rng);
            // Not low + (high - low)·u: the difference may overflow.
            low * (1.0 - u) + high * u
        }))
    }

    /// Normally distributed numbers of this mean and standard deviation. They are drawn as `f64` and
    /// rounded to `T`, so that every number type gets the same ones.
    ///
    /// # Errors
    /// [`Error::Setting`] if the mean is not finite, or the deviation negative or not finite.
    pub fn normal<R: Rng + ?Sized>(
        shape: impl Into<Shape>,
        mean: f64,
        std: f64,
        rng: &mut R,
    ) -> Result<Tensor<T>> {
        if !mean.is_finite() {
            return Err(Error::Setting { name: "mean", rule: "finite", value: mean });
        }
        if !(0.0..f64::INFINITY).contains(&std) {
            return Err(Error::Setting { name: "std", rule: "finite and not negative", value: std });
        }
        Ok(Tensor::drawn(shape, rng, |rng| {
            let z: f64 = StandardNormal.sample(rng);
            mean + std * z
        }))
    }

    fn drawn<R: ?Sized>(shape: impl Into<Shape>, rng: &mut R, f: impl Fn(&mut R) -> f64) -> Tensor<T> {
        Tensor::from_fn(shape, |_| T::of(f(rng)))
    }
}
