//! The numbers that a network can run in.

use downhill_autodiff::tensor::num_dual::{Dual32, Dual64};
use downhill_autodiff::{Real, Var};

use crate::Context;
use crate::layer::ErasedLayer;

/// The numbers that a network can run in: `f32`, `f64`, and dual numbers over them for exact
/// Hessian-vector products.
///
/// [`Layer::forward`](crate::Layer::forward) is generic, which a `dyn` method cannot be; this trait picks
/// the method of the erased layer that is compiled for a number type. It is implemented for the four
/// types above and not meant to be implemented elsewhere.
pub trait Scalar: Real {
    #[doc(hidden)]
    fn forward<'t>(layer: &dyn ErasedLayer, cx: &Context<'t, Self>, x: Var<'t, Self>) -> Var<'t, Self>;
}

macro_rules! scalar {
    ($($number:ty => $method:ident),*) => {$(
        impl Scalar for $number {
            #[track_caller]
            fn forward<'t>(layer: &dyn ErasedLayer, cx: &Context<'t, Self>, x: Var<'t, Self>) -> Var<'t, Self> {
                layer.$method(cx, x)
            }
        }
    )*};
}

scalar!(f32 => forward_f32, f64 => forward_f64, Dual32 => forward_dual32, Dual64 => forward_dual64);
