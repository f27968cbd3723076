//! The softmax over any set of axes, and the logarithm of its denominator.

use std::ops::Range;

use super::reduce::check;
use super::rows;
use super::tiles::{TILE, Tile, for_each};
use super::{View, maximum};
use crate::{Axes, Math, Real, Shape, vectorize};

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
            |rows, _, shifts, sums, math| {
                for ((out, &sum), &shift) in out[rows].iter_mut().zip(sums).zip(shifts) {
                    *out = sum.ln_kernel(math) + shift;
                }
            },
        );
        return;
    }
    if let Some(columns) = long_rows(x.shape, axes) {
        vectorize!(|math| for (out, x) in out.iter_mut().zip(x.elements.chunks_exact(columns)) {
            let [shift, sum] = sum_of_exps(x, math);
            *out = sum.ln_kernel(math) + shift;
        });
        return;
    }
    by_tiles(
        x,
        axes,
        #[inline(always)]
        |tile, shifts, sums| {
            sum_exp(&tile, x.elements, sums, shifts);
            for ((out, &sum), &shift) in out[tile.out].iter_mut().zip(&*sums).zip(shifts) {
                *out = sum.ln_kernel(tile.math) + shift;
            }
        },
    );
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
            |rows, exps, _, sums, _| put_probabilities(out, rows, exps, sums),
        );
        return;
    }
    if let Some(columns) = long_rows(x.shape, axes) {
        out.copy_from_slice(x.elements);
        vectorize!(|math| for row in out.chunks_exact_mut(columns) {
            let [_, sum] = make_exps(row, math);
            scale(row, T::one() / sum);
        });
        return;
    }
    by_tiles(
        x,
        axes,
        #[inline(always)]
        |tile, shifts, sums| {
            put_quotients(&tile, out, x.elements, shifts, sums);
        },
    );
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
            |rows, _, shifts, sums, math| {
                let logs = logs_of(sums, math);
                put_logs(out, rows, x.elements, columns, [shifts, &logs]);
            },
        );
        return;
    }
    if let Some(columns) = long_rows(x.shape, axes) {
        let rows = out.chunks_exact_mut(columns).zip(x.elements.chunks_exact(columns));
        vectorize!(|math| for (out, x) in rows {
            out.copy_from_slice(x);
            let [shift, sum] = make_exps(out, math);
            let log = sum.ln_kernel(math);
            for (out, &x) in out.iter_mut().zip(x) {
                *out = (x - shift) - log;
            }
        });
        return;
    }
    by_tiles(
        x,
        axes,
        #[inline(always)]
        |tile, shifts, logs| {
            sum_exp(&tile, x.elements, logs, shifts);
            for sum in &mut logs[..tile.width] {
                *sum = sum.ln_kernel(tile.math);
            }
            tile.spread(logs);
            tile.chunks(
                #[inline(always)]
                |places| {
                    let x = &x.elements[places.clone()];
                    for (((out, &x), &shift), &log) in out[places].iter_mut().zip(x).zip(shifts).zip(&*logs) {
                        *out = (x - shift) - log;
                    }
                },
            );
        },
    );
}

/// What cross-entropy needs of a softmax, with one exponential for each element: for each of the sums over
/// `axes` the shift and ln Σ exp(x − shift), so that [`log_softmax`] is (x − shift) − ln Σ; and the softmax
/// itself, if somebody wants it.
///
/// # Panics
/// If a result has the wrong number of elements.
pub fn softmax_parts<T: Real>(
    mut probabilities: Option<&mut [T]>,
    shifts_out: &mut [T],
    logs_out: &mut [T],
    x: View<'_, T>,
    axes: Axes,
) {
    let count = probabilities.as_ref().map_or(x.elements.len(), |p| p.len());
    assert_eq!(count, x.elements.len(), "the number of elements of {}", x.shape);
    check(shifts_out, x.shape, axes);
    check(logs_out, x.shape, axes);
    if let Some(columns) = short_rows(x.shape, axes) {
        by_short_rows(
            x.elements,
            columns,
            #[inline(always)]
            |rows, exps, shifts, sums, math| {
                if let Some(probabilities) = &mut probabilities {
                    put_probabilities(probabilities, rows.clone(), exps, sums);
                }
                let logs = logs_of(sums, math);
                shifts_out[rows.clone()].copy_from_slice(&shifts[..rows.len()]);
                logs_out[rows.clone()].copy_from_slice(&logs[..rows.len()]);
            },
        );
        return;
    }
    if let Some(columns) = long_rows(x.shape, axes) {
        let rows = shifts_out.iter_mut().zip(logs_out).zip(x.elements.chunks_exact(columns)).enumerate();
        vectorize!(|math| for (i, ((shift_out, log), x)) in rows {
            let [shift, sum] = match &mut probabilities {
                Some(probabilities) => {
                    let row = &mut probabilities[i * columns..(i + 1) * columns];
                    row.copy_from_slice(x);
                    let [shift, sum] = make_exps(row, math);
                    scale(row, T::one() / sum);
                    [shift, sum]
                }
                None => sum_of_exps(x, math),
            };
            (*shift_out, *log) = (shift, sum.ln_kernel(math));
        });
        return;
    }
    by_tiles(
        x,
        axes,
        #[inline(always)]
        |tile, shifts, sums| {
            shifts_out[tile.out.clone()].copy_from_slice(&shifts[..tile.out.len()]);
            if let Some(probabilities) = &mut probabilities {
                put_quotients(&tile, probabilities, x.elements, shifts, sums);
            } else {
                sum_exp(&tile, x.elements, sums, shifts);
            }
            for (log, &sum) in logs_out[tile.out].iter_mut().zip(&*sums) {
                *log = sum.ln_kernel(tile.math);
            }
        },
    );
}

/// The rows that are worked on side by side.
const LANES: usize = 16;
/// The longest row that is worked on beside others: it would not fill vectors by itself.
const SHORT: usize = 32;

/// The length of the rows that a softmax over these axes runs along, if they are contiguous and short.
fn short_rows(shape: Shape, axes: Axes) -> Option<usize> {
    rows_of(shape, axes).filter(|columns| (1..=SHORT).contains(columns))
}

/// The length if they are longer.
fn long_rows(shape: Shape, axes: Axes) -> Option<usize> {
    rows_of(shape, axes).filter(|&columns| columns > SHORT)
}

fn rows_of(shape: Shape, axes: Axes) -> Option<usize> {
    let (&columns, rows) = shape.split_last()?;
    (axes == Axes::single(rows.len())).then_some(columns)
}

/// Makes exp(x − shift) of each x of a row; what was subtracted, and the sum.
#[inline(always)]
pub(super) fn make_exps<T: Real>(row: &mut [T], math: Math) -> [T; 2] {
    let shift = finite_shift(largest(row));
    for x in row.iter_mut() {
        *x = (*x - shift).exp_kernel(math);
    }
    let sum = rows::sum(
        [row; 3],
        #[inline(always)]
        |[exp, ..]| exp,
    );
    [shift, sum]
}

/// What is subtracted from each x of a row, and Σ exp(x − shift).
#[inline(always)]
fn sum_of_exps<T: Real>(row: &[T], math: Math) -> [T; 2] {
    let shift = finite_shift(largest(row));
    let sum = rows::sum(
        [row; 3],
        #[inline(always)]
        |[x, ..]| (x - shift).exp_kernel(math),
    );
    [shift, sum]
}

#[inline(always)]
fn largest<T: Real>(row: &[T]) -> T {
    rows::fold(
        [row; 3],
        T::of(f64::NEG_INFINITY),
        #[inline(always)]
        |max, [x, ..]| maximum(max, x),
        maximum,
    )
}

/// Multiplies a row by a number.
#[inline(always)]
pub(super) fn scale<T: Real>(row: &mut [T], factor: T) {
    for x in row {
        *x *= factor;
    }
}

/// Calls `put` for each group of short rows with their places, column after column of their
/// exp(x − shift), their shifts and the sums of the exponentials. Rows are lanes of vectors here, and
/// each is computed the same whatever stands beside it.
#[inline(always)]
fn by_short_rows<T: Real>(
    x: &[T],
    columns: usize,
    mut put: impl FnMut(Range<usize>, &[[T; LANES]], &[T; LANES], &[T; LANES], Math),
) {
    let mut block = [[T::zero(); LANES]; SHORT];
    let block = &mut block[..columns];
    vectorize!(|math| for (group, x) in x.chunks(LANES * columns).enumerate() {
        let rows = x.len() / columns;
        for (c, column) in block.iter_mut().enumerate() {
            let mut lanes = [T::zero(); LANES];
            for (lane, row) in lanes.iter_mut().zip(x.chunks_exact(columns)) {
                *lane = row[c];
            }
            *column = lanes;
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
                *x = (*x - shift).exp_kernel(math);
                *sum += *x;
            }
        }
        put(group * LANES..group * LANES + rows, block, &shifts, &sums, math);
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

/// The logarithms of some sums.
#[inline(always)]
fn logs_of<T: Real>(sums: &[T; LANES], math: Math) -> [T; LANES] {
    let mut logs = *sums;
    for log in &mut logs {
        *log = log.ln_kernel(math);
    }
    logs
}

/// Writes x − shift − ln Σ in rows.
#[inline(always)]
fn put_logs<T: Real>(
    out: &mut [T],
    rows: Range<usize>,
    x: &[T],
    columns: usize,
    [shifts, logs]: [&[T; LANES]; 2],
) {
    let places = rows.start * columns..rows.end * columns;
    let rows = out[places.clone()].chunks_exact_mut(columns).zip(x[places].chunks_exact(columns));
    for (((out, x), &shift), &log) in rows.zip(shifts).zip(logs) {
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

/// Calls `put` for each tile, with what to subtract before the exponential of each element, and a buffer.
#[inline(always)]
fn by_tiles<T: Real>(x: View<'_, T>, axes: Axes, mut put: impl FnMut(Tile<'_>, &[T; TILE], &mut [T; TILE])) {
    for_each(
        x.shape,
        axes,
        #[inline(always)]
        |tile, [shifts, buffer]| {
            tile.fold(
                x.elements,
                shifts,
                buffer,
                T::of(f64::NEG_INFINITY),
                #[inline(always)]
                |max, x, _| maximum(max, x),
                maximum,
            );
            for shift in &mut shifts[..tile.width] {
                *shift = finite_shift(*shift);
            }
            tile.spread(shifts);
            put(tile, shifts, buffer);
        },
    );
}

/// Writes exp(x − shift) / Σ exp(x − shift), and the sums to the first of `sums`.
#[inline(always)]
fn put_quotients<T: Real>(tile: &Tile<'_>, out: &mut [T], x: &[T], shifts: &[T; TILE], sums: &mut [T; TILE]) {
    tile.chunks(
        #[inline(always)]
        |places| {
            let x = &x[places.clone()];
            for ((out, &x), &shift) in out[places].iter_mut().zip(x).zip(shifts) {
                *out = (x - shift).exp_kernel(tile.math);
            }
        },
    );
    tile.fold(
        out,
        sums,
        shifts,
        T::zero(),
        #[inline(always)]
        |sum, exp, _| sum + exp,
        #[inline(always)]
        |a, b| a + b,
    );
    tile.spread(sums);
    tile.chunks(
        #[inline(always)]
        |places| {
            for (out, &sum) in out[places].iter_mut().zip(&*sums) {
                *out /= sum;
            }
        },
    );
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
        |sum, x, shift| sum + (x - shift).exp_kernel(tile.math),
        #[inline(always)]
        |a, b| a + b,
    );
}
