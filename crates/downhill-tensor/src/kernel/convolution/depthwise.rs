//! Convolutions of one channel each: sums of shifted planes, without a matrix.

use super::patches::{Patches, Rows};
use super::{Convolution, OnBlock, sum};
use crate::gemm::Store;
use crate::kernel::pieces::Pieces;
use crate::kernel::rows;
use crate::{Real, Threads, vectorize};

impl Convolution {
    /// Whether each channel out is made of one channel in and of no other's.
    pub(super) fn is_depthwise(&self) -> bool {
        self.own() == [1, 1]
    }

    /// All rows of windows of an image.
    fn whole(&self, image: usize) -> Rows {
        Rows { image, rows: 0..self.output[0], column: 0 }
    }

    /// The elements of the strip of a plane.
    fn whole_strip(&self) -> usize {
        self.patches().strip_elements(self.output[0])
    }

    /// The elements of scratch memory of a thread: a plane's strip, and a plane of windows.
    pub(super) fn scratch_of_depthwise(&self) -> usize {
        self.whole_strip() + self.pixels()
    }

    /// As [`forward`](Convolution::forward).
    #[allow(clippy::too_many_arguments)]
    pub(super) fn forward_depthwise<T: Real>(
        &self,
        (store, y): (Store, &mut [T]),
        x: &[T],
        weight: &[T],
        bias: Option<&[T]>,
        finish: Option<OnBlock<'_, T>>,
        scratch: &mut [T],
        threads: &Threads,
    ) {
        let (patches, pixels, taps) = (self.patches(), self.pixels(), self.patches().taps());
        let y = Pieces::new(y);
        self.run(self.samples, scratch, threads, |image, scratch| {
            let strip = &mut scratch[..self.whole_strip()];
            for channel in 0..self.groups {
                let start = (image * self.groups + channel) * pixels;
                // SAFETY: each image is one task's.
                let y = unsafe { y.piece(start..start + pixels) };
                let bias = bias.map_or(T::zero(), |bias| bias[channel]);
                let weight = &weight[channel * taps..(channel + 1) * taps];
                let plane = &x[self.planes(channel, image)];
                vectorize!({
                    match store {
                        Store::Write => y.fill(bias),
                        Store::Add => {
                            for y in y.iter_mut() {
                                *y += bias;
                            }
                        }
                    }
                    patches.gather(strip, plane, &self.whole(image));
                    patches.correlate(y, strip, weight);
                });
                if let Some(finish) = finish {
                    finish(y, start);
                }
            }
        });
    }

    /// What [`backward`](Convolution::backward) does for an image and a channel, with the sums for that channel.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn backward_depthwise<T: Real>(
        &self,
        dx: Option<(Store, &mut [T])>,
        sums: Option<(&mut [T], &mut [T])>,
        x: Option<&[T]>,
        weight: &[T],
        cotangent: OnBlock<'_, T>,
        start: usize,
        scratch: &mut [T],
    ) {
        let (patches, of) = (self.patches(), self.whole(0));
        let (strip, delta) = scratch[..self.scratch_of_depthwise()].split_at_mut(self.whole_strip());
        cotangent(delta, start);
        if let Some((dw, db)) = sums {
            db[0] += sum(delta);
            if let Some(x) = x {
                vectorize!({
                    patches.gather(strip, x, &of);
                    patches.sums_of_taps(dw, strip, delta);
                });
            }
        }
        if let Some((store, dx)) = dx {
            vectorize!({
                if store == Store::Write {
                    dx.fill(T::zero());
                }
                strip.fill(T::zero());
                patches.spread(strip, delta, weight);
                patches.scatter(dx, strip, &of);
            });
        }
    }
}

// What windows see of a strip of all their rows, a row of windows at a time, which stays in the first cache.
impl Patches {
    /// Calls `f` with the number of each tap, for each row of windows, and with the row's number and the place in the strip
    /// of what the tap sees of its first window.
    #[inline(always)]
    fn for_rows_of_taps(&self, mut f: impl FnMut(usize, usize, usize)) {
        let ([down, across], [_, width]) = (self.windows, self.strip(self.count[0]));
        for row in 0..self.count[0] {
            for y_tap in 0..down.kernel {
                let line = (row * down.stride + y_tap * down.dilation) * width;
                for x_tap in 0..across.kernel {
                    f(y_tap * across.kernel + x_tap, row, line + x_tap * across.dilation);
                }
            }
        }
    }

    /// Adds to each window the sum of what its taps see, times their weights.
    #[inline(always)]
    fn correlate<T: Real>(&self, windows: &mut [T], strip: &[T], weight: &[T]) {
        let (across, stride) = (self.count[1], self.windows[1].stride);
        self.for_rows_of_taps(
            #[inline(always)]
            |tap, row, place| {
                let (windows, weight) = (&mut windows[row * across..(row + 1) * across], weight[tap]);
                match stride {
                    1 => {
                        for (y, &x) in windows.iter_mut().zip(&strip[place..place + across]) {
                            *y += weight * x;
                        }
                    }
                    stride => {
                        for (y, &x) in windows.iter_mut().zip(strip[place..].iter().step_by(stride)) {
                            *y += weight * x;
                        }
                    }
                }
            },
        );
    }

    /// The adjoint of [`correlate`](Patches::correlate) with respect to the strip.
    #[inline(always)]
    fn spread<T: Real>(&self, strip: &mut [T], windows: &[T], weight: &[T]) {
        let (across, stride) = (self.count[1], self.windows[1].stride);
        self.for_rows_of_taps(
            #[inline(always)]
            |tap, row, place| {
                let (windows, weight) = (&windows[row * across..(row + 1) * across], weight[tap]);
                match stride {
                    1 => {
                        for (x, &y) in strip[place..place + across].iter_mut().zip(windows) {
                            *x += weight * y;
                        }
                    }
                    stride => {
                        for (x, &y) in strip[place..].iter_mut().step_by(stride).zip(windows) {
                            *x += weight * y;
                        }
                    }
                }
            },
        );
    }

    /// The adjoint of [`correlate`](Patches::correlate) with respect to the weights, which it adds to.
    #[inline(always)]
    fn sums_of_taps<T: Real>(&self, weight: &mut [T], strip: &[T], windows: &[T]) {
        let (across, stride) = (self.count[1], self.windows[1].stride);
        self.for_rows_of_taps(
            #[inline(always)]
            |tap, row, place| {
                let windows = &windows[row * across..(row + 1) * across];
                if stride == 1 {
                    let seen = &strip[place..place + across];
                    weight[tap] += rows::sum(
                        [windows, seen, seen],
                        #[inline(always)]
                        |[y, x, _]| y * x,
                    );
                } else {
                    let mut sum = T::zero();
                    for (&y, &x) in windows.iter().zip(strip[place..].iter().step_by(stride)) {
                        sum += y * x;
                    }
                    weight[tap] += sum;
                }
            },
        );
    }
}
