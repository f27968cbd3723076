//! Normalising channels: what batch, group and instance normalisation have in common.

use std::ops::Range;

use super::pieces::{Pieces, TASK};
use super::sums::{LANES, Sums};
use crate::{Real, Store, Threads, vectorize};

/// Channels of `[n, channels, inner]` elements: sums over everything but the channels, and what is done to each
/// element with a few numbers of its channel.
///
/// Sums are formed in a fixed order whatever the threads.
#[derive(Debug, Clone, Copy)]
pub struct ChannelNorm<'a, T> {
    /// The elements.
    pub x: &'a [T],
    /// The number of channels.
    pub channels: usize,
    /// The number of neighbouring elements that are of one channel.
    pub inner: usize,
    /// The threads to compute on.
    pub threads: &'a Threads,
}

/// Numbers of each channel that its elements are changed with.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a, T> {
    /// The mean m.
    pub means: &'a [T],
    /// A factor s.
    pub factors: &'a [T],
}

impl<T: Real> ChannelNorm<'_, T> {
    /// The number of samples.
    fn samples(&self) -> usize {
        self.x.len().checked_div(self.channels * self.inner).unwrap_or(0)
    }

    /// The sum of each channel.
    ///
    /// # Panics
    /// If a slice has the wrong number of elements, as in every function here.
    pub fn sum(&self, sums: &mut [T]) {
        self.reduce(
            [sums],
            self.x,
            None,
            #[inline(always)]
            |x, _, _| [x],
        );
    }

    /// The sum of each channel's squared deviations from its mean.
    ///
    /// # Panics
    /// As [`sum`](ChannelNorm::sum).
    pub fn squares(&self, sums: &mut [T], means: &[T]) {
        self.reduce(
            [sums],
            self.x,
            Some(means),
            #[inline(always)]
            |x, _, mean| [(x - mean) * (x - mean)],
        );
    }

    /// The sums of g and of g (x − m) of each channel, for g as many as x.
    ///
    /// # Panics
    /// As [`sum`](ChannelNorm::sum).
    pub fn products(&self, sums: [&mut [T]; 2], g: &[T], means: &[T]) {
        self.reduce(
            sums,
            g,
            Some(means),
            #[inline(always)]
            |x, g, mean| [g, g * (x - mean)],
        );
    }

    /// y = (x − m) s, and + shift if there is one.
    ///
    /// # Panics
    /// As [`sum`](ChannelNorm::sum).
    pub fn forward(&self, y: &mut [T], Change { means, factors }: Change<'_, T>, shifts: Option<&[T]>) {
        self.for_lines(
            y,
            #[inline(always)]
            |y, channel, x, _| match (channel, shifts) {
                (None, Some(shifts)) => {
                    for ((((y, &x), &mean), &factor), &shift) in
                        y.iter_mut().zip(x).zip(means).zip(factors).zip(shifts)
                    {
                        *y = (x - mean) * factor + shift;
                    }
                }
                (None, None) => {
                    for (((y, &x), &mean), &factor) in y.iter_mut().zip(x).zip(means).zip(factors) {
                        *y = (x - mean) * factor;
                    }
                }
                (Some(channel), Some(shifts)) => {
                    let (mean, factor, shift) = (means[channel], factors[channel], shifts[channel]);
                    for (y, &x) in y.iter_mut().zip(x) {
                        *y = (x - mean) * factor + shift;
                    }
                }
                (Some(channel), None) => {
                    let (mean, factor) = (means[channel], factors[channel]);
                    for (y, &x) in y.iter_mut().zip(x) {
                        *y = (x - mean) * factor;
                    }
                }
            },
            &[],
        );
    }

    /// s g − shift − (x − m) slope, put into `dx`: the derivative of [`forward`](ChannelNorm::forward) whose mean and
    /// factor depend on x.
    ///
    /// # Panics
    /// As [`sum`](ChannelNorm::sum).
    pub fn backward(
        &self,
        (store, dx): (Store, &mut [T]),
        g: &[T],
        Change { means, factors }: Change<'_, T>,
        [shifts, slopes]: [&[T]; 2],
    ) {
        let put = store.put();
        self.for_lines(
            dx,
            #[inline(always)]
            |dx, channel, x, g| match channel {
                None => {
                    let numbers = means.iter().zip(factors).zip(shifts).zip(slopes);
                    for (((dx, &x), &g), (((&mean, &factor), &shift), &slope)) in
                        dx.iter_mut().zip(x).zip(g).zip(numbers)
                    {
                        put(dx, factor * g - shift - (x - mean) * slope);
                    }
                }
                Some(channel) => {
                    let (mean, factor) = (means[channel], factors[channel]);
                    let (shift, slope) = (shifts[channel], slopes[channel]);
                    for ((dx, &x), &g) in dx.iter_mut().zip(x).zip(g) {
                        put(dx, factor * g - shift - (x - mean) * slope);
                    }
                }
            },
            g,
        );
    }

    /// Calls `line` with each line of `out`, of x and of `g` (or x again if that is empty). A line is of one channel,
    /// or one element of each channel if a channel's elements are no neighbours.
    #[inline(always)]
    fn for_lines(&self, out: &mut [T], line: impl Fn(&mut [T], Option<usize>, &[T], &[T]) + Sync, g: &[T]) {
        assert_eq!(out.len(), self.x.len(), "the number of elements");
        let g = if g.is_empty() { self.x } else { g };
        let length = if self.inner == 1 { self.channels } else { self.inner };
        if length == 0 {
            return;
        }
        let (lines, each) = (self.x.len() / length, (TASK / length).max(1));
        let out = Pieces::new(out);
        self.threads.run(lines.div_ceil(each), |task| {
            let lines = task * each..lines.min((task + 1) * each);
            let places = lines.start * length..lines.end * length;
            // SAFETY: each line is one task's.
            let out = unsafe { out.piece(places.clone()) };
            let (x, g) = (&self.x[places.clone()], &g[places]);
            vectorize!({
                let rows = x.chunks_exact(length).zip(g.chunks_exact(length));
                for ((number, out), (x, g)) in lines.zip(out.chunks_exact_mut(length)).zip(rows) {
                    let channel = (self.inner != 1).then(|| number % self.channels);
                    line(out, channel, x, g);
                }
            });
        });
    }

    /// The sums over each channel of `f` of the elements of x and of `g` and the channel's number in `context`.
    #[inline(always)]
    fn reduce<const K: usize>(
        &self,
        sums: [&mut [T]; K],
        g: &[T],
        context: Option<&[T]>,
        f: impl Fn(T, T, T) -> [T; K] + Copy + Sync,
    ) {
        let (n, channels, inner) = (self.samples(), self.channels, self.inner);
        let sums = sums.map(|sums| {
            assert_eq!(sums.len(), channels, "the number of channels");
            Pieces::new(sums)
        });
        // Channels are worked on side by side, or one after the other.
        let width = if inner == 1 { LANES } else { 1 };
        let each = (TASK / (n * inner).max(1)).max(1).next_multiple_of(width);
        self.threads.run(channels.div_ceil(each), |task| {
            let own: Range<usize> = task * each..channels.min((task + 1) * each);
            // SAFETY: each channel is one task's.
            let sums = sums.each_ref().map(|sums| unsafe { sums.piece(own.clone()) });
            vectorize!({
                let mut place = 0;
                while place < own.len() {
                    let (first, width) = (own.start + place, width.min(own.len() - place));
                    let mut found = Sums::<T, K>::new();
                    for sample in 0..n {
                        let start = (sample * channels + first) * inner;
                        if inner == 1 {
                            let (x, g) = (&self.x[start..start + width], &g[start..start + width]);
                            let context = context.map_or(x, |context| &context[first..first + width]);
                            found.chunk(x, g, context, f);
                        } else {
                            let (x, g) = (&self.x[start..start + inner], &g[start..start + inner]);
                            let number = context.map_or(T::zero(), |context| context[first]);
                            found.row(
                                x,
                                g,
                                g,
                                #[inline(always)]
                                |x, g, _| f(x, g, number),
                            );
                        }
                    }
                    if inner == 1 {
                        let lanes = found.lanes();
                        for k in 0..K {
                            // The lanes are channels.
                            sums[k][place..place + width].copy_from_slice(&lanes[k][..width]);
                        }
                    } else {
                        let totals = found.total();
                        for k in 0..K {
                            sums[k][place] = totals[k];
                        }
                    }
                    place += width;
                }
            });
        });
    }
}
