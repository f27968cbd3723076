//! Tensors' elements in other places.

use crate::kernel::{self, write};
use crate::{Axes, AxisOrder, Element, Error, Result, Shape, Tensor, Threads};
use std::ops::Range;

impl<T: Element> Tensor<T> {
    /// The tensor with two axes exchanged; negative ones count from the end, as everywhere here.
    ///
    /// # Errors
    /// [`Error::Axis`] if there is no such axis.
    pub fn transpose(&self, first: isize, second: isize) -> Result<Tensor<T>> {
        Ok(self.ordered(AxisOrder::transposed(self.shape(), first, second)?))
    }

    /// The tensor with its axes in another order: axis `i` is what was axis `axes[i]`.
    ///
    /// # Errors
    /// [`Error::Axis`] if there is no such axis, [`Error::Axes`] if not each axis is named once.
    pub fn permute(&self, axes: &[isize]) -> Result<Tensor<T>> {
        Ok(self.ordered(AxisOrder::new(self.shape(), axes)?))
    }

    fn ordered(&self, order: AxisOrder) -> Tensor<T> {
        let mut out = Tensor::filled_like(order.shape(self.shape()), self);
        kernel::permute(out.as_mut_slice(), self.view(), order, write);
        out
    }

    /// The tensor with an axis of length 1 put in; a negative `axis` counts from the end of the result.
    ///
    /// # Errors
    /// [`Error::Axis`] if the result has no such axis, [`Error::TooManyAxes`] if there is no room for it.
    pub fn unsqueeze(&self, axis: isize) -> Result<Tensor<T>> {
        self.reshape(self.shape().insert(axis)?.0)
    }

    /// The tensor without an axis of length 1.
    ///
    /// # Errors
    /// [`Error::Axis`] if there is no such axis, [`Error::Operand`] if its length is not 1.
    pub fn squeeze(&self, axis: isize) -> Result<Tensor<T>> {
        let axis = self.shape().axis(axis)?;
        if self.shape()[axis] != 1 {
            let rule = "the axis must have length 1";
            return Err(Error::Operand { operation: "squeeze", rule, shape: self.shape() });
        }
        self.reshape(self.shape().without(axis))
    }

    /// The tensor repeated along missing axes and those of length 1, so that it has this shape.
    ///
    /// # Errors
    /// [`Error::Broadcast`] if it cannot have.
    pub fn broadcast_to(&self, shape: impl Into<Shape>) -> Result<Tensor<T>> {
        let shape = shape.into();
        if !self.shape().stretches_to(&shape) {
            return Err(Error::Broadcast { shapes: Box::new([self.shape(), shape]) });
        }
        let mut out = Tensor::filled_like(shape, self);
        kernel::broadcast_to(out.as_mut_slice(), shape, self.view(), write);
        Ok(out)
    }

    /// Tensors joined along an axis.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if they differ in another axis, [`Error::Axis`] if they have no such axis or
    /// there are none.
    pub fn concat(parts: &[&Tensor<T>], axis: isize) -> Result<Tensor<T>> {
        let (shape, axis) = kernel::concat_shape(parts.iter().map(|part| part.shape()), axis)?;
        Tensor::joined(parts, shape, axis, |part| part.shape()[axis])
    }

    /// Tensors of one shape stacked along a new axis; a negative `axis` counts from the end of the result.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if their shapes differ, [`Error::Axis`] if the result has no such axis,
    /// [`Error::TooManyAxes`] if there is no room for it, [`Error::Operand`] if there are no tensors.
    pub fn stack(parts: &[&Tensor<T>], axis: isize) -> Result<Tensor<T>> {
        let (shape, axis) = kernel::stack_shape(parts.iter().map(|part| part.shape()), axis)?;
        Tensor::joined(parts, shape, axis, |_| 1)
    }

    fn joined(
        parts: &[&Tensor<T>],
        shape: Shape,
        axis: usize,
        length: impl Fn(&Tensor<T>) -> usize,
    ) -> Result<Tensor<T>> {
        let Some(some) = parts.iter().find(|part| !part.is_empty()) else {
            return Tensor::new(shape, Vec::new());
        };
        let mut out = Tensor::filled_like(shape, some);
        let mut start = 0;
        for part in parts {
            let length = length(part);
            let part = part.reshape(shape.with(axis, length))?;
            kernel::write_slice(out.as_mut_slice(), shape, part.view(), axis, start, 1, write);
            start += length;
        }
        Ok(out)
    }

    /// Every `step`-th index of a range of an axis. ([`rows`](Tensor::rows) does not copy.)
    ///
    /// # Errors
    /// [`Error::Axis`] if there is no such axis, [`Error::Index`] if the range is reversed or ends past
    /// it, [`Error::Setting`] if the step is 0.
    pub fn slice(&self, axis: isize, range: Range<usize>, step: usize) -> Result<Tensor<T>> {
        let axis = self.shape().axis(axis)?;
        let shape = kernel::slice_shape(self.shape(), axis, &range, step)?;
        let mut out = Tensor::filled_like(shape, self);
        kernel::slice(out.as_mut_slice(), shape, self.view(), axis, range.start, step, write);
        Ok(out)
    }

    /// The chosen indices of an axis, in the order given.
    ///
    /// # Errors
    /// [`Error::Axis`] if there is no such axis, [`Error::Index`] if an index lies outside it.
    pub fn index_select(&self, axis: isize, indices: &[usize]) -> Result<Tensor<T>> {
        let axis = self.shape().axis(axis)?;
        kernel::check_indices(indices, axis, self.shape())?;
        let mut out = Tensor::filled_like(self.shape().with(axis, indices.len()), self);
        kernel::index_select(out.as_mut_slice(), self.view(), axis, indices, &Threads::single());
        Ok(out)
    }

    /// For each element of `index` the element here in the same place but for `axis`, where the index
    /// chooses. (PyTorch's `gather`.)
    ///
    /// # Errors
    /// [`Error::Axis`] if there is no such axis, [`Error::Mismatch`] if the index has another number of
    /// axes or is longer in one that it does not choose from, [`Error::Index`] if an index lies
    /// outside the axis.
    pub fn gather(&self, axis: isize, index: &Tensor<usize>) -> Result<Tensor<T>> {
        let axis = self.shape().axis(axis)?;
        kernel::check_gather(self.shape(), axis, index.view())?;
        let mut out = Tensor::filled_like(index.shape(), self);
        kernel::gather(out.as_mut_slice(), self.view(), axis, index.view(), write);
        Ok(out)
    }

    /// The tensor backwards along some axes.
    ///
    /// # Errors
    /// [`Error::Axis`] if there is no such axis, [`Error::Axes`] if one is named twice.
    pub fn flip(&self, axes: &[isize]) -> Result<Tensor<T>> {
        let axes = Axes::new(self.shape(), axes)?;
        let mut out = Tensor::filled_like(self.shape(), self);
        kernel::flip(out.as_mut_slice(), self.view(), axes, write);
        Ok(out)
    }

    /// The tensor with `before` and `after` elements of this value put before and after each axis.
    ///
    /// # Errors
    /// [`Error::Operand`] if there is not one of each for every axis.
    pub fn pad(&self, before: &[usize], after: &[usize], value: T) -> Result<Tensor<T>> {
        let shape = kernel::pad_shape(self.shape(), before, after)?;
        let mut out = Tensor::full(shape, value);
        kernel::pad(out.as_mut_slice(), shape, self.view(), before, value);
        Ok(out)
    }

    /// A tensor of this shape to be written over, filled with an element of another; without elements
    /// if that has none.
    pub(crate) fn filled_like(shape: Shape, other: &Tensor<T>) -> Tensor<T> {
        let first = other.as_slice().first();
        let elements = first.map_or(Vec::new(), |&value| vec![value; shape.elements()]);
        Tensor::on_buffer(elements.into(), shape)
    }
}
