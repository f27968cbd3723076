//! Reductions over any set of axes.
//!
//! The result has the shape that [`Axes::reduce`] answers, with or without the reduced axes: its
//! elements stand in the same order. Sums are formed in a fixed order, by accumulators that are set
//! aside and added up in their turn, so that rounding errors grow far more slowly than the number of
//! terms.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::pieces::TASK;
use super::tiles::for_each;
use super::{View, maximum, minimum};
use crate::gemm::Store;
use crate::{Axes, Real, Shape, Threads, vectorize};

/// The sum over some axes; 0 over none.
///
/// # Panics
/// If `out` has the wrong number of elements.
pub fn sum<T: Real>(out: &mut [T], x: View<'_, T>, axes: Axes, store: Store) {
    if let Some(([rows, columns], true)) = axes.as_matrix(x.shape)
        && (1..=FEW_ROWS).contains(&rows)
    {
        assert_eq!(out.len(), columns, "the number of elements of {}", axes.reduce(x.shape, true));
        if columns == 1 {
            let mut sum = T::zero();
            for &x in x.elements {
                sum += x;
            }
            store.put()(&mut out[0], sum);
        } else if columns > 1 {
            sum_few_rows(out, x.elements, columns, store);
        }
        return;
    }
    fold(
        out,
        x,
        axes,
        store,
        T::zero(),
        #[inline(always)]
        |sum, x| sum + x,
        #[inline(always)]
        |a, b| a + b,
    );
}

/// So few terms are added up one after the other.
const FEW_ROWS: usize = 32;

/// The sums of the columns of a matrix with few rows, such as a small batch.
fn sum_few_rows<T: Real>(out: &mut [T], x: &[T], columns: usize, store: Store) {
    const LANES: usize = 16;
    let put = store.put();
    vectorize!({
        let whole = columns / LANES * LANES;
        for (panel, out) in out[..whole].chunks_exact_mut(LANES).enumerate() {
            let mut sums = [T::zero(); LANES];
            for row in x.chunks_exact(columns) {
                for (sum, &x) in sums.iter_mut().zip(&row[panel * LANES..][..LANES]) {
                    *sum += x;
                }
            }
            for (out, &sum) in out.iter_mut().zip(&sums) {
                put(out, sum);
            }
        }
        for (out, column) in out[whole..].iter_mut().zip(whole..) {
            let mut sum = T::zero();
            for &x in x[column..].iter().step_by(columns) {
                sum += x;
            }
            put(out, sum);
        }
    });
}

/// The sums over all that broadcasting a tensor of shape `shape` repeated: the adjoint of
/// [`broadcast_to`](super::broadcast_to).
///
/// # Panics
/// If `shape` does not broadcast to that of `x`, or `out` has not as many elements.
pub fn sum_to<T: Real>(out: &mut [T], shape: Shape, x: View<'_, T>, store: Store) {
    sum(out, x, Axes::stretched(shape, x.shape), store);
}

/// The mean over some axes; NaN over none.
///
/// # Panics
/// If `out` has the wrong number of elements.
pub fn mean<T: Real>(out: &mut [T], x: View<'_, T>, axes: Axes) {
    sum(out, x, axes, Store::Write);
    let count = T::of(axes.elements(x.shape) as f64);
    out.iter_mut().for_each(|mean| *mean /= count);
}

/// The product over some axes; 1 over none.
///
/// # Panics
/// If `out` has the wrong number of elements.
pub fn prod<T: Real>(out: &mut [T], x: View<'_, T>, axes: Axes) {
    fold(
        out,
        x,
        axes,
        Store::Write,
        T::one(),
        #[inline(always)]
        |product, x| product * x,
        #[inline(always)]
        |a, b| a * b,
    );
}

/// The largest element over some axes; NaN if any is, −∞ over none.
///
/// # Panics
/// If `out` has the wrong number of elements.
pub fn max<T: Real>(out: &mut [T], x: View<'_, T>, axes: Axes) {
    fold(out, x, axes, Store::Write, T::of(f64::NEG_INFINITY), maximum, maximum);
}

/// The smallest element over some axes; NaN if any is, ∞ over none.
///
/// # Panics
/// If `out` has the wrong number of elements.
pub fn min<T: Real>(out: &mut [T], x: View<'_, T>, axes: Axes) {
    fold(out, x, axes, Store::Write, T::of(f64::INFINITY), minimum, minimum);
}

/// The variance over some axes: the sum of squared deviations from the mean, divided by the number of
/// elements less `correction` (0 for the elements' own variance, 1 for an unbiased estimate of what
/// they are a sample of). NaN or infinite if there are not more elements than that.
///
/// # Panics
/// If `out` has the wrong number of elements.
pub fn var<T: Real>(out: &mut [T], x: View<'_, T>, axes: Axes, correction: usize) {
    let elements = axes.elements(x.shape);
    let (count, degrees) = (T::of(elements as f64), T::of(elements.saturating_sub(correction) as f64));
    check(out, x.shape, axes);
    for_each(
        x.shape,
        axes,
        #[inline(always)]
        |tile, [means, sums]| {
            tile.fold(
                x.elements,
                means,
                sums,
                T::zero(),
                #[inline(always)]
                |sum, x, _| sum + x,
                #[inline(always)]
                |a, b| a + b,
            );
            for mean in &mut means[..tile.width] {
                *mean /= count;
            }
            tile.spread(means);
            tile.fold(
                x.elements,
                sums,
                means,
                T::zero(),
                #[inline(always)]
                |sum, x, mean| sum + (x - mean) * (x - mean),
                #[inline(always)]
                |a, b| a + b,
            );
            for (out, &sum) in out[tile.out].iter_mut().zip(&*sums) {
                *out = sum / degrees;
            }
        },
    );
}

/// Whether no element is infinite or NaN.
pub fn all_finite<T: Real>(elements: &[T], threads: &Threads) -> bool {
    let all = AtomicBool::new(true);
    threads.run(elements.len().div_ceil(TASK), |task| {
        let own = &elements[task * TASK..elements.len().min((task + 1) * TASK)];
        vectorize!(for block in own.chunks(1024) {
            let mut finite = true;
            // Without a way out, so that the loop becomes vectors.
            for x in block {
                finite &= x.finite();
            }
            if !finite {
                all.store(false, Relaxed);
                break;
            }
        });
    });
    all.into_inner()
}

#[inline(always)]
fn fold<T: Real>(
    out: &mut [T],
    x: View<'_, T>,
    axes: Axes,
    store: Store,
    start: T,
    f: impl Fn(T, T) -> T,
    join: impl Fn(T, T) -> T,
) {
    check(out, x.shape, axes);
    let put = store.put();
    for_each(
        x.shape,
        axes,
        #[inline(always)]
        |tile, [results, unused]| {
            tile.fold(
                x.elements,
                results,
                unused,
                start,
                #[inline(always)]
                |sum, x, _| f(sum, x),
                &join,
            );
            for (out, &result) in out[tile.out].iter_mut().zip(&*results) {
                put(out, result);
            }
        },
    );
}

#[inline(always)]
pub(super) fn check<T>(out: &[T], shape: Shape, axes: Axes) {
    let kept: usize = (0..shape.len()).filter(|&axis| !axes.contains(axis)).map(|axis| shape[axis]).product();
    assert_eq!(out.len(), kept, "the number of elements of {}", axes.reduce(shape, true));
}
