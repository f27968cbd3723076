//! Objectives that are sums of squares.

use downhill_tensor::Real;

use crate::{GaussNewton, Objective, Result};

/// The objective ½‖r(θ)‖² of m residuals, with the Jacobian J = ∂r/∂θ: what
/// [`LevenbergMarquardt`](crate::LevenbergMarquardt) is for. Its gradient is Jᵀr.
///
/// The closure is given θ, the m residuals to fill in, and, if it is wanted, J to fill in: m×p, row by row, 0 at first.
///
/// ```
/// use downhill_optim::{Layout, LeastSquares, LevenbergMarquardt, Optimizer};
///
/// // y = a·exp(bx) through four points.
/// let points = [(0.0, 2.0), (1.0, 3.3), (2.0, 5.4), (3.0, 9.0_f64)];
/// let mut objective = LeastSquares::new(points.len(), |theta: &[f64], residuals, jacobian| {
///     let mut rows = jacobian.map(|jacobian| jacobian.chunks_exact_mut(2));
///     for (residual, (x, y)) in residuals.iter_mut().zip(points) {
///         let e = (theta[1] * x).exp();
///         *residual = theta[0] * e - y;
///         if let Some(row) = rows.as_mut().and_then(Iterator::next) {
///             (row[0], row[1]) = (e, theta[0] * x * e);
///         }
///     }
/// });
/// let (mut optimizer, mut theta, mut gradient) = (LevenbergMarquardt::new(), [1.0, 0.0], [0.0, 0.0]);
/// for _ in 0..20 {
///     optimizer.step_on(&mut theta, &mut gradient, &mut objective, &Layout::flat(2))?;
/// }
/// assert!((theta[0] - 1.99).abs() < 0.01 && (theta[1] - 0.503).abs() < 0.001, "{theta:?}");
/// # Ok::<(), downhill_optim::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LeastSquares<T, F> {
    function: F,
    residuals: Vec<T>,
    jacobian: Vec<T>,
}

impl<T: Real, F: FnMut(&[T], &mut [T], Option<&mut [T]>)> LeastSquares<T, F> {
    /// The objective of a closure with this many residuals.
    pub fn new(residuals: usize, function: F) -> LeastSquares<T, F> {
        LeastSquares { function, residuals: vec![T::zero(); residuals], jacobian: Vec::new() }
    }

    /// r at the θ that was asked for last.
    pub fn residuals(&self) -> &[T] {
        &self.residuals
    }

    fn evaluate(&mut self, theta: &[T], jacobian: bool) -> T {
        if jacobian {
            self.jacobian.clear();
            self.jacobian.resize(self.residuals.len() * theta.len(), T::zero());
        }
        (self.function)(theta, &mut self.residuals, jacobian.then_some(&mut self.jacobian[..]));
        self.residuals.iter().fold(T::zero(), |sum, &r| sum + r * r) * T::of(0.5)
    }
}

impl<T: Real, F: FnMut(&[T], &mut [T], Option<&mut [T]>)> Objective<T> for LeastSquares<T, F> {
    fn gradient(&mut self, theta: &[T], gradient: &mut [T]) -> Result<T> {
        let value = self.evaluate(theta, true);
        gradient.fill(T::zero());
        for (&r, row) in self.residuals.iter().zip(self.jacobian.chunks_exact(theta.len().max(1))) {
            gradient.iter_mut().zip(row).for_each(|(g, &j)| *g += r * j);
        }
        Ok(value)
    }

    fn value(&mut self, theta: &[T]) -> Result<T> {
        Ok(self.evaluate(theta, false))
    }

    fn gauss_newton(&mut self, theta: &[T], model: &mut GaussNewton<T>) -> Result<()> {
        self.evaluate(theta, true);
        model.add_residuals(&self.residuals, &self.jacobian);
        Ok(())
    }
}
