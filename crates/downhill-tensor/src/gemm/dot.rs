//! The product of a few rows and a transposed matrix: dot products, without packing the matrix.

use super::kernel::{DOTS, Packed};
use super::{Gemm, Start};

/// So few rows do not repay packing a transposed matrix.
pub(super) const ROWS: usize = 3;

/// Computes a product of a few contiguous rows and contiguous columns, or answers false if it is none.
pub(super) fn dot_products<T: Packed>(product: &mut Gemm<'_, T>) -> bool {
    let Gemm { m, k, n, a, b, start, .. } = *product;
    let is_column = n == 1;
    // A column is the row of the transposed product.
    let (m, n, a, b) = if is_column { (n, m, b.transposed(), a.transposed()) } else { (m, n, a, b) };
    if m > ROWS || a.column_stride != 1 || b.row_stride != 1 || k == 0 {
        return false;
    }
    let kernel = T::kernels().dot_products;
    for (i, row) in product.c.chunks_exact_mut(n).enumerate() {
        let x = &a.at(i, 0)[..k];
        for (group, there) in row.chunks_mut(DOTS).enumerate() {
            // The last group may compute the last column more than once.
            let ys = [0, 1, 2, 3].map(|next| &b.at(0, (n - 1).min(group * DOTS + next))[..k]);
            // SAFETY: `T::kernels` answers kernels that this processor runs, and the lengths are the same.
            let sums = unsafe { kernel(x, ys) };
            for (j, (there, sum)) in there.iter_mut().zip(sums).enumerate() {
                *there = match start {
                    Start::Zero => sum,
                    Start::Row(row) => row[if is_column { 0 } else { group * DOTS + j }] + sum,
                    Start::Destination => *there + sum,
                };
            }
        }
    }
    true
}
