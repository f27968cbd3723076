//! The fully connected layer.

use downhill_autodiff::rules::elementwise::Identity;
use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use super::Activation;
use crate::{AnyLayer, Context, Init, Layer, Param, Result, Scalar, Scope};

/// The fully connected layer y = x·Wᵀ + b: `[n, …, in]` to `[n, …, out]`. Its parameters are `weight`
/// `[out, in]` and `bias` `[out]`; `in` is learned from the input when the network is built.
///
/// Both start uniform in ±1/√in, as PyTorch's do, unless told otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    outputs: usize,
    bias: bool,
    weight_init: Option<Init>,
    bias_init: Option<Init>,
    #[serde(skip)]
    parameters: (Param, Option<Param>),
}

impl Linear {
    /// A layer with this many outputs.
    pub fn new(outputs: usize) -> Linear {
        Linear { outputs, bias: true, weight_init: None, bias_init: None, parameters: Default::default() }
    }

    /// The same layer without a bias.
    #[must_use]
    pub fn without_bias(mut self) -> Linear {
        self.bias = false;
        self
    }

    /// The same layer with weights that start like this.
    #[must_use]
    pub fn weight_init(mut self, init: Init) -> Linear {
        self.weight_init = Some(init);
        self
    }

    /// The same layer with biases that start like this.
    #[must_use]
    pub fn bias_init(mut self, init: Init) -> Linear {
        self.bias_init = Some(init);
        self
    }
}

impl Layer for Linear {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        let Some(&inputs) = input.last() else {
            return Err(scope.refuse(input, "it needs at least one axis of features"));
        };
        let bound = 1.0 / (inputs.max(1) as f64).sqrt();
        let usual = Init::Uniform { low: -bound, high: bound };
        let weight = scope.parameter("weight", [self.outputs, inputs], self.weight_init.unwrap_or(usual))?;
        let bias = if self.bias {
            Some(scope.parameter("bias", [self.outputs], self.bias_init.unwrap_or(usual))?)
        } else {
            None
        };
        self.parameters = (weight, bias);
        scope.multiply_adds(input.elements().saturating_mul(self.outputs));
        Ok(input.with(input.len() - 1, self.outputs))
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let (weight, bias) = &self.parameters;
        x.linear(cx.param(weight), bias.as_ref().map(|bias| cx.param(bias)), Identity)
    }

    #[track_caller]
    fn forward_activated<'t, T: Scalar>(
        &self,
        cx: &Context<'t, T>,
        x: Var<'t, T>,
        activation: Option<Activation>,
    ) -> Var<'t, T> {
        let Some(activation) = activation else { return self.forward(cx, x) };
        let (weight, bias) = &self.parameters;
        activation.after_linear(x, cx.param(weight), bias.as_ref().map(|bias| cx.param(bias)))
    }
}
