//! Softmax as a layer.

use downhill_autodiff::Var;
use serde::{Deserialize, Serialize};

use crate::{Context, Layer, Scalar};

/// Softmax along the last axis: positive numbers that sum to 1.
///
/// For training put [`CrossEntropy`](crate::CrossEntropy) on the layer before instead: it has the softmax
/// in it, and neither overflows nor loses digits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Softmax;

impl Layer for Softmax {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.softmax(-1)
    }
}

/// The logarithm of softmax along the last axis.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LogSoftmax;

impl Layer for LogSoftmax {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.log_softmax(-1)
    }
}
