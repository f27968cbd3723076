//! Functions of each element alone: y = f(x), ∂L/∂x = f′(x) ∂L/∂y.

mod exponential;
mod gate;
mod rectifier;
mod scalar;
mod sigmoid;
mod trigonometric;

pub use exponential::{Exp, ExpM1, Ln, Ln1p, Recip, Rsqrt, Sqrt, Square};
pub use gate::{Gelu, GeluTanh, HardSwish, Mish, Silu};
pub(crate) use rectifier::sign;
pub use rectifier::{Abs, Clamp, Elu, LeakyRelu, Relu, Relu6, Selu, Softplus};
pub use scalar::{AddScalar, Identity, MulScalar, Neg, Powf, Powi};
pub use sigmoid::{Erf, HardSigmoid, LogSigmoid, Sigmoid, Softsign, Tanh};
pub use trigonometric::{Atan, Cos, Sin};

use downhill_tensor::{Math, Real, Result, Store, Tensor, Threads, kernel, vectorize};

use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// A differentiable function of one number.
///
/// Implement it and [`Map`] makes it a [`Rule`]; the fused layers take it as their activation.
pub trait Elementwise<T: Real>: Copy + Send + Sync + 'static {
    /// The function's name.
    const NAME: &'static str;

    /// Whether [`slope`](Elementwise::slope) looks at `x`. Where it does not, a fused rule need not
    /// keep x.
    const NEEDS_INPUT: bool = true;

    /// Whether f(x) = x, so that a fused rule has nothing to compute.
    const IDENTITY: bool = false;

    /// Whether f(x) = x for many an x. Says only how a fused rule computes f in place.
    const KEEPS: bool = false;

    /// y = f(x). The functions of [`Real`] take `math`.
    fn value(self, x: T, math: Math) -> T;

    /// f′(x), where y = f(x) is known already.
    fn slope(self, x: T, y: T, math: Math) -> T;
}

/// The rule that applies an [`Elementwise`] function to every element.
#[derive(Debug, Clone, Copy)]
pub struct Map<F>(pub F);

impl<T: Real, F: Elementwise<T>> Rule<T> for Map<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let mut y = cx.take(operands.shape(0));
        let x = operands.slice(0);
        kernel::for_pieces(
            cx.threads(),
            [y.as_mut_slice()],
            #[inline(always)]
            |own, [y]| {
                let function = self.0;
                vectorize!(move |math| for (y, &x) in y.iter_mut().zip(&x[own]) {
                    *y = function.value(x, math);
                });
            },
        );
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        let function = self.0;
        if let Some(mut dx) = sink.destination(0) {
            let (store, dx) = dx.parts();
            put_slopes(
                function,
                (store, dx),
                at.cotangent(),
                at.slice(0),
                at.output().as_slice(),
                at.threads(),
            );
        }
    }
}

/// Replaces each x by f(x): compiled once for the fused rules.
#[inline(never)]
pub(crate) fn replace_by_values<T: Real, F: Elementwise<T>>(
    function: F,
    numbers: &mut [T],
    threads: &Threads,
) {
    kernel::for_pieces(
        threads,
        [numbers],
        #[inline(always)]
        |_, [numbers]| {
            vectorize!(move |math| {
                if !F::KEEPS {
                    for y in numbers {
                        *y = function.value(*y, math);
                    }
                    return;
                }
                // By way of a copy. The compiler sees that some x need not be stored again, and would store the others by a
                // mask, which takes many times as long.
                let mut copy = [T::zero(); 256];
                for block in numbers.chunks_mut(copy.len()) {
                    let copy = &mut copy[..block.len()];
                    copy.copy_from_slice(block);
                    for (y, &x) in block.iter_mut().zip(&*copy) {
                        *y = function.value(x, math);
                    }
                }
            });
        },
    );
}

/// Stores g·f′(x) for each x with its y = f(x): compiled once for [`Map`] and the fused rules.
#[inline(never)]
pub(crate) fn put_slopes<T: Real, F: Elementwise<T>>(
    function: F,
    (store, out): (Store, &mut [T]),
    g: &[T],
    x: &[T],
    y: &[T],
    threads: &Threads,
) {
    kernel::for_pieces(
        threads,
        [out],
        #[inline(always)]
        |own, [out]| {
            // The loops stand here, not behind another closure: a long slope is then still inlined.
            let places = out.iter_mut().zip(g[own.clone()].iter().zip(&x[own.clone()]).zip(&y[own]));
            match store {
                Store::Write => vectorize!(move |math| for (d, ((&g, &x), &y)) in places {
                    *d = g * function.slope(x, y, math);
                }),
                Store::Add => vectorize!(move |math| for (d, ((&g, &x), &y)) in places {
                    *d += g * function.slope(x, y, math);
                }),
            }
        },
    );
}
