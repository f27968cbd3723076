//! The rectifier whose slope is learned.

use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use crate::{AnyLayer, Context, Init, Layer, Param, Result, Scalar, Scope};

/// x where positive, else a·x (He et al. 2015, equation 1) with a learned slope a: `weight` `[1]`, or `[channels]` with one
/// for each index of a sample's first axis. It starts as 0.25, as in PyTorch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PRelu {
    per_channel: bool,
    start: f64,
    /// The weight, and the shape in which it broadcasts to a batch.
    #[serde(skip)]
    weight: (Param, Shape),
}

impl PRelu {
    /// One slope for all elements.
    pub fn new() -> PRelu {
        PRelu { per_channel: false, start: 0.25, weight: Default::default() }
    }

    /// The same layer with a slope for each channel, the first axis of a sample.
    #[must_use]
    pub fn per_channel(mut self) -> PRelu {
        self.per_channel = true;
        self
    }

    /// The same layer with slopes that start as this number.
    #[must_use]
    pub fn start(mut self, slope: f64) -> PRelu {
        self.start = slope;
        self
    }
}

impl Default for PRelu {
    fn default() -> PRelu {
        PRelu::new()
    }
}

impl Layer for PRelu {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        let shape = if self.per_channel {
            if input.is_empty() {
                return Err(scope.refuse(input, "it needs samples [channels, …]"));
            }
            (1..input.len()).fold(input, |shape, axis| shape.with(axis, 1))
        } else {
            [1].into()
        };
        let weight = scope.parameter("weight", [shape.elements()], Init::Constant(self.start))?;
        self.weight = (weight, shape);
        Ok(input)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let (weight, shape) = &self.weight;
        let slopes = cx.param(weight);
        // A sample without axes is [n] in a batch.
        let slopes = if shape.len() > 1 { slopes.reshape(*shape) } else { slopes };
        x.prelu(slopes)
    }
}
