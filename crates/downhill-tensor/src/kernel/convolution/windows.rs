//! Convolutions by kernels whose rows are windows of a line, and whose columns are channels out.
//!
//! Nothing between the lines is computed and left out, and strides cost nothing. That pays where lines are short.

use super::Convolution;
use super::direct::{LINE, Lines, aligned};
use super::patches::Rows;
use crate::gemm::{PANEL, Store, Windows};
use crate::{Real, vectorize};

/// To turn what comes of a window takes about as long as so many multiplications for each channel.
const TURN: usize = 32;

/// With fewer channels in, a tile of them would not keep the processor busy.
const LEAST_INPUTS: usize = 6;

impl Convolution {
    /// Whether this takes less time than other ways.
    pub(super) fn is_by_windows(&self) -> bool {
        let outputs = self.own()[1];
        let cost = self.pixels().saturating_mul(self.rows() + TURN);
        outputs.is_multiple_of(PANEL) && cost < self.cost_by_rows().min(self.cost_by_patches())
    }

    /// Whether windows are next to each other for all taps.
    pub(super) fn has_one_class(&self) -> bool {
        self.patches().classes() == [1, 1]
    }

    /// The elements of what so many lines of windows see of a group's planes.
    pub(super) fn seen_by_windows(&self, lines: usize) -> usize {
        if self.has_one_class() { self.seen(lines) } else { self.strips(lines) }
    }

    /// The windows of some lines, and what they see of a group's planes, copied into scratch memory of as many elements as
    /// [`seen_by_windows`](Convolution::seen_by_windows) says.
    fn windows_of<'a, T: Real>(&self, of: &Rows, planes: &[T], seen: &'a mut [T]) -> Windows<'a, T> {
        let ([inputs, channels], [down, over], patches) = (self.own(), self.windows, self.patches());
        let lines = of.rows.len();
        let (apart, steps) = match self.classes().next() {
            Some([down, over]) if self.has_one_class() => {
                vectorize!(patches.gather_classes(seen, planes, of));
                let [high, width] = patches.seen(lines);
                ([width, 1], [high * width, down.apart * width, over.apart])
            }
            _ => {
                vectorize!(patches.gather(seen, planes, of));
                let [high, width] = patches.strip(lines);
                ([down.stride * width, over.stride], [high * width, down.dilation * width, over.dilation])
            }
        };
        let (count, turns) = ([lines, self.output[1]], [inputs, down.kernel, over.kernel]);
        Windows { count, apart, x: seen, turns, steps, channels }
    }

    /// As [`correlate`](Convolution::correlate), with [packed](Real::pack_channels) weights.
    pub(super) fn correlate_by_windows<T: Real>(
        &self,
        of: &Rows,
        planes: &[T],
        weight: &[T],
        scratch: &mut [T],
        mut take: impl FnMut(usize, Lines<'_, T>),
    ) {
        let (lines, across) = (of.rows.len(), self.output[1]);
        let (seen, products) = scratch.split_at_mut(self.seen_by_windows(lines));
        let products = &mut products[..self.own()[1] * lines * across];
        T::windows_by_weights(self.windows_of(of, planes, seen), weight, products);
        for (channel, product) in products.chunks_exact(lines * across).enumerate() {
            take(channel, Lines { product, count: lines, width: across, across });
        }
    }

    /// Whether windows are good for ∂L/∂W.
    pub(super) fn has_weight_derivative_by_windows(&self) -> bool {
        let [inputs, outputs] = self.own();
        inputs >= LEAST_INPUTS && outputs.is_multiple_of(PANEL)
    }

    /// The elements of scratch memory that [`put_weight_derivative_by_windows`] needs.
    ///
    /// [`put_weight_derivative_by_windows`]: Convolution::put_weight_derivative_by_windows
    pub(super) fn scratch_of_weights_by_windows(&self, lines: usize) -> usize {
        self.seen_by_windows(lines) + lines * self.output[1] * self.own()[1] + LINE
    }

    /// The same for the lines of an image in a block of patches, if windows are good for that.
    pub(super) fn scratch_of_block_by_windows(&self) -> usize {
        let lines = self.block().min(self.output[0]);
        if self.has_weight_derivative_by_windows() { self.scratch_of_weights_by_windows(lines) } else { 0 }
    }

    /// As [`put_weight_derivative`](Convolution::put_weight_derivative), for some lines of windows, given their ∂L/∂y, and how
    /// far it is from one channel's to the next.
    pub(super) fn put_weight_derivative_by_windows<T: Real>(
        &self,
        (store, dw): (Store, &mut [T]),
        x: &[T],
        of: &Rows,
        (delta, apart): (&[T], usize),
        scratch: &mut [T],
    ) {
        let (lines, across) = (of.rows.len(), self.output[1]);
        let (seen, packed) = scratch.split_at_mut(self.seen_by_windows(lines));
        let packed = &mut aligned(packed)[..lines * across * self.own()[1]];
        T::pack_channels(packed, delta, apart, lines * across);
        T::weights_of_windows(self.windows_of(of, x, seen), packed, (store, dw));
    }
}
