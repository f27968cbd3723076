//! The functions that networks spend their time in, in a form that the compiler vectorises.
//!
//! Each is a straight line of multiplications, additions, selections and bit operations, without
//! a branch, a table or a call, so that a loop over it inside [`vectorize`](crate::vectorize!)
//! works on whole vectors. No multiplication is fused with an addition: the bits of a result
//! are the same on every processor. They are reached through the hooks of
//! [`Real`](crate::Real), and agree with the standard library's at the infinities, NaN, signed zeros and
//! subnormal numbers. The largest errors, in units in the last place (the tests hold them to it):
//!
//! | hook | `f32` | `f64` |
//! |---|---|---|
//! | `exp_kernel` | 1 | 1 |
//! | `exp_m1_kernel` | 2 | 2 |
//! | `ln_kernel` | 1 | 1 |
//! | `ln_1p_kernel` | 1 | 2 |
//! | `tanh_kernel` | 2 | 3 |
//! | `sigmoid_kernel` | 3 | 3 |
//! | `erf_kernel` | 2 | 2 |
//!
//! In `f32` that is from the exact value, in `f64` from the standard library's rounded one.

use std::ops::Mul;

mod erf;
mod exponential;
mod float;
mod logarithm;

pub use erf::erf_rational;
pub(crate) use erf::{erf_f32, erf_f64};
pub(crate) use exponential::{exp, exp_m1, sigmoid, tanh};
pub(crate) use logarithm::{ln, ln_1p};

/// x to the power of an integer. The general power is a call; small ones are spelled out, to the same bits, so that a loop
/// over them becomes vectors.
#[inline(always)]
pub(crate) fn whole_power<T: Copy + Mul<Output = T>>(
    x: T,
    exponent: i32,
    general: impl Fn(T, i32) -> T,
) -> T {
    match exponent {
        1 => x,
        2 => x * x,
        3 => x * x * x,
        4 => (x * x) * (x * x),
        _ => general(x, exponent),
    }
}
