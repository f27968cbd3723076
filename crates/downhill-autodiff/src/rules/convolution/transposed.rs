//! The transposed convolution.

use downhill_tensor::kernel::{self, ChannelNorm, Window};
use downhill_tensor::{Error, Real, Result, Shape, Store, Tensor};

use super::{check_bias, geometry, has_windows, no_window, planes, shape_of};
use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// The adjoint of a [`Convolution`](super::Convolution), plus b: `y[i·stride + k·dilation − border] = Σ W[k] x[i]`. Operands:
/// x `[n, in, length]` or `[n, in, height, width]`, W `[in, out/groups, …]` with the kernel's axes last (PyTorch's layout),
/// b `[out]` or absent. An axis of length l becomes one of (l − 1)·stride + span of the kernel − border + `more`.
///
/// ∂L/∂x is the convolution of ∂L/∂y with W, ∂L/∂W the sums over windows on ∂L/∂y of what the window sees times x,
/// ∂L/∂b the sum of ∂L/∂y for each channel (Dumoulin & Visin 2016, chapter 4).
#[derive(Debug, Clone, Copy)]
pub struct TransposedConvolution {
    /// The windows down and across, on y; the first is of one tap for a sequence.
    pub windows: [Window; 2],
    /// The number of groups.
    pub groups: usize,
    /// The rows and columns of y that are added at its ends: less than the stride or the dilation.
    pub more: [usize; 2],
}

const NAME: &str = "transposed_convolution";

impl TransposedConvolution {
    /// The shape of y, and the convolution that this is the adjoint of.
    fn check(&self, x: Shape, weight: Shape, bias: Option<Shape>) -> Result<(Shape, kernel::Convolution)> {
        let rule =
            "needs x [n, in, …] of one or two more axes and W [in, out/groups, …] with the kernel's axes";
        let Some(images) = planes(x).filter(|_| has_windows(weight, x.len(), self.windows)) else {
            return Err(Error::mismatch(NAME, rule, x, weight));
        };
        let [samples, channels, height, width] = images;
        if self.groups == 0 || !channels.is_multiple_of(self.groups) || weight[0] != channels {
            let rule = "needs groups that divide the channels in, and W [in, out/groups, …]";
            return Err(Error::mismatch(NAME, rule, x, weight));
        }
        let outputs = weight[1] * self.groups;
        check_bias(NAME, bias, outputs, weight)?;
        let fits = |axis: usize| self.more[axis] < self.windows[axis].stride.max(self.windows[axis].dilation);
        let length = |axis: usize, count| self.windows[axis].transposed(count, self.more[axis]);
        let (Some(down), Some(across)) = (length(0, height), length(1, width)) else {
            return Err(no_window(NAME, x));
        };
        if !fits(0) || !fits(1) {
            let rule = "needs fewer rows and columns added than the stride or the dilation";
            return Err(Error::Operand { operation: NAME, rule, shape: x });
        }
        let of =
            geometry([samples, outputs, down, across], weight, self.groups, self.windows, [height, width]);
        Ok((shape_of(x, outputs, of.input), of))
    }
}

impl<T: Real> Rule<T> for TransposedConvolution {
    fn name(&self) -> &'static str {
        NAME
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let bias = (operands.len() > 2).then(|| operands.shape(2));
        let (shape, of) = self.check(operands.shape(0), operands.shape(1), bias)?;
        let (mut y, mut scratch) = (cx.take(shape), cx.take([of.scratch(cx.threads())].into()));
        let mut store = Store::Write;
        if bias.is_some() {
            let planes = y.as_mut_slice().chunks_exact_mut((of.input[0] * of.input[1]).max(1));
            for (plane, &bias) in planes.zip(operands.slice(2).iter().cycle()) {
                plane.fill(bias);
            }
            store = Store::Add;
        }
        let x = operands.slice(0);
        of.backward(
            Some((store, y.as_mut_slice())),
            None,
            None,
            operands.slice(1),
            &copies(x),
            scratch.as_mut_slice(),
            cx.threads(),
        );
        cx.give(scratch);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        let [samples, outputs, height, width] = planes(at.output().shape()).unwrap_or_default();
        let windows = planes(at.shape(0)).map_or([0; 2], |[_, _, height, width]| [height, width]);
        let images = [samples, outputs, height, width];
        let of = geometry(images, at.shape(1), self.groups, self.windows, windows);
        let mut scratch = sink.workspace().take([of.scratch(at.threads())].into());
        if let Some(mut dx) = sink.destination(0) {
            let scratch = scratch.as_mut_slice();
            of.forward(dx.parts(), at.cotangent(), at.slice(1), None, None, scratch, at.threads());
        }
        if sink.wants(1) {
            let mut partial = sink.workspace().take([of.partial()].into());
            of.backward(
                None,
                Some(partial.as_mut_slice()),
                Some(at.cotangent()),
                at.slice(1),
                &copies(at.slice(0)),
                scratch.as_mut_slice(),
                at.threads(),
            );
            if let Some(mut dw) = sink.destination(1) {
                of.weight_derivative(dw.parts(), partial.as_mut_slice());
            }
            sink.workspace().give(partial);
        }
        if at.len() > 2 && sink.wants(2) {
            let mut sums = sink.workspace().take([outputs].into());
            let (x, inner) = (at.cotangent(), height * width);
            ChannelNorm { x, channels: outputs, inner, threads: at.threads() }.sum(sums.as_mut_slice());
            if let Some(mut db) = sink.destination(2) {
                db.zip1(sums.as_slice(), |sum| sum);
            }
            sink.workspace().give(sums);
        }
        sink.workspace().give(scratch);
    }
}

/// Copies elements from a place on.
fn copies<T: Real>(from: &[T]) -> impl Fn(&mut [T], usize) + Sync {
    |to, start| to.copy_from_slice(&from[start..start + to.len()])
}

impl<'t, T: Real> Var<'t, T> {
    /// The transposed convolution of x, which is `self`, with a `weight` and plus a `bias`: see [`TransposedConvolution`].
    #[track_caller]
    pub fn transposed_convolution(
        self,
        weight: Var<'t, T>,
        bias: Option<Var<'t, T>>,
        rule: TransposedConvolution,
    ) -> Var<'t, T> {
        match bias {
            Some(bias) => self.tape.apply(rule, &[self, weight, bias]),
            None => self.tape.apply(rule, &[self, weight]),
        }
    }
}
