//! The numbers that a network can run in.

#[cfg(feature = "dual")]
use downhill_autodiff::tensor::num_dual::{Dual32, Dual64};
use downhill_autodiff::{Real, Var};

use crate::layer::ErasedLayer;
use crate::layers::Activation;
use crate::{AnyLayer, Context};

/// The numbers that a network can run in: `f32`, `f64`, and with the feature `dual` dual numbers over
/// them, for exact Hessian-vector products.
///
/// [`Layer::forward`](crate::Layer::forward) is generic, which a `dyn` method cannot be; this trait picks
/// the method of the erased layer that is compiled for a number type. The built-in layers are compiled in this
/// crate for `f32` and, with the feature `dual`, for `Dual64`, once and not again in each program; for the other types in
/// the programs that use them.
/// It is implemented for the types above and not meant to be implemented elsewhere.
pub trait Scalar: Real {
    #[doc(hidden)]
    fn forward<'t>(
        layer: &AnyLayer,
        cx: &Context<'t, Self>,
        x: Var<'t, Self>,
        activation: Option<Activation>,
    ) -> Var<'t, Self>;

    #[doc(hidden)]
    fn forward_own<'t>(layer: &dyn ErasedLayer, cx: &Context<'t, Self>, x: Var<'t, Self>) -> Var<'t, Self>;
}

impl Scalar for f32 {
    fn forward<'t>(
        layer: &AnyLayer,
        cx: &Context<'t, f32>,
        x: Var<'t, f32>,
        activation: Option<Activation>,
    ) -> Var<'t, f32> {
        layer.forward_f32(cx, x, activation)
    }

    fn forward_own<'t>(layer: &dyn ErasedLayer, cx: &Context<'t, f32>, x: Var<'t, f32>) -> Var<'t, f32> {
        layer.forward_f32(cx, x)
    }
}

macro_rules! scalar {
    ($($(#[$where_used:meta])? $number:ty => $method:ident);*) => {$(
        impl Scalar for $number {
            $(#[$where_used])?
            fn forward<'t>(
                layer: &AnyLayer,
                cx: &Context<'t, Self>,
                x: Var<'t, Self>,
                activation: Option<Activation>,
            ) -> Var<'t, Self> {
                layer.view().forward_activated(cx, x, activation)
            }

            fn forward_own<'t>(
                layer: &dyn ErasedLayer,
                cx: &Context<'t, Self>,
                x: Var<'t, Self>,
            ) -> Var<'t, Self> {
                layer.$method(cx, x)
            }
        }
    )*};
}

// What may be inlined is compiled where it is used, and only there. Training with the feature `dual` refers to `Dual64`.
scalar!(#[inline(always)] f64 => forward_f64);
#[cfg(feature = "dual")]
scalar!(#[inline(always)] Dual32 => forward_dual32; Dual64 => forward_dual64);
