//! Normalising groups of channels of each sample.

use super::pieces::{TASK, for_groups};
use super::row_norm::{mean_of, put_normalised, scale_of};
use crate::{Real, Threads, vectorize};

/// Groups of neighbouring channels of `[n, channels, inner]` elements, each to be normalised by itself:
/// x̂ = (x − m)·s with the group's mean m and s = 1/√(mean of (x − m)² + ε).
#[derive(Debug, Clone, Copy)]
pub struct GroupNorm<'a, T> {
    /// The elements.
    pub x: &'a [T],
    /// The number of channels.
    pub channels: usize,
    /// The number of channels of a group, which divides that of all.
    pub each: usize,
    /// The number of neighbouring elements that are of one channel.
    pub inner: usize,
    /// The threads to compute on.
    pub threads: &'a Threads,
}

impl<T: Real> GroupNorm<'_, T> {
    /// y = x̂ ⊙ weight + bias, and its group's mean and scale for each channel of each sample. A group's elements are read
    /// from memory once.
    ///
    /// # Panics
    /// If a slice has the wrong number of elements.
    pub fn forward(
        &self,
        y: &mut [T],
        [means, scales]: [&mut [T]; 2],
        [weight, bias]: [Option<&[T]>; 2],
        eps: f64,
    ) {
        let GroupNorm { x, channels, each, inner, threads } = *self;
        let length = each * inner;
        assert_eq!(y.len(), x.len(), "the number of elements");
        if x.is_empty() {
            for kept in [means, scales] {
                kept.fill(T::zero());
            }
            return;
        }
        let (count, eps) = (T::of(length as f64), T::of(eps));
        for_groups(
            threads,
            x.len() / length,
            (TASK / length).max(1),
            [(y, length), (means, each), (scales, each)],
            |groups, [y, means, scales]| {
                vectorize!(for (own, group) in groups.enumerate() {
                    let (x, y) = (&x[group * length..][..length], &mut y[own * length..][..length]);
                    let mean = mean_of(x, count);
                    let scale = scale_of(x, mean, count, eps);
                    means[own * each..][..each].fill(mean);
                    scales[own * each..][..each].fill(scale);
                    let first = group * each % channels;
                    let [weight, bias] = [weight, bias].map(|all| all.map(|all| &all[first..first + each]));
                    if inner == 1 {
                        put_normalised(y, x, mean, scale, weight, bias);
                        continue;
                    }
                    let lines = y.chunks_exact_mut(inner).zip(x.chunks_exact(inner)).enumerate();
                    for (channel, (y, x)) in lines {
                        let factor = weight.map_or(scale, |weight| scale * weight[channel]);
                        let shift = bias.map_or(T::zero(), |bias| bias[channel]);
                        for (y, &x) in y.iter_mut().zip(x) {
                            *y = (x - mean) * factor + shift;
                        }
                    }
                });
            },
        );
    }
}
