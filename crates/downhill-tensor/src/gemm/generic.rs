//! The product for any number type: plain loops.

use super::{Gemm, Store};
use crate::Real;

/// The product by plain loops, for number types that have no kernel of their own.
pub fn gemm_generic<T: Real>(product: Gemm<'_, T>) {
    let Gemm { k, n, a, b, c, store, .. } = product;
    for (i, row) in c.chunks_exact_mut(n.max(1)).enumerate() {
        if store == Store::Write {
            row.fill(T::zero());
        }
        for p in 0..k {
            let factor = a.elements[i * a.row_stride + p * a.column_stride];
            for (j, there) in row.iter_mut().enumerate() {
                *there += factor * b.elements[p * b.row_stride + j * b.column_stride];
            }
        }
    }
}
