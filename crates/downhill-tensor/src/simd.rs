//! The widest instructions that this processor has, chosen at run time.

use crate::Math;

/// Runs an expression compiled for AVX-512 or AVX2 where this processor has it: `vectorize!(for x in xs { … })`.
///
/// The expression is compiled once for each instruction set, and the compiler vectorises its loops anew
/// each time. It neither reorders nor contracts floating-point arithmetic: spell out the lanes of a sum that is to run in
/// parallel.
///
/// Whatever a loop calls must be inlined into it, or it stays as slow as it is. So mark every closure
/// `#[inline(always)]` that is passed to a function called here, and every function that is called (the kernels
/// of [`Real`](crate::Real) are marked). The compiler takes the attribute on a closure that is an argument of a call.
/// Loop with `for`: the standard library's `for_each` and `fold` are not marked. `return` and `?` leave
/// the expression, not the function around it.
///
/// `vectorize!(move …)` takes what it uses with it, as a closure does. A loop that calls a closure or a method on settings
/// needs that: what these refer to might, for all the compiler knows, change with each number that the loop writes, and
/// would be read again each time.
///
/// `vectorize!(|math| …)` and `vectorize!(move |math| …)` hand out the [`Math`](crate::Math) of the instructions, which the
/// functions of [`Real`](crate::Real) take.
///
/// ```
/// use downhill_tensor::{Math, Real, vectorize};
///
/// #[inline(always)]
/// fn map<T: Real>(numbers: &mut [T], f: impl Fn(T, Math) -> T) {
///     vectorize!(move |math| for x in numbers {
///         *x = f(*x, math);
///     });
/// }
///
/// let mut numbers = [0.0, 1e9];
/// map(&mut numbers, #[inline(always)] |x, math| x.tanh_kernel(math));
/// assert_eq!(numbers, [0.0, 1.0]);
/// ```
#[macro_export]
macro_rules! vectorize {
    // A closure of its own for each use, so that it is inlined into each of its versions.
    (move |$math:ident| $body:expr) => {
        $crate::simd::widest(
            #[inline(always)]
            move |$math: $crate::Math| $body,
        )
    };
    (|$math:ident| $body:expr) => {
        $crate::simd::widest(
            #[inline(always)]
            |$math: $crate::Math| $body,
        )
    };
    (move $body:expr) => {
        $crate::vectorize!(move |_math| $body)
    };
    ($body:expr) => {
        $crate::vectorize!(|_math| $body)
    };
}

/// Runs `f` compiled for AVX-512 or AVX2 where this processor has it: what
/// [`vectorize!`](crate::vectorize!) expands to.
#[inline(always)]
pub fn widest<R>(f: impl FnOnce(Math) -> R) -> R {
    match Instructions::detect() {
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => {
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            fn avx512<R>(f: impl FnOnce(Math) -> R) -> R {
                f(Math::FUSED)
            }
            // SAFETY: this processor has these features.
            unsafe { avx512(f) }
        }
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => {
            #[target_feature(enable = "avx2,fma")]
            fn avx2<R>(f: impl FnOnce(Math) -> R) -> R {
                f(Math::FUSED)
            }
            // SAFETY: this processor has these features.
            unsafe { avx2(f) }
        }
        Instructions::Baseline => {
            // Not inlined, or each caller's caller that is compiled anew holds a copy of what seldom runs.
            #[inline(never)]
            fn baseline<R>(f: impl FnOnce(Math) -> R) -> R {
                f(Math::PORTABLE)
            }
            baseline(f)
        }
    }
}

/// The instruction sets that kernels are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instructions {
    /// AVX-512 F, BW, DQ and VL, AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// What every processor of the target has.
    Baseline,
}

impl Instructions {
    /// The widest that this processor has.
    #[inline(always)]
    pub(crate) fn detect() -> Instructions {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            use std::sync::OnceLock;

            // The standard library remembers each feature, but to ask for all six of them takes as long as a short loop, and
            // code at every place that asks.
            static FOUND: OnceLock<Instructions> = OnceLock::new();
            *FOUND.get_or_init(|| {
                let avx2 = has!("avx2") && has!("fma");
                let avx512 = has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl");
                match [avx2, avx512] {
                    [true, true] => Instructions::Avx512,
                    [true, false] => Instructions::Avx2,
                    _ => Instructions::Baseline,
                }
            })
        }
        #[cfg(not(target_arch = "x86_64"))]
        Instructions::Baseline
    }
}
