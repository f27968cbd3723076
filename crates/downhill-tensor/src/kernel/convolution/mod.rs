//! Convolutions as products with matrices of patches, written or found.

mod backward;
mod depthwise;
mod direct;
mod patches;
mod pointwise;
mod windows;

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use self::patches::{Patches, Rows, rows_of};
use super::pieces::Pieces;
use super::window::Window;
use crate::gemm::{Gemm, Matrix, Start, Store, gemm};
use crate::kernel::rows;
use crate::{Real, Threads, vectorize};

/// A convolution of images `[samples, channels in, height, width]` with weights
/// `[channels out, channels in / groups, kernel height, kernel width]` to `[samples, channels out, …]`: a correlation, as
/// everywhere in neural networks. A sequence is an image of height 1.
///
/// What a group's windows see is a matrix, found in the planes as they stand, or, where that is more work, written a block of
/// windows at a time, so that it stays in the cache; the rest is matrix products (Chellapilla, Puri & Simard 2006). Which way it
/// goes, blocks and the order of sums follow from the sizes alone, so that the bits do not depend on the number of threads.
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
const BLOCK: usize = 1 << 16;
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
        if self.is_pointwise() {
            return self.pixels() * self.own()[1];
        }
        if self.is_depthwise() {
            return self.scratch_of_depthwise();
        }
        let patches = self.scratch_of_block_by_windows()
            + self.strips(self.block().min(self.output[0]))
            + self.block() * self.output[1] * (self.rows() + self.own()[1]);
        let direct = if self.is_direct() { self.scratch_of_direct() } else { 0 };
        patches.max(direct).max(self.scratch_of_derivatives())
    }

    /// The elements of the strips of a group's planes that so many rows of windows see.
    fn strips(&self, rows: usize) -> usize {
        self.own()[0] * self.patches().strip_elements(rows)
    }

    /// The elements of scratch memory that a pass needs.
    pub fn scratch(&self, threads: &Threads) -> usize {
        self.sorted() + self.scratch_of_one() * threads.count()
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
        if self.is_pointwise() {
            return self.forward_pointwise((store, y), x, weight, bias, finish, scratch, threads);
        }
        if self.is_depthwise() {
            return self.forward_depthwise((store, y), x, weight, bias, finish, scratch, threads);
        }
        if self.is_direct() {
            return self.forward_direct((store, y), x, weight, bias, finish, scratch, threads);
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
}

fn sum<T: Real>(numbers: &[T]) -> T {
    vectorize!(rows::sum(
        [numbers; 3],
        #[inline(always)]
        |[x, ..]| x,
    ))
}
