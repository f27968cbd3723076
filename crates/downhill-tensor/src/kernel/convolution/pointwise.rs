//! Convolutions with a kernel of one tap: a plane is its own matrix of patches.

use super::{Convolution, OnBlock, sum};
use crate::gemm::{Gemm, Matrix, Start, Store, gemm};
use crate::kernel::pieces::Pieces;
use crate::{Real, Threads};

/// The fewest pixels that make a product of their own: smaller images are better taken together.
const LEAST_PIXELS: usize = 32;

impl Convolution {
    /// Whether each window is one element, and each element a window, in planes large enough.
    pub(super) fn is_pointwise(&self) -> bool {
        let one =
            self.windows.iter().all(|window| window.kernel == 1 && window.stride == 1 && window.before == 0);
        one && self.output == self.input && self.pixels() >= LEAST_PIXELS
    }

    /// As [`forward`](Convolution::forward).
    #[allow(clippy::too_many_arguments)]
    pub(super) fn forward_pointwise<T: Real>(
        &self,
        (store, y): (Store, &mut [T]),
        x: &[T],
        weight: &[T],
        bias: Option<&[T]>,
        finish: Option<OnBlock<'_, T>>,
        scratch: &mut [T],
        threads: &Threads,
    ) {
        let ([inputs, outputs], pixels) = (self.own(), self.pixels());
        let y = Pieces::new(y);
        let one = Threads::single();
        let inner = if self.samples == 1 { threads } else { &one };
        self.run(self.samples, scratch, threads, |image, _| {
            for group in 0..self.groups {
                let channels = group * outputs..(group + 1) * outputs;
                let start = (image * self.channels[1] + channels.start) * pixels;
                // SAFETY: each image is one task's.
                let y = unsafe { y.piece(start..start + outputs * pixels) };
                gemm(Gemm {
                    m: outputs,
                    k: inputs,
                    n: pixels,
                    a: Matrix::row_major(&weight[channels.start * inputs..channels.end * inputs], inputs),
                    b: Matrix::row_major(&x[self.planes(group, image)], pixels),
                    c: y,
                    start: store.into(),
                    threads: inner,
                });
                for (i, (channel, y)) in channels.zip(y.chunks_exact_mut(pixels)).enumerate() {
                    if let Some(bias) = bias {
                        let bias = bias[channel];
                        crate::vectorize!(for y in y.iter_mut() {
                            *y += bias;
                        });
                    }
                    if let Some(finish) = finish {
                        finish(y, start + i * pixels);
                    }
                }
            }
        });
    }

    /// What [`backward`](Convolution::backward) does for an image and a group, with the sums for that group.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn backward_pointwise<T: Real>(
        &self,
        dx: Option<(Store, &mut [T])>,
        sums: Option<(&mut [T], &mut [T])>,
        x: Option<&[T]>,
        weight: &[T],
        cotangent: OnBlock<'_, T>,
        start: usize,
        delta: &mut [T],
        threads: &Threads,
    ) {
        let ([inputs, outputs], pixels) = (self.own(), self.pixels());
        let delta = &mut delta[..outputs * pixels];
        for (i, delta) in delta.chunks_exact_mut(pixels).enumerate() {
            cotangent(delta, start + i * pixels);
        }
        if let Some((dw, db)) = sums {
            for (db, delta) in db.iter_mut().zip(delta.chunks_exact(pixels)) {
                *db += sum(delta);
            }
            if let Some(x) = x {
                gemm(Gemm {
                    m: outputs,
                    k: pixels,
                    n: inputs,
                    a: Matrix::row_major(delta, pixels),
                    b: Matrix::row_major(x, pixels).transposed(),
                    c: dw,
                    start: Start::Destination,
                    threads,
                });
            }
        }
        if let Some((store, dx)) = dx {
            gemm(Gemm {
                m: inputs,
                k: outputs,
                n: pixels,
                a: Matrix::row_major(weight, inputs).transposed(),
                b: Matrix::row_major(delta, pixels),
                c: dx,
                start: store.into(),
                threads,
            });
        }
    }
}
