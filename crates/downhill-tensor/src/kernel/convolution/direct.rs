//! Convolutions with windows next to each other: products with what the windows see as it stands in the strips.
//!
//! A tap sees the same line for all windows, from its own place on. So the rows of the matrix of patches are there
//! already, and only have to be found (Dukhan 2019, "The Indirect Convolution Algorithm", without its table). They go on
//! from line to line over the border between: what comes of that is computed and left out.

use super::patches::{Patches, Rows};
use super::{BLOCK, Convolution, OnBlock};
use crate::gemm::{Gemm, Matrix, NestedGemm, Start, Store, gemm, padded};
use crate::kernel::pieces::Pieces;
use crate::kernel::window::Window;
use crate::{Real, Threads, vectorize};

/// To copy a number into a matrix of patches takes about as long as so many multiplications.
const COPY: usize = 24;
/// The tasks for each thread, if there are lines for so many.
const TASKS: usize = 4;

impl Convolution {
    /// Whether this takes less time than a matrix of patches.
    pub(super) fn is_direct(&self) -> bool {
        let next = self.windows.iter().all(|window| window.stride == 1);
        let [inputs, outputs] = self.own();
        let nothing = inputs * outputs * self.pixels() == 0;
        let computed = || padded(self.columns(self.output[0])).saturating_mul(outputs);
        next && !nothing && computed() <= self.pixels().saturating_mul(outputs + COPY)
    }

    /// The elements from the first window of so many lines to the last.
    fn columns(&self, lines: usize) -> usize {
        let [_, width] = self.patches().strip(lines);
        (lines - 1) * width + self.output[1]
    }

    /// The lines of windows in a block.
    fn lines(&self, threads: &Threads) -> usize {
        let Patches { count: [down, _], .. } = self.patches();
        let [seen, width] = self.patches().strip(1);
        let fitting = (BLOCK / (self.own()[0] * width).max(1)).saturating_sub(seen - 1).clamp(1, down);
        let tasks = if threads.count() == 1 { 1 } else { TASKS * threads.count() };
        fitting.min(down.div_ceil(tasks.div_ceil(self.samples.max(1))))
    }

    /// The elements of scratch memory of a thread: strips and a product.
    pub(super) fn scratch_of_direct(&self) -> usize {
        let lines = self.lines(&Threads::single());
        self.strips(lines) + padded(1) + self.own()[1] * padded(self.columns(lines))
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
                    lines.put((store, y), bias.map_or(T::zero(), |bias| bias[channel]));
                    if let Some(finish) = finish {
                        finish(y, start);
                    }
                });
            }
        });
    }

    /// Correlates the planes of a group with its weights, and calls `take` with each channel out and what came of it.
    fn correlate<T: Real>(
        &self,
        of: &Rows,
        planes: &[T],
        weight: &[T],
        scratch: &mut [T],
        mut take: impl FnMut(usize, Lines<'_, T>),
    ) {
        let ([inputs, outputs], patches, lines) = (self.own(), self.patches(), of.rows.len());
        let ([_, width], n) = (patches.strip(lines), self.columns(lines));
        let strips = self.strips(lines);
        let (b, product) = scratch.split_at_mut(strips + padded(1));
        let product = &mut product[..outputs * padded(n)];
        vectorize!(patches.gather(&mut b[..strips], planes, of));
        let [down, across] = self.windows;
        T::nested_gemm(NestedGemm {
            m: outputs,
            n,
            a: weight,
            b,
            counts: [inputs, down.kernel, across.kernel],
            apart: [patches.strip_elements(lines), down.dilation * width, across.dilation],
            c: product,
        });
        for (channel, product) in product.chunks_exact(padded(n)).enumerate() {
            take(channel, Lines { product, width, across: self.output[1] });
        }
    }

    /// The convolution of ∂L/∂y that ∂L/∂x is, with [mirrored](Convolution::mirror) weights, if both are direct.
    pub(super) fn adjoint(&self) -> Option<Convolution> {
        let window = |axis: usize| {
            let Window { kernel, dilation, before, .. } = self.windows[axis];
            let before = ((kernel - 1) * dilation).checked_sub(before)?;
            Some(Window { kernel, dilation, before, stride: 1, after: 0 })
        };
        if self.is_pointwise() || self.is_depthwise() || !self.is_direct() {
            return None;
        }
        let [inputs, outputs] = self.channels;
        let windows = [window(0)?, window(1)?];
        let (channels, input, output) = ([outputs, inputs], self.output, self.input);
        Some(Convolution { channels, windows, input, output, ..*self }).filter(Convolution::is_direct)
    }

    /// Writes the weights of the [adjoint](Convolution::adjoint).
    pub(super) fn mirror<T: Real>(&self, to: &mut [T], weight: &[T]) {
        let ([inputs, outputs], taps) = (self.own(), self.patches().taps());
        for (place, to) in to.chunks_exact_mut(taps).enumerate() {
            let (group, input, output) =
                (place / outputs / inputs, place / outputs % inputs, place % outputs);
            let from = ((group * outputs + output) * inputs + input) * taps;
            for (to, &w) in to.iter_mut().zip(weight[from..from + taps].iter().rev()) {
                *to = w;
            }
        }
    }

    /// The elements of scratch memory of a thread for derivatives, where there is an adjoint.
    pub(super) fn scratch_of_derivatives(&self, adjoint: &Convolution) -> usize {
        let (lines, outputs, across) = (self.lines(&Threads::single()), self.own()[1], self.output[1]);
        let [seen, _] = self.patches().strip(lines);
        let columns = self.windows[1].kernel * self.own()[0] * seen * across;
        let of_weights = self.strips(lines) + columns + padded(lines * across * outputs);
        outputs * self.pixels() + of_weights.max(adjoint.scratch_of_direct())
    }

    /// Stores ∂L/∂x of an image's group, given ∂L/∂y, as this convolution, which is another's
    /// [adjoint](Convolution::adjoint).
    pub(super) fn pull_back<T: Real>(
        &self,
        (store, dx): (Store, &mut [T]),
        delta: &[T],
        mirrored: &[T],
        scratch: &mut [T],
    ) {
        for of in self.blocks(0) {
            self.correlate(&of, delta, mirrored, scratch, |channel, lines| {
                lines.put((store, &mut dx[self.places(channel, &of)]), T::zero());
            });
        }
    }

    /// Adds what an image's group contributes to ∂L/∂W, a row of all channels out for each of
    /// [`rows_of_sums`](Convolution::rows_of_sums).
    ///
    /// For each line of taps that is a product of what they see of all channels in and ∂L/∂y. The border between lines is left
    /// out here: times zero, what is infinite there would be NaN.
    pub(super) fn add_weight_derivative<T: Real>(
        &self,
        dw: &mut [T],
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
            let lines = of.rows.len();
            let ([seen, _], n) = (patches.strip(lines), lines * across);
            let (strips, scratch) = scratch.split_at_mut(self.strips(lines));
            let (columns, turned) = scratch.split_at_mut(rows * seen * across);
            let delta = &delta[of.rows.start * across..(outputs - 1) * pixels + of.rows.end * across];
            vectorize!({
                patches.gather(strips, x, &of);
                patches.shift(columns, strips);
                for (place, turned) in turned.chunks_exact_mut(outputs).take(n).enumerate() {
                    for (turned, &d) in turned.iter_mut().zip(delta[place..].iter().step_by(pixels)) {
                        *turned = d;
                    }
                }
            });
            for (line, dw) in dw.chunks_exact_mut(rows * outputs).enumerate() {
                let seen_by_line = &columns[line * down.dilation * across..];
                gemm(Gemm {
                    m: rows,
                    k: n,
                    n: outputs,
                    a: Matrix { elements: seen_by_line, row_stride: seen * across, column_stride: 1 },
                    b: Matrix::row_major(turned, outputs),
                    c: dw,
                    start: Start::Destination,
                    threads,
                });
            }
        }
    }

    /// For each of a channel's weights, the row of the sums that [`add_weight_derivative`](Convolution::add_weight_derivative)
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

/// Lines of windows with what is between them.
struct Lines<'a, T> {
    product: &'a [T],
    width: usize,
    across: usize,
}

impl<T: Real> Lines<'_, T> {
    /// Stores the lines and a number added to each element.
    fn put(&self, (store, to): (Store, &mut [T]), bias: T) {
        let Lines { product, width, across } = *self;
        vectorize!(move for (to, product) in to.chunks_exact_mut(across).zip(product.chunks(width)) {
            match store {
                Store::Write => {
                    for (to, &p) in to.iter_mut().zip(product) {
                        *to = p + bias;
                    }
                }
                Store::Add => {
                    for (to, &p) in to.iter_mut().zip(product) {
                        *to += p + bias;
                    }
                }
            }
        });
    }
}
