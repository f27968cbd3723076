//! The vectors of AVX2 and AVX-512.

use std::arch::x86_64::*;

use super::vector::{Transpose, Vector};

/// The vector `$vector` of `$lanes` `$element`s by these intrinsics; `$mask` makes what the masked
/// ones need to touch the first `count` lanes. A macro since intrinsics are not generic.
macro_rules! vector {
    (
        $vector:ty, $element:ty, $lanes:literal,
        $splat:ident, $load:ident, $store:ident, $add:ident, $fma:ident,
        $load_masked:expr, $store_masked:expr, $mask:expr
    ) => {
        // SAFETY, of each block: the trait's contract is the intrinsic's.
        impl Vector for $vector {
            type Element = $element;
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn splat(value: $element) -> Self {
                // SAFETY: see above.
                unsafe { $splat(value) }
            }

            #[inline(always)]
            unsafe fn load(from: *const $element) -> Self {
                // SAFETY: see above.
                unsafe { $load(from) }
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut $element) {
                // SAFETY: see above.
                unsafe { $store(to, self) }
            }

            #[inline(always)]
            unsafe fn load_first(from: *const $element, count: usize) -> Self {
                // SAFETY: see above; lanes outside of the mask are not touched.
                unsafe { $load_masked($mask(count), from) }
            }

            #[inline(always)]
            unsafe fn store_first(self, to: *mut $element, count: usize) {
                // SAFETY: see above; lanes outside of the mask are not touched.
                unsafe { $store_masked(to, $mask(count), self) }
            }

            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                // SAFETY: see above.
                unsafe { $add(self, other) }
            }

            #[inline(always)]
            unsafe fn add_product(self, a: Self, b: Self) -> Self {
                // SAFETY: see above.
                unsafe { $fma(a, b, self) }
            }
        }
    };
}

vector!(
    __m512,
    f32,
    16,
    _mm512_set1_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_add_ps,
    _mm512_fmadd_ps,
    _mm512_maskz_loadu_ps,
    _mm512_mask_storeu_ps,
    first_of_16
);
vector!(
    __m512d,
    f64,
    8,
    _mm512_set1_pd,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    _mm512_add_pd,
    _mm512_fmadd_pd,
    _mm512_maskz_loadu_pd,
    _mm512_mask_storeu_pd,
    first_of_8
);
vector!(
    __m256,
    f32,
    8,
    _mm256_set1_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_add_ps,
    _mm256_fmadd_ps,
    load_masked_ps,
    _mm256_maskstore_ps,
    first_of_8_words
);
vector!(
    __m256d,
    f64,
    4,
    _mm256_set1_pd,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_add_pd,
    _mm256_fmadd_pd,
    load_masked_pd,
    _mm256_maskstore_pd,
    first_of_4_words
);

impl Transpose for __m256 {
    type Block = [Self; 8];

    #[inline(always)]
    unsafe fn block(value: f32) -> [Self; 8] {
        // SAFETY: the caller vouches for the instructions.
        [unsafe { Self::splat(value) }; 8]
    }

    #[inline(always)]
    unsafe fn transposed(rows: [Self; 8]) -> [Self; 8] {
        // SAFETY: the caller vouches for the instructions.
        unsafe {
            // Within each half: 2 × 2 blocks, then 4 × 4 blocks; then the halves.
            let mut fours = rows;
            for i in [0, 4] {
                let (a, b, c, d) = (rows[i], rows[i + 1], rows[i + 2], rows[i + 3]);
                let (low, high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
                let (next_low, next_high) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
                fours[i] = _mm256_shuffle_ps::<0x44>(low, next_low);
                fours[i + 1] = _mm256_shuffle_ps::<0xee>(low, next_low);
                fours[i + 2] = _mm256_shuffle_ps::<0x44>(high, next_high);
                fours[i + 3] = _mm256_shuffle_ps::<0xee>(high, next_high);
            }
            let mut columns = fours;
            for i in 0..4 {
                columns[i] = _mm256_permute2f128_ps::<0x20>(fours[i], fours[i + 4]);
                columns[i + 4] = _mm256_permute2f128_ps::<0x31>(fours[i], fours[i + 4]);
            }
            columns
        }
    }
}

impl Transpose for __m256d {
    type Block = [Self; 4];

    #[inline(always)]
    unsafe fn block(value: f64) -> [Self; 4] {
        // SAFETY: the caller vouches for the instructions.
        [unsafe { Self::splat(value) }; 4]
    }

    #[inline(always)]
    unsafe fn transposed([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        // SAFETY: the caller vouches for the instructions.
        unsafe {
            let (low, next_low) = (_mm256_unpacklo_pd(a, b), _mm256_unpacklo_pd(c, d));
            let (high, next_high) = (_mm256_unpackhi_pd(a, b), _mm256_unpackhi_pd(c, d));
            [
                _mm256_permute2f128_pd::<0x20>(low, next_low),
                _mm256_permute2f128_pd::<0x20>(high, next_high),
                _mm256_permute2f128_pd::<0x31>(low, next_low),
                _mm256_permute2f128_pd::<0x31>(high, next_high),
            ]
        }
    }
}

#[inline(always)]
fn first_of_16(count: usize) -> __mmask16 {
    ((1_u32 << count) - 1) as __mmask16
}

#[inline(always)]
fn first_of_8(count: usize) -> __mmask8 {
    ((1_u32 << count) - 1) as __mmask8
}

/// -1 for the first 8 of these, 0 for the rest: masks are windows into it.
static WINDOW: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

#[inline(always)]
fn first_of_8_words(count: usize) -> __m256i {
    // SAFETY: `__m256i` is eight of any integers, and the slice is checked to have them.
    unsafe { WINDOW[8 - count..][..8].as_ptr().cast::<__m256i>().read_unaligned() }
}

#[inline(always)]
fn first_of_4_words(count: usize) -> __m256i {
    first_of_8_words(2 * count)
}

// The operands in the order of AVX-512's.

#[inline(always)]
unsafe fn load_masked_ps(mask: __m256i, from: *const f32) -> __m256 {
    // SAFETY: the caller's contract is the intrinsic's.
    unsafe { _mm256_maskload_ps(from, mask) }
}

#[inline(always)]
unsafe fn load_masked_pd(mask: __m256i, from: *const f64) -> __m256d {
    // SAFETY: the caller's contract is the intrinsic's.
    unsafe { _mm256_maskload_pd(from, mask) }
}
