//! Where ε stands in a scaling by a root mean square.

use downhill_tensor::Real;
use serde::{Deserialize, Serialize};

/// Where ε stands beside the running mean v of the squares that an optimizer scales by.
///
/// v̂ is v with Adam's correction of its start from 0, v/(1 − β₂ᵗ); without such a correction it is v.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Epsilon {
    /// √v̂ + ε: PyTorch's optimizers, and the paper of Adam.
    #[default]
    Outside,
    /// √(v̂ + ε): RMSprop and Adagrad in Keras and TensorFlow.
    Inside,
    /// (√v + ε)·√(v̂/v), which is ε̂ of section 2 of the paper of Adam: Adam in Keras, TensorFlow and ONNX.
    Uncorrected,
}

/// The root of v and ε, to divide by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Root<T> {
    inside: T,
    scale: T,
    outside: T,
}

impl Epsilon {
    /// The root where v̂ = `scale`²·v.
    pub(crate) fn root<T: Real>(self, eps: f64, scale: f64) -> Root<T> {
        let (inside, outside) = match self {
            Epsilon::Outside => (0.0, eps),
            Epsilon::Inside => (eps / (scale * scale), 0.0),
            Epsilon::Uncorrected => (0.0, eps * scale),
        };
        Root { inside: T::of(inside), scale: T::of(scale), outside: T::of(outside) }
    }
}

impl<T: Real> Root<T> {
    /// That of an element of v.
    #[inline(always)]
    pub(crate) fn of(self, v: T) -> T {
        (v + self.inside).sqrt() * self.scale + self.outside
    }
}
