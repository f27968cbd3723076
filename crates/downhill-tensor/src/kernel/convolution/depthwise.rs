//! Convolutions of one channel each: sums of shifted planes, without a matrix.

use super::patches::{Patches, Rows, copy_line};
use super::{Convolution, OnBlock, sum};
use crate::gemm::Store;
use crate::kernel::pieces::Pieces;
use crate::kernel::rows;
use crate::kernel::window::Window;
use crate::{Real, Threads, vectorize};

/// The windows of a row that are worked on side by side.
const LANES: usize = 16;
/// The rows of windows that are worked on side by side.
const ROWS: usize = 4;

impl Convolution {
    /// Whether each channel out is made of one channel in and of no other's.
    pub(super) fn is_depthwise(&self) -> bool {
        self.own() == [1, 1]
    }

    /// The windows that slide over ∂L/∂y to make ∂L/∂x, with the taps in reverse: what is adjoint to windows that move on by
    /// one is a convolution again.
    fn mirrored(&self) -> Option<Patches> {
        let mirror = |window: Window| {
            let border = window.span()? - 1;
            let (before, after) = (border.checked_sub(window.before)?, border.checked_sub(window.after)?);
            (window.stride == 1).then_some(Window { before, after, ..window })
        };
        let [down, across] = self.windows;
        Some(Patches { windows: [mirror(down)?, mirror(across)?], plane: self.output, count: self.input })
    }

    /// The elements of a plane's strip, whichever windows slide over it, and of what is read past its end.
    fn whole_strip(&self) -> usize {
        let strip = |patches: Patches| patches.strip_elements(patches.count[0]);
        strip(self.patches()).max(self.mirrored().map_or(0, strip)) + LANES
    }

    /// The elements of scratch memory of a thread: a plane's strip, a plane of windows, and sums for each tap.
    pub(super) fn scratch_of_depthwise(&self) -> usize {
        self.whole_strip() + self.pixels() + self.patches().taps() * LANES
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
                    patches.gather(strip, plane, &patches.whole(image));
                    patches.correlate(
                        y,
                        strip,
                        #[inline(always)]
                        |tap| weight[tap],
                    );
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
        let patches = self.patches();
        let (strip, scratch) = scratch[..self.scratch_of_depthwise()].split_at_mut(self.whole_strip());
        let (delta, sums_of_taps) = scratch.split_at_mut(self.pixels());
        cotangent(delta, start);
        if let Some((dw, db)) = sums {
            db[0] += sum(delta);
            if let Some(x) = x {
                vectorize!({
                    patches.gather(strip, x, &patches.whole(0));
                    patches.sums_of_taps(dw, strip, delta, sums_of_taps);
                });
            }
        }
        let Some((store, dx)) = dx else { return };
        vectorize!({
            if store == Store::Write {
                dx.fill(T::zero());
            }
            if let Some(mirrored) = self.mirrored() {
                mirrored.gather(strip, delta, &mirrored.whole(0));
                mirrored.correlate(
                    dx,
                    strip,
                    #[inline(always)]
                    |tap| weight[weight.len() - 1 - tap],
                );
            } else {
                strip.fill(T::zero());
                patches.spread(strip, delta, weight);
                patches.scatter(dx, strip, &patches.whole(0));
            }
        });
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

    /// All rows of windows of an image.
    fn whole(&self, image: usize) -> Rows {
        Rows { image, rows: 0..self.count[0], column: 0 }
    }

    /// Adds to each window the sum of what its taps see, times their weights.
    #[inline(always)]
    fn correlate<T: Real>(&self, windows: &mut [T], strip: &[T], weight: impl Fn(usize) -> T) {
        let (across, stride) = (self.count[1], self.windows[1].stride);
        if stride != 1 {
            return self.for_rows_of_taps(
                #[inline(always)]
                |tap, row, place| {
                    let (windows, weight) = (&mut windows[row * across..(row + 1) * across], weight(tap));
                    for (y, &x) in windows.iter_mut().zip(strip[place..].iter().step_by(stride)) {
                        *y += weight * x;
                    }
                },
            );
        }
        let step = self.windows[0].stride * self.strip(1)[1];
        let mut blocks = windows.chunks_exact_mut(ROWS * across);
        let mut done = 0;
        for block in blocks.by_ref() {
            self.correlate_rows::<ROWS, T>(block, &strip[done * step..], &weight);
            done += ROWS;
        }
        for (row, block) in blocks.into_remainder().chunks_exact_mut(across).enumerate() {
            self.correlate_rows::<1, T>(block, &strip[(done + row) * step..], &weight);
        }
    }

    /// The same for `R` rows of windows, that move on by one across.
    #[inline(always)]
    fn correlate_rows<const R: usize, T: Real>(
        &self,
        windows: &mut [T],
        strip: &[T],
        weight: impl Fn(usize) -> T,
    ) {
        let (across, step) = (self.count[1], self.windows[0].stride * self.strip(1)[1]);
        let seen = |column: usize| std::array::from_fn(|row| &strip[row * step + column..]);
        for column in (0..across).step_by(LANES) {
            let count = LANES.min(across - column);
            let mut block = [[T::zero(); LANES]; R];
            for (to, from) in block.iter_mut().zip(windows.chunks_exact(across)) {
                copy_line(&mut to[..count], &from[column..]);
            }
            block = self.add_taps(block, seen(column), &weight);
            for (from, to) in block.iter().zip(windows.chunks_exact_mut(across)) {
                copy_line(&mut to[column..column + count], from);
            }
        }
    }

    /// What windows beside each other, in several rows, the first of which begin with `seen`, get: they stay in registers.
    #[inline(always)]
    fn add_taps<const R: usize, T: Real>(
        &self,
        mut windows: [[T; LANES]; R],
        seen: [&[T]; R],
        weight: impl Fn(usize) -> T,
    ) -> [[T; LANES]; R] {
        let ([down, across], [_, width]) = (self.windows, self.strip(1));
        for y_tap in 0..down.kernel {
            for x_tap in 0..across.kernel {
                let weight = weight(y_tap * across.kernel + x_tap);
                let place = y_tap * down.dilation * width + x_tap * across.dilation;
                let mut next = windows;
                for (windows, seen) in next.iter_mut().zip(seen) {
                    for (window, &x) in windows.iter_mut().zip(&seen[place..place + LANES]) {
                        *window += weight * x;
                    }
                }
                windows = next;
            }
        }
        windows
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

    /// The adjoint of [`correlate`](Patches::correlate) with respect to the weights, which it adds to. `sums` is room for
    /// [`LANES`] sums of each tap.
    #[inline(always)]
    fn sums_of_taps<T: Real>(&self, weight: &mut [T], strip: &[T], windows: &[T], sums: &mut [T]) {
        let (across, stride) = (self.count[1], self.windows[1].stride);
        let sums = sums.as_chunks_mut::<LANES>().0;
        sums.fill([T::zero(); LANES]);
        if stride == 1 {
            let step = self.windows[0].stride * self.strip(1)[1];
            for (row, windows) in windows.chunks_exact(across).enumerate() {
                let seen = &strip[row * step..];
                let (chunks, rest) = windows.as_chunks::<LANES>();
                for (i, chunk) in chunks.iter().enumerate() {
                    self.add_products(sums, chunk, LANES, &seen[i * LANES..]);
                }
                if !rest.is_empty() {
                    let mut chunk = [T::zero(); LANES];
                    copy_line(&mut chunk[..rest.len()], rest);
                    self.add_products(sums, &chunk, rest.len(), &seen[chunks.len() * LANES..]);
                }
            }
        } else {
            self.for_rows_of_taps(
                #[inline(always)]
                |tap, row, place| {
                    let windows = &windows[row * across..(row + 1) * across];
                    for (&y, &x) in windows.iter().zip(strip[place..].iter().step_by(stride)) {
                        sums[tap][0] += y * x;
                    }
                },
            );
        }
        for (weight, sums) in weight.iter_mut().zip(sums) {
            *weight += rows::sum(
                [&*sums; 3],
                #[inline(always)]
                |[sum, ..]| sum,
            );
        }
    }

    /// Adds to the sums of each tap what the first `count` of windows beside each other have of it; `seen` begins where the
    /// first of them does.
    #[inline(always)]
    fn add_products<T: Real>(&self, sums: &mut [[T; LANES]], windows: &[T; LANES], count: usize, seen: &[T]) {
        let ([down, across], [_, width]) = (self.windows, self.strip(1));
        for y_tap in 0..down.kernel {
            for x_tap in 0..across.kernel {
                let place = y_tap * down.dilation * width + x_tap * across.dilation;
                let sums = &mut sums[y_tap * across.kernel + x_tap];
                let mut next = *sums;
                for (lane, (&y, &x)) in windows.iter().zip(&seen[place..place + LANES]).enumerate() {
                    // What lies beyond is any number, so that 0 times it need not be 0.
                    next[lane] += if lane < count { y * x } else { T::zero() };
                }
                *sums = next;
            }
        }
    }
}
