//! The only matrix product.

mod blocked;
mod dot;
mod generic;
mod kernel;
mod nested;
mod pack;
mod packed;
mod prefetch;
mod ranges;
mod turned;
mod vector;
mod windows;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use blocked::gemm_packed;
pub use generic::gemm_generic;
pub use nested::{NestedGemm, padded};
pub(crate) use nested::{nested_by_kernels, nested_generic};
pub(crate) use packed::packed;
pub use packed::{PackedMatrix, gemm_by};
pub use windows::{PANEL, Windows};
pub(crate) use windows::{
    pack_channels, weights_of_windows, weights_of_windows_generic, windows_by_weights,
    windows_by_weights_generic,
};

use crate::{Real, Threads};

/// A matrix to be read by a product: a slice with the distance from one row and one column to the next.
/// A transpose is the same slice with the two swapped.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a, T> {
    /// The elements.
    pub elements: &'a [T],
    /// The distance in elements from a row to the next.
    pub row_stride: usize,
    /// The distance in elements from a column to the next.
    pub column_stride: usize,
}

impl<'a, T> Matrix<'a, T> {
    /// A row-major matrix with this many columns.
    pub fn row_major(elements: &'a [T], columns: usize) -> Matrix<'a, T> {
        Matrix { elements, row_stride: columns, column_stride: 1 }
    }

    /// The transpose, without moving anything.
    #[must_use]
    pub fn transposed(self) -> Matrix<'a, T> {
        Matrix { row_stride: self.column_stride, column_stride: self.row_stride, ..self }
    }

    /// The elements from this one on; none if there is no such element.
    #[inline]
    fn at(self, row: usize, column: usize) -> &'a [T] {
        self.elements.get(row * self.row_stride + column * self.column_stride..).unwrap_or(&[])
    }

    /// Whether a `rows`×`columns` matrix lies within the slice.
    fn holds(&self, rows: usize, columns: usize) -> bool {
        // Saturating: a product that overflowed could seem to fit.
        let (last_row, last_column) = (rows.saturating_sub(1), columns.saturating_sub(1));
        let last = last_row
            .saturating_mul(self.row_stride)
            .saturating_add(last_column.saturating_mul(self.column_stride));
        rows == 0 || columns == 0 || last < self.elements.len()
    }
}

/// What a product does with what stood in its destination before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// `C ← A·B`: the destination is only written.
    Write,
    /// `C ← C + A·B`.
    Add,
}

/// What is added to a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start<'a, T> {
    /// `C ← A·B`.
    Zero,
    /// `C ← A·B` and this row, of `n` elements, added to each row: a bias.
    Row(&'a [T]),
    /// `C ← C + A·B`.
    Destination,
}

impl<T> From<Store> for Start<'_, T> {
    fn from(store: Store) -> Self {
        match store {
            Store::Write => Start::Zero,
            Store::Add => Start::Destination,
        }
    }
}

/// A matrix product `C ← A·B`, or that added to something, with `C` row-major and contiguous.
#[derive(Debug)]
pub struct Gemm<'a, T> {
    /// The rows of `A` and `C`.
    pub m: usize,
    /// The columns of `A` and rows of `B`.
    pub k: usize,
    /// The columns of `B` and `C`.
    pub n: usize,
    /// The left operand, `m`×`k`.
    pub a: Matrix<'a, T>,
    /// The right operand, `k`×`n`.
    pub b: Matrix<'a, T>,
    /// The destination: `m·n` elements, row-major.
    pub c: &'a mut [T],
    /// What the product is added to. Unless it is the destination itself, that is only written.
    pub start: Start<'a, T>,
    /// The threads to compute on. The result's bits do not depend on their number.
    pub threads: &'a Threads,
}

/// Computes a product.
///
/// # Panics
/// If an operand or the destination is too short for the sizes: a caller's error, checked here once
/// so that the kernels need not.
pub fn gemm<T: Real>(product: Gemm<'_, T>) {
    T::gemm(product, None);
}

/// Checks that the operands and the destination hold what the sizes say: what the kernels rely on.
pub(crate) fn check<T: Real>(product: &Gemm<'_, T>, packed: Option<&PackedMatrix<T>>) {
    let &Gemm { m, k, n, .. } = product;
    if let Some(packed) = packed {
        assert_eq!(packed.size, [k, n], "gemm: the packed operand is not that of {m}x{k}x{n}");
    }
    assert!(
        product.a.holds(m, k) && product.b.holds(k, n),
        "gemm: an operand is shorter than {m}x{k}x{n} needs"
    );
    assert_eq!(product.c.len(), m.saturating_mul(n), "gemm: the destination must hold {m}x{n} elements");
    if let Start::Row(row) = product.start {
        assert_eq!(row.len(), n, "gemm: the row to add must have {n} elements");
    }
}
