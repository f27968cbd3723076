//! The fully connected layer.

use downhill_autodiff::rules::elementwise::Identity;
use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use super::Activation;
use super::affine::{self, Affine};
use crate::{AnyLayer, Context, Init, Layer, Result, Scalar, Scope};

/// The fully connected layer y = x·Wᵀ + b: `[n, …, in]` to `[n, …, out]`. Its parameters are `weight`
/// `[out, in]` and `bias` `[out]`; `in` is learned from the input when the network is built.
///
/// Both start uniform in ±1/√in, as PyTorch's do, unless told otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    outputs: usize,
    affine: Affine,
}

impl Linear {
    /// A layer with this many outputs.
    pub fn new(outputs: usize) -> Linear {
        Linear { outputs, affine: Affine::new() }
    }

    affine::settings!();
}

impl Layer for Linear {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        let Some(&inputs) = input.last() else {
            return Err(scope.refuse(input, "it needs at least one axis of features"));
        };
        self.affine.declare(scope, [self.outputs, inputs].into(), self.outputs)?;
        scope.multiply_adds(input.elements().saturating_mul(self.outputs));
        Ok(input.with(input.len() - 1, self.outputs))
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let (weight, bias) = self.affine.vars(cx);
        x.linear(weight, bias, Identity)
    }

    #[track_caller]
    fn forward_activated<'t, T: Scalar>(
        &self,
        cx: &Context<'t, T>,
        x: Var<'t, T>,
        activation: Option<Activation>,
    ) -> Var<'t, T> {
        let Some(activation) = activation else { return self.forward(cx, x) };
        let (weight, bias) = self.affine.vars(cx);
        activation.after_linear(x, weight, bias)
    }
}
