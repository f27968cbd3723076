//! Samples in another shape.

use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use crate::{AnyLayer, Context, Layer, Result, Scalar, Scope};

/// Gives each sample another shape of as many elements: `[n, …]` to `[n, shape…]`. It makes images of rows of a table and
/// sequences of vectors.
///
/// ```
/// use downhill_nn::{Conv1d, Network, Reshape, Sequential};
/// let layers = Sequential::new().then(Reshape::new([1, 40])).then(Conv1d::new(8, 5));
/// assert_eq!(Network::build(layers, [40])?.output(), [8, 36]);
/// # Ok::<(), downhill_nn::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reshape {
    shape: Shape,
}

impl Reshape {
    /// This shape of a sample, without the batch axis.
    pub fn new(shape: impl Into<Shape>) -> Reshape {
        Reshape { shape: shape.into() }
    }
}

impl Layer for Reshape {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        if input.elements() != self.shape.elements() {
            let (there, wanted) = (input.elements(), self.shape);
            return Err(scope.refuse(input, format!("its {there} elements do not fit {wanted}")));
        }
        self.shape.prepend(0).map_err(|error| scope.refuse(input, error.to_string()))?;
        Ok(self.shape)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let samples = x.shape().first().copied().unwrap_or(1);
        match self.shape.prepend(samples) {
            Ok(shape) => x.reshape(shape),
            // Building refuses this; it is an error of the tape here.
            Err(_) => x.reshape(self.shape),
        }
    }
}
