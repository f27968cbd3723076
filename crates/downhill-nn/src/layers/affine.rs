//! The weight and the bias of layers that multiply by the one and add the other.

use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use crate::{Context, Init, Param, Result, Scalar, Scope};

/// Whether there is a bias, how both start, and what has been declared of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Affine {
    pub(super) bias: bool,
    pub(super) weight_init: Option<Init>,
    pub(super) bias_init: Option<Init>,
    #[serde(skip)]
    parameters: (Param, Option<Param>),
}

impl Affine {
    /// With a bias, and both as usual.
    pub(super) fn new() -> Affine {
        Affine { bias: true, weight_init: None, bias_init: None, parameters: Default::default() }
    }

    /// Declares a weight of this shape and a bias of so many numbers. Both start uniform in ±1/√n unless told otherwise,
    /// where n numbers of the weight belong to each element of its first axis.
    pub(super) fn declare(&mut self, scope: &mut Scope<'_>, weight: Shape, outputs: usize) -> Result<()> {
        let bound = 1.0 / (weight.sample().elements().max(1) as f64).sqrt();
        let usual = Init::Uniform { low: -bound, high: bound };
        let weight = scope.parameter("weight", weight, self.weight_init.unwrap_or(usual))?;
        let bias = self.bias.then(|| scope.parameter("bias", [outputs], self.bias_init.unwrap_or(usual)));
        self.parameters = (weight, bias.transpose()?);
        Ok(())
    }

    /// The weight and the bias.
    #[track_caller]
    pub(super) fn vars<'t, T: Scalar>(&self, cx: &Context<'t, T>) -> (Var<'t, T>, Option<Var<'t, T>>) {
        let (weight, bias) = &self.parameters;
        (cx.param(weight), bias.as_ref().map(|bias| cx.param(bias)))
    }
}

/// The settings of a layer that has its [`Affine`] in the field `affine`.
macro_rules! settings {
    () => {
        /// The same layer without a bias.
        #[must_use]
        pub fn without_bias(mut self) -> Self {
            self.affine.bias = false;
            self
        }

        /// The same layer with weights that start like this.
        #[must_use]
        pub fn weight_init(mut self, init: Init) -> Self {
            self.affine.weight_init = Some(init);
            self
        }

        /// The same layer with biases that start like this.
        #[must_use]
        pub fn bias_init(mut self, init: Init) -> Self {
            self.affine.bias_init = Some(init);
            self
        }
    };
}

pub(super) use settings;
