//! What depends on the order of the elements along one axis.

use super::View;
use crate::gemm::Store;
use crate::{Real, vectorize};

/// The index of the largest element along an axis: the first of equals; a NaN counts as the largest.
/// The result has not the axis.
///
/// # Panics
/// If there is no such axis, it has length 0, or `out` has the wrong number of elements.
pub fn argmax<T: Real>(out: &mut [usize], x: View<'_, T>, axis: usize) {
    best(out, x, axis, |x, best| x > best);
}

/// The index of the smallest element along an axis: the first of equals; a NaN counts as the
/// smallest. The result has not the axis.
///
/// # Panics
/// If there is no such axis, it has length 0, or `out` has the wrong number of elements.
pub fn argmin<T: Real>(out: &mut [usize], x: View<'_, T>, axis: usize) {
    best(out, x, axis, |x, best| x < best);
}

// `x != x` is how a number type without `is_nan` tells a NaN.
#[allow(clippy::eq_op)]
#[inline(always)]
fn best<T: Real>(out: &mut [usize], x: View<'_, T>, axis: usize, better: impl Fn(T, T) -> bool) {
    let (outer, length, inner) = x.shape.around(axis);
    assert!(length > 0, "axis {axis} of {} has no elements", x.shape);
    assert_eq!(out.len(), outer * inner, "the number of elements");
    if out.is_empty() {
        return;
    }
    for (out, block) in out.chunks_exact_mut(inner).zip(x.elements.chunks_exact(length * inner)) {
        out.fill(0);
        for (index, row) in block.chunks_exact(inner).enumerate().skip(1) {
            for (column, (out, &x)) in out.iter_mut().zip(row).enumerate() {
                let best = block[*out * inner + column];
                if better(x, best) || (x != x && best == best) {
                    *out = index;
                }
            }
        }
    }
}

/// The running sums along an axis, from its end to its start if `reverse` (the adjoint of the sums
/// from its start).
///
/// # Panics
/// If there is no such axis, or `out` has not as many elements as `x`.
pub fn cumsum<T: Real>(out: &mut [T], x: View<'_, T>, axis: usize, reverse: bool, store: Store) {
    let (_, length, inner) = x.shape.around(axis);
    assert_eq!(out.len(), x.elements.len(), "the number of elements of {}", x.shape);
    if out.is_empty() {
        return;
    }
    let put = store.put();
    vectorize!({
        let blocks = out.chunks_exact_mut(length * inner).zip(x.elements.chunks_exact(length * inner));
        for (out, x) in blocks {
            for column in 0..inner {
                let mut sum = T::zero();
                for index in 0..length {
                    let place = column + inner * if reverse { length - 1 - index } else { index };
                    sum += x[place];
                    put(&mut out[place], sum);
                }
            }
        }
    });
}
