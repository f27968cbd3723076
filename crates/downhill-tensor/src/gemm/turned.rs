//! The product of some rows and a transposed matrix, computed as its transpose `Cᵀ = Bᵀ·Aᵀ`.
//!
//! As the left operand Bᵀ is read in place, row by row; as the right one it would be packed, transposed, for a few rows
//! of A. What is transposed instead is A and C, if that is less. Bits are the same either way.

use super::blocked::gemm_packed;
use super::kernel::Packed;
use super::pack::{pack, with_scratch};
use super::{Gemm, Start};
use crate::Threads;
use crate::kernel::pieces::Pieces;

/// Fewer rows than these would not fill the vectors that they become.
const ROWS: usize = 8;
/// The rows that are transposed in one task.
const TOGETHER: usize = 16;

/// Computes a product of contiguous rows and contiguous columns if that is better turned, or answers false.
pub(super) fn turned<T: Packed>(product: &mut Gemm<'_, T>) -> bool {
    let Gemm { m, k, n, a, b, start, threads, .. } = *product;
    // A quarter less to transpose: each turn is a pass over memory more. It can't be less both ways, so that what is turned
    // is not turned back.
    if a.column_stride != 1 || b.row_stride != 1 || m < ROWS || 4 * m * (k + n) > 3 * k * n {
        return false;
    }
    with_scratch(m * n, |c: &mut [T]| {
        let added = match start {
            Start::Zero => None,
            Start::Row(row) => Some((row, 0)),
            Start::Destination => Some((&*product.c, n)),
        };
        // Into its place before the product, not after it: sums of several parts are added to it in that order.
        if let Some((from, apart)) = added {
            transpose(c, m, from, apart, threads);
        }
        let start = added.map_or(Start::Zero, |_| Start::Destination);
        gemm_packed(Gemm { m: n, k, n: m, a: b.transposed(), b: a.transposed(), c, start, threads }, None);
        transpose(product.c, n, c, m, threads);
    });
    true
}

/// Writes a matrix with so many columns, which are rows of another matrix so far apart.
fn transpose<T: Packed>(to: &mut [T], columns: usize, from: &[T], apart: usize, threads: &Threads) {
    let (all, each) = (to.len(), TOGETHER * columns);
    let to = Pieces::new(to);
    threads.run(all.div_ceil(each), |index| {
        // SAFETY: each piece is one task's.
        let rows = unsafe { to.piece(index * each..all.min((index + 1) * each)) };
        let size = [columns, apart, rows.len() / columns, 1];
        pack(rows, columns, &from[index * TOGETHER..], size);
    });
}
