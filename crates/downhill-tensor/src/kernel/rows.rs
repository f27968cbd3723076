//! Folding contiguous rows.

use std::hint::black_box;

use crate::Real;

/// The accumulators that a row's elements are taken up into in turn.
const LANES: usize = 16;
/// So few elements are taken up by a single one.
const FEW: usize = 8;
/// The elements that an accumulator takes before it is joined to what came before, and that takes before it is joined
/// again: sums of sums of few terms keep the rounding error near that of pairwise summation.
const BLOCK: usize = 32;

/// Folds triples of elements of three slices of equal length, which may be the same: `f` takes each up into one of several
/// accumulators that began as `start`, and `join` makes one of two accumulators. The order depends on the length alone.
#[inline(always)]
pub(super) fn fold<T: Copy>(
    slices: [&[T]; 3],
    start: T,
    f: impl Fn(T, [T; 3]) -> T,
    join: impl Fn(T, T) -> T,
) -> T {
    let [a, b, c] = slices;
    if a.len() <= FEW {
        let mut all = start;
        for ((&a, &b), &c) in a.iter().zip(b).zip(c) {
            all = f(all, [a, b, c]);
        }
        return all;
    }
    let mut far = start;
    for [a, b, c] in chunks(slices, LANES * BLOCK * BLOCK) {
        let mut middle = start;
        for slices in chunks([a, b, c], LANES * BLOCK) {
            middle = join(middle, block(slices, start, &f, &join));
        }
        far = join(far, middle);
    }
    far
}

#[inline(always)]
fn chunks<T>([a, b, c]: [&[T]; 3], length: usize) -> impl Iterator<Item = [&[T]; 3]> {
    let triples = a.chunks(length).zip(b.chunks(length)).zip(c.chunks(length));
    triples.map(
        #[inline(always)]
        |((a, b), c)| [a, b, c],
    )
}

#[inline(always)]
fn block<T: Copy>(slices: [&[T]; 3], start: T, f: impl Fn(T, [T; 3]) -> T, join: impl Fn(T, T) -> T) -> T {
    let [(a, a_rest), (b, b_rest), (c, c_rest)] = slices.map(<[T]>::as_chunks::<LANES>);
    let mut lanes = [start; LANES];
    for ((a, b), c) in a.iter().zip(b).zip(c) {
        // Moved through each chunk, so that they stay in registers.
        let mut next = lanes;
        for (((lane, &a), &b), &c) in next.iter_mut().zip(a).zip(b).zip(c) {
            *lane = f(*lane, [a, b, c]);
        }
        lanes = next;
    }
    for (((lane, &a), &b), &c) in lanes.iter_mut().zip(a_rest).zip(b_rest).zip(c_rest) {
        *lane = f(*lane, [a, b, c]);
    }
    // Out of sight for a moment: else the compiler keeps the lanes in pairs from the first chunk on, as the last sum needs them.
    let mut lanes = black_box(lanes);
    let mut half = LANES / 2;
    while half > 0 {
        let (low, high) = lanes.split_at_mut(half);
        for (low, &high) in low.iter_mut().zip(high.iter()).take(half) {
            *low = join(*low, high);
        }
        half /= 2;
    }
    lanes[0]
}

/// The sum of `f` of the elements of three slices of equal length.
#[inline(always)]
pub(super) fn sum<T: Real>(slices: [&[T]; 3], f: impl Fn([T; 3]) -> T) -> T {
    fold(
        slices,
        T::zero(),
        #[inline(always)]
        |sum, elements| sum + f(elements),
        #[inline(always)]
        |a, b| a + b,
    )
}
