//! A layer made of a closure.

use std::sync::Arc;

#[cfg(feature = "dual")]
use downhill_autodiff::tensor::num_dual::{Dual32, Dual64};
use downhill_autodiff::{Shape, Var};

use crate::layer::ErasedLayer;
use crate::{Context, Layer, Result, Scalar, Scope};

/// A layer without parameters made of a closure; written with [`lambda!`](crate::lambda!).
///
/// It runs in every number type, since the macro compiles the closure for each. It is not built in: a
/// network with it can be trained and used, but its architecture not saved.
#[derive(Clone)]
pub struct Lambda(Arc<Closures>);

/// A layer made of a closure of one variable: no parameters, any operations.
///
/// ```
/// use downhill_nn::{Linear, Sequential, lambda};
/// let scale = 0.5;
/// let layers = Sequential::new().then(Linear::new(8)).then(lambda!(|x| x.sin().mul_scalar(scale)));
/// ```
#[macro_export]
macro_rules! lambda {
    (|$x:ident| $body:expr) => {
        $crate::each_number!(|$x| $body)
    };
}

/// [`lambda!`](crate::lambda!)'s closure once for each number type: which there are is this crate's feature, not that of
/// the crate that writes the closure.
#[doc(hidden)]
#[cfg(feature = "dual")]
#[macro_export]
macro_rules! each_number {
    (|$x:ident| $body:expr) => {
        $crate::Lambda::from_closures(move |$x| $body, move |$x| $body, move |$x| $body, move |$x| $body)
    };
}

#[doc(hidden)]
#[cfg(not(feature = "dual"))]
#[macro_export]
macro_rules! each_number {
    (|$x:ident| $body:expr) => {
        $crate::Lambda::from_closures(move |$x| $body, move |$x| $body)
    };
}

/// A closure compiled for each number type.
struct Closures {
    f32: Box<Closure<f32>>,
    f64: Box<Closure<f64>>,
    #[cfg(feature = "dual")]
    dual32: Box<Closure<Dual32>>,
    #[cfg(feature = "dual")]
    dual64: Box<Closure<Dual64>>,
}

type Closure<T> = dyn for<'t> Fn(Var<'t, T>) -> Var<'t, T> + Send + Sync;

impl Lambda {
    /// What [`lambda!`](crate::lambda!) expands to: the same closure for each number type.
    #[doc(hidden)]
    pub fn from_closures(
        f32: impl for<'t> Fn(Var<'t, f32>) -> Var<'t, f32> + Send + Sync + 'static,
        f64: impl for<'t> Fn(Var<'t, f64>) -> Var<'t, f64> + Send + Sync + 'static,
        #[cfg(feature = "dual")] dual32: impl for<'t> Fn(Var<'t, Dual32>) -> Var<'t, Dual32>
        + Send
        + Sync
        + 'static,
        #[cfg(feature = "dual")] dual64: impl for<'t> Fn(Var<'t, Dual64>) -> Var<'t, Dual64>
        + Send
        + Sync
        + 'static,
    ) -> Lambda {
        Lambda(Arc::new(Closures {
            f32: Box::new(f32),
            f64: Box::new(f64),
            #[cfg(feature = "dual")]
            dual32: Box::new(dual32),
            #[cfg(feature = "dual")]
            dual64: Box::new(dual64),
        }))
    }
}

impl Layer for Lambda {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        T::forward_own(&self.0, cx, x)
    }
}

impl ErasedLayer for Arc<Closures> {
    fn kind(&self) -> String {
        "Lambda".into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        Layer::build(&mut Lambda(Arc::clone(self)), scope, input)
    }

    fn forward_f32<'t>(&self, _: &Context<'t, f32>, x: Var<'t, f32>) -> Var<'t, f32> {
        (self.f32)(x)
    }

    fn forward_f64<'t>(&self, _: &Context<'t, f64>, x: Var<'t, f64>) -> Var<'t, f64> {
        (self.f64)(x)
    }

    #[cfg(feature = "dual")]
    fn forward_dual32<'t>(&self, _: &Context<'t, Dual32>, x: Var<'t, Dual32>) -> Var<'t, Dual32> {
        (self.dual32)(x)
    }

    #[cfg(feature = "dual")]
    fn forward_dual64<'t>(&self, _: &Context<'t, Dual64>, x: Var<'t, Dual64>) -> Var<'t, Dual64> {
        (self.dual64)(x)
    }

    fn boxed_clone(&self) -> Box<dyn ErasedLayer> {
        Box::new(Arc::clone(self))
    }
}
