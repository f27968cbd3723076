//! Products that dual numbers give: along a vector, exactly.

use downhill_tensor::num_dual::Dual;

use super::Product;
use crate::{Error, Result, Tape, Tensor, Var};

/// The Jacobian-vector product (∂f/∂x)·v, exactly, by one forward pass over dual numbers.
///
/// ```
/// use downhill_autodiff::{Tensor, derivative};
/// let x = Tensor::vector([1.0, 2.0]);
/// let v = Tensor::vector([1.0, 0.0]);
/// let jvp = derivative::jvp(|x| x.square(), &x, &v)?;
/// assert_eq!(jvp.value.as_slice(), [1.0, 4.0]);
/// assert_eq!(jvp.product.as_slice(), [2.0, 0.0]);
/// # Ok::<(), downhill_autodiff::Error>(())
/// ```
///
/// # Errors
/// The first error of the computation; [`Error::Cotangent`] if `v` has not the shape of `x`.
pub fn jvp<F>(f: F, x: &Tensor<f64>, v: &Tensor<f64>) -> Result<Product<f64>>
where
    F: for<'t> FnOnce(Var<'t, Dual<f64>>) -> Var<'t, Dual<f64>>,
{
    let tape = Tape::inference();
    let y = f(tape.constant(along(x, v)?)).value()?;
    Ok(Product { value: y.map(|y| y.re), product: y.map(|y| y.eps) })
}

/// The gradient of a function with one number as its value, and the product of its Hessian with a
/// vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Curvature {
    /// f(x).
    pub value: f64,
    /// ∇f(x).
    pub gradient: Tensor<f64>,
    /// ∇²f(x)·v.
    pub product: Tensor<f64>,
}

/// The Hessian-vector product ∇²f(x)·v, exactly, by one backward pass over dual numbers (Pearlmutter
/// 1994): the derivative of the gradient along v, at a few times the cost of a gradient.
///
/// ```
/// use downhill_autodiff::{Tensor, derivative};
/// // f(x, y) = x²·y at (3, 5): the Hessian is [[2y, 2x], [2x, 0]].
/// let at = Tensor::vector([3.0, 5.0]);
/// let f = derivative::hvp(
///     |p| {
///         let (x, y) = (p.slice(0, 0..1, 1), p.slice(0, 1..2, 1));
///         (x.square() * y).sum()
///     },
///     &at,
///     &Tensor::vector([1.0, 0.0]),
/// )?;
/// assert_eq!(f.value, 45.0);
/// assert_eq!(f.gradient.as_slice(), [30.0, 9.0]);
/// assert_eq!(f.product.as_slice(), [10.0, 6.0]);
/// # Ok::<(), downhill_autodiff::Error>(())
/// ```
///
/// # Errors
/// The first error of the computation; [`Error::NotScalar`] if f(x) is more than one number;
/// [`Error::Cotangent`] if `v` has not the shape of `x`.
pub fn hvp<F>(f: F, x: &Tensor<f64>, v: &Tensor<f64>) -> Result<Curvature>
where
    F: for<'t> FnOnce(Var<'t, Dual<f64>>) -> Var<'t, Dual<f64>>,
{
    let tape = Tape::new();
    let x = tape.variable(along(x, v)?);
    let y = f(x);
    let gradient = y.backward()?.wrt(x)?;
    Ok(Curvature {
        value: y.value()?.item()?.re,
        gradient: gradient.map(|g| g.re),
        product: gradient.map(|g| g.eps),
    })
}

/// x + εv: what a function has to be given for its value to carry its derivative along v.
///
/// # Errors
/// [`Error::Cotangent`] if the shapes differ.
pub fn along(x: &Tensor<f64>, v: &Tensor<f64>) -> Result<Tensor<Dual<f64>>> {
    if x.shape() != v.shape() {
        return Err(Error::Cotangent { cotangent: Box::new(v.shape()), value: Box::new(x.shape()) });
    }
    let (x_elements, v_elements) = (x.as_slice(), v.as_slice());
    Ok(Tensor::from_fn(x.shape(), |i| Dual::new(x_elements[i], v_elements[i])))
}
