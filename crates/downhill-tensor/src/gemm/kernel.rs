//! The innermost loops: a tile of the destination that stays in registers.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m256d, __m512, __m512d};

use super::prefetch::{Cache, LINE, LINES_AHEAD, prefetch};
use super::vector::{Lanes, Transpose, Vector};
use crate::Real;
use crate::simd::Instructions;

/// A number type with kernels.
///
/// # Safety
/// Any bits must be one of its values.
pub(crate) unsafe trait Packed: Real {
    /// The kernels for the instructions that this processor has.
    fn kernels() -> &'static Kernels<Self>;
}

// SAFETY: every bit pattern is a float.
unsafe impl Packed for f32 {
    #[inline]
    fn kernels() -> &'static Kernels<f32> {
        match Instructions::detect() {
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => &avx512::Of::<__m512, __m256>::KERNELS,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => &avx2::Of::<__m256, __m256>::KERNELS,
            Instructions::Baseline => &baseline::Of::<Lanes<f32, 4>, Lanes<f32, 4>>::KERNELS,
        }
    }
}

// SAFETY: every bit pattern is a float.
unsafe impl Packed for f64 {
    #[inline]
    fn kernels() -> &'static Kernels<f64> {
        match Instructions::detect() {
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => &avx512::Of::<__m512d, __m256d>::KERNELS,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => &avx2::Of::<__m256d, __m256d>::KERNELS,
            Instructions::Baseline => &baseline::Of::<Lanes<f64, 2>, Lanes<f64, 2>>::KERNELS,
        }
    }
}

/// The kernels of one instruction set.
pub(crate) struct Kernels<T: 'static> {
    /// The numbers in a vector.
    pub(super) lanes: usize,
    /// The kernel for a tile of `r` rows and `v` vectors a row is `tiles[r - 1][v - 1]`.
    pub(super) tiles: &'static [[TileKernel<T>; 2]],
    /// The same for tiles of two vectors a row and steps that are nested in A, and in B: `nested[r - 1][operand]`.
    pub(super) nested: &'static [[TileKernel<T>; 2]],
    /// The rows of a block of A that fits the second cache: whole tiles of the tallest.
    pub(super) block_rows: usize,
    /// What they read in place.
    pub(super) reach: Reach,
    /// The dot products of a vector with several.
    pub(super) dot_products: DotKernel<T>,
    /// The most rows that `transpose` transposes.
    pub(super) side: usize,
    /// Transposes a few rows.
    pub(super) transpose: TransposeKernel<T>,
}

/// About the rows of a block of A.
const BLOCK_ROWS: usize = 132;

/// Up to where kernels read operands in place, and how much at a time: it depends on the cache that panels of B are to
/// stay in while tile after tile reads them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// The most steps of the sum between two visits of C.
    pub(super) steps: usize,
    /// A is read in place for up to so many columns of B if its rows are contiguous, and if they are not.
    pub(super) a_in_place: [usize; 2],
    /// B is read in place for up to so many rows of A, where it has at most so many bytes.
    pub(super) b_in_place: [usize; 2],
    /// The sets of that cache, and the lines of each.
    pub(super) lines: [usize; 2],
}

/// Panels stay in the first cache.
const FIRST_CACHE: Reach =
    Reach { steps: 528, a_in_place: [1024, 64], b_in_place: [64, 1 << 17], lines: [64, 8] };
/// Panels stay in the second one: a step takes so long that what comes from there is in time for the next.
const SECOND_CACHE: Reach =
    Reach { steps: 800, a_in_place: [1024, 256], b_in_place: [96, 1 << 19], lines: [2048, 8] };

/// Computes a tile.
///
/// # Safety
/// The processor must have the kernel's instructions. With the kernel's `ROWS` and `VECTORS`: the
/// elements `a[i·a_row + p's]` and `b[p's + j]` must be readable for `i < ROWS`, each step `p`, which has a place in
/// each operand, and `j < VECTORS` × lanes, the elements `c[i·c_row + j]` writable for `i < ROWS` and `j < columns` and those
/// of `start` readable, and `columns` must reach into the last vector.
type TileKernel<T> = unsafe fn(&Tile<'_, T>);

/// The dot products of `x` with each of `ys`.
///
/// # Safety
/// The processor must have the kernel's instructions, and all slices must have the same length.
type DotKernel<T> = unsafe fn(x: &[T], ys: [&[T]; DOTS]) -> [T; DOTS];

/// The number of dot products computed at a time.
pub(super) const DOTS: usize = 4;

/// Transposes a few rows: `to[j·to_row + i]` ← `from[i·from_row + j]` for `i < rows`, 0 for `rows ≤ i < side`,
/// for `j < columns`. A row of `to` may overlap the end of the one before.
///
/// # Safety
/// The processor must have the kernel's instructions, `rows` may not exceed `side`, and the matrices,
/// `rows` × `columns` and `columns` × `side`, must be readable and writable.
type TransposeKernel<T> =
    unsafe fn(from: *const T, from_row: usize, size: [usize; 2], to: *mut T, to_row: usize);

/// A tile of the destination, and the panels that it is the product of.
pub(super) struct Tile<'a, T> {
    /// The steps of the sum.
    pub(super) steps: &'a Steps,
    pub(super) a: *const T,
    pub(super) a_row: usize,
    /// How far apart columns of A are, unless they are nested.
    pub(super) a_column: usize,
    pub(super) b: *const T,
    pub(super) c: *mut T,
    pub(super) c_row: usize,
    pub(super) columns: usize,
    /// What is added to each row, and how far apart its rows are: the destination, or one row for all.
    pub(super) start: Option<(*const T, usize)>,
}

/// The steps of a sum, three nested loops with the innermost last, and where their columns of A and rows of B are: evenly far
/// apart, but for one operand if there is more than one loop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Steps {
    pub(super) counts: [usize; 3],
    /// The operand whose steps lie as the loops say.
    pub(super) nested: Option<Operand>,
    /// How far apart its step and that of the next turn of each loop are; with one loop these are the rows of B.
    pub(super) apart: [usize; 3],
    /// How far apart rows of B are if A is nested.
    pub(super) b_row: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operand {
    A,
    B,
}

/// What the operands of a kernel are numbered by.
const A: usize = Operand::A as usize;
const B: usize = Operand::B as usize;
/// What neither is.
const NONE: usize = 2;

impl Steps {
    /// So many, whose rows of B are so far apart.
    pub(super) fn even(count: usize, b_row: usize) -> Steps {
        Steps { counts: [1, 1, count], nested: None, apart: [0, 0, b_row], b_row }
    }

    /// As many as the loops have turns, so far apart in A, with rows of B one after the other.
    pub(super) fn nested_in_a(counts: [usize; 3], apart: [usize; 3], b_row: usize) -> Steps {
        Steps { counts, nested: Some(Operand::A), apart, b_row }
    }

    /// As many as the loops have turns, so far apart in B.
    pub(super) fn nested_in_b(counts: [usize; 3], apart: [usize; 3]) -> Steps {
        Steps { counts, nested: (counts[..2] != [1, 1]).then_some(Operand::B), apart, b_row: 0 }
    }

    /// How many they are.
    pub(super) fn total(self) -> usize {
        self.counts.iter().product()
    }
}

/// The body of every tile kernel.
///
/// # Safety
/// See [`TileKernel`].
// Plain ranges of constant length unroll into registers.
#[allow(clippy::needless_range_loop)]
#[inline(always)]
unsafe fn tile<V: Vector, const ROWS: usize, const VECTORS: usize, const NESTED: usize>(
    tile: &Tile<'_, V::Element>,
    zero: V::Element,
) {
    // SAFETY: the kernel's contract covers every element that is touched.
    unsafe {
        // What the sums are added to is waited for at their end otherwise, unless it is one row for all.
        if let Some((start, row @ 1..)) = tile.start {
            for i in 0..ROWS {
                prefetch(start.wrapping_add(i * row), Cache::First);
                prefetch(start.wrapping_add(i * row + VECTORS * V::LANES - 1), Cache::First);
            }
        }
        // With a constant for the distance, the addresses need no arithmetic that the sums would wait for.
        let sums = match tile.a_row {
            1 if NESTED == NONE => sums::<V, ROWS, VECTORS, NESTED>(tile, 1, zero),
            a_row => sums::<V, ROWS, VECTORS, NESTED>(tile, a_row, zero),
        };
        let last = tile.columns - (VECTORS - 1) * V::LANES;
        for i in 0..ROWS {
            for j in 0..VECTORS {
                let c = tile.c.add(i * tile.c_row + j * V::LANES);
                let start = tile.start.map(|(start, row)| start.add(i * row + j * V::LANES));
                let sum = sums[i][j];
                if j + 1 == VECTORS && last < V::LANES {
                    let sum = start.map_or(sum, |start| V::load_first(start, last).add(sum));
                    sum.store_first(c, last);
                } else {
                    let sum = start.map_or(sum, |start| V::load(start).add(sum));
                    sum.store(c);
                }
            }
        }
    }
}

/// The products of a tile's rows, `a_row` apart, with its columns.
///
/// # Safety
/// See [`TileKernel`].
#[allow(clippy::needless_range_loop)]
#[inline(always)]
unsafe fn sums<V: Vector, const ROWS: usize, const VECTORS: usize, const NESTED: usize>(
    tile: &Tile<'_, V::Element>,
    a_row: usize,
    zero: V::Element,
) -> [[V; VECTORS]; ROWS] {
    // SAFETY: the kernel's contract covers every element that is touched. Pointers are moved by
    // `wrapping_add`, since the last move may leave the slice.
    unsafe {
        let mut sums = [[V::splat(zero); VECTORS]; ROWS];
        let &Steps { counts, apart, b_row, .. } = tile.steps;
        let [a_apart, b_apart] = if NESTED == A { [apart[2], b_row] } else { [tile.a_column, apart[2]] };
        // One turn, known before, is no loop: small products would notice.
        let [outer, middle, inner] = if NESTED == NONE { [1, 1, counts[2]] } else { counts };
        let (mut a, mut b) = (thirds(tile.a, a_row), tile.b);
        let mut outer_start = if NESTED == A { tile.a } else { tile.b };
        for _ in 0..outer {
            let mut start = outer_start;
            for _ in 0..middle {
                match NESTED {
                    A => a = thirds(start, a_row),
                    B => b = start,
                    _ => {}
                }
                for _ in 0..inner {
                    let mut row = [V::splat(zero); VECTORS];
                    for j in 0..VECTORS {
                        row[j] = V::load(b.add(j * V::LANES));
                    }
                    for i in 0..ROWS {
                        let factor = V::splat(*a[i / 3].add(i % 3 * a_row));
                        for j in 0..VECTORS {
                            sums[i][j] = sums[i][j].add_product(factor, row[j]);
                        }
                    }
                    for third in &mut a {
                        *third = third.wrapping_add(a_apart);
                    }
                    b = b.wrapping_add(b_apart);
                }
                start = start.wrapping_add(apart[1]);
            }
            outer_start = outer_start.wrapping_add(apart[0]);
        }
        sums
    }
}

/// Where every third row begins, for the twelve of the tallest tile: as far as addresses reach without a chain of additions.
#[inline(always)]
fn thirds<T>(first: *const T, row: usize) -> [*const T; 4] {
    let mut thirds = [first; 4];
    for (third, start) in thirds.iter_mut().enumerate() {
        *start = first.wrapping_add(3 * third * row);
    }
    thirds
}

/// The body of every dot kernel: two vectors of partial sums for each product.
///
/// # Safety
/// See [`DotKernel`].
#[allow(clippy::needless_range_loop)]
#[inline(always)]
unsafe fn dot_products<T: Real, V: Vector<Element = T>>(x: &[T], ys: [&[T]; DOTS]) -> [T; DOTS] {
    let line = LINE / size_of::<T>();
    // SAFETY: what is loaded ends at the slices' common length, and an array has as many elements as a vector lanes.
    unsafe {
        let mut sums = [[V::splat(T::zero()); 2]; DOTS];
        let mut at = 0;
        while at + 2 * V::LANES <= x.len() {
            for half in 0..2 {
                let place = at + half * V::LANES;
                let x = V::load(x.as_ptr().add(place));
                let is_line = half * V::LANES % line == 0;
                for i in 0..DOTS {
                    if is_line {
                        prefetch(ys[i].as_ptr().wrapping_add(place + LINES_AHEAD * line), Cache::First);
                    }
                    let y = V::load(ys[i].as_ptr().add(place));
                    sums[i][half] = sums[i][half].add_product(x, y);
                }
            }
            at += 2 * V::LANES;
        }
        while at < x.len() {
            let some = V::LANES.min(x.len() - at);
            let x = V::load_first(x.as_ptr().add(at), some);
            for i in 0..DOTS {
                let y = V::load_first(ys[i].as_ptr().add(at), some);
                sums[i][0] = sums[i][0].add_product(x, y);
            }
            at += some;
        }
        let mut totals = [T::zero(); DOTS];
        for i in 0..DOTS {
            let mut lanes = [T::zero(); 16];
            sums[i][0].add(sums[i][1]).store(lanes.as_mut_ptr());
            // In halves: one after the other, each would wait for the one before.
            let mut half = V::LANES / 2;
            while half > 0 {
                for j in 0..half {
                    lanes[j] += lanes[half + j];
                }
                half /= 2;
            }
            totals[i] = lanes[0];
        }
        totals
    }
}

/// The body of every transposing kernel.
///
/// # Safety
/// See [`TransposeKernel`].
#[inline(always)]
unsafe fn transpose<T: Real, W: Transpose<Element = T>>(
    from: *const T,
    from_row: usize,
    [rows, columns]: [usize; 2],
    to: *mut T,
    to_row: usize,
) {
    // SAFETY: the kernel's contract covers every element that is touched.
    unsafe {
        let mut done = 0;
        while done < columns {
            let some = (columns - done).min(W::LANES);
            let (from, to) = (from.add(done), to.add(done * to_row));
            if [rows, some] == [W::LANES; 2] {
                // A block of its own: one for both branches would be filled with zeros first.
                let mut block = W::block(T::zero());
                for (i, row) in block.as_mut().iter_mut().enumerate() {
                    *row = W::load(from.add(i * from_row));
                }
                for (j, column) in W::transposed(block).as_ref().iter().enumerate() {
                    column.store(to.add(j * to_row));
                }
            } else {
                let mut block = W::block(T::zero());
                for (i, row) in block.as_mut()[..rows].iter_mut().enumerate() {
                    *row = W::load_first(from.add(i * from_row), some);
                }
                for (j, column) in W::transposed(block).as_ref()[..some].iter().enumerate() {
                    column.store(to.add(j * to_row));
                }
            }
            done += some;
        }
    }
}

/// Defines the kernels of an instruction set with this reach and tiles of these heights:
/// `Of::<V, W>::KERNELS` for vectors `V` to compute and `W` to transpose with. The tallest tile and the operands of one
/// step should just fit into the registers.
macro_rules! kernels {
    ($(#[$target:meta])? mod $set:ident $(#[$features:meta])? $reach:ident; $($rows:literal)*) => {
        $(#[$target])?
        mod $set {
            use super::{A, B, BLOCK_ROWS, $reach, DOTS, Kernels, NONE, Real, Tile, Transpose, Vector};

            pub(super) struct Of<V, W>(V, W);

            impl<T: Real, V: Vector<Element = T>, W: Transpose<Element = T>> Of<V, W> {
                pub(super) const KERNELS: Kernels<T> = Kernels {
                    lanes: V::LANES,
                    tiles: &[$([kernel::<T, V, $rows, 1, NONE>, kernel::<T, V, $rows, 2, NONE>]),*],
                    nested: &[$([kernel::<T, V, $rows, 2, A>, kernel::<T, V, $rows, 2, B>]),*],
                    block_rows: BLOCK_ROWS / [$($rows),*].len() * [$($rows),*].len(),
                    reach: $reach,
                    dot_products: dot_products::<T, V>,
                    side: W::LANES,
                    transpose: transpose::<T, W>,
                };
            }

            $(#[$features])?
            unsafe fn kernel<
                T: Real,
                V: Vector<Element = T>,
                const ROWS: usize,
                const VECTORS: usize,
                const NESTED: usize,
            >(
                tile: &Tile<'_, T>,
            ) {
                // SAFETY: the contract is handed on.
                unsafe { super::tile::<V, ROWS, VECTORS, NESTED>(tile, T::zero()) }
            }

            $(#[$features])?
            unsafe fn dot_products<T: Real, V: Vector<Element = T>>(x: &[T], ys: [&[T]; DOTS]) -> [T; DOTS] {
                // SAFETY: the contract is handed on.
                unsafe { super::dot_products::<T, V>(x, ys) }
            }

            $(#[$features])?
            unsafe fn transpose<T: Real, W: Transpose<Element = T>>(
                from: *const T,
                from_row: usize,
                size: [usize; 2],
                to: *mut T,
                to_row: usize,
            ) {
                // SAFETY: the contract is handed on.
                unsafe { super::transpose::<T, W>(from, from_row, size, to, to_row) }
            }
        }
    };
}

kernels!(#[cfg(target_arch = "x86_64")] mod avx512 #[target_feature(enable = "avx512f")] SECOND_CACHE; 1 2 3 4 5 6 7 8 9 10 11 12);
kernels!(#[cfg(target_arch = "x86_64")] mod avx2 #[target_feature(enable = "avx2,fma")] FIRST_CACHE; 1 2 3 4 5 6);
kernels!(mod baseline FIRST_CACHE; 1 2 3 4);

#[cfg(test)]
mod tests;
