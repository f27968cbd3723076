//! The softmax over any set of axes, and the logarithm of its denominator.

mod by_rows;

use super::pieces::{TASK, for_groups};
use super::reduce::check;
use super::tiles::{TILE, Tile, for_each};
use super::{View, maximum};
use crate::{Axes, Math, Real, Threads};
use by_rows::{
    Rows, backward_of_rows, log_softmax_of_rows, logsumexp_of_rows, parts_of_rows, softmax_of_rows,
};
pub(super) use by_rows::{make_exps, scale};

/// ln Σ exp(x) over some axes, without overflow; −∞ over none.
///
/// # Panics
/// If `out` has the wrong number of elements.
pub fn logsumexp<T: Real>(out: &mut [T], x: View<'_, T>, axes: Axes, threads: &Threads) {
    check(out, x.shape, axes);
    if let Some(rows) = Rows::of(x, axes) {
        rows.share_out(
            threads,
            [(out, 1)],
            #[inline(always)]
            |x, columns, [out]| logsumexp_of_rows(out, x, columns),
        );
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
pub fn softmax<T: Real>(out: &mut [T], x: View<'_, T>, axes: Axes, threads: &Threads) {
    assert_eq!(out.len(), x.elements.len(), "the number of elements of {}", x.shape);
    if let Some(rows) = Rows::of(x, axes) {
        rows.share_out(
            threads,
            [(out, rows.columns)],
            #[inline(always)]
            |x, columns, [out]| softmax_of_rows(out, x, columns),
        );
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
pub fn log_softmax<T: Real>(out: &mut [T], x: View<'_, T>, axes: Axes, threads: &Threads) {
    assert_eq!(out.len(), x.elements.len(), "the number of elements of {}", x.shape);
    if let Some(rows) = Rows::of(x, axes) {
        rows.share_out(
            threads,
            [(out, rows.columns)],
            #[inline(always)]
            |x, columns, [out]| log_softmax_of_rows(out, x, columns),
        );
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
    threads: &Threads,
) {
    let count = probabilities.as_ref().map_or(x.elements.len(), |p| p.len());
    assert_eq!(count, x.elements.len(), "the number of elements of {}", x.shape);
    check(shifts_out, x.shape, axes);
    check(logs_out, x.shape, axes);
    if let Some(rows) = Rows::of(x, axes) {
        let width = if probabilities.is_some() { rows.columns } else { 0 };
        rows.share_out(
            threads,
            [(probabilities.unwrap_or_default(), width), (shifts_out, 1), (logs_out, 1)],
            #[inline(always)]
            |x, columns, [probabilities, shifts, logs]| {
                parts_of_rows((width > 0).then_some(probabilities), shifts, logs, x, columns);
            },
        );
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

/// ∂L/∂x of a [`softmax`] y of x over some axes, given ∂L/∂y: y ⊙ (G − Σ G ⊙ y).
///
/// # Panics
/// If the slices have not as many elements as `y`.
pub fn softmax_backward<T: Real>(dx: &mut [T], y: View<'_, T>, g: &[T], axes: Axes, threads: &Threads) {
    backward(
        dx,
        y,
        g,
        axes,
        threads,
        #[inline(always)]
        |y, g| y * g,
        #[inline(always)]
        |[y, g], sum, _| y * (g - sum),
    );
}

/// ∂L/∂x of a [`log_softmax`] y of x over some axes, given ∂L/∂y: G − exp(y) Σ G.
///
/// # Panics
/// If the slices have not as many elements as `y`.
pub fn log_softmax_backward<T: Real>(dx: &mut [T], y: View<'_, T>, g: &[T], axes: Axes, threads: &Threads) {
    backward(
        dx,
        y,
        g,
        axes,
        threads,
        #[inline(always)]
        |_, g| g,
        #[inline(always)]
        |[y, g], sum, math| g - y.exp_kernel(math) * sum,
    );
}

/// Writes what `put` makes of each element of y and g and of the sum of `term` over the axes.
#[allow(clippy::too_many_arguments)]
#[inline(always)]
fn backward<T: Real>(
    dx: &mut [T],
    y: View<'_, T>,
    g: &[T],
    axes: Axes,
    threads: &Threads,
    term: impl Fn(T, T) -> T + Copy + Sync,
    put: impl Fn([T; 2], T, Math) -> T + Copy + Sync,
) {
    assert_eq!([dx.len(), g.len()], [y.elements.len(); 2], "the number of elements of {}", y.shape);
    if let Some(rows) = Rows::of(y, axes) {
        for_groups(
            threads,
            dx.len() / rows.columns,
            TASK.div_ceil(rows.columns),
            [(dx, rows.columns)],
            #[inline(always)]
            |some, [dx]| {
                let own = some.start * rows.columns..some.end * rows.columns;
                backward_of_rows(dx, [&y.elements[own.clone()], &g[own]], rows.columns, term, put);
            },
        );
        return;
    }
    for_each(
        y.shape,
        axes,
        #[inline(always)]
        |tile, [sums, unused]| {
            tile.chunks(
                #[inline(always)]
                |places| {
                    let (y, g) = (&y.elements[places.clone()], &g[places.clone()]);
                    for ((dx, &y), &g) in dx[places].iter_mut().zip(y).zip(g) {
                        *dx = term(y, g);
                    }
                },
            );
            put_sums(
                &tile,
                dx,
                sums,
                unused,
                #[inline(always)]
                |term, _| term,
            );
            tile.spread(sums);
            tile.chunks(
                #[inline(always)]
                |places| {
                    let (y, g) = (&y.elements[places.clone()], &g[places.clone()]);
                    for (((dx, &y), &g), &sum) in dx[places].iter_mut().zip(y).zip(g).zip(&*sums) {
                        *dx = put([y, g], sum, tile.math);
                    }
                },
            );
        },
    );
}

/// What to subtract before the exponential: the largest element, or 0 if that is infinite.
#[inline(always)]
fn finite_shift<T: Real>(largest: T) -> T {
    if largest.as_f64().is_infinite() { T::zero() } else { largest }
}

/// Calls `put` for each tile of what is no contiguous rows, with what to subtract before the exponential of each element, and
/// a buffer.
#[inline(always)]
fn by_tiles<T: Real>(x: View<'_, T>, axes: Axes, mut put: impl FnMut(Tile<'_>, &[T; TILE], &mut [T; TILE])) {
    for_each(
        x.shape,
        axes,
        #[inline(always)]
        |tile, [shifts, buffer]| {
            tile.fold_chunks(
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
    put_sums(
        tile,
        out,
        sums,
        shifts,
        #[inline(always)]
        |exp, _| exp,
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
    put_sums(
        tile,
        x,
        sums,
        shifts,
        #[inline(always)]
        |x, shift| (x - shift).exp_kernel(tile.math),
    );
}

/// Writes the sums of `term` of each element of x, and of the number that `context` has for its lane.
#[inline(always)]
fn put_sums<T: Real>(
    tile: &Tile<'_>,
    x: &[T],
    sums: &mut [T; TILE],
    context: &[T; TILE],
    term: impl Fn(T, T) -> T,
) {
    tile.fold_chunks(
        x,
        sums,
        context,
        T::zero(),
        #[inline(always)]
        |sum, x, context| sum + term(x, context),
        #[inline(always)]
        |a, b| a + b,
    );
}
