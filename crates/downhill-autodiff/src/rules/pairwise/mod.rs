//! Functions of two elements in the same place, with NumPy's broadcasting: y = f(a, b),
//! ∂L/∂a = Σ f₁(a, b) ∂L/∂y and ∂L/∂b = Σ f₂(a, b) ∂L/∂y, summed over the axes that were stretched.

mod arithmetic;
mod extremum;
mod loss;
mod prelu;
mod select;

pub use arithmetic::{Add, Div, Mul, Pow, Sub};
pub use extremum::{Maximum, Minimum};
pub use loss::{AbsoluteError, BinaryCrossEntropy, BinaryCrossEntropyWithLogits, HuberError, SquaredError};
pub use prelu::PRelu;
pub use select::Select;

use downhill_tensor::kernel;
use downhill_tensor::{Math, Real, Result, Tensor};

use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// A differentiable function of two numbers.
///
/// Implement it and [`Zip`] makes it a [`Rule`] with broadcasting.
pub trait Pairwise<T: Real>: Copy + 'static {
    /// The function's name.
    const NAME: &'static str;

    /// y = f(a, b).
    fn value(self, a: T, b: T, math: Math) -> T;

    /// ∂f/∂a.
    fn slope_left(self, a: T, b: T, math: Math) -> T;

    /// ∂f/∂b.
    fn slope_right(self, a: T, b: T, math: Math) -> T;
}

/// The rule that applies a [`Pairwise`] function to two tensors, with broadcasting.
#[derive(Debug, Clone, Copy)]
pub struct Zip<F>(pub F);

impl<T: Real, F: Pairwise<T>> Rule<T> for Zip<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let shape = operands.shape(0).broadcast(&operands.shape(1))?;
        let mut y = cx.take(shape);
        let (a, b) = (operands.value(0).view(), operands.value(1).view());
        kernel::zip(
            y.as_mut_slice(),
            shape,
            a,
            b,
            #[inline(always)]
            |y, a, b, math| *y = self.0.value(a, b, math),
        );
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        pull(
            at,
            sink,
            0,
            #[inline(always)]
            |g, a, b, math| g * self.0.slope_left(a, b, math),
        );
        pull(
            at,
            sink,
            1,
            #[inline(always)]
            |g, a, b, math| g * self.0.slope_right(a, b, math),
        );
    }
}

/// Adds `term` of each cotangent and pair of elements to one operand's derivative, summed over the axes along which it
/// was stretched.
#[inline(always)]
fn pull<T: Real>(
    at: &Pullback<'_, T>,
    sink: &mut Sink<'_, T>,
    operand: usize,
    term: impl Fn(T, T, T, Math) -> T,
) {
    if !sink.wants(operand) {
        return;
    }
    let shape = at.output().shape();
    let mut terms = sink.workspace().take(shape);
    kernel::zip3(
        terms.as_mut_slice(),
        shape,
        at.cotangent_tensor().view(),
        at.value(0).view(),
        at.value(1).view(),
        #[inline(always)]
        |d, g, a, b, math| *d = term(g, a, b, math),
    );
    add_terms(at, sink, operand, terms);
}

/// Adds terms in the output's shape to an operand's derivative.
fn add_terms<T: Real>(at: &Pullback<'_, T>, sink: &mut Sink<'_, T>, operand: usize, terms: Tensor<T>) {
    let shape = at.shape(operand);
    if shape == terms.shape() {
        return sink.add(operand, terms);
    }
    if let Some(mut destination) = sink.destination(operand) {
        let (store, elements) = destination.parts();
        kernel::sum_to(elements, shape, terms.view(), store);
    }
    sink.workspace().give(terms);
}
