//! The product for any number type: plain loops.

use super::{Gemm, Start};
use crate::Real;

/// The product by plain loops, for number types that have no kernel of their own.
pub fn gemm_generic<T: Real>(product: Gemm<'_, T>) {
    let Gemm { k, n, a, b, c, start, .. } = product;
    for (i, row) in c.chunks_exact_mut(n.max(1)).enumerate() {
        match start {
            Start::Zero => row.fill(T::zero()),
            Start::Row(start) => row.copy_from_slice(start),
            Start::Destination => {}
        }
        for p in 0..k {
            let factor = a.elements[i * a.row_stride + p * a.column_stride];
            for (j, there) in row.iter_mut().enumerate() {
                *there += factor * b.elements[p * b.row_stride + j * b.column_stride];
            }
        }
    }
}
