//! Normalising groups of channels of each sample.

use downhill_tensor::kernel::{self, Change, ChannelNorm};
use downhill_tensor::{Error, Real, Result, Shape, Tensor};

use super::channels::{Channels, Parameters};
use super::check_eps;
use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// y = (x − m)/√(v + ε) ⊙ w + b with the mean m and the variance v (divided by their number) of each sample's elements in
/// a group of neighbouring channels of x `[n, channels, …]` (Wu & He 2018, section 3). Operands: x; w and b `[channels]` as
/// far as there are any. A group for each channel is instance normalisation (Ulyanov, Vedaldi & Lempitsky 2016).
///
/// With s = 1/√(v + ε), x̂ = (x − m)·s and δ = w ⊙ ∂L/∂y: ∂L/∂x = s (δ − mean of δ − x̂ · mean of δ ⊙ x̂), means over a group;
/// ∂L/∂w = Σ x̂ ⊙ ∂L/∂y, ∂L/∂b = Σ ∂L/∂y.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupNorm {
    /// The number of groups: it divides that of the channels.
    pub groups: usize,
    /// ε, positive.
    pub eps: f64,
    /// Whether there are w and b.
    pub parameters: Parameters,
}

// The sums are found for each channel of each sample, as if these were the channels of one sample, and what belongs to
// a group is added up in small vectors.

/// One sample of n times as many channels.
fn spread<'a, T: Real>(
    of: Channels,
    x: &'a [T],
    threads: &'a downhill_tensor::Threads,
) -> ChannelNorm<'a, T> {
    ChannelNorm { x, channels: of.n * of.channels, inner: of.inner, threads }
}

/// Replaces the numbers of the channels of each group by their sum over `count`.
fn mean_of_groups<T: Real>(numbers: &mut [T], channels: usize, count: T) {
    for group in numbers.chunks_exact_mut(channels.max(1)) {
        let sum = group.iter().fold(T::zero(), |sum, &x| sum + x);
        group.fill(sum / count);
    }
}

impl<T: Real> Rule<T> for GroupNorm {
    fn name(&self) -> &'static str {
        "group_norm"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        check_eps(self.eps)?;
        let of = Channels::of("group_norm", operands)?;
        if self.groups == 0 || !of.channels.is_multiple_of(self.groups) {
            let (operation, shape) = ("group_norm", operands.shape(0));
            return Err(Error::Operand { operation, rule: "needs groups that divide the channels", shape });
        }
        let each = of.channels / self.groups;
        let shape = Shape::from([of.n * of.channels]);
        let [mut means, mut scales] = [(); 2].map(|()| cx.take(shape));
        let mut y = cx.take(operands.shape(0));
        let (channels, inner, threads) = (of.channels, of.inner, cx.threads());
        let norm = kernel::GroupNorm { x: operands.slice(0), channels, each, inner, threads };
        let kept = [means.as_mut_slice(), scales.as_mut_slice()];
        norm.forward(y.as_mut_slice(), kept, self.parameters.slices(operands), self.eps);
        cx.save(means);
        cx.save(scales);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        let of = Channels::known(at.shape(0));
        let each = of.channels / self.groups;
        let (means, scales) = (at.saved(0).as_slice(), at.saved(1).as_slice());
        let norm = spread(of, at.slice(0), at.threads());
        let shape = Shape::from([of.n * of.channels]);
        let mut made = [(); 3].map(|()| sink.workspace().take(shape));
        let [sums, along, factors] = made.each_mut().map(Tensor::as_mut_slice);
        norm.products([&mut *sums, &mut *along], at.cotangent(), means);
        // Σ G ⊙ x̂
        along.iter_mut().zip(scales).for_each(|(along, &scale)| *along *= scale);
        if self.parameters != Parameters::default() {
            let mut totals = [(); 2].map(|()| sink.workspace().take_full(of.shape(), T::zero()));
            for (total, numbers) in totals.iter_mut().zip([&*along, &*sums]) {
                for sample in numbers.chunks_exact(of.channels.max(1)) {
                    total.as_mut_slice().iter_mut().zip(sample).for_each(|(total, &x)| *total += x);
                }
            }
            self.parameters.put(totals[0].as_slice(), totals[1].as_slice(), sink);
            totals.into_iter().for_each(|total| sink.workspace().give(total));
        }
        if let Some(mut dx) = sink.destination(0) {
            let weight = self.parameters.weight.then(|| at.slice(1));
            let count = T::of((each * of.inner).max(1) as f64);
            for numbers in [&mut *sums, &mut *along] {
                times_weight(numbers, weight);
                mean_of_groups(numbers, each, count);
            }
            sums.iter_mut().zip(scales).for_each(|(sum, &scale)| *sum *= scale);
            along.iter_mut().zip(scales).for_each(|(along, &scale)| *along *= scale * scale);
            factors.copy_from_slice(scales);
            times_weight(factors, weight);
            norm.backward(dx.parts(), at.cotangent(), Change { means, factors }, [sums, along]);
        }
        made.into_iter().for_each(|tensor| sink.workspace().give(tensor));
    }
}

/// Multiplies the numbers of each sample's channels by the channels' weights.
fn times_weight<T: Real>(numbers: &mut [T], weight: Option<&[T]>) {
    if let Some(weight) = weight {
        for sample in numbers.chunks_exact_mut(weight.len().max(1)) {
            sample.iter_mut().zip(weight).for_each(|(x, &w)| *x *= w);
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Each sample's groups of channels brought to mean 0 and variance 1, times `weight` and plus `bias` `[channels]`: see
    /// [`GroupNorm`]. `eps` is positive.
    #[track_caller]
    pub fn group_norm(
        self,
        groups: usize,
        weight: Option<Var<'t, T>>,
        bias: Option<Var<'t, T>>,
        eps: f64,
    ) -> Var<'t, T> {
        let parameters = Parameters { weight: weight.is_some(), bias: bias.is_some() };
        super::apply(GroupNorm { groups, eps, parameters }, self, [weight, bias], None)
    }

    /// x / max(‖x‖ₚ, `eps`) with the p-norm of the elements along an axis, p ≥ 1: as PyTorch's `normalize`, where p = 2 and
    /// `eps` = 1e-12 are usual.
    #[track_caller]
    pub fn normalize(self, axis: isize, p: f64, eps: f64) -> Var<'t, T> {
        if eps.is_nan() || eps < 0.0 {
            let source = Error::Setting { name: "eps", rule: "at least 0", value: eps };
            return self.tape.fail("normalize", vec![self.shape()], source);
        }
        self / self.norm_axes(&[axis], true, p).clamp(eps, f64::INFINITY)
    }
}
