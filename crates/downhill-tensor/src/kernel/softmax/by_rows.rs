//! The softmax along contiguous rows: short ones side by side, as lanes of vectors, and long ones one after the other.

use std::ops::Range;

use super::finite_shift;
use crate::kernel::pieces::{TASK, for_groups};
use crate::kernel::{View, maximum, rows};
use crate::{Axes, Math, Real, Threads, vectorize};

/// The rows that are worked on side by side.
const LANES: usize = 16;
/// The longest row that is worked on beside others: it would not fill vectors by itself.
const SHORT: usize = 32;

/// The contiguous rows that a softmax runs along.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a, T> {
    elements: &'a [T],
    pub(super) columns: usize,
}

impl<'a, T: Real> Rows<'a, T> {
    /// The rows of `x`, if a softmax over these axes runs along such.
    pub(super) fn of(x: View<'a, T>, axes: Axes) -> Option<Rows<'a, T>> {
        let columns = match axes.as_matrix(x.shape)? {
            ([_, columns], false) | ([columns, 1], true) => columns,
            _ => return None,
        };
        (columns > 0).then_some(Rows { elements: x.elements, columns })
    }

    /// Calls `task` for groups of rows with their elements, the length of a row, and their part of each slice: see
    /// [`for_groups`].
    #[inline(always)]
    pub(super) fn share_out<const N: usize>(
        self,
        threads: &Threads,
        slices: [(&mut [T], usize); N],
        task: impl Fn(&[T], usize, [&mut [T]; N]) + Sync,
    ) {
        let Rows { elements, columns } = self;
        for_groups(
            threads,
            elements.len() / columns,
            // A task's last rows alone lack others beside them.
            TASK.div_ceil(columns).next_multiple_of(LANES),
            slices,
            #[inline(always)]
            |rows, slices| task(&elements[rows.start * columns..rows.end * columns], columns, slices),
        );
    }
}

/// ln Σ exp(x) of each row.
#[inline(always)]
pub(super) fn logsumexp_of_rows<T: Real>(out: &mut [T], x: &[T], columns: usize) {
    if columns <= SHORT {
        by_short_rows(
            x,
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
    vectorize!(|math| for (out, x) in out.iter_mut().zip(x.chunks_exact(columns)) {
        let [shift, sum] = sum_of_exps(x, math);
        *out = sum.ln_kernel(math) + shift;
    });
}

/// The softmax of each row.
#[inline(always)]
pub(super) fn softmax_of_rows<T: Real>(out: &mut [T], x: &[T], columns: usize) {
    if columns <= SHORT {
        by_short_rows(
            x,
            columns,
            #[inline(always)]
            |rows, exps, _, sums, _| put_probabilities(out, rows, exps, sums),
        );
        return;
    }
    vectorize!(|math| for (out, x) in out.chunks_exact_mut(columns).zip(x.chunks_exact(columns)) {
        put_softmax(out, x, math);
    });
}

/// The logarithm of the softmax of each row.
#[inline(always)]
pub(super) fn log_softmax_of_rows<T: Real>(out: &mut [T], x: &[T], columns: usize) {
    if columns <= SHORT {
        by_short_rows(
            x,
            columns,
            #[inline(always)]
            |rows, _, shifts, sums, math| {
                let logs = logs_of(sums, math);
                put_logs(out, rows, x, columns, [shifts, &logs]);
            },
        );
        return;
    }
    vectorize!(|math| for (out, x) in out.chunks_exact_mut(columns).zip(x.chunks_exact(columns)) {
        out.copy_from_slice(x);
        let [shift, sum] = make_exps(out, math);
        let log = sum.ln_kernel(math);
        for (out, &x) in out.iter_mut().zip(x) {
            *out = (x - shift) - log;
        }
    });
}

/// See [`softmax_parts`](super::softmax_parts).
#[inline(always)]
pub(super) fn parts_of_rows<T: Real>(
    mut probabilities: Option<&mut [T]>,
    shifts_out: &mut [T],
    logs_out: &mut [T],
    x: &[T],
    columns: usize,
) {
    if columns <= SHORT {
        by_short_rows(
            x,
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
    let rows = shifts_out.iter_mut().zip(logs_out).zip(x.chunks_exact(columns)).enumerate();
    vectorize!(|math| for (i, ((shift_out, log), x)) in rows {
        let [shift, sum] = match &mut probabilities {
            Some(probabilities) => put_softmax(&mut probabilities[i * columns..(i + 1) * columns], x, math),
            None => sum_of_exps(x, math),
        };
        (*shift_out, *log) = (shift, sum.ln_kernel(math));
    });
}

/// Writes for each row what `put` makes of each element of y and g and of the row's sum of `term`.
#[inline(always)]
pub(super) fn backward_of_rows<T: Real>(
    dx: &mut [T],
    [y, g]: [&[T]; 2],
    columns: usize,
    term: impl Fn(T, T) -> T,
    put: impl Fn([T; 2], T, Math) -> T,
) {
    let rows = dx.chunks_exact_mut(columns).zip(y.chunks_exact(columns)).zip(g.chunks_exact(columns));
    vectorize!(move |math| for ((dx, y), g) in rows {
        let sum = rows::sum(
            [y, g, g],
            #[inline(always)]
            |[y, g, _]| term(y, g),
        );
        for ((dx, &y), &g) in dx.iter_mut().zip(y).zip(g) {
            *dx = put([y, g], sum, math);
        }
    });
}

/// Writes the softmax of a row; what was subtracted from each x, and the sum of the exponentials.
#[inline(always)]
fn put_softmax<T: Real>(out: &mut [T], x: &[T], math: Math) -> [T; 2] {
    out.copy_from_slice(x);
    let [shift, sum] = make_exps(out, math);
    scale(out, T::one() / sum);
    [shift, sum]
}

/// Makes exp(x − shift) of each x of a row; what was subtracted, and the sum.
#[inline(always)]
pub(in crate::kernel) fn make_exps<T: Real>(row: &mut [T], math: Math) -> [T; 2] {
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
pub(in crate::kernel) fn scale<T: Real>(row: &mut [T], factor: T) {
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
