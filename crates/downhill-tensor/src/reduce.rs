//! Reductions of tensors.
//!
//! Axes may be negative, which counts from the end.

use crate::kernel::{self, View};
use crate::{Axes, Error, Real, Result, Shape, Store, Tensor, Threads};

impl<T: Real> Tensor<T> {
    /// The sum over some axes, or over all if none is named. They get length 1 if `keep_axes`, and
    /// disappear otherwise.
    ///
    /// # Errors
    /// [`Error::Axis`] if there is no such axis, [`Error::Axes`] if one is named twice, as in every
    /// reduction here.
    pub fn sum(&self, axes: &[isize], keep_axes: bool) -> Result<Tensor<T>> {
        self.reduce(axes, keep_axes, |out, x, axes| kernel::sum(out, x, axes, Store::Write))
    }

    /// The mean over some axes, or over all if none is named; NaN over no elements.
    ///
    /// # Errors
    /// As [`sum`](Tensor::sum).
    pub fn mean(&self, axes: &[isize], keep_axes: bool) -> Result<Tensor<T>> {
        self.reduce(axes, keep_axes, kernel::mean)
    }

    /// The largest element over some axes, or over all if none is named; NaN if any is.
    ///
    /// # Errors
    /// As [`sum`](Tensor::sum); [`Error::Operand`] if such an axis has length 0.
    pub fn max(&self, axes: &[isize], keep_axes: bool) -> Result<Tensor<T>> {
        self.non_empty("max", axes)?;
        self.reduce(axes, keep_axes, kernel::max)
    }

    /// The smallest element over some axes, or over all if none is named; NaN if any is.
    ///
    /// # Errors
    /// As [`max`](Tensor::max).
    pub fn min(&self, axes: &[isize], keep_axes: bool) -> Result<Tensor<T>> {
        self.non_empty("min", axes)?;
        self.reduce(axes, keep_axes, kernel::min)
    }

    /// The variance over some axes, or over all if none is named: the sum of squared deviations from
    /// the mean, divided by the number of elements less `correction` (0 for the elements' own
    /// variance, 1 for an unbiased estimate of what they are a sample of). NaN or infinite if there
    /// are not more elements than that.
    ///
    /// # Errors
    /// As [`sum`](Tensor::sum).
    pub fn var(&self, axes: &[isize], keep_axes: bool, correction: usize) -> Result<Tensor<T>> {
        self.reduce(axes, keep_axes, |out, x, axes| kernel::var(out, x, axes, correction))
    }

    /// ln Σ exp(x) over some axes, or over all if none is named, without overflow; −∞ over no elements.
    ///
    /// # Errors
    /// As [`sum`](Tensor::sum).
    pub fn logsumexp(&self, axes: &[isize], keep_axes: bool) -> Result<Tensor<T>> {
        self.reduce(axes, keep_axes, |out, x, axes| kernel::logsumexp(out, x, axes, &Threads::single()))
    }

    /// The product along an axis; 1 if it has length 0.
    ///
    /// # Errors
    /// [`Error::Axis`] if there is no such axis.
    pub fn prod(&self, axis: isize, keep_axes: bool) -> Result<Tensor<T>> {
        self.reduce(&[axis], keep_axes, kernel::prod)
    }

    /// The index of the largest element along an axis, which disappears: the first of equals; a NaN
    /// counts as the largest.
    ///
    /// # Errors
    /// [`Error::Axis`] if there is no such axis, [`Error::Operand`] if it has length 0.
    pub fn argmax(&self, axis: isize) -> Result<Tensor<usize>> {
        self.non_empty("argmax", &[axis])?;
        self.index(axis, kernel::argmax)
    }

    /// The index of the smallest element along an axis, which disappears: the first of equals; a NaN
    /// counts as the smallest.
    ///
    /// # Errors
    /// As [`argmax`](Tensor::argmax).
    pub fn argmin(&self, axis: isize) -> Result<Tensor<usize>> {
        self.non_empty("argmin", &[axis])?;
        self.index(axis, kernel::argmin)
    }

    /// The running sums along an axis.
    ///
    /// # Errors
    /// [`Error::Axis`] if there is no such axis.
    pub fn cumsum(&self, axis: isize) -> Result<Tensor<T>> {
        let axis = self.shape().axis(axis)?;
        let mut out = Tensor::zeros(self.shape());
        kernel::cumsum(out.as_mut_slice(), self.view(), axis, false, Store::Write);
        Ok(out)
    }

    /// exp(x) / Σ exp(x) along an axis, without overflow.
    ///
    /// # Errors
    /// [`Error::Axis`] if there is no such axis.
    pub fn softmax(&self, axis: isize) -> Result<Tensor<T>> {
        self.along(axis, |out, x, axes| kernel::softmax(out, x, axes, &Threads::single()))
    }

    /// x − ln Σ exp(x) along an axis, without overflow.
    ///
    /// # Errors
    /// [`Error::Axis`] if there is no such axis.
    pub fn log_softmax(&self, axis: isize) -> Result<Tensor<T>> {
        self.along(axis, |out, x, axes| kernel::log_softmax(out, x, axes, &Threads::single()))
    }

    /// The sums that undo a broadcast: over all axes along which a tensor of shape `shape` would be
    /// repeated to have this shape.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if that shape does not broadcast to this.
    pub fn sum_to(&self, shape: impl Into<Shape>) -> Result<Tensor<T>> {
        let shape = shape.into();
        if !shape.stretches_to(&self.shape()) {
            let rule = "the result must broadcast to the operand";
            return Err(Error::mismatch("sum_to", rule, self.shape(), shape));
        }
        let mut out = Tensor::zeros(shape);
        kernel::sum_to(out.as_mut_slice(), shape, self.view(), Store::Write);
        Ok(out)
    }

    fn reduce(
        &self,
        axes: &[isize],
        keep_axes: bool,
        f: impl Fn(&mut [T], View<'_, T>, Axes),
    ) -> Result<Tensor<T>> {
        let axes = Axes::reduced(self.shape(), axes)?;
        let mut out = Tensor::zeros(axes.reduce(self.shape(), keep_axes));
        f(out.as_mut_slice(), self.view(), axes);
        Ok(out)
    }

    fn index(&self, axis: isize, f: impl Fn(&mut [usize], View<'_, T>, usize)) -> Result<Tensor<usize>> {
        let axis = self.shape().axis(axis)?;
        let mut out = Tensor::full(self.shape().without(axis), 0);
        f(out.as_mut_slice(), self.view(), axis);
        Ok(out)
    }

    fn along(&self, axis: isize, f: impl Fn(&mut [T], View<'_, T>, Axes)) -> Result<Tensor<T>> {
        let axes = Axes::new(self.shape(), &[axis])?;
        let mut out = Tensor::zeros(self.shape());
        f(out.as_mut_slice(), self.view(), axes);
        Ok(out)
    }

    fn non_empty(&self, operation: &'static str, axes: &[isize]) -> Result<()> {
        if Axes::reduced(self.shape(), axes)?.elements(self.shape()) == 0 {
            let rule = "needs at least one element along the reduced axes";
            return Err(Error::Operand { operation, rule, shape: self.shape() });
        }
        Ok(())
    }
}
