//! Normalising channels over a batch.

use downhill_tensor::kernel::{Change, ChannelNorm};
use downhill_tensor::{Error, Real, Result, Tensor};

use super::channels::{Channels, Parameters};
use super::check_eps;
use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// Batch normalisation in training (Ioffe & Szegedy 2015, algorithm 1): y = (x − m)/√(v + ε) ⊙ w + b with each
/// channel's mean m and variance v (divided by their number) over x `[n, channels, …]`. Operands: x; w and b `[channels]`
/// as far as there are any; the running mean and variance `[channels]` if there are any, which y does not depend on.
///
/// It saves the running statistics that follow: old + momentum (new − old), of m and of v times k/(k − 1) for k elements
/// of a channel, which makes it unbiased. [`Var::saved`] reads them at [`BatchNorm::RUNNING`].
///
/// With s = 1/√(v + ε), x̂ = (x − m)·s and G = ∂L/∂y: ∂L/∂x = w s (G − mean of G − x̂ · mean of G ⊙ x̂),
/// ∂L/∂w = Σ x̂ ⊙ G, ∂L/∂b = Σ G.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchNorm {
    /// ε, positive.
    pub eps: f64,
    /// Whether there are w and b.
    pub parameters: Parameters,
    /// How much of a new statistic goes into the running one, from 0 to 1; `None` if there are no running ones.
    pub momentum: Option<f64>,
}

impl BatchNorm {
    /// The places of the new running mean and variance among what is saved.
    pub const RUNNING: [usize; 2] = [2, 3];
}

/// Batch normalisation in use: y = (x − m)/√(v + ε) ⊙ w + b with given m and v for each channel of x
/// `[n, channels, …]`. Operands: x; w and b `[channels]` as far as there are any; m and v `[channels]`.
///
/// With s = 1/√(v + ε) and G = ∂L/∂y: ∂L/∂x = w s G, ∂L/∂m = −w s Σ G, ∂L/∂v = −½ w s³ Σ G (x − m),
/// ∂L/∂w = s Σ G (x − m), ∂L/∂b = Σ G.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixedNorm {
    /// ε, positive.
    pub eps: f64,
    /// Whether there are w and b.
    pub parameters: Parameters,
}

impl<T: Real> Rule<T> for BatchNorm {
    fn name(&self) -> &'static str {
        "batch_norm"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        check_eps(self.eps)?;
        let of = Channels::of("batch_norm", operands)?;
        if let Some(value) = self.momentum.filter(|momentum| !(0.0..=1.0).contains(momentum)) {
            return Err(Error::Setting { name: "momentum", rule: "from 0 to 1", value });
        }
        if of.elements() == 1 {
            let rule = "needs a batch with more than one element of each channel: one has no variance";
            return Err(Error::Operand { operation: "batch_norm", rule, shape: operands.shape(0) });
        }
        let mut made = [(); 5].map(|()| cx.take(of.shape()));
        let mut y = cx.take(operands.shape(0));
        let [means, scales, new_mean, new_var, factors] = made.each_mut().map(Tensor::as_mut_slice);
        let norm = of.norm(operands.slice(0), cx.threads());
        let count = T::of(of.elements().max(1) as f64);
        norm.sum(means);
        means.iter_mut().for_each(|mean| *mean /= count);
        norm.squares(scales, means);
        scales.iter_mut().for_each(|variance| *variance /= count);
        match self.momentum {
            Some(momentum) if of.elements() > 0 => {
                let old = operands.len() - 2;
                let (momentum, unbiased) = (T::of(momentum), count / (count - T::one()));
                let mix = |old: T, new: T| (T::one() - momentum) * old + momentum * new;
                for ((new, &old), &mean) in new_mean.iter_mut().zip(operands.slice(old)).zip(&*means) {
                    *new = mix(old, mean);
                }
                for ((new, &old), &variance) in new_var.iter_mut().zip(operands.slice(old + 1)).zip(&*scales)
                {
                    *new = mix(old, variance * unbiased);
                }
            }
            Some(_) => {
                // Nothing is learned of nothing.
                new_mean.copy_from_slice(operands.slice(operands.len() - 2));
                new_var.copy_from_slice(operands.slice(operands.len() - 1));
            }
            None => {}
        }
        invert(scales, self.eps);
        let [weight, bias] = self.parameters.slices(operands);
        factors_of(factors, scales, weight);
        norm.forward(y.as_mut_slice(), Change { means, factors }, bias);
        let [means, scales, new_mean, new_var, factors] = made;
        cx.keep(means);
        cx.keep(scales);
        cx.keep(new_mean);
        cx.keep(new_var);
        cx.give(factors);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        let of = Channels::known(at.shape(0));
        let (means, scales) = (at.saved(0).as_slice(), at.saved(1).as_slice());
        let norm = of.norm(at.slice(0), at.threads());
        let mut made = [(); 3].map(|()| sink.workspace().take(of.shape()));
        let [sums, along, factors] = made.each_mut().map(Tensor::as_mut_slice);
        norm.products([&mut *sums, &mut *along], at.cotangent(), means);
        let weight = self.parameters.weight.then(|| at.slice(1));
        factors_of(factors, scales, weight);
        // Σ G ⊙ x̂
        along.iter_mut().zip(scales).for_each(|(along, &scale)| *along *= scale);
        self.parameters.put(along, sums, sink);
        if let Some(mut dx) = sink.destination(0) {
            let count = T::of(of.elements().max(1) as f64);
            for ((sum, along), (&factor, &scale)) in
                sums.iter_mut().zip(along.iter_mut()).zip(factors.iter().zip(scales))
            {
                *sum *= factor / count;
                *along *= factor * scale / count;
            }
            norm.backward(dx.parts(), at.cotangent(), Change { means, factors }, [sums, along]);
        }
        if self.momentum.is_some() {
            for running in at.len() - 2..at.len() {
                // y does not depend on it.
                let _ = sink.destination(running).map(|mut zero| zero.to_add().len());
            }
        }
        made.into_iter().for_each(|tensor| sink.workspace().give(tensor));
    }
}

impl<T: Real> Rule<T> for FixedNorm {
    fn name(&self) -> &'static str {
        "batch_norm"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        check_eps(self.eps)?;
        let of = Channels::of("batch_norm", operands)?;
        let [mut scales, mut factors] = [(); 2].map(|()| cx.take(of.shape()));
        let mut y = cx.take(operands.shape(0));
        let last = operands.len() - 1;
        scales.as_mut_slice().copy_from_slice(operands.slice(last));
        invert(scales.as_mut_slice(), self.eps);
        let [weight, bias] = self.parameters.slices(operands);
        factors_of(factors.as_mut_slice(), scales.as_slice(), weight);
        let change = Change { means: operands.slice(last - 1), factors: factors.as_slice() };
        of.norm(operands.slice(0), cx.threads()).forward(y.as_mut_slice(), change, bias);
        cx.save(scales);
        cx.give(factors);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        let of = Channels::known(at.shape(0));
        let (mean, var) = (at.len() - 2, at.len() - 1);
        let (means, scales) = (at.slice(mean), at.saved(0).as_slice());
        let norm: ChannelNorm<'_, T> = of.norm(at.slice(0), at.threads());
        let mut made = [(); 3].map(|()| sink.workspace().take(of.shape()));
        let [sums, along, factors] = made.each_mut().map(Tensor::as_mut_slice);
        let weight = self.parameters.weight.then(|| at.slice(1));
        factors_of(factors, scales, weight);
        if (1..at.len()).any(|operand| sink.wants(operand)) {
            norm.products([&mut *sums, &mut *along], at.cotangent(), means);
            // Σ G ⊙ x̂
            along.iter_mut().zip(scales).for_each(|(along, &scale)| *along *= scale);
            self.parameters.put(along, sums, sink);
            if let Some(mut dm) = sink.destination(mean) {
                dm.zip2(sums, factors, |sum, factor| -factor * sum);
            }
            if let Some(mut dv) = sink.destination(var) {
                let half = T::of(-0.5);
                dv.zip3(along, factors, scales, |along, factor, scale| half * factor * scale * along);
            }
        }
        if let Some(mut dx) = sink.destination(0) {
            sums.fill(T::zero());
            norm.backward(dx.parts(), at.cotangent(), Change { means, factors }, [sums, sums]);
        }
        made.into_iter().for_each(|tensor| sink.workspace().give(tensor));
    }
}

/// 1/√(v + ε) of each v.
fn invert<T: Real>(variances: &mut [T], eps: f64) {
    let eps = T::of(eps);
    variances.iter_mut().for_each(|v| *v = T::one() / (*v + eps).sqrt());
}

/// w s, or s if there is no w.
fn factors_of<T: Real>(factors: &mut [T], scales: &[T], weight: Option<&[T]>) {
    match weight {
        Some(weight) => {
            factors.iter_mut().zip(scales.iter().zip(weight)).for_each(|(factor, (&s, &w))| *factor = s * w);
        }
        None => factors.copy_from_slice(scales),
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The channels of x `[n, channels, …]` brought to mean 0 and variance 1 over the batch, times `weight` and plus
    /// `bias` `[channels]`: see [`BatchNorm`]. `running` are the running mean and variance `[channels]` so far and the
    /// momentum to change them with. `eps` is positive.
    #[track_caller]
    pub fn batch_norm(
        self,
        weight: Option<Var<'t, T>>,
        bias: Option<Var<'t, T>>,
        running: Option<([Var<'t, T>; 2], f64)>,
        eps: f64,
    ) -> Var<'t, T> {
        let parameters = Parameters { weight: weight.is_some(), bias: bias.is_some() };
        let (running, momentum) = running.unzip();
        let rule = BatchNorm { eps, parameters, momentum };
        super::apply(rule, self, [weight, bias], running)
    }

    /// The channels of x `[n, channels, …]` less a given mean and divided by the root of a given variance `[channels]`,
    /// times `weight` and plus `bias` `[channels]`: see [`FixedNorm`]. `eps` is positive.
    #[track_caller]
    pub fn fixed_norm(
        self,
        weight: Option<Var<'t, T>>,
        bias: Option<Var<'t, T>>,
        [mean, variance]: [Var<'t, T>; 2],
        eps: f64,
    ) -> Var<'t, T> {
        let parameters = Parameters { weight: weight.is_some(), bias: bias.is_some() };
        super::apply(FixedNorm { eps, parameters }, self, [weight, bias], Some([mean, variance]))
    }
}
