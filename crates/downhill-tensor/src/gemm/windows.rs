//! Products of what windows see, as it stands in memory: with weights, and with the derivatives of what came of that.
//!
//! Windows, or the channels that they see, are the rows of tiles, and channels out their columns.

use super::blocked::{Destination, Rows};
use super::kernel::{Packed, Steps};
use super::pack::{pack, with_scratch};
use super::ranges::{Tiles, pieces};
use super::{Start, Store};
use crate::Real;

/// About so many steps of the sum between two visits of C: a panel for them stays in the first cache beside the lines of x.
const STEPS: usize = 300;

/// Lines of windows over x. Window `(line, column)` sees at step `(i, j, k)` the element
/// `line·apart[0] + column·apart[1] + i·steps[0] + j·steps[1] + k·steps[2]`.
///
/// Unlike a [`NestedGemm`](super::NestedGemm), products compute nothing between the lines, and windows may be any distance
/// apart. Channels out are computed side by side, so that there should be many.
#[derive(Debug, Clone, Copy)]
pub struct Windows<'a, T> {
    /// The lines of windows, and the windows of a line.
    pub count: [usize; 2],
    /// How far apart in `x` lines are, and the windows of a line.
    pub apart: [usize; 2],
    /// What the windows slide over.
    pub x: &'a [T],
    /// The turns of the loops over what a window sees.
    pub turns: [usize; 3],
    /// How far apart in `x` the elements of one turn of each loop and the next are.
    pub steps: [usize; 3],
    /// The channels out: a multiple of [`PANEL`].
    pub channels: usize,
}

/// What the number of channels is a multiple of: two of the longest vectors.
pub const PANEL: usize = 32;

impl<T> Windows<'_, T> {
    fn all(&self) -> usize {
        self.count[0].saturating_mul(self.count[1])
    }

    fn all_steps(&self) -> usize {
        self.turns.iter().fold(1, |product, &turns| product.saturating_mul(turns))
    }

    /// Whether there is anything to multiply.
    ///
    /// # Panics
    /// If x is too short for the sizes, or weights or what comes of the windows have others.
    fn check(&self, weights: &[T], of_windows: &[T]) -> bool {
        let (all, steps) = (self.all(), self.all_steps());
        let loops = self.turns.iter().chain(&self.count).zip(self.steps.iter().chain(&self.apart));
        let last = loops.fold(0_usize, |sum, (&count, &apart)| {
            sum.saturating_add(count.saturating_sub(1).saturating_mul(apart))
        });
        let is_something = self.channels.saturating_mul(all).saturating_mul(steps) > 0;
        assert!(
            self.channels.is_multiple_of(PANEL)
                && weights.len() == self.channels.saturating_mul(steps)
                && of_windows.len() == self.channels.saturating_mul(all)
                && (!is_something || last < self.x.len()),
            "gemm: operands are not those of {}x{} windows, {steps} steps and {} channels",
            self.count[0],
            self.count[1],
            self.channels
        );
        is_something
    }

    /// Calls `f` with the numbers of each window and step, and their place in x.
    fn for_each(&self, mut f: impl FnMut(usize, usize, usize)) {
        let &Windows { count: [_, across], apart, turns: [_, middle, inner], steps, .. } = self;
        for window in 0..self.all() {
            let first = window / across * apart[0] + window % across * apart[1];
            for step in 0..self.all_steps() {
                let turns = [step / inner / middle, step / inner % middle, step % inner];
                let place: usize = turns.iter().zip(steps).map(|(turn, apart)| turn * apart).sum();
                f(window, step, first + place);
            }
        }
    }
}

/// See [`Real::windows_by_weights`], by plain loops: for number types that have no kernel of their own and pack nothing.
pub(crate) fn windows_by_weights_generic<T: Real>(windows: Windows<'_, T>, weight: &[T], c: &mut [T]) {
    c.fill(T::zero());
    if !windows.check(weight, c) {
        return;
    }
    let (all, steps) = (windows.all(), windows.all_steps());
    for (weight, c) in weight.chunks_exact(steps).zip(c.chunks_exact_mut(all)) {
        windows.for_each(|window, step, place| c[window] += weight[step] * windows.x[place]);
    }
}

/// See [`Real::weights_of_windows`], by plain loops.
pub(crate) fn weights_of_windows_generic<T: Real>(
    windows: Windows<'_, T>,
    delta: &[T],
    (store, dw): (Store, &mut [T]),
) {
    if store == Store::Write {
        dw.fill(T::zero());
    }
    if !windows.check(dw, delta) {
        return;
    }
    let (channels, [outer, middle, inner]) = (windows.channels, windows.turns);
    for (channel, delta) in delta.chunks_exact(windows.all()).enumerate() {
        windows.for_each(|window, step, place| {
            let row = step % (middle * inner) * outer + step / (middle * inner);
            dw[row * channels + channel] += delta[window] * windows.x[place];
        });
    }
}

/// The channels of a panel, which is read a step at a time.
fn panel_width<T: Packed>() -> usize {
    2 * T::kernels().lanes
}

/// See [`Real::pack_channels`].
pub(crate) fn pack_channels<T: Packed>(to: &mut [T], from: &[T], apart: usize, steps: usize) {
    if to.is_empty() {
        return;
    }
    let width = panel_width::<T>();
    for (panel, to) in to.chunks_exact_mut(width * steps).enumerate() {
        pack(to, width, &from[panel * width * apart..], [width, apart, steps, 1]);
    }
}

/// See [`Real::windows_by_weights`].
pub(crate) fn windows_by_weights<T: Packed>(windows: Windows<'_, T>, weight: &[T], c: &mut [T]) {
    if !windows.check(weight, c) {
        c.fill(T::zero());
        return;
    }
    let (all, all_steps) = (windows.all(), windows.all_steps());
    let Windows { count: [_, across], apart, x, turns: [outer, middle, inner], steps, .. } = windows;
    let (kernels, width) = (T::kernels(), panel_width::<T>());
    let tiles = Tiles::new(0..across, kernels.tiles.len());
    // Whole turns of the outer loop between two visits of C, as many each time.
    let visits = outer.div_ceil((STEPS / (middle * inner)).max(1));
    with_scratch(all * width, |turned: &mut [T]| {
        for (weight, c) in weight.chunks_exact(all_steps * width).zip(c.chunks_exact_mut(all * width)) {
            for outer in pieces(0..outer, outer.div_ceil(visits)) {
                let first = outer.start * middle * inner;
                let of_sum = Steps::nested_in_a([outer.len(), middle, inner], steps, width);
                for (line, c) in turned.chunks_exact_mut(across * width).enumerate() {
                    let into = Destination { c: c.as_mut_ptr(), row: width, start: Start::Zero };
                    let a = x[line * apart[0] + outer.start * steps[0]..].as_ptr();
                    let (rows, b) = (
                        Rows::InPlace { first: a, row: apart[1], column: 0 },
                        weight[first * width..].as_ptr(),
                    );
                    // SAFETY: `check` has found that x has all that these windows see and that there are weights for
                    // whole panels, and `T::kernels` answers kernels that this processor runs.
                    unsafe { into.multiply(kernels, tiles, 0..width, (first, of_sum), rows, b) };
                }
            }
            pack(c, all, turned, [all, width, width, 1]);
        }
    });
}

/// See [`Real::weights_of_windows`].
pub(crate) fn weights_of_windows<T: Packed>(
    windows: Windows<'_, T>,
    delta: &[T],
    (store, dw): (Store, &mut [T]),
) {
    if !windows.check(dw, delta) {
        if store == Store::Write {
            dw.fill(T::zero());
        }
        return;
    }
    let all = windows.all();
    let Windows { count: [lines, across], apart, x, turns: [outer, _, inner], steps, channels } = windows;
    let (kernels, width) = (T::kernels(), panel_width::<T>());
    let tiles = Tiles::new(0..outer, kernels.tiles.len());
    let visits = lines.div_ceil((STEPS / across).max(1));
    for lines in pieces(0..lines, lines.div_ceil(visits)) {
        let of_sum = Steps::nested_in_a([1, lines.len(), across], [0, apart[0], apart[1]], width);
        let start = if lines.start == 0 { Start::from(store) } else { Start::Destination };
        for (panel, delta) in delta.chunks_exact(all * width).enumerate() {
            let (panel, b) =
                (panel * width..(panel + 1) * width, delta[lines.start * across * width..].as_ptr());
            // Few rows for all taps: what these see stays in the first cache.
            for tile in tiles.iter() {
                let tile = Tiles::new(tile.clone(), tile.len());
                for (tap, c) in dw.chunks_exact_mut(outer * channels).enumerate() {
                    let into = Destination { c: c.as_mut_ptr(), row: channels, start };
                    let place = tap / inner * steps[1] + tap % inner * steps[2];
                    let a = x[lines.start * apart[0] + place..].as_ptr();
                    let rows = Rows::InPlace { first: a, row: steps[0], column: 0 };
                    // SAFETY: as above, with a step for each window and a tile's row for each turn of the outer loop.
                    unsafe { into.multiply(kernels, tile, panel.clone(), (0, of_sum), rows, b) };
                }
            }
        }
    }
}
