//! The layers of a transformer.

use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use super::position::sequence;
use super::{Activation, Dropout, LayerNorm, Linear, Mask, MultiHeadAttention};
use crate::{AnyLayer, Context, Layer, Result, Scalar, Scope};

/// What both layers have beside attention: settings, and a network for each position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Frame {
    hidden: usize,
    activation: Activation,
    pre_norm: bool,
    dropout: Dropout,
    linear1: Linear,
    linear2: Linear,
}

impl Frame {
    fn new(hidden: usize) -> Frame {
        let dropout = Dropout::default();
        let (linear1, linear2) = (Linear::new(hidden), Linear::new(0));
        Frame { hidden, activation: Activation::Relu, pre_norm: false, dropout, linear1, linear2 }
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<()> {
        let (_, width) = sequence(scope, input)?;
        if self.hidden == 0 {
            return Err(scope.refuse(input, "its network for each position has no hidden units"));
        }
        // Checked again, since a file may hold anything.
        self.dropout.build(scope, input)?;
        self.linear2 = Linear::new(width);
        let hidden = scope.child("linear1", &mut self.linear1, input)?;
        scope.child("linear2", &mut self.linear2, hidden)?;
        Ok(())
    }

    /// The network for each position.
    #[track_caller]
    fn feed_forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let hidden = self.linear1.forward_activated(cx, x, Some(self.activation));
        self.linear2.forward(cx, self.dropout.forward(cx, hidden))
    }

    /// x with a part's output added: the sum normalised, or the part's input.
    fn add<'t, T: Scalar>(
        &self,
        cx: &Context<'t, T>,
        x: Var<'t, T>,
        norm: &LayerNorm,
        part: impl FnOnce(Var<'t, T>) -> Var<'t, T>,
    ) -> Var<'t, T> {
        if self.pre_norm {
            x + self.dropout.forward(cx, part(norm.forward(cx, x)))
        } else {
            norm.forward(cx, x + self.dropout.forward(cx, part(x)))
        }
    }
}

/// A layer of a transformer's encoder (Vaswani et al. 2017, section 3.1): self-attention and a network for each
/// position, each with a residual connection and a normalisation, `[n, t, e]` to `[n, t, e]`. With
/// [`causal`](TransformerEncoderLayer::causal) it is what decoder-only models are made of.
///
/// Parameters are named as in PyTorch: `self_attn.…`, `linear1.…`, `linear2.…`, `norm1.…`, `norm2.…`. Dropout acts on
/// the hidden units and on what is added, and unlike there not on the attention weights.
///
/// ```
/// use downhill_nn::{Embedding, Linear, Network, PositionalEncoding, Sequential, TransformerEncoderLayer};
/// let layers = Sequential::new()
///     .then(Embedding::new(65, 32))
///     .then(PositionalEncoding::new())
///     .then(TransformerEncoderLayer::new(4, 64).pre_norm().causal())
///     .then(Linear::new(65));
/// assert_eq!(Network::build(layers, [16])?.output(), [16, 65]);
/// # Ok::<(), downhill_nn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransformerEncoderLayer {
    attention: MultiHeadAttention,
    frame: Frame,
    norms: [LayerNorm; 2],
}

/// A layer of a transformer's decoder (Vaswani et al. 2017, section 3.1): causal self-attention, attention to a memory
/// and a network for each position, `[n, t, e]` to `[n, t, e]`.
///
/// The memory, an encoder's output `[n, s, e]`, comes by [`decode`](TransformerDecoderLayer::decode). Run as a layer by
/// itself it has its input as memory. Parameters are named as in PyTorch: `self_attn.…`, `multihead_attn.…`,
/// `linear1.…`, `linear2.…`, `norm1.…` to `norm3.…`. Dropout is as in [`TransformerEncoderLayer`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransformerDecoderLayer {
    attention: MultiHeadAttention,
    memory_attention: MultiHeadAttention,
    frame: Frame,
    norms: [LayerNorm; 3],
}

/// The settings that both have.
macro_rules! settings {
    ($layer:ident) => {
        impl $layer {
            /// The same layer with each normalisation before its part instead of behind the sum (Xiong et al. 2020):
            /// steadier in deep networks.
            #[must_use]
            pub fn pre_norm(mut self) -> $layer {
                self.frame.pre_norm = true;
                self
            }

            /// The same layer with this activation instead of the rectifier.
            #[must_use]
            pub fn activation(mut self, activation: Activation) -> $layer {
                self.frame.activation = activation;
                self
            }

            /// The same layer with dropout of this probability.
            ///
            /// # Errors
            /// [`Error::Setting`](crate::Error::Setting) unless 0 ≤ p < 1.
            pub fn dropout(mut self, p: f64) -> Result<$layer> {
                self.frame.dropout = Dropout::new(p)?;
                Ok(self)
            }
        }
    };
}

settings!(TransformerEncoderLayer);
settings!(TransformerDecoderLayer);

impl TransformerEncoderLayer {
    /// A layer with so many heads, which must divide the width of its input, and so many hidden units in the network
    /// for each position.
    pub fn new(heads: usize, hidden: usize) -> TransformerEncoderLayer {
        let attention = MultiHeadAttention::new(heads);
        TransformerEncoderLayer {
            attention,
            frame: Frame::new(hidden),
            norms: [(); 2].map(|()| LayerNorm::new()),
        }
    }

    /// The same layer where a position sees only those up to its own.
    #[must_use]
    pub fn causal(mut self) -> TransformerEncoderLayer {
        self.attention = self.attention.causal();
        self
    }

    /// The layer with a mask, such as one that hides what fills up short sequences.
    #[track_caller]
    pub fn forward_masked<'t, T: Scalar>(
        &self,
        cx: &Context<'t, T>,
        x: Var<'t, T>,
        mask: Mask<'t, T>,
    ) -> Var<'t, T> {
        let [norm1, norm2] = &self.norms;
        let x = self.frame.add(cx, x, norm1, |x| self.attention.forward_masked(cx, x, mask));
        self.frame.add(cx, x, norm2, |x| self.frame.feed_forward(cx, x))
    }
}

impl Layer for TransformerEncoderLayer {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        scope.child("self_attn", &mut self.attention, input)?;
        self.frame.build(scope, input)?;
        for (norm, name) in self.norms.iter_mut().zip(["norm1", "norm2"]) {
            scope.child(name, norm, input)?;
        }
        Ok(input)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        self.forward_masked(cx, x, Mask::none())
    }
}

impl TransformerDecoderLayer {
    /// A layer with so many heads, which must divide the width of its input, and so many hidden units in the network
    /// for each position.
    pub fn new(heads: usize, hidden: usize) -> TransformerDecoderLayer {
        TransformerDecoderLayer {
            attention: MultiHeadAttention::new(heads).causal(),
            memory_attention: MultiHeadAttention::new(heads),
            frame: Frame::new(hidden),
            norms: [(); 3].map(|()| LayerNorm::new()),
        }
    }

    /// The layer with an encoder's output `[n, s, e]` as its memory, and a mask of which of the memory's positions are
    /// seen.
    #[track_caller]
    pub fn decode<'t, T: Scalar>(
        &self,
        cx: &Context<'t, T>,
        x: Var<'t, T>,
        memory: Var<'t, T>,
        mask: Mask<'t, T>,
    ) -> Var<'t, T> {
        let [norm1, norm2, norm3] = &self.norms;
        let x = self.frame.add(cx, x, norm1, |x| self.attention.forward(cx, x));
        let attend = |x| self.memory_attention.attend(cx, x, memory, memory, mask);
        let x = self.frame.add(cx, x, norm2, attend);
        self.frame.add(cx, x, norm3, |x| self.frame.feed_forward(cx, x))
    }
}

impl Layer for TransformerDecoderLayer {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        scope.child("self_attn", &mut self.attention, input)?;
        scope.child("multihead_attn", &mut self.memory_attention, input)?;
        self.frame.build(scope, input)?;
        for (norm, name) in self.norms.iter_mut().zip(["norm1", "norm2", "norm3"]) {
            scope.child(name, norm, input)?;
        }
        Ok(input)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        self.decode(cx, x, x, Mask::none())
    }
}
