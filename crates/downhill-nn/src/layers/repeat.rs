//! A layer several times over.

use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use crate::any::Block;
use crate::{AnyLayer, Context, Layer, Result, Scalar, Scope};

/// The same layer several times, one after the other.
///
/// Each has parameters of its own, named by its place, or, [`tied`](Repeat::tied), all have the same,
/// named `body.…`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Repeat {
    times: usize,
    tied: bool,
    layers: Vec<Block>,
}

/// A file could otherwise ask for so many that running them never ends.
const MOST: usize = 1 << 16;

impl Repeat {
    /// So many layers like this one, each with parameters of its own.
    pub fn new(times: usize, layer: impl Layer) -> Repeat {
        let layer = Block::new(layer);
        Repeat { times, tied: false, layers: vec![layer; times.min(MOST)] }
    }

    /// The layer so many times with the same parameters (as in Dehghani et al. 2019). It must keep the shape
    /// of its input if that is more than once.
    pub fn tied(times: usize, layer: impl Layer) -> Repeat {
        Repeat { times, tied: true, layers: vec![Block::new(layer)] }
    }
}

impl Layer for Repeat {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        if self.times > MOST {
            return Err(scope.refuse(input, format!("it repeats more than {MOST} times")));
        }
        if !self.tied {
            let mut layers = self.layers.iter_mut().enumerate();
            return layers
                .try_fold(input, |shape, (place, layer)| scope.block(&place.to_string(), layer, shape));
        }
        let [body] = &mut self.layers[..] else {
            return Err(scope.refuse(input, "it is tied and has not one layer"));
        };
        if self.times == 0 {
            return Ok(input);
        }
        let output = scope.block("body", body, input)?;
        if self.times > 1 && output != input {
            let reason = format!("its layer makes that {output}: to be repeated it must keep the shape");
            return Err(scope.refuse(input, reason));
        }
        Ok(output)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let times = if self.tied { self.times } else { 1 };
        (0..times).fold(x, |x, _| self.layers.iter().fold(x, |x, layer| layer.forward(cx, x)))
    }
}
