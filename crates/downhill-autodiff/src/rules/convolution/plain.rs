//! The fused convolution y = f(W ∗ x + b).

use downhill_tensor::kernel::{self, OnBlock, Window};
use downhill_tensor::{Error, Real, Result, Shape, Store, Tensor, Threads};

use super::{check_bias, geometry, has_windows, no_window, planes, shape_of};
use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::rules::elementwise::{Elementwise, Identity, put_slopes, replace_by_values};
use crate::sink::Sink;

/// y = f(W ∗ x + b) for x `[n, in, length]` or `[n, in, height, width]`, W `[out, in/groups, …]` with the kernel's axes
/// last (PyTorch's layout), b `[out]` or absent, and an [`Elementwise`] activation f. Channels out are in as many groups
/// as channels in, each of which sees its own. As everywhere in neural networks the kernel is not mirrored:
/// `y[i] = Σ W[k] x[i·stride + k·dilation − border]`.
///
/// With δ = f′(W ∗ x + b) ⊙ ∂L/∂y: ∂L/∂x is the transposed convolution of δ with W, ∂L/∂W the sums over windows of δ times
/// what the window sees, ∂L/∂b the sum of δ for each channel (Dumoulin & Visin 2016, chapter 4).
#[derive(Debug, Clone, Copy)]
pub struct Convolution<F = Identity> {
    /// The windows down and across; the first is of one tap for a sequence.
    pub windows: [Window; 2],
    /// The number of groups.
    pub groups: usize,
    /// The activation.
    pub activation: F,
}

const NAME: &str = "convolution";

impl<T: Real, F: Elementwise<T>> Rule<T> for Convolution<F> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let bias = (operands.len() > 2).then(|| operands.shape(2));
        let (shape, of) = check(self.windows, self.groups, operands.shape(0), operands.shape(1), bias)?;
        if F::IDENTITY || F::NEEDS_INPUT && cx.recording() {
            let mut y = run(of, shape, operands, None, cx);
            if !F::IDENTITY {
                let mut z = cx.take(shape);
                z.as_mut_slice().copy_from_slice(y.as_slice());
                cx.save(z);
                replace_by_values(self.activation, y.as_mut_slice(), cx.threads());
            }
            return Ok(y);
        }
        let activation = self.activation;
        Ok(run(
            of,
            shape,
            operands,
            Some(&move |y: &mut [T], _| replace_by_values(activation, y, &Threads::single())),
            cx,
        ))
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        let output = at.output();
        let windows = planes(output.shape()).map_or([0; 2], |[_, _, height, width]| [height, width]);
        let images = planes(at.shape(0)).unwrap_or_default();
        let of = geometry(images, at.shape(1), self.groups, self.windows, windows);
        let (g, y) = (at.cotangent(), output.as_slice());
        if F::IDENTITY {
            return pull_back(of, at, sink, &|delta: &mut [T], start| {
                delta.copy_from_slice(&g[start..start + delta.len()]);
            });
        }
        let z = if F::NEEDS_INPUT { at.saved(0).as_slice() } else { y };
        let activation = self.activation;
        pull_back(of, at, sink, &|delta: &mut [T], start| {
            let own = start..start + delta.len();
            put_slopes(
                activation,
                (Store::Write, delta),
                &g[own.clone()],
                &z[own.clone()],
                &y[own],
                &Threads::single(),
            );
        });
    }
}

// What does not depend on the activation stands in functions of its own, so that it is compiled once.

/// The shape of y, and what is to be computed.
fn check(
    windows: [Window; 2],
    groups: usize,
    x: Shape,
    weight: Shape,
    bias: Option<Shape>,
) -> Result<(Shape, kernel::Convolution)> {
    let rule = "needs x [n, in, …] of one or two more axes and W [out, in/groups, …] with the kernel's axes";
    let Some(images) = planes(x).filter(|_| has_windows(weight, x.len(), windows)) else {
        return Err(Error::mismatch(NAME, rule, x, weight));
    };
    let [_, channels, height, width] = images;
    let divides = groups > 0 && channels.is_multiple_of(groups) && weight[0].is_multiple_of(groups);
    if !divides || weight[1] != channels / groups {
        let rule = "needs groups that divide the channels in and out, and W [out, in/groups, …]";
        return Err(Error::mismatch(NAME, rule, x, weight));
    }
    check_bias(NAME, bias, weight[0], weight)?;
    let (Some(rows), Some(columns)) = (windows[0].count(height), windows[1].count(width)) else {
        return Err(no_window(NAME, x));
    };
    let of = geometry(images, weight, groups, windows, [rows, columns]);
    Ok((shape_of(x, weight[0], of.output), of))
}

fn run<T: Real>(
    of: kernel::Convolution,
    shape: Shape,
    operands: &Operands<'_, T>,
    finish: Option<OnBlock<'_, T>>,
    cx: &mut Forward<'_, T>,
) -> Tensor<T> {
    let (mut y, mut scratch) = (cx.take(shape), cx.take([of.scratch(cx.threads())].into()));
    let bias = (operands.len() > 2).then(|| operands.slice(2));
    let (x, weight, place) = (operands.slice(0), operands.slice(1), (Store::Write, y.as_mut_slice()));
    of.forward(place, x, weight, bias, finish, scratch.as_mut_slice(), cx.threads());
    cx.give(scratch);
    y
}

fn pull_back<T: Real>(
    of: kernel::Convolution,
    at: &Pullback<'_, T>,
    sink: &mut Sink<'_, T>,
    delta: OnBlock<'_, T>,
) {
    let (weighs, biased) = (sink.wants(1), at.len() > 2 && sink.wants(2));
    let mut scratch = sink.workspace().take([of.scratch(at.threads())].into());
    let mut partial = (weighs || biased).then(|| sink.workspace().take([of.partial()].into()));
    let mut dx = sink.destination(0);
    of.backward(
        dx.as_mut().map(|dx| dx.parts()),
        partial.as_mut().map(|partial| partial.as_mut_slice()),
        weighs.then(|| at.slice(0)),
        at.slice(1),
        delta,
        scratch.as_mut_slice(),
        at.threads(),
    );
    sink.workspace().give(scratch);
    if let Some(mut partial) = partial {
        if let Some(mut dw) = sink.destination(1) {
            of.weight_derivative(dw.parts(), partial.as_mut_slice());
        }
        if biased && let Some(mut db) = sink.destination(2) {
            of.bias_derivative(db.parts(), partial.as_mut_slice());
        }
        sink.workspace().give(partial);
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The convolution of x, which is `self`, with a `weight` and plus a `bias`, as one operation with an activation: see
    /// [`Convolution`].
    #[track_caller]
    pub fn convolution<F: Elementwise<T>>(
        self,
        weight: Var<'t, T>,
        bias: Option<Var<'t, T>>,
        rule: Convolution<F>,
    ) -> Var<'t, T> {
        match bias {
            Some(bias) => self.tape.apply(rule, &[self, weight, bias]),
            None => self.tape.apply(rule, &[self, weight]),
        }
    }
}
