//! Noise in training.

use downhill_autodiff::tensor::Result as TensorResult;
use downhill_autodiff::tensor::random::Generator;
use downhill_autodiff::{Forward, Operands, Pullback, Real, Rule, Shape, Sink, Tensor, Var};
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use crate::{AnyLayer, Context, Error, Layer, Result, Scalar, Scope};

/// In training, adds to each element a number drawn from the normal distribution with mean 0 and this standard deviation
/// (Bishop 1995, "Training with noise is equivalent to Tikhonov regularization"); otherwise passes its input on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GaussianNoise {
    std: f64,
}

impl GaussianNoise {
    /// Noise with this standard deviation, in the unit of the layer's input.
    ///
    /// # Errors
    /// [`Error::Setting`] unless it is finite and at least 0.
    pub fn new(std: f64) -> Result<GaussianNoise> {
        if (0.0..f64::INFINITY).contains(&std) {
            Ok(GaussianNoise { std })
        } else {
            let (layer, rule) = ("GaussianNoise", "finite and at least 0");
            Err(Error::Setting { layer, setting: "std", rule, value: std })
        }
    }
}

impl Layer for GaussianNoise {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, _: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        // Checked again, since a file may hold anything.
        GaussianNoise::new(self.std).map(|_| input)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        match cx.generator() {
            Some(generator) if self.std > 0.0 => x.apply(Noise { std: self.std, generator }),
            _ => x,
        }
    }
}

/// y = x + σ z with z from the standard normal distribution; ∂L/∂x = ∂L/∂y.
#[derive(Debug, Clone)]
struct Noise {
    std: f64,
    generator: Generator,
}

impl<T: Real> Rule<T> for Noise {
    fn name(&self) -> &'static str {
        "gaussian_noise"
    }

    fn forward(&self, x: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> TensorResult<Tensor<T>> {
        let (mut y, mut rng) = (cx.take(x.shape(0)), self.generator.clone());
        for (y, &x) in y.as_mut_slice().iter_mut().zip(x.slice(0)) {
            let z: f64 = StandardNormal.sample(&mut rng);
            *y = x + T::of(self.std * z);
        }
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        sink.add(0, at.cotangent_tensor().clone());
    }
}
