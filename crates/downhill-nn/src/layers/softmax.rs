//! Softmax as a layer.

use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use crate::{AnyLayer, Context, Layer, Result, Scalar, Scope};

/// Softmax along the last axis: positive numbers that sum to 1.
///
/// For training put [`CrossEntropy`](crate::CrossEntropy) on the layer before instead: it has the softmax
/// in it, and neither overflows nor loses digits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Softmax;

impl Layer for Softmax {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        along_features(scope, input)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.softmax(-1)
    }
}

/// The logarithm of softmax along the last axis.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LogSoftmax;

impl Layer for LogSoftmax {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        along_features(scope, input)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.log_softmax(-1)
    }
}

/// The shape of the input, unless its last axis would be the batch's.
fn along_features(scope: &Scope<'_>, input: Shape) -> Result<Shape> {
    if input.is_empty() {
        Err(scope.refuse(input, "it needs at least one axis of features"))
    } else {
        Ok(input)
    }
}
