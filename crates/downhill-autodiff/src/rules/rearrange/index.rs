//! Elements chosen by indices.

use downhill_tensor::{Error, Real, Result, Tensor, kernel};

use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::rules::known_axis;
use crate::sink::Sink;

/// The chosen indices of an axis, in the order given; the cotangent is added back to where each came from.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexSelect {
    /// The axis; negative counts from the end.
    pub axis: isize,
    /// The indices, shape `[k]`.
    pub indices: Tensor<usize>,
}

impl<T: Real> Rule<T> for IndexSelect {
    fn name(&self) -> &'static str {
        "index_select"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let x = operands.value(0);
        let axis = x.shape().axis(self.axis)?;
        if self.indices.shape().len() != 1 {
            let rule = "the indices must have one axis";
            return Err(Error::mismatch("index_select", rule, x.shape(), self.indices.shape()));
        }
        let indices = self.indices.as_slice();
        kernel::check_indices(indices, axis, x.shape())?;
        let mut y = cx.take(x.shape().with(axis, indices.len()));
        kernel::index_select(y.as_mut_slice(), x.view(), axis, indices, cx.threads());
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if let Some(mut dx) = sink.destination(0) {
            let (shape, g) = (at.shape(0), at.cotangent_tensor().view());
            let axis = known_axis(shape, self.axis);
            kernel::index_add(dx.to_add(), shape, g, axis, self.indices.as_slice(), kernel::add);
        }
    }
}

/// For each element of an index the operand's element in the same place but for an axis, where the index
/// chooses; the cotangent is added back to where each came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Gather {
    /// The axis; negative counts from the end.
    pub axis: isize,
    /// The index: the result's shape.
    pub index: Tensor<usize>,
}

impl<T: Real> Rule<T> for Gather {
    fn name(&self) -> &'static str {
        "gather"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let x = operands.value(0);
        let axis = x.shape().axis(self.axis)?;
        kernel::check_gather(x.shape(), axis, self.index.view())?;
        let mut y = cx.take(self.index.shape());
        kernel::gather(y.as_mut_slice(), x.view(), axis, self.index.view(), kernel::write);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if let Some(mut dx) = sink.destination(0) {
            let (shape, g) = (at.shape(0), at.cotangent_tensor().view());
            let axis = known_axis(shape, self.axis);
            kernel::scatter(dx.to_add(), shape, axis, self.index.view(), g, kernel::add);
        }
    }
}

/// The left operand, with each element of the right one added to the element in the same place but for an
/// axis, where the index chooses. The adjoint of [`Gather`]: the right operand gathers the cotangent.
#[derive(Debug, Clone, PartialEq)]
pub struct ScatterAdd {
    /// The axis; negative counts from the end.
    pub axis: isize,
    /// The index, of the right operand's shape.
    pub index: Tensor<usize>,
}

impl<T: Real> Rule<T> for ScatterAdd {
    fn name(&self) -> &'static str {
        "scatter_add"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let (shape, added) = (operands.shape(0), operands.value(1).view());
        let axis = shape.axis(self.axis)?;
        kernel::check_gather(shape, axis, self.index.view())?;
        if self.index.shape() != operands.shape(1) {
            let rule = "the index must have the shape of what is added";
            return Err(Error::mismatch("scatter_add", rule, operands.shape(1), self.index.shape()));
        }
        let mut y = cx.take(shape);
        y.as_mut_slice().copy_from_slice(operands.slice(0));
        kernel::scatter(y.as_mut_slice(), shape, axis, self.index.view(), added, kernel::add);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        let g = at.cotangent_tensor();
        if let Some(mut added) = sink.destination(1) {
            let (store, added) = added.parts();
            let axis = known_axis(g.shape(), self.axis);
            kernel::gather(added, g.view(), axis, self.index.view(), store.put());
        }
        sink.add(0, g.clone());
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The chosen indices of an axis, in the order given: `indices` has shape `[k]`, and so has the axis
    /// then. The rows of an embedding are `table.index_select(0, tokens)`.
    #[track_caller]
    pub fn index_select(self, axis: isize, indices: &Tensor<usize>) -> Var<'t, T> {
        self.apply(IndexSelect { axis, indices: indices.clone() })
    }

    /// For each element of `index` the element here in the same place but for `axis`, where the index
    /// chooses: PyTorch's `gather`.
    #[track_caller]
    pub fn gather(self, axis: isize, index: &Tensor<usize>) -> Var<'t, T> {
        self.apply(Gather { axis, index: index.clone() })
    }

    /// This, with each element of `added` added to the element in the same place but for `axis`, where the
    /// index, of the same shape, chooses: PyTorch's `scatter_add`.
    #[track_caller]
    pub fn scatter_add(self, axis: isize, index: &Tensor<usize>, added: Var<'t, T>) -> Var<'t, T> {
        self.apply2(ScatterAdd { axis, index: index.clone() }, added)
    }
}
