//! The softmax over any set of axes, and the logarithm of its denominator.

use std::ops::Range;

use super::reduce::check;
use super::tiles::{TILE, Tile, for_each};
use super::{View, maximum};
use crate::{Axes, Real, Shape, vectorize};

/// ln Σ exp(x) over some axes, without overflow; −∞ over none.
///
/// # Panics
/// If `out` has the wrong number of elements.
pub fn logsumexp<T: Real>(out: &mut [T], x: View<'_, T>, axes: Axes) {
    check(out, x.shape, axes);
    if let Some(columns) = short_rows(x.shape, axes) {
        by_short_rows(
            x.elements,
            columns,
            #[inline(always)]
            |rows, _, shifts, sums| {
                for ((out, &sum), &shift) in out[rows].iter_mut().zip(sums).zip(shifts) {
                    *out = sum.ln_kernel() + shift;
                }
            },
        );
        return;
    }
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
    if let Some(columns) = short_rows(x.shape, axes) {
        by_short_rows(
            x.elements,
            columns,
            #[inline(always)]
            |rows, exps, _, sums| put_probabilities(out, rows, exps, sums),
        );
        return;
    }
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
    if let Some(columns) = short_rows(x.shape, axes) {
        by_short_rows(
            x.elements,
            columns,
            #[inline(always)]
            |rows, _, shifts, sums| put_logs(out, rows, x.elements, columns, shifts, sums),
        );
        return;
    }
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

/// [`softmax`] and [`log_softmax`] with one exponential for both where rows are short.
///
/// # Panics
/// If a result has not as many elements as `x`.
pub fn softmax_and_log<T: Real>(probabilities: &mut [T], logs: &mut [T], x: View<'_, T>, axes: Axes) {
    let count = x.elements.len();
    assert_eq!((probabilities.len(), logs.len()), (count, count), "the number of elements of {}", x.shape);
    if let Some(columns) = short_rows(x.shape, axes) {
        by_short_rows(
            x.elements,
            columns,
            #[inline(always)]
            |rows, exps, shifts, sums| {
                put_logs(logs, rows.clone(), x.elements, columns, shifts, sums);
                put_probabilities(probabilities, rows, exps, sums);
            },
        );
        return;
    }
    softmax(probabilities, x, axes);
    log_softmax(logs, x, axes);
}

/// The rows that are worked on side by side.
const LANES: usize = 16;
/// The longest row that is worked on beside others: it would not fill vectors by itself.
const SHORT: usize = 32;

/// The length of the rows that a softmax over these axes runs along, if they are contiguous and short.
fn short_rows(shape: Shape, axes: Axes) -> Option<usize> {
    let (&columns, rows) = shape.split_last()?;
    let along = axes == Axes::single(rows.len()) && (1..=SHORT).contains(&columns);
    along.then_some(columns)
}

/// Calls `put` for each group of short rows with their places, column after column of their
/// exp(x − shift), their shifts and the sums of the exponentials. Rows are lanes of vectors here, and
/// each is computed the same whatever stands beside it.
#[inline(always)]
fn by_short_rows<T: Real>(
    x: &[T],
    columns: usize,
    mut put: impl FnMut(Range<usize>, &[[T; LANES]], &[T; LANES], &[T; LANES]),
) {
    let mut block = [[T::zero(); LANES]; SHORT];
    let block = &mut block[..columns];
    vectorize!(for (group, x) in x.chunks(LANES * columns).enumerate() {
        let rows = x.len() / columns;
        for (lane, row) in x.chunks_exact(columns).enumerate() {
            for (column, &x) in block.iter_mut().zip(row) {
                column[lane] = x;
            }
        }
        let mut shifts = [T::of(f64::NEG_INFINITY); LANES];
        for column in block.iter() {
            for (shift, &x) in shifts.iter_mut().zip(column) {
                *shift = maximum(*shift, x);
            }
        }
        for shift in &mut shifts {
            *shift = finite_shift(*shift);
        }
        let mut sums = [T::zero(); LANES];
        for column in block.iter_mut() {
            for ((x, &shift), sum) in column.iter_mut().zip(&shifts).zip(&mut sums) {
                *x = (*x - shift).exp_kernel();
                *sum += *x;
            }
        }
        put(group * LANES..group * LANES + rows, block, &shifts, &sums);
    });
}

/// Writes the quotients of exponentials and their sums in rows.
#[inline(always)]
fn put_probabilities<T: Real>(out: &mut [T], rows: Range<usize>, exps: &[[T; LANES]], sums: &[T; LANES]) {
    let columns = exps.len();
    let out = &mut out[rows.start * columns..rows.end * columns];
    for (c, exps) in exps.iter().enumerate() {
        let mut quotients = *exps;
        for (quotient, &sum) in quotients.iter_mut().zip(sums) {
            *quotient /= sum;
        }
        for (row, &quotient) in out.chunks_exact_mut(columns).zip(&quotients) {
            row[c] = quotient;
        }
    }
}

/// Writes x − shift − ln Σ in rows.
#[inline(always)]
fn put_logs<T: Real>(
    out: &mut [T],
    rows: Range<usize>,
    x: &[T],
    columns: usize,
    shifts: &[T; LANES],
    sums: &[T; LANES],
) {
    let mut logs = [T::zero(); LANES];
    for (log, &sum) in logs.iter_mut().zip(sums) {
        *log = sum.ln_kernel();
    }
    let places = rows.start * columns..rows.end * columns;
    let rows = out[places.clone()].chunks_exact_mut(columns).zip(x[places].chunks_exact(columns));
    for (((out, x), &shift), &log) in rows.zip(shifts).zip(&logs) {
        for (out, &x) in out.iter_mut().zip(x) {
            *out = (x - shift) - log;
        }
    }
}

/// What to subtract before the exponential: the largest element, or 0 if that is infinite.
#[inline(always)]
fn finite_shift<T: Real>(largest: T) -> T {
    if largest.as_f64().is_infinite() { T::zero() } else { largest }
}

/// What to subtract before the exponential of each element.
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
        *shift = finite_shift(*shift);
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
