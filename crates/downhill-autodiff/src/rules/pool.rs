//! The largest element or the mean of each window of sequences `[n, channels, length]` and images
//! `[n, channels, height, width]`.

use downhill_tensor::kernel::{Pool, Span};
use downhill_tensor::{Error, Real, Result, Shape, Tensor};

use super::convolution::{planes, shape_of};
use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// y: the largest element of each window, NaN if any is. ∂L/∂x is the sum of ∂L/∂y over the windows that an element is the
/// largest of; of several that are equal the first counts, as with PyTorch's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MaxPool {
    /// What is pooled together down and across; the first is a window of one tap for a sequence.
    pub spans: [Span; 2],
}

/// y: the mean of each window. ∂L/∂x is the sum over the windows that an element is in of ∂L/∂y, divided as they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanPool {
    /// What is pooled together down and across; the first is a window of one tap for a sequence.
    pub spans: [Span; 2],
    /// Whether the border of a window that reaches into it counts as zeros, rather than not at all.
    pub count_border: bool,
}

/// The shape of y, and what is to be computed.
fn check(operation: &'static str, spans: [Span; 2], x: Shape) -> Result<(Shape, Pool)> {
    let Some([_, channels, height, width]) = planes(x) else {
        let rule = "needs x [n, channels, length] or [n, channels, height, width]";
        return Err(Error::Operand { operation, rule, shape: x });
    };
    let (Some(rows), Some(columns)) = (spans[0].count(height), spans[1].count(width)) else {
        let rule = "needs a stride of at least 1, a border narrower than the kernel, and a kernel no larger \
                    than x with its border";
        return Err(Error::Operand { operation, rule, shape: x });
    };
    let too_many =
        |[down, across]: [usize; 2]| down.checked_mul(across).is_none_or(|n| n > isize::MAX as usize);
    if too_many([height, width]) || too_many([rows, columns]) {
        return Err(Error::Operand { operation, rule: "needs planes that fit into memory", shape: x });
    }
    let pool = Pool { spans, plane: [height, width], output: [rows, columns] };
    Ok((shape_of(x, channels, pool.output), pool))
}

/// What was found to be computed.
fn known<T: Real>(spans: [Span; 2], at: &Pullback<'_, T>) -> Pool {
    let size = |shape| planes(shape).map_or([1; 2], |[_, _, height, width]| [height, width]);
    Pool { spans, plane: size(at.shape(0)), output: size(at.output().shape()) }
}

impl<T: Real> Rule<T> for MaxPool {
    fn name(&self) -> &'static str {
        "max_pool"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let (shape, pool) = check("max_pool", self.spans, operands.shape(0))?;
        let mut y = cx.take(shape);
        pool.max(y.as_mut_slice(), operands.slice(0), cx.threads());
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if let Some(mut dx) = sink.destination(0) {
            let (pool, y) = (known(self.spans, at), at.output().as_slice());
            pool.max_backward(dx.parts(), at.cotangent(), at.slice(0), y, at.threads());
        }
    }
}

impl<T: Real> Rule<T> for MeanPool {
    fn name(&self) -> &'static str {
        "mean_pool"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let (shape, pool) = check("mean_pool", self.spans, operands.shape(0))?;
        let mut y = cx.take(shape);
        pool.mean(y.as_mut_slice(), operands.slice(0), self.count_border, cx.threads());
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if let Some(mut dx) = sink.destination(0) {
            let pool = known(self.spans, at);
            pool.mean_backward(dx.parts(), at.cotangent(), self.count_border, at.threads());
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The largest element of each window of `[n, channels, length]` or `[n, channels, height, width]`: see [`MaxPool`].
    #[track_caller]
    pub fn max_pool(self, spans: [Span; 2]) -> Var<'t, T> {
        self.apply(MaxPool { spans })
    }

    /// The mean of each window of `[n, channels, length]` or `[n, channels, height, width]`: see [`MeanPool`].
    #[track_caller]
    pub fn mean_pool(self, spans: [Span; 2], count_border: bool) -> Var<'t, T> {
        self.apply(MeanPool { spans, count_border })
    }
}
