//! Matrix products of tensors.

use crate::kernel::Matmul;
use crate::{Real, Result, Store, Tensor, Threads};

impl<T: Real> Tensor<T> {
    /// The matrix product, as in `torch.matmul`: the last two axes are matrices, those before them
    /// stacks of matrices that broadcast. A tensor with one axis is a row on the left and a column on
    /// the right; of two such this is the inner product, of shape `[]`.
    ///
    /// It is computed on the calling thread; [`Matmul`] takes more threads, and transposes too.
    ///
    /// # Errors
    /// [`Error::Mismatch`](crate::Error::Mismatch) for a scalar or matrices that do not fit,
    /// [`Error::Broadcast`](crate::Error::Broadcast) if the stacks do not broadcast.
    pub fn matmul(&self, other: &Tensor<T>) -> Result<Tensor<T>> {
        let product = Matmul::new(self.shape(), other.shape(), [false; 2])?;
        let mut out = Tensor::zeros(product.shape());
        let (a, b) = (self.as_slice(), other.as_slice());
        product.forward(out.as_mut_slice(), a, b, Store::Write, &Threads::single());
        Ok(out)
    }
}
