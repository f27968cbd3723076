//! Convolutions as products with what the windows see as it stands in the planes.
//!
//! If windows are next to each other, a tap sees the same line for all of them, from its own place on. So the rows of the
//! matrix of patches are there already, and only have to be found (Dukhan 2019, "The Indirect Convolution Algorithm", without
//! its table). They go on from line to line over the border between, of which there is one for the end of a line and the start
//! of the next: what comes of that is computed and left out. With a stride, the taps fall into classes by what is left of
//! their places when strides are taken off: to a class, windows are next to each other among the elements that are a stride
//! apart.
//!
//! Where that leaves out too much, kernels hold [windows](super::windows) instead.

use super::patches::Rows;
use super::{BLOCK, Convolution, OnBlock};
use crate::gemm::{Gemm, Matrix, NestedGemm, Store, gemm, padded};
use crate::kernel::pieces::Pieces;
use crate::kernel::window::{Taps, Window};
use crate::{Real, Threads, vectorize};

/// To copy a number into a matrix of patches takes about as long as so many multiplications.
const COPY: usize = 24;
/// The most numbers in a cache line.
pub(super) const LINE: usize = 16;
/// From so many windows on it takes less time to sort the weights than to do without.
const MANY: usize = 192;
/// The channels whose weights are sorted together.
pub(super) const TOGETHER: usize = 16;
/// The tasks for each thread, if there are lines for so many.
const TASKS: usize = 4;

impl Convolution {
    /// Whether this takes less time than a matrix of patches.
    pub(super) fn is_direct(&self) -> bool {
        let [inputs, outputs] = self.own();
        if inputs * outputs * self.pixels() == 0 || self.is_pointwise() || self.is_depthwise() {
            return false;
        }
        self.is_by_windows() || self.is_by_rows()
    }

    fn is_by_rows(&self) -> bool {
        self.cost_by_rows() <= self.cost_by_patches()
    }

    /// The multiplications for each channel out of an image, with those that are left out. Classes of taps are visited one
    /// after the other.
    pub(super) fn cost_by_rows(&self) -> usize {
        let lines = self.lines(&Threads::single());
        let windows = self.output[0].div_ceil(lines).saturating_mul(padded(self.columns(lines)));
        let cost = windows.saturating_mul(self.rows());
        if self.has_one_class() { cost } else { cost.saturating_add(cost / 10) }
    }

    /// The multiplications for each channel out of an image, and what it takes to write the matrix of patches.
    pub(super) fn cost_by_patches(&self) -> usize {
        let outputs = self.own()[1];
        self.pixels().saturating_mul(self.rows()).saturating_mul(outputs + COPY) / outputs
    }

    /// The elements from the first window of so many lines to the last.
    fn columns(&self, lines: usize) -> usize {
        let [_, width] = self.patches().seen(lines);
        (lines - 1) * width + self.output[1]
    }

    /// The lines of windows in a block.
    fn lines(&self, threads: &Threads) -> usize {
        let (patches, down) = (self.patches(), self.output[0]);
        let [seen, width] = patches.seen(1);
        let of_line = self.own()[0] * patches.classes().iter().product::<usize>() * width;
        let fitting = (BLOCK / of_line.max(1)).saturating_sub(seen - 1).clamp(1, down);
        let tasks = if threads.count() == 1 { 1 } else { TASKS * threads.count() };
        fitting.min(down.div_ceil(tasks.div_ceil(self.samples.max(1))))
    }

    /// The elements of what so many lines of windows see of a group's planes.
    pub(super) fn seen(&self, lines: usize) -> usize {
        self.own()[0] * self.patches().seen_elements(lines) + self.patches().shared()
    }

    /// The elements of scratch memory of a thread: what windows see, and a product.
    pub(super) fn scratch_of_direct(&self) -> usize {
        let lines = self.lines(&Threads::single());
        let seen =
            if self.is_by_windows() { self.seen_by_windows(lines) } else { self.seen(lines) + padded(1) };
        seen + self.own()[1] * padded(self.columns(lines))
    }

    /// The classes of taps.
    pub(super) fn classes(&self) -> impl Iterator<Item = [Taps; 2]> {
        let [down, across] = self.windows;
        down.classes().flat_map(move |down| across.classes().map(move |across| [down, across]))
    }

    /// The weights of a group: class after class, as [`correlate`](Convolution::correlate) reads them, or mirrored, with
    /// channels in and out swapped, as its [adjoint](Convolution::adjoint) does.
    pub(super) fn sort_weights<T: Real>(&self, to: &mut [T], weight: &[T], mirrored: bool) {
        let ([inputs, outputs], [down, across]) = (self.own(), self.windows.map(|window| window.kernel));
        let pairs = inputs * outputs;
        // From a pair of channels to that with the next channel in.
        let step = if mirrored { outputs } else { 1 };
        let place =
            |taps: Taps, i: usize| taps.first + taps.every * if mirrored { taps.count - 1 - i } else { i };
        for (mut to, weight) in
            to.chunks_exact_mut(pairs * down * across).zip(weight.chunks_exact(pairs * down * across))
        {
            for [lines, columns] in self.classes() {
                let taps = lines.count * columns.count;
                let (of_class, rest) = to.split_at_mut(pairs * taps);
                to = rest;
                // A few channels in at a time: with all of them, one side or the other would not stay in the first cache.
                for some in (0..inputs).step_by(TOGETHER).map(|first| first..inputs.min(first + TOGETHER)) {
                    for output in 0..outputs {
                        let pair = if mirrored {
                            some.start * outputs + output
                        } else {
                            output * inputs + some.start
                        };
                        let from = &weight[(output * inputs + some.start) * down * across..];
                        for tap in 0..taps {
                            let (i, j) = (tap / columns.count, tap % columns.count);
                            let from = from[place(lines, i) * across + place(columns, j)..].iter();
                            let to = of_class[pair * taps + tap..].iter_mut().step_by(step * taps);
                            for (to, &from) in to.zip(from.step_by(down * across)).take(some.len()) {
                                *to = from;
                            }
                        }
                    }
                }
            }
        }
    }

    /// The elements of scratch memory for sorted weights, which all threads read: room for two ways to sort them.
    pub(super) fn sorted(&self) -> usize {
        if self.is_direct() { 2 * self.channels[1] * self.rows() + LINE } else { 0 }
    }

    /// As [`forward`](Convolution::forward).
    #[allow(clippy::too_many_arguments)]
    pub(super) fn forward_direct<T: Real>(
        &self,
        (store, y): (Store, &mut [T]),
        x: &[T],
        weight: &[T],
        bias: Option<&[T]>,
        finish: Option<OnBlock<'_, T>>,
        scratch: &mut [T],
        threads: &Threads,
    ) {
        let (each, outputs) = (self.lines(threads), self.own()[1]);
        let blocks = self.output[0].div_ceil(each);
        let (sorted, scratch) = scratch.split_at_mut(self.sorted());
        let (sorted, _) = aligned(sorted).split_at_mut(weight.len());
        let weight = if self.is_by_windows() {
            T::pack_channels(sorted, weight, self.rows(), self.rows());
            sorted
        } else if self.patches().classes() != [1, 1] {
            self.sort_weights(sorted, weight, false);
            sorted
        } else {
            weight
        };
        let y = Pieces::new(y);
        self.run(self.samples * blocks, scratch, threads, |task, scratch| {
            let (image, first) = (task / blocks, task % blocks * each);
            let of = Rows { image, rows: first..self.output[0].min(first + each), column: 0 };
            for group in 0..self.groups {
                let weight = &weight[group * outputs * self.rows()..][..outputs * self.rows()];
                self.correlate(&of, &x[self.planes(group, image)], weight, scratch, |channel, lines| {
                    let channel = group * outputs + channel;
                    let places = self.places(channel, &of);
                    let start = places.start;
                    // SAFETY: each line of windows is one task's.
                    let y = unsafe { y.piece(places) };
                    lines.put((store, y), [self.output[1], 1], bias.map_or(T::zero(), |bias| bias[channel]));
                    if let Some(finish) = finish {
                        finish(y, start);
                    }
                });
            }
        });
    }

    /// Correlates the planes of a group with its [sorted](Convolution::sort_weights) weights, and calls `take` with each
    /// channel out and what came of it.
    fn correlate<T: Real>(
        &self,
        of: &Rows,
        planes: &[T],
        weight: &[T],
        scratch: &mut [T],
        mut take: impl FnMut(usize, Lines<'_, T>),
    ) {
        if self.is_by_windows() {
            return self.correlate_by_windows(of, planes, weight, scratch, take);
        }
        let ([inputs, outputs], patches, lines) = (self.own(), self.patches(), of.rows.len());
        let ([high, width], n) = (patches.seen(lines), self.columns(lines));
        // Whole vectors are read behind the last row, too.
        let (b, product) = scratch.split_at_mut(self.seen(lines) + padded(1));
        let product = &mut product[..outputs * padded(n)];
        vectorize!(patches.gather_classes(&mut b[..self.seen(lines)], planes, of));
        let mut weight = weight;
        for (i, [down, across]) in self.classes().enumerate() {
            let (own, rest) = weight.split_at(outputs * inputs * down.count * across.count);
            weight = rest;
            T::nested_gemm(NestedGemm {
                m: outputs,
                n,
                a: own,
                b: &b[i * high * width + down.strides * width + across.strides..],
                counts: [inputs, down.count, across.count],
                apart: [patches.seen_elements(lines), down.apart * width, across.apart],
                c: product,
                store: if i == 0 { Store::Write } else { Store::Add },
            });
        }
        for (channel, product) in product.chunks_exact(padded(n)).enumerate() {
            take(channel, Lines { product, count: lines, width, across: self.output[1] });
        }
    }

    /// The convolutions of ∂L/∂y that ∂L/∂x is, with [mirrored](Convolution::sort_weights) weights: for each class of taps one,
    /// and the place of the first element of x that it is for. None if they, or this, are not direct, or
    /// there are few windows.
    pub(super) fn adjoint(&self) -> Option<impl Iterator<Item = (Convolution, [usize; 2])>> {
        let of = *self;
        let all = move || self.classes().map(move |taps| of.adjoint_of(taps));
        // There is much to copy for few products where classes of taps are taken one by one.
        let is_good = |of: Convolution| of.is_direct() && (self.has_one_class() || of.is_by_rows());
        let many = self.samples.saturating_mul(self.pixels()) >= MANY;
        (many
            && self.is_direct()
            && all().all(|adjoint| adjoint.is_some_and(|(adjoint, _)| is_good(adjoint))))
        .then(|| all().flatten())
    }

    fn adjoint_of(&self, taps: [Taps; 2]) -> Option<(Convolution, [usize; 2])> {
        let (mut windows, mut output, mut first) = (self.windows, [0; 2], [0; 2]);
        for axis in 0..2 {
            let (Taps { count, left, strides, apart, .. }, Window { stride, before, .. }) =
                (taps[axis], self.windows[axis]);
            // The first window of these taps that sees x.
            let window = before.saturating_sub(left).div_ceil(stride);
            first[axis] = window * stride + left - before;
            output[axis] = self.input[axis].saturating_sub(first[axis]).div_ceil(stride);
            let before = (strides + (count - 1) * apart).checked_sub(window)?;
            windows[axis] = Window { kernel: count, stride: 1, dilation: apart, before, after: 0 };
        }
        let [inputs, outputs] = self.channels;
        let (channels, input) = ([outputs, inputs], self.output);
        Some((Convolution { channels, windows, input, output, ..*self }, first))
    }

    /// The elements of scratch memory of a thread for derivatives, where there is an adjoint.
    pub(super) fn scratch_of_derivatives(&self) -> usize {
        let Some(adjoint) = self.adjoint() else { return 0 };
        let (lines, outputs, across) = (self.lines(&Threads::single()), self.own()[1], self.output[1]);
        let of_weights = if self.has_weight_derivative_by_windows() {
            self.scratch_of_weights_by_windows(lines)
        } else {
            self.seen(lines) + self.shifted(lines) + padded(lines * across * outputs)
        };
        let of_x = adjoint.map(|(adjoint, _)| adjoint.scratch_of_direct()).max().unwrap_or(0);
        outputs * self.pixels() + of_weights.max(of_x)
    }

    /// The elements of what the taps of a line see of a group's planes.
    fn shifted(&self, lines: usize) -> usize {
        let patches = self.patches();
        let ([high, _], [down, _]) = (patches.seen(lines), patches.classes());
        self.windows[1].kernel * self.own()[0] * down * high * self.output[1]
    }

    /// The weights of all groups as [`pull_back`](Convolution::pull_back) reads them.
    pub(super) fn mirrored_weights<'a, T: Real>(&self, space: &'a mut [T], weight: &[T]) -> &'a [T] {
        let (sorted, rest) = aligned(space).split_at_mut(weight.len());
        let packed = &mut rest[..weight.len()];
        self.sort_weights(packed, weight, true);
        if self.adjoint().into_iter().flatten().all(|(adjoint, _)| !adjoint.is_by_windows()) {
            return packed;
        }
        let (mut to, mut from) = (&mut *sorted, &*packed);
        for (adjoint, _) in (0..self.groups).flat_map(|_| self.adjoint().into_iter().flatten()) {
            let (own, others) = to.split_at_mut(adjoint.own()[1] * adjoint.rows());
            let (own_from, others_from) = from.split_at(own.len());
            if adjoint.is_by_windows() {
                T::pack_channels(own, own_from, adjoint.rows(), adjoint.rows());
            } else {
                own.copy_from_slice(own_from);
            }
            (to, from) = (others, others_from);
        }
        sorted
    }

    /// Stores ∂L/∂x of an image's group, given ∂L/∂y and its mirrored weights.
    pub(super) fn pull_back<T: Real>(
        &self,
        (store, dx): (Store, &mut [T]),
        delta: &[T],
        mirrored: &[T],
        scratch: &mut [T],
    ) {
        let [height, width] = self.input;
        let [down, across] = self.windows.map(|window| window.stride);
        if store == Store::Write && self.patches().classes() != [down, across] {
            // No tap sees some of the elements.
            dx.fill(T::zero());
        }
        let mut mirrored = mirrored;
        for (adjoint, first) in self.adjoint().into_iter().flatten() {
            let (own, rest) = mirrored.split_at(adjoint.own()[1] * adjoint.rows());
            mirrored = rest;
            for of in adjoint.blocks(0) {
                adjoint.correlate(&of, delta, own, scratch, |channel, lines| {
                    let line = channel * height + first[0] + of.rows.start * down;
                    let to = &mut dx[line * width + first[1]..(channel + 1) * height * width];
                    lines.put((store, to), [down * width, across], T::zero());
                });
            }
        }
    }

    /// Stores what an image's group contributes to ∂L/∂W, a row of all channels out for each of
    /// [`rows_of_sums`](Convolution::rows_of_sums).
    ///
    /// For each line of taps that is a product of what they see of all channels in and ∂L/∂y. The border between lines is left
    /// out here: times zero, what is infinite there would be NaN.
    pub(super) fn put_weight_derivative<T: Real>(
        &self,
        (mut store, dw): (Store, &mut [T]),
        x: &[T],
        image: usize,
        delta: &[T],
        scratch: &mut [T],
        threads: &Threads,
    ) {
        let ([inputs, outputs], patches, across) = (self.own(), self.patches(), self.output[1]);
        let [down, over] = self.windows;
        let (rows, pixels) = (over.kernel * inputs, self.pixels());
        for of in self.blocks(image) {
            if self.has_weight_derivative_by_windows() {
                let delta = (&delta[of.rows.start * across..], pixels);
                self.put_weight_derivative_by_windows((store, dw), x, &of, delta, scratch);
                store = Store::Add;
                continue;
            }
            let lines = of.rows.len();
            let ([high, _], [classes, _], n) = (patches.seen(lines), patches.classes(), lines * across);
            let (seen, scratch) = scratch.split_at_mut(self.seen(lines));
            let (columns, turned) = scratch.split_at_mut(self.shifted(lines));
            let delta = &delta[of.rows.start * across..(outputs - 1) * pixels + of.rows.end * across];
            vectorize!({
                patches.gather_classes(seen, x, &of);
                patches.shift(columns, seen, lines);
                for (place, turned) in turned.chunks_exact_mut(outputs).take(n).enumerate() {
                    for (turned, &d) in turned.iter_mut().zip(delta[place..].iter().step_by(pixels)) {
                        *turned = d;
                    }
                }
            });
            for (tap, dw) in dw.chunks_exact_mut(rows * outputs).enumerate() {
                let line = tap % classes * high + tap * down.dilation / down.stride;
                gemm(Gemm {
                    m: rows,
                    k: n,
                    n: outputs,
                    a: Matrix {
                        elements: &columns[line * across..],
                        row_stride: classes * high * across,
                        column_stride: 1,
                    },
                    b: Matrix::row_major(turned, outputs),
                    c: dw,
                    start: store.into(),
                    threads,
                });
            }
            store = Store::Add;
        }
    }

    /// For each of a channel's weights, the row of the sums that [`put_weight_derivative`](Convolution::put_weight_derivative)
    /// has added it to.
    pub(super) fn rows_of_sums(&self) -> impl Iterator<Item = usize> {
        let ([inputs, _], taps) = (self.own(), self.patches().taps());
        (0..inputs).flat_map(move |input| (0..taps).map(move |tap| tap * inputs + input))
    }

    /// The windows of an image in blocks.
    fn blocks(&self, image: usize) -> impl Iterator<Item = Rows> {
        let (each, all) = (self.lines(&Threads::single()), self.output[0]);
        (0..all).step_by(each).map(move |first| Rows { image, rows: first..all.min(first + each), column: 0 })
    }
}

/// Numbers from the start of a cache line on, of a slice that has [`LINE`] more than are needed.
pub(super) fn aligned<T>(numbers: &mut [T]) -> &mut [T] {
    let skipped = numbers.as_ptr().align_offset(64);
    &mut numbers[if skipped <= LINE { skipped } else { 0 }..]
}

/// Lines of windows with what is between them.
pub(super) struct Lines<'a, T> {
    pub(super) product: &'a [T],
    pub(super) count: usize,
    pub(super) width: usize,
    pub(super) across: usize,
}

impl<T: Real> Lines<'_, T> {
    /// Stores the lines and a number added to each element, so far apart: one line and the next, one element and the next.
    fn put(&self, (store, to): (Store, &mut [T]), [down, step]: [usize; 2], bias: T) {
        let Lines { product, count, width, across } = *self;
        let put = store.put();
        vectorize!(move for (to, product) in to.chunks_mut(down).zip(product.chunks(width)).take(count) {
            let product = &product[..across];
            if step == 1 {
                for (to, &p) in to.iter_mut().zip(product) {
                    put(to, p + bias);
                }
            } else {
                for (to, &p) in to.iter_mut().step_by(step).zip(product) {
                    put(to, p + bias);
                }
            }
        });
    }
}
