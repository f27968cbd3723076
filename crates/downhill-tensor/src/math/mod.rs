//! The functions that networks spend their time in, in a form that the compiler vectorises.
//!
//! Each is a straight line of multiplications, additions, selections and bit operations, without
//! a branch, a table or a call, so that a loop over it inside [`vectorize`](crate::vectorize!)
//! works on whole vectors. They are reached through the hooks of [`Real`](crate::Real), which take the
//! [`Math`] that the loop computes with, and agree with the standard library's at the infinities, NaN, signed zeros and
//! subnormal numbers. The largest errors, in units in the last place (the tests hold them to it, with and
//! without fused multiply-adds):
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

use float::Float;

pub use erf::erf_rational;
pub(crate) use erf::{erf_f32, erf_f64};
pub(crate) use exponential::{exp, exp_m1, sigmoid, tanh};
pub(crate) use logarithm::{ln, ln_1p};

/// How the functions of a loop compute: whether they fuse a multiplication with an addition, which rounds once and halves the
/// work where there is an instruction for it. [`vectorize!`](crate::vectorize!) hands out what suits the instructions that it
/// has chosen. The compiler knows it then, so that nothing asks for it while a loop runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Math {
    fused: bool,
}

impl Math {
    /// What every processor of the target is fast at.
    pub const PORTABLE: Math = Math { fused: cfg!(any(target_arch = "aarch64", target_feature = "fma")) };
    /// With fused multiply-adds: a slow library call where there is no instruction for them.
    pub const FUSED: Math = Math { fused: true };

    /// a·b + c.
    #[inline(always)]
    fn mul_add<F: Float>(self, a: F, b: F, c: F) -> F {
        if self.fused { a.fused(b, c) } else { a * b + c }
    }

    /// c₀ + c₁·x + c₂·x² + …
    #[inline(always)]
    fn polynomial<F: Float>(self, x: F, c: &[F]) -> F {
        let last = c.len() - 1;
        c[..last].iter().rev().fold(c[last], |sum, &c| self.mul_add(sum, x, c))
    }
}

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
