//! A right operand that is packed once for many products.

use super::blocked::pack_right;
use super::dot::ROWS;
use super::kernel::Packed;
use super::pack::Numbers;
use super::{Gemm, Matrix};
use crate::Real;

/// The right operand of products, copied once into the order in which the kernels read it: weights that many batches
/// are multiplied by, or all the steps of a sequence. A product by it has the same bits as one by the matrix itself.
///
/// ```
/// use downhill_tensor::Threads;
/// use downhill_tensor::gemm::{Gemm, Matrix, PackedMatrix, Start, gemm_by};
///
/// let (a, b, mut c) = ([1.0, 2.0], [3.0, 4.0, 5.0, 6.0], [0.0; 2]);
/// let b = Matrix::row_major(&b, 2);
/// let packed = PackedMatrix::new(b, 2, 2);
/// let (a, start, threads) = (Matrix::row_major(&a, 2), Start::Zero, &Threads::single());
/// gemm_by(Gemm { m: 1, k: 2, n: 2, a, b, c: &mut c, start, threads }, &packed);
/// assert_eq!(c, [13.0, 16.0]);
/// ```
#[derive(Debug, Clone)]
pub struct PackedMatrix<T> {
    pub(super) size: [usize; 2],
    /// None for number types without kernels.
    numbers: Option<Numbers<T>>,
}

impl<T: Real> PackedMatrix<T> {
    /// The fewest rows of a left operand that a packed right one is read for.
    pub const LEAST_ROWS: usize = ROWS + 1;

    /// The `rows`×`columns` matrix, packed.
    ///
    /// # Panics
    /// If its slice is too short: a caller's error.
    pub fn new(b: Matrix<'_, T>, rows: usize, columns: usize) -> PackedMatrix<T> {
        assert!(b.holds(rows, columns), "gemm: an operand is shorter than {rows}x{columns} needs");
        T::pack(b, rows, columns)
    }

    /// What stands for a matrix of a number type without kernels.
    pub(crate) fn unpacked(rows: usize, columns: usize) -> PackedMatrix<T> {
        PackedMatrix { size: [rows, columns], numbers: None }
    }
}

/// A matrix packed for the kernels.
pub(crate) fn packed<T: Packed>(b: Matrix<'_, T>, rows: usize, columns: usize) -> PackedMatrix<T> {
    PackedMatrix { size: [rows, columns], numbers: Some(pack_right(b, [rows, columns])) }
}

/// What the kernels read of it.
pub(super) fn panels<T: Packed>(packed: &PackedMatrix<T>) -> Option<&[T]> {
    packed.numbers.as_ref().map(Numbers::as_slice)
}

/// Computes a product whose right operand `b` has also been packed before.
///
/// # Panics
/// As [`gemm`](super::gemm), and if `packed` is of another size than `b`. That it holds the same numbers is not checked.
pub fn gemm_by<T: Real>(product: Gemm<'_, T>, packed: &PackedMatrix<T>) {
    T::gemm(product, Some(packed));
}
