//! Minimising a function of a vector.

use downhill_tensor::{Layout, Real};

use crate::{Function, Objective, Optimizer, Result};

/// Takes `steps` steps downhill from `theta` on a function of a vector, and answers the function's
/// value where they end.
///
/// `function` is given θ and a gradient of zeros; it fills in the gradient at θ and answers the value
/// there.
///
/// ```
/// use downhill_optim::{GradientDescent, minimise};
///
/// // (x - 3)²
/// let mut x = [0.0];
/// let value = minimise(&mut GradientDescent::new(0.1)?, &mut x, 100, |x, gradient| {
///     gradient[0] = 2.0 * (x[0] - 3.0);
///     (x[0] - 3.0) * (x[0] - 3.0)
/// })?;
/// assert!((x[0] - 3.0_f64).abs() < 1e-6 && value < 1e-12);
/// # Ok::<(), downhill_optim::Error>(())
/// ```
///
/// # Errors
/// Those of [`Optimizer::step_on`].
pub fn minimise<T: Real>(
    optimizer: &mut dyn Optimizer<T>,
    theta: &mut [T],
    steps: usize,
    function: impl FnMut(&[T], &mut [T]) -> T,
) -> Result<T> {
    let (layout, mut objective) = (Layout::flat(theta.len()), Function::new(function));
    let mut gradient = vec![T::zero(); theta.len()];
    for _ in 0..steps {
        optimizer.step_on(theta, &mut gradient, &mut objective, &layout)?;
    }
    objective.value(theta)
}
