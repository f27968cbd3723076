//! Flattening samples.

use downhill_autodiff::Var;
use serde::{Deserialize, Serialize};

use crate::{AnyLayer, Context, Layer, Scalar};

/// Makes each sample one axis of features: `[n, a, b, …]` to `[n, a·b·…]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Flatten;

impl Layer for Flatten {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let shape = x.shape();
        x.reshape([shape.first().copied().unwrap_or(1), shape.sample().elements()])
    }
}
