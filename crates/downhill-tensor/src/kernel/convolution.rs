//! Convolutions as products with matrices of patches.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::patches::{Patches, Rows, rows_of};
use super::pieces::Pieces;
use super::window::Window;
use crate::gemm::{Gemm, Matrix, Start, Store, gemm};
use crate::{Real, Threads, vectorize};

/// A convolution of images `[samples, channels in, height, width]` with weights
/// `[channels out, channels in / groups, kernel height, kernel width]` to `[samples, channels out, …]`: a correlation, as
/// everywhere in neural networks. A sequence is an image of height 1.
///
/// What a group's windows see is written as a matrix, a block of windows at a time, so that it stays in the cache; the rest
/// is matrix products (Chellapilla, Puri & Simard 2006). Blocks and the order of sums follow from the sizes alone, so that
/// the bits do not depend on the number of threads.
#[derive(Debug, Clone, Copy)]
pub struct Convolution {
    /// The number of images.
    pub samples: usize,
    /// The number of groups, which divides both numbers of channels.
    pub groups: usize,
    /// The number of channels, in and out.
    pub channels: [usize; 2],
    /// The windows down and across.
    pub windows: [Window; 2],
    /// The height and the width of what the windows slide over.
    pub input: [usize; 2],
    /// The number of windows down and across: at most [`Window::count`].
    pub output: [usize; 2],
}

/// Writes or changes some neighbouring elements of y, given the place of the first.
pub type OnBlock<'a, T> = &'a (dyn Fn(&mut [T], usize) + Sync);

/// The elements of a block's matrix of patches: what fits the second cache beside all else.
const BLOCK: usize = 1 << 15;
/// The parts that the sums over windows are cut into, to be formed side by side.
const PARTS: usize = 16;
/// The most elements of all parts of a weight's derivative.
const MOST_PARTIAL: usize = 1 << 20;
/// The multiplications from which threads pay.
const THREADED: usize = 1 << 18;

impl Convolution {
    /// The channels of a group, in and out.
    fn own(&self) -> [usize; 2] {
        self.channels.map(|channels| channels / self.groups)
    }

    fn patches(&self) -> Patches {
        Patches { windows: self.windows, plane: self.input, count: self.output }
    }

    /// The rows of a group's matrix of patches.
    fn rows(&self) -> usize {
        self.own()[0] * self.patches().taps()
    }

    fn pixels(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// The multiplications of one pass.
    pub fn multiply_adds(&self) -> usize {
        let each = self.samples.saturating_mul(self.pixels()).saturating_mul(self.channels[1]);
        each.saturating_mul(self.rows())
    }

    /// The number of rows of windows in a block.
    fn block(&self) -> usize {
        let high = self.rows().max(self.own()[1]).max(1);
        (BLOCK / high / self.output[1].max(1)).clamp(1, (self.samples * self.output[0]).max(1))
    }

    /// The elements of scratch memory of a thread: a block's patches, what it makes of them, and strips.
    fn scratch_of_one(&self) -> usize {
        if self.pixels() == 0 {
            return 0;
        }
        self.strips(self.block().min(self.output[0]))
            + self.block() * self.output[1] * (self.rows() + self.own()[1])
    }

    /// The elements of the strips of a group's planes that so many rows of windows see.
    fn strips(&self, rows: usize) -> usize {
        self.own()[0] * self.patches().strip_elements(rows)
    }

    /// The elements of scratch memory that a pass needs.
    pub fn scratch(&self, threads: &Threads) -> usize {
        self.scratch_of_one() * threads.count()
    }

    /// The elements of scratch memory for sums of parts that [`backward`](Convolution::backward) needs.
    pub fn partial(&self) -> usize {
        self.parts() * self.partial_of_one()
    }

    fn partial_of_one(&self) -> usize {
        self.channels[1] * (self.rows() + 1)
    }

    /// The number of parts that the images are cut into for sums over them.
    fn parts(&self) -> usize {
        let most = (MOST_PARTIAL / self.partial_of_one().max(1)).clamp(1, PARTS);
        most.min(self.samples.max(1))
    }

    /// Calls `task` with each number below `tasks` and scratch memory of its thread's own.
    fn run<T: Send>(
        &self,
        tasks: usize,
        scratch: &mut [T],
        threads: &Threads,
        task: impl Fn(usize, &mut [T]) + Sync,
    ) {
        let each = self.scratch_of_one();
        let scratch = Pieces::new(scratch);
        let next = AtomicUsize::new(0);
        let workers = if self.multiply_adds() < THREADED { 1 } else { threads.count().min(tasks) };
        threads.run(workers, |worker| {
            // SAFETY: each worker has a piece of its own.
            let own = unsafe { scratch.piece(worker * each..(worker + 1) * each) };
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= tasks {
                    return;
                }
                task(number, own);
            }
        });
    }

    /// The places of the elements of a channel in some rows of windows.
    fn places(&self, channel: usize, of: &Rows) -> Range<usize> {
        let start = (of.image * self.channels[1] + channel) * self.pixels();
        start + of.rows.start * self.output[1]..start + of.rows.end * self.output[1]
    }

    /// The input's planes of a group.
    fn planes(&self, group: usize, image: usize) -> Range<usize> {
        let (own, plane) = (self.own()[0], self.input[0] * self.input[1]);
        let first = image * self.channels[0] + group * own;
        first * plane..(first + own) * plane
    }

    /// Computes y and stores it. `finish` may change the elements of y further, a few at a time: it is given them and the place of the
    /// first. `scratch` is as long as [`scratch`](Convolution::scratch) says, with any content.
    ///
    /// # Panics
    /// If a slice has the wrong number of elements, as in every function here.
    #[allow(clippy::too_many_arguments)]
    pub fn forward<T: Real>(
        &self,
        (store, y): (Store, &mut [T]),
        x: &[T],
        weight: &[T],
        bias: Option<&[T]>,
        finish: Option<OnBlock<'_, T>>,
        scratch: &mut [T],
        threads: &Threads,
    ) {
        let ([_, outputs], rows, width) = (self.own(), self.rows(), self.output[1]);
        let (total, block) = (self.samples * self.output[0], self.block());
        assert_eq!(y.len(), self.samples * self.channels[1] * self.pixels(), "the elements of y");
        if y.is_empty() {
            return;
        }
        let (y, patches) = (Pieces::new(y), self.patches());
        let tasks = total.div_ceil(block);
        let one = Threads::single();
        let inner = if tasks == 1 { threads } else { &one };
        self.run(tasks, scratch, threads, |task, scratch| {
            let of = task * block..total.min((task + 1) * block);
            let n = of.len() * width;
            let (columns, scratch) = scratch.split_at_mut(rows * n);
            let (product, strips) = scratch.split_at_mut(outputs * n);
            for group in 0..self.groups {
                for of in rows_of(of.clone(), self.output) {
                    let strips = &mut strips[..self.strips(of.rows.len())];
                    patches.unfold(columns, n, &x[self.planes(group, of.image)], strips, &of);
                }
                gemm(Gemm {
                    m: outputs,
                    k: rows,
                    n,
                    a: Matrix::row_major(&weight[group * outputs * rows..][..outputs * rows], rows),
                    b: Matrix::row_major(columns, n),
                    c: product,
                    start: Start::Zero,
                    threads: inner,
                });
                for (channel, product) in (group * outputs..).zip(product.chunks_exact(n)) {
                    let bias = bias.map(|bias| bias[channel]);
                    for of in rows_of(of.clone(), self.output) {
                        let places = self.places(channel, &of);
                        let start = places.start;
                        // SAFETY: each row of windows is one task's.
                        let y = unsafe { y.piece(places) };
                        let product = &product[of.column..][..y.len()];
                        match (store, bias) {
                            (Store::Write, None) => y.copy_from_slice(product),
                            (Store::Write, Some(bias)) => {
                                vectorize!(for (y, &p) in y.iter_mut().zip(product) {
                                    *y = p + bias;
                                });
                            }
                            (Store::Add, bias) => {
                                let bias = bias.unwrap_or(T::zero());
                                vectorize!(for (y, &p) in y.iter_mut().zip(product) {
                                    *y += p + bias;
                                });
                            }
                        }
                        if let Some(finish) = finish {
                            finish(y, start);
                        }
                    }
                }
            }
        });
    }

    /// Computes ∂L/∂x, if that is wanted, and the sums of parts that ∂L/∂W and ∂L/∂b are made of, if there is room for
    /// them: see [`weight_derivative`](Convolution::weight_derivative). x is needed for ∂L/∂W alone. `cotangent` writes
    /// elements of ∂L/∂y into a slice, from a place on. `scratch` and `partial` are as long as
    /// [`scratch`](Convolution::scratch) and [`partial`](Convolution::partial) say, with any content.
    ///
    /// # Panics
    /// As [`forward`](Convolution::forward).
    #[allow(clippy::too_many_arguments)]
    pub fn backward<T: Real>(
        &self,
        dx: Option<(Store, &mut [T])>,
        partial: Option<&mut [T]>,
        x: Option<&[T]>,
        weight: &[T],
        cotangent: OnBlock<'_, T>,
        scratch: &mut [T],
        threads: &Threads,
    ) {
        let ([_, outputs], rows, width) = (self.own(), self.rows(), self.output[1]);
        let patches = self.patches();
        let parts = self.parts();
        let dx = dx.map(|(store, dx)| (store, Pieces::new(dx)));
        let partial = partial.map(Pieces::new);
        let one = Threads::single();
        let inner = if parts == 1 { threads } else { &one };
        self.run(parts, scratch, threads, |part, scratch| {
            let images = part * self.samples / parts..(part + 1) * self.samples / parts;
            let each = self.partial_of_one();
            let own = part * each..(part + 1) * each;
            // SAFETY: each part has a piece of its own.
            let sums = partial.as_ref().map(|partial| unsafe { partial.piece(own) });
            let (mut dw, mut db) = sums.map(|sums| sums.split_at_mut(self.channels[1] * rows)).unzip();
            dw.iter_mut().chain(&mut db).for_each(|sums| sums.fill(T::zero()));
            for group in 0..self.groups {
                if let Some((Store::Write, dx)) = &dx {
                    for image in images.clone() {
                        // SAFETY: each image is one part's.
                        unsafe { dx.piece(self.planes(group, image)) }.fill(T::zero());
                    }
                }
                let all = images.start * self.output[0]..images.end * self.output[0];
                for start in all.clone().step_by(self.block()) {
                    let of = start..all.end.min(start + self.block());
                    let n = of.len() * width;
                    if n == 0 {
                        continue;
                    }
                    let (columns, scratch) = scratch.split_at_mut(rows * n);
                    let (delta, strips) = scratch.split_at_mut(outputs * n);
                    for (channel, delta) in (group * outputs..).zip(delta.chunks_exact_mut(n)) {
                        for of in rows_of(of.clone(), self.output) {
                            let places = self.places(channel, &of);
                            cotangent(&mut delta[of.column..][..places.len()], places.start);
                        }
                        if let Some(db) = &mut db {
                            db[channel] += sum(delta);
                        }
                    }
                    let delta = Matrix::row_major(delta, n);
                    let own = group * outputs * rows..(group + 1) * outputs * rows;
                    if let (Some(x), Some(dw)) = (x, &mut dw) {
                        for of in rows_of(of.clone(), self.output) {
                            let strips = &mut strips[..self.strips(of.rows.len())];
                            patches.unfold(columns, n, &x[self.planes(group, of.image)], strips, &of);
                        }
                        gemm(Gemm {
                            m: outputs,
                            k: n,
                            n: rows,
                            a: delta,
                            b: Matrix::row_major(columns, n).transposed(),
                            c: &mut dw[own.clone()],
                            start: Start::Destination,
                            threads: inner,
                        });
                    }
                    if let Some((_, dx)) = &dx {
                        gemm(Gemm {
                            m: rows,
                            k: outputs,
                            n,
                            a: Matrix::row_major(&weight[own], rows).transposed(),
                            b: delta,
                            c: columns,
                            start: Start::Zero,
                            threads: inner,
                        });
                        for of in rows_of(of.clone(), self.output) {
                            // SAFETY: each image is one part's.
                            let dx = unsafe { dx.piece(self.planes(group, of.image)) };
                            let strips = &mut strips[..self.strips(of.rows.len())];
                            patches.fold(dx, columns, n, strips, &of);
                        }
                    }
                }
            }
        });
    }

    /// Stores ∂L/∂W from the sums that [`backward`](Convolution::backward) has formed.
    ///
    /// # Panics
    /// As [`forward`](Convolution::forward).
    pub fn weight_derivative<T: Real>(&self, dw: (Store, &mut [T]), partial: &[T]) {
        self.add_up(dw, partial, 0);
    }

    /// Stores ∂L/∂b from the sums that [`backward`](Convolution::backward) has formed.
    ///
    /// # Panics
    /// As [`forward`](Convolution::forward).
    pub fn bias_derivative<T: Real>(&self, db: (Store, &mut [T]), partial: &[T]) {
        self.add_up(db, partial, self.channels[1] * self.rows());
    }

    /// Stores the sum over all parts, from a place on.
    fn add_up<T: Real>(&self, (mut store, derivative): (Store, &mut [T]), partial: &[T], start: usize) {
        for sums in partial.chunks_exact(self.partial_of_one().max(1)) {
            let put = store.put();
            for (there, &sum) in derivative.iter_mut().zip(&sums[start..]) {
                put(there, sum);
            }
            store = Store::Add;
        }
    }
}

fn sum<T: Real>(numbers: &[T]) -> T {
    vectorize!({
        let [sum] = super::sums::sums(
            numbers,
            numbers,
            numbers,
            #[inline(always)]
            |x, _, _| [x],
        );
        sum
    })
}
