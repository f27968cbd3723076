//! The residual connection.

use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use crate::any::Block;
use crate::{AnyLayer, Context, Layer, Result, Scalar, Scope};

/// y = x + body(x) (He et al. 2016). The body's parameters are named `body.…`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Residual {
    body: Block,
}

impl Residual {
    /// A residual connection around a layer that keeps the shape of its input.
    pub fn new(body: impl Layer) -> Residual {
        Residual { body: Block::new(body) }
    }
}

impl Layer for Residual {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        let output = scope.block("body", &mut self.body, input)?;
        if output == input {
            Ok(output)
        } else {
            Err(scope.refuse(input, format!("its body makes that {output}: it must keep the shape")))
        }
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x + self.body.forward(cx, x)
    }
}
