//! The vectors that kernels compute with.

use crate::{Math, Real};

/// A vector register: a few numbers side by side.
///
/// # Safety
/// The methods may be called only where the processor has the instructions that the vector
/// stands for, with pointers to as many elements as they touch. No alignment is needed.
pub(super) trait Vector: Copy {
    /// What it holds.
    type Element: Copy;
    /// How many it holds.
    const LANES: usize;

    unsafe fn splat(value: Self::Element) -> Self;
    unsafe fn load(from: *const Self::Element) -> Self;
    unsafe fn store(self, to: *mut Self::Element);
    /// Loads the first `count` lanes; the others are 0.
    unsafe fn load_first(from: *const Self::Element, count: usize) -> Self;
    /// Stores the first `count` lanes.
    unsafe fn store_first(self, to: *mut Self::Element, count: usize);
    unsafe fn add(self, other: Self) -> Self;
    /// `self` + `a`·`b`.
    unsafe fn add_product(self, a: Self, b: Self) -> Self;
}

/// A vector whose rows can be made columns.
///
/// # Safety
/// As of [`Vector`].
pub(super) trait Transpose: Vector {
    /// As many vectors as each has lanes: the rows of a square block.
    type Block: AsRef<[Self]> + AsMut<[Self]>;

    /// A block of one number.
    unsafe fn block(value: Self::Element) -> Self::Block;
    /// The block with rows and columns exchanged.
    unsafe fn transposed(block: Self::Block) -> Self::Block;
}

/// Lanes that the compiler maps to what registers the target has.
#[derive(Clone, Copy)]
pub(super) struct Lanes<T, const N: usize>([T; N]);

impl<T: Real, const N: usize> Vector for Lanes<T, N> {
    type Element = T;
    const LANES: usize = N;

    #[inline(always)]
    unsafe fn splat(value: T) -> Self {
        Lanes([value; N])
    }

    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: the caller vouches for N elements; an array needs no more alignment than they.
        Lanes(unsafe { *from.cast() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: as in `load`.
        unsafe { *to.cast() = self.0 }
    }

    #[inline(always)]
    unsafe fn load_first(from: *const T, count: usize) -> Self {
        let mut lanes = [T::zero(); N];
        for (lane, place) in lanes[..count].iter_mut().zip(0..) {
            // SAFETY: the caller vouches for `count` elements.
            *lane = unsafe { *from.add(place) };
        }
        Lanes(lanes)
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut T, count: usize) {
        for (lane, place) in self.0[..count].iter().zip(0..) {
            // SAFETY: as in `load_first`.
            unsafe { *to.add(place) = *lane }
        }
    }

    #[inline(always)]
    unsafe fn add(mut self, other: Self) -> Self {
        for i in 0..N {
            self.0[i] += other.0[i];
        }
        self
    }

    #[inline(always)]
    unsafe fn add_product(mut self, a: Self, b: Self) -> Self {
        for i in 0..N {
            // Without the instruction, a fused product is a slow library call.
            self.0[i] = if Math::PORTABLE == Math::FUSED {
                a.0[i].mul_add(b.0[i], self.0[i])
            } else {
                self.0[i] + a.0[i] * b.0[i]
            };
        }
        self
    }
}

impl<T: Real, const N: usize> Transpose for Lanes<T, N> {
    type Block = [Self; N];

    #[inline(always)]
    unsafe fn block(value: T) -> [Self; N] {
        [Lanes([value; N]); N]
    }

    #[inline(always)]
    unsafe fn transposed(block: [Self; N]) -> [Self; N] {
        let mut columns = block;
        for (j, column) in columns.iter_mut().enumerate() {
            for (i, row) in block.iter().enumerate() {
                column.0[i] = row.0[j];
            }
        }
        columns
    }
}
