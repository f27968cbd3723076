//! Functions that an optimizer evaluates where it likes.

use downhill_tensor::Real;

use crate::{Error, GaussNewton, Result};

/// A function L(θ) of a flat vector that can be evaluated anywhere: what [`Optimizer::step_on`] goes downhill on.
///
/// A value that is not finite is one to step back from. [`Function`] makes an objective of a closure,
/// [`LeastSquares`](crate::LeastSquares) one of residuals. Second derivatives are needed by some methods only.
///
/// [`Optimizer::step_on`]: crate::Optimizer::step_on
pub trait Objective<T: Real = f32> {
    /// Writes ∇L(θ), all of it, and answers L(θ).
    ///
    /// # Errors
    /// [`Error::Objective`], or what the objective is made of.
    fn gradient(&mut self, theta: &[T], gradient: &mut [T]) -> Result<T>;

    /// L(θ).
    ///
    /// # Errors
    /// As [`gradient`](Objective::gradient).
    fn value(&mut self, theta: &[T]) -> Result<T>;

    /// Writes the product of the Hessian with a vector, ∇²L(θ)·v, all of it.
    ///
    /// # Errors
    /// [`Error::Lacks`] unless the objective has it.
    fn hessian_product(&mut self, theta: &[T], v: &[T], product: &mut [T]) -> Result<()> {
        let _ = (theta, v, product);
        Err(Error::Lacks { what: "Hessian-vector product" })
    }

    /// Adds L(θ), ∇L(θ) and the Gauss-Newton matrix to `model`, which is 0.
    ///
    /// # Errors
    /// [`Error::Lacks`] unless the objective has it.
    fn gauss_newton(&mut self, theta: &[T], model: &mut GaussNewton<T>) -> Result<()> {
        let _ = (theta, model);
        Err(Error::Lacks { what: "Gauss-Newton matrix" })
    }
}

/// An objective that is a closure: given θ and a gradient of zeros, it fills in the gradient at θ and answers the
/// value there.
///
/// ```
/// use downhill_optim::{Function, Layout, Lbfgs, Optimizer};
///
/// // (x − 3)² + (y + 1)⁴
/// let mut objective = Function::new(|x: &[f64], gradient: &mut [f64]| {
///     (gradient[0], gradient[1]) = (2.0 * (x[0] - 3.0), 4.0 * (x[1] + 1.0).powi(3));
///     (x[0] - 3.0).powi(2) + (x[1] + 1.0).powi(4)
/// });
/// let (mut optimizer, mut x, mut gradient) = (Lbfgs::new(), [0.0, 0.0], [0.0, 0.0]);
/// for _ in 0..30 {
///     optimizer.step_on(&mut x, &mut gradient, &mut objective, &Layout::flat(2))?;
/// }
/// assert!((x[0] - 3.0).abs() < 1e-6 && (x[1] + 1.0).abs() < 1e-2);
/// # Ok::<(), downhill_optim::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Function<T, F> {
    function: F,
    /// Where a gradient goes that nobody asked for.
    scratch: Vec<T>,
}

impl<T: Real, F: FnMut(&[T], &mut [T]) -> T> Function<T, F> {
    /// The objective of a closure.
    pub fn new(function: F) -> Function<T, F> {
        Function { function, scratch: Vec::new() }
    }
}

impl<T: Real, F: FnMut(&[T], &mut [T]) -> T> Objective<T> for Function<T, F> {
    fn gradient(&mut self, theta: &[T], gradient: &mut [T]) -> Result<T> {
        gradient.fill(T::zero());
        Ok((self.function)(theta, gradient))
    }

    fn value(&mut self, theta: &[T]) -> Result<T> {
        self.scratch.clear();
        self.scratch.resize(theta.len(), T::zero());
        Ok((self.function)(theta, &mut self.scratch))
    }
}
