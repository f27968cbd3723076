//! Layers as data.

use std::cell::Cell;

use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use crate::layer::{ErasedLayer, activated};
use crate::layers::{
    Activation, Dropout, Flatten, Graph, Linear, LogSoftmax, Parallel, Repeat, Residual, Sequential, Softmax,
};
use crate::layers::{ActivityPenalty, DropPath, Dropout2d, GaussianNoise, Glu, Maxout, PRelu, SwiGlu};
use crate::layers::{
    AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveMaxPool1d, AdaptiveMaxPool2d, AvgPool1d, AvgPool2d, Conv1d,
    Conv2d, ConvTranspose1d, ConvTranspose2d, GlobalAvgPool, GlobalMaxPool, MaxPool1d, MaxPool2d, Reshape,
    Upsample, ZeroPad1d, ZeroPad2d,
};
use crate::layers::{
    BatchNorm1d, BatchNorm2d, GroupNorm, InstanceNorm1d, InstanceNorm2d, LayerNorm, RmsNorm,
};
use crate::layers::{Embedding, Gru, LearnedPositions, Lstm, MultiHeadAttention, PositionalEncoding, Rnn};
use crate::layers::{TransformerDecoderLayer, TransformerEncoderLayer};
use crate::{Context, Error, Layer, Result, Scalar, Scope};

/// A layer inside a container, with its place among all layers of the network.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(crate) struct Block {
    pub(crate) layer: Box<AnyLayer>,
    #[serde(skip)]
    pub(crate) section: usize,
}

impl Block {
    pub(crate) fn new(layer: impl Layer) -> Block {
        Block { layer: Box::new(layer.into_any()), section: 0 }
    }

    /// Runs the layer.
    #[track_caller]
    pub(crate) fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        self.within(cx, || self.layer.forward(cx, x))
    }

    /// Runs operations that belong to the layer, with its place on record for errors.
    pub(crate) fn within<'t, T: Scalar>(
        &self,
        cx: &Context<'t, T>,
        run: impl FnOnce() -> Var<'t, T>,
    ) -> Var<'t, T> {
        let outer = cx.tape().set_section(Some(self.section));
        let y = run();
        cx.tape().set_section(outer);
        y
    }
}

/// How deep layers may be nested. A file could otherwise nest them until reading it overflows the stack.
pub(crate) const MAX_DEPTH: usize = 64;

thread_local! {
    /// The number of layers inside each other that this thread is reading.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Block, D::Error> {
        let depth = DEPTH.get();
        if depth == MAX_DEPTH {
            return Err(de::Error::custom(format!("layers are nested more than {MAX_DEPTH} deep")));
        }
        DEPTH.set(depth + 1);
        let layer = Box::deserialize(deserializer);
        DEPTH.set(depth);
        Ok(Block { layer: layer?, section: 0 })
    }
}

/// Any layer: one of the built-in ones, which serialise, or one of the user's own, which does not.
#[derive(Clone)]
pub struct AnyLayer(Kind);

#[derive(Clone)]
enum Kind {
    BuiltIn(Box<dyn BuiltIn>),
    Own(Box<dyn ErasedLayer>),
}

/// A built-in layer behind a pointer, so that a program holds the code of those layers only that it makes: an
/// `enum` of them all would hold the code of all. Only `f32` is compiled here; see [`Scalar`].
trait BuiltIn: Send + Sync {
    fn kind(&self) -> String;
    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape>;
    fn forward_activated<'t>(
        &self,
        cx: &Context<'t, f32>,
        x: Var<'t, f32>,
        activation: Option<Activation>,
    ) -> Var<'t, f32>;
    fn view(&self) -> LayerView<'_>;
    fn boxed_clone(&self) -> Box<dyn BuiltIn>;
}

impl Clone for Box<dyn BuiltIn> {
    fn clone(&self) -> Self {
        (**self).boxed_clone()
    }
}

/// Makes [`AnyLayer`]'s views from the table of built-in layers.
macro_rules! layers {
    ($($layer:ident),* $(,)?) => {
        /// What an [`AnyLayer`] is.
        #[derive(Clone, Copy, Serialize)]
        #[allow(missing_docs)]
        #[non_exhaustive]
        pub enum LayerView<'a> {
            $($layer(&'a $layer),)*
            /// A layer of the user's own.
            #[serde(serialize_with = "refuse_own")]
            Own(OwnLayer<'a>),
        }

        /// What [`LayerView`] writes, read.
        #[derive(Deserialize)]
        #[serde(rename = "LayerView")]
        enum Read {
            $($layer($layer),)*
        }

        impl From<Read> for AnyLayer {
            fn from(layer: Read) -> AnyLayer {
                match layer {
                    $(Read::$layer(layer) => layer.into(),)*
                }
            }
        }

        $(
            impl From<$layer> for AnyLayer {
                fn from(layer: $layer) -> AnyLayer {
                    AnyLayer(Kind::BuiltIn(Box::new(layer)))
                }
            }

            impl BuiltIn for $layer {
                fn kind(&self) -> String {
                    Layer::kind(self)
                }

                fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
                    Layer::build(self, scope, input)
                }

                fn forward_activated<'t>(
                    &self,
                    cx: &Context<'t, f32>,
                    x: Var<'t, f32>,
                    activation: Option<Activation>,
                ) -> Var<'t, f32> {
                    Layer::forward_activated(self, cx, x, activation)
                }

                fn view(&self) -> LayerView<'_> {
                    LayerView::$layer(self)
                }

                fn boxed_clone(&self) -> Box<dyn BuiltIn> {
                    Box::new(self.clone())
                }
            }
        )*

        impl LayerView<'_> {
            /// Runs the layer, and an activation behind it if there is one, in any number type: what is compiled in the program
            /// that uses another than `f32`.
            #[inline(always)]
            pub(crate) fn forward_activated<'t, T: Scalar>(
                self,
                cx: &Context<'t, T>,
                x: Var<'t, T>,
                activation: Option<Activation>,
            ) -> Var<'t, T> {
                match self {
                    $(LayerView::$layer(layer) => Layer::forward_activated(layer, cx, x, activation),)*
                    LayerView::Own(own) => activated(cx, T::forward_own(own.0, cx, x), activation),
                }
            }
        }
    };
}

// The table of built-in layers. Model files hold a layer's place in it: add new ones at the end.
#[rustfmt::skip] // A line for each group, so that additions stay apart.
layers!(
    Linear, Activation, Softmax, LogSoftmax, Flatten, Dropout, Sequential, Residual,
    Parallel, Repeat, Graph,
    LayerNorm, RmsNorm, BatchNorm1d, BatchNorm2d, GroupNorm, InstanceNorm1d, InstanceNorm2d,
    Dropout2d, DropPath, GaussianNoise, PRelu, Glu, SwiGlu, Maxout, ActivityPenalty,
    Embedding, Rnn, Lstm, Gru, MultiHeadAttention, PositionalEncoding, LearnedPositions, TransformerEncoderLayer,
    TransformerDecoderLayer,
    Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, MaxPool1d, MaxPool2d, AvgPool1d, AvgPool2d,
    AdaptiveMaxPool1d, AdaptiveMaxPool2d, AdaptiveAvgPool1d, AdaptiveAvgPool2d, GlobalMaxPool, GlobalAvgPool,
    Upsample, ZeroPad1d, ZeroPad2d, Reshape,
);

impl AnyLayer {
    /// Wraps a layer.
    pub fn new(layer: impl Layer) -> AnyLayer {
        layer.into_any()
    }

    /// A layer of the user's own.
    pub(crate) fn own(layer: impl Layer) -> AnyLayer {
        AnyLayer(Kind::Own(Box::new(layer)))
    }

    /// What it is.
    pub fn view(&self) -> LayerView<'_> {
        match &self.0 {
            Kind::BuiltIn(layer) => layer.view(),
            Kind::Own(own) => LayerView::Own(OwnLayer(&**own)),
        }
    }

    /// Whether the layer and an activation behind it can be one operation.
    pub(crate) fn takes_activation(&self) -> bool {
        matches!(self.view(), LayerView::Linear(_) | LayerView::Conv1d(_) | LayerView::Conv2d(_))
    }

    pub(crate) fn forward_f32<'t>(
        &self,
        cx: &Context<'t, f32>,
        x: Var<'t, f32>,
        activation: Option<Activation>,
    ) -> Var<'t, f32> {
        match &self.0 {
            Kind::BuiltIn(layer) => layer.forward_activated(cx, x, activation),
            Kind::Own(own) => activated(cx, own.forward_f32(cx, x), activation),
        }
    }
}

impl Layer for AnyLayer {
    fn into_any(self) -> AnyLayer {
        self
    }

    fn kind(&self) -> String {
        match &self.0 {
            Kind::BuiltIn(layer) => layer.kind(),
            Kind::Own(own) => own.kind(),
        }
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        match &mut self.0 {
            Kind::BuiltIn(layer) => layer.build(scope, input),
            Kind::Own(own) => own.build(scope, input),
        }
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        T::forward(self, cx, x, None)
    }

    #[track_caller]
    fn forward_activated<'t, T: Scalar>(
        &self,
        cx: &Context<'t, T>,
        x: Var<'t, T>,
        activation: Option<Activation>,
    ) -> Var<'t, T> {
        T::forward(self, cx, x, activation)
    }
}

impl Serialize for AnyLayer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.view().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AnyLayer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<AnyLayer, D::Error> {
        Read::deserialize(deserializer).map(AnyLayer::from)
    }
}

/// A layer of the user's own, behind a pointer.
#[derive(Clone, Copy)]
pub struct OwnLayer<'a>(pub(crate) &'a dyn ErasedLayer);

impl Clone for Box<dyn ErasedLayer> {
    fn clone(&self) -> Self {
        (**self).boxed_clone()
    }
}

impl std::fmt::Debug for AnyLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&Layer::kind(self))
    }
}

/// Serde's error for a network with a layer that is not built in.
fn refuse_own<S: Serializer>(own: &OwnLayer<'_>, _: S) -> Result<S::Ok, S::Error> {
    Err(ser::Error::custom(Error::NotBuiltIn { layer: own.0.kind() }))
}
