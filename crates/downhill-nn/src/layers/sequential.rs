//! Layers one after the other.

use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use crate::any::{AnyLayer, Block, LayerView};
use crate::{Context, Layer, Result, Scalar, Scope};

/// Layers one after the other. Their parameters are named by their place: `0.weight`, `2.weight`.
///
/// ```
/// use downhill_nn::{Activation, Dropout, Linear, Sequential};
/// let layers = Sequential::new()
///     .then(Linear::new(64))
///     .then(Activation::Relu)
///     .then(Dropout::new(0.2)?)
///     .then(Linear::new(10));
/// # Ok::<(), downhill_nn::Error>(())
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Sequential {
    layers: Vec<Block>,
}

impl Sequential {
    /// No layers yet: the identity.
    pub fn new() -> Sequential {
        Sequential::default()
    }

    /// Adds a layer behind the last.
    #[must_use]
    pub fn then(mut self, layer: impl Layer) -> Sequential {
        self.layers.push(Block::new(layer));
        self
    }

    /// The number of layers.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Whether there are no layers.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }
}

impl Layer for Sequential {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        let mut layers = self.layers.iter_mut().enumerate();
        layers.try_fold(input, |shape, (place, layer)| scope.block(&place.to_string(), layer, shape))
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, mut x: Var<'t, T>) -> Var<'t, T> {
        let mut layers = self.layers.iter().peekable();
        while let Some(block) = layers.next() {
            x = match layers.peek().map(|next| next.layer.view()) {
                Some(LayerView::Activation(&activation)) if block.layer.takes_activation() => {
                    layers.next();
                    block.within(cx, || block.layer.forward_activated(cx, x, Some(activation)))
                }
                _ => block.forward(cx, x),
            };
        }
        x
    }
}
