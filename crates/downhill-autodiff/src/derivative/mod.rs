//! Products of derivatives with vectors, for any function written on a tape.

#[cfg(feature = "dual")]
mod dual;

#[cfg(feature = "dual")]
pub use dual::{Curvature, along, hvp, jvp};

use crate::{Real, Result, Tape, Tensor, Var};

/// A value y = f(x) and a product of its derivative with a vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Product<T: Real> {
    /// y = f(x).
    pub value: Tensor<T>,
    /// The product.
    pub product: Tensor<T>,
}

/// The vector-Jacobian product (∂f/∂x)ᵀ·u, by one forward and one backward pass.
///
/// # Errors
/// The first error of the computation; [`Error::Cotangent`](crate::Error::Cotangent) if `u` has not the shape of f(x).
pub fn vjp<T, F>(f: F, x: &Tensor<T>, u: &Tensor<T>) -> Result<Product<T>>
where
    T: Real,
    F: for<'t> FnOnce(Var<'t, T>) -> Var<'t, T>,
{
    let tape = Tape::new();
    let x = tape.variable(x.clone());
    let y = f(x);
    Ok(Product { value: y.value()?, product: y.pullback(u, &mut [])?.wrt(x)? })
}
