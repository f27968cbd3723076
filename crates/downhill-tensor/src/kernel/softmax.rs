//! The softmax over any set of axes, and the logarithm of its denominator.

use super::reduce::check;
use super::tiles::{TILE, Tile, for_each};
use super::{View, maximum};
use crate::{Axes, Real, vectorize};

/// ln Σ exp(x) over some axes, without overflow; −∞ over none.
///
/// # Panics
/// If `out` has the wrong number of elements.
pub fn logsumexp<T: Real>(out: &mut [T], x: View<'_, T>, axes: Axes) {
    check(out, x.shape, axes);
    let mut shifts = [T::zero(); TILE];
    let mut sums = [T::zero(); TILE];
    vectorize!({
        for_each(
            x.shape,
            axes,
            #[inline(always)]
            |tile| {
                shift(&tile, x.elements, &mut shifts);
                sum_exp(&tile, x.elements, &mut sums, &shifts);
                for ((out, &sum), &shift) in out[tile.out].iter_mut().zip(&sums).zip(&shifts) {
                    *out = sum.ln_kernel() + shift;
                }
            },
        );
    });
}

/// exp(x) / Σ exp(x), the sum over some axes. The result has the shape of `x`.
///
/// # Panics
/// If `out` has not as many elements as `x`.
pub fn softmax<T: Real>(out: &mut [T], x: View<'_, T>, axes: Axes) {
    assert_eq!(out.len(), x.elements.len(), "the number of elements of {}", x.shape);
    let mut shifts = [T::zero(); TILE];
    let mut sums = [T::zero(); TILE];
    vectorize!({
        for_each(
            x.shape,
            axes,
            #[inline(always)]
            |tile| {
                shift(&tile, x.elements, &mut shifts);
                tile.chunks(
                    #[inline(always)]
                    |places| {
                        let x = &x.elements[places.clone()];
                        for ((out, &x), &shift) in out[places].iter_mut().zip(x).zip(&shifts) {
                            *out = (x - shift).exp_kernel();
                        }
                    },
                );
                tile.fold(
                    out,
                    &mut sums,
                    &shifts,
                    T::zero(),
                    #[inline(always)]
                    |sum, exp, _| sum + exp,
                    #[inline(always)]
                    |a, b| a + b,
                );
                tile.spread(&mut sums);
                tile.chunks(
                    #[inline(always)]
                    |places| {
                        for (out, &sum) in out[places].iter_mut().zip(&sums) {
                            *out /= sum;
                        }
                    },
                );
            },
        );
    });
}

/// x − ln Σ exp(x), the sum over some axes. The result has the shape of `x`.
///
/// # Panics
/// If `out` has not as many elements as `x`.
pub fn log_softmax<T: Real>(out: &mut [T], x: View<'_, T>, axes: Axes) {
    assert_eq!(out.len(), x.elements.len(), "the number of elements of {}", x.shape);
    let mut shifts = [T::zero(); TILE];
    let mut logs = [T::zero(); TILE];
    vectorize!({
        for_each(
            x.shape,
            axes,
            #[inline(always)]
            |tile| {
                shift(&tile, x.elements, &mut shifts);
                sum_exp(&tile, x.elements, &mut logs, &shifts);
                for sum in &mut logs[..tile.width] {
                    *sum = sum.ln_kernel();
                }
                tile.spread(&mut logs);
                tile.chunks(
                    #[inline(always)]
                    |places| {
                        let x = &x.elements[places.clone()];
                        for (((out, &x), &shift), &log) in
                            out[places].iter_mut().zip(x).zip(&shifts).zip(&logs)
                        {
                            *out = (x - shift) - log;
                        }
                    },
                );
            },
        );
    });
}

/// What to subtract before the exponential of each element: the largest, or 0 if that is infinite.
#[inline(always)]
fn shift<T: Real>(tile: &Tile<'_>, x: &[T], shifts: &mut [T; TILE]) {
    let unused = [T::zero(); TILE];
    tile.fold(
        x,
        shifts,
        &unused,
        T::of(f64::NEG_INFINITY),
        #[inline(always)]
        |max, x, _| maximum(max, x),
        maximum,
    );
    for shift in &mut shifts[..tile.width] {
        if shift.as_f64().is_infinite() {
            *shift = T::zero();
        }
    }
    tile.spread(shifts);
}

/// Σ exp(x − shift).
#[inline(always)]
fn sum_exp<T: Real>(tile: &Tile<'_>, x: &[T], sums: &mut [T; TILE], shifts: &[T; TILE]) {
    tile.fold(
        x,
        sums,
        shifts,
        T::zero(),
        #[inline(always)]
        |sum, x, shift| sum + (x - shift).exp_kernel(),
        #[inline(always)]
        |a, b| a + b,
    );
}
