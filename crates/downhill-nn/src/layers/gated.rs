//! Layers that make one feature of several: by a gate, or by their maximum.

use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use super::Linear;
use crate::{AnyLayer, Context, Layer, Result, Scalar, Scope};

/// The gated linear unit a ⊙ σ(b) of the halves a and b of the last axis (Dauphin et al. 2017, section 2), which has half
/// the length then. Put a [`Linear`] with twice the outputs before it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Glu;

impl Layer for Glu {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        halved(scope, input)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.glu(-1)
    }
}

/// SwiGLU, silu(a) ⊙ b of the halves a and b of the last axis (Shazeer 2020, equation 6), which has half the length then.
/// Put a [`Linear`] with twice the outputs before it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SwiGlu;

impl Layer for SwiGlu {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        halved(scope, input)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.swiglu(-1)
    }
}

fn halved(scope: &Scope<'_>, input: Shape) -> Result<Shape> {
    match input.last() {
        Some(&length) if length % 2 == 0 => Ok(input.with(input.len() - 1, length / 2)),
        _ => Err(scope.refuse(input, "it needs a last axis of even length, to be halved")),
    }
}

/// The largest of several linear functions of the input for each output (Goodfellow et al. 2013, section 2):
/// yⱼ = maxᵢ (x·Wᵀ + b)ⱼᵢ, `[n, …, in]` to `[n, …, outputs]`. Its parameters are those of a [`Linear`] with
/// outputs · pieces outputs, in which the pieces of an output follow each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Maxout {
    linear: Linear,
    pieces: usize,
}

impl Maxout {
    /// This many outputs, each the largest of `pieces`.
    pub fn new(outputs: usize, pieces: usize) -> Maxout {
        Maxout { linear: Linear::new(outputs.saturating_mul(pieces)), pieces }
    }

    /// The same layer without a bias.
    #[must_use]
    pub fn without_bias(self) -> Maxout {
        Maxout { linear: self.linear.without_bias(), ..self }
    }
}

impl Layer for Maxout {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        if self.pieces == 0 {
            return Err(scope.refuse(input, "it needs at least one piece for each output"));
        }
        let linear = self.linear.build(scope, input)?;
        let (last, pieces) = (linear.len() - 1, self.pieces);
        if !linear[last].is_multiple_of(pieces) {
            return Err(scope.refuse(input, format!("{pieces} pieces do not divide {}", linear[last])));
        }
        if linear.len() + 2 > Shape::MAX_AXES {
            let reason =
                format!("it needs an axis for its pieces, and there are at most {}", Shape::MAX_AXES);
            return Err(scope.refuse(input, reason));
        }
        Ok(linear.with(last, linear[last] / pieces))
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let z = self.linear.forward(cx, x);
        let shape = z.shape();
        // After an error on the tape the shape may be any.
        let Some(last) = shape.len().checked_sub(1) else { return z };
        let outputs = shape.with(last, shape[last] / self.pieces);
        let pieces = outputs.prepend(1).map(|longer| {
            let shifted = (0..outputs.len()).fold(longer, |shape, axis| shape.with(axis, outputs[axis]));
            shifted.with(outputs.len(), self.pieces)
        });
        match pieces {
            Ok(pieces) => z.reshape(pieces).max_axes(&[-1], false),
            Err(error) => cx.tape().fail("maxout", vec![shape], error),
        }
    }
}
