//! What a layer is.

#[cfg(feature = "dual")]
use downhill_autodiff::tensor::num_dual::{Dual32, Dual64};
use downhill_autodiff::{Shape, Var};

use crate::layers::Activation;
use crate::{AnyLayer, Context, Result, Scalar, Scope};

/// A part of a network: a function of its input and of parameters that it declares.
///
/// A layer holds settings and places in θ, no numbers, so one value runs in `f32`, `f64` and (feature
/// `dual`) dual numbers. It never writes a backward pass: [`forward`](Layer::forward) composes operations that have one.
///
/// ```
/// use downhill_nn::{Context, Init, Layer, Param, Result, Scalar, Scope};
/// use downhill_nn::autodiff::{Shape, Var};
///
/// /// y = x ⊙ g, with a learned gain g for each feature.
/// #[derive(Clone, Default)]
/// struct Gain {
///     gain: Param,
/// }
///
/// impl Layer for Gain {
///     fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
///         self.gain = scope.parameter("gain", input, Init::Constant(1.0))?;
///         Ok(input)
///     }
///
///     fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
///         x * cx.param(&self.gain)
///     }
/// }
/// # let net = downhill_nn::Network::build(Gain::default(), [3]).unwrap();
/// # assert_eq!(net.layout().parts()[0].name, "gain");
/// ```
pub trait Layer: Clone + Send + Sync + 'static {
    /// What kind of layer this is, for summaries and errors: by default the type's name.
    fn kind(&self) -> String {
        let name = std::any::type_name::<Self>();
        name.rsplit("::").next().unwrap_or(name).to_string()
    }

    /// Wraps the layer for a container. Only built-in layers say otherwise.
    #[doc(hidden)]
    fn into_any(self) -> AnyLayer {
        AnyLayer::own(self)
    }

    /// Declares the parameters and answers the shape of one sample of the output, given that of the
    /// input (both without the batch axis).
    ///
    /// The default is for layers without parameters: it finds the shape by running
    /// [`forward`](Layer::forward) on a batch of no samples.
    ///
    /// # Errors
    /// If the layer cannot take this input: see [`Scope::refuse`].
    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        scope.output_of(self, input)
    }

    /// Computes the output of a batch `[n, …]`.
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T>;

    /// Computes the output, with an activation behind it if there is one. Built-in layers that can do both as one operation
    /// say otherwise.
    #[doc(hidden)]
    fn forward_activated<'t, T: Scalar>(
        &self,
        cx: &Context<'t, T>,
        x: Var<'t, T>,
        activation: Option<Activation>,
    ) -> Var<'t, T> {
        activated(cx, self.forward(cx, x), activation)
    }
}

/// An activation, if there is one.
pub(crate) fn activated<'t, T: Scalar>(
    cx: &Context<'t, T>,
    y: Var<'t, T>,
    activation: Option<Activation>,
) -> Var<'t, T> {
    match activation {
        Some(activation) => Layer::forward(&activation, cx, y),
        None => y,
    }
}

/// A [`Layer`] behind a pointer, with its forward pass compiled for each number type.
#[doc(hidden)]
pub trait ErasedLayer: Send + Sync {
    fn kind(&self) -> String;
    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape>;
    fn forward_f32<'t>(&self, cx: &Context<'t, f32>, x: Var<'t, f32>) -> Var<'t, f32>;
    fn forward_f64<'t>(&self, cx: &Context<'t, f64>, x: Var<'t, f64>) -> Var<'t, f64>;
    #[cfg(feature = "dual")]
    fn forward_dual32<'t>(&self, cx: &Context<'t, Dual32>, x: Var<'t, Dual32>) -> Var<'t, Dual32>;
    #[cfg(feature = "dual")]
    fn forward_dual64<'t>(&self, cx: &Context<'t, Dual64>, x: Var<'t, Dual64>) -> Var<'t, Dual64>;
    fn boxed_clone(&self) -> Box<dyn ErasedLayer>;
}

impl<L: Layer> ErasedLayer for L {
    fn kind(&self) -> String {
        Layer::kind(self)
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        Layer::build(self, scope, input)
    }

    fn forward_f32<'t>(&self, cx: &Context<'t, f32>, x: Var<'t, f32>) -> Var<'t, f32> {
        self.forward(cx, x)
    }

    fn forward_f64<'t>(&self, cx: &Context<'t, f64>, x: Var<'t, f64>) -> Var<'t, f64> {
        self.forward(cx, x)
    }

    #[cfg(feature = "dual")]
    fn forward_dual32<'t>(&self, cx: &Context<'t, Dual32>, x: Var<'t, Dual32>) -> Var<'t, Dual32> {
        self.forward(cx, x)
    }

    #[cfg(feature = "dual")]
    fn forward_dual64<'t>(&self, cx: &Context<'t, Dual64>, x: Var<'t, Dual64>) -> Var<'t, Dual64> {
        self.forward(cx, x)
    }

    fn boxed_clone(&self) -> Box<dyn ErasedLayer> {
        Box::new(self.clone())
    }
}
