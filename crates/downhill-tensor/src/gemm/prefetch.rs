//! Asking for memory ahead, where a processor does not foresee what is read next.

/// The bytes of a cache line.
pub(super) const LINE: usize = 64;
/// How many lines ahead of what is read to ask for memory.
pub(super) const LINES_AHEAD: usize = 4;

/// The cache that memory is to be in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cache {
    First,
    Second,
}

/// Asks for the cache line of an address, which may be any: the instruction does not fault.
#[inline(always)]
pub(super) fn prefetch<T>(_address: *const T, _cache: Cache) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has the instruction.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _MM_HINT_T1, _mm_prefetch};
        match _cache {
            Cache::First => _mm_prefetch::<_MM_HINT_T0>(_address.cast()),
            Cache::Second => _mm_prefetch::<_MM_HINT_T1>(_address.cast()),
        }
    }
}
