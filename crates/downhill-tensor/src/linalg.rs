//! Tensors as nalgebra's matrices and vectors.
//!
//! nalgebra stores a matrix column by column, a tensor row by row: a `[n, f]` tensor is, as it stands in
//! memory, an `f`×`n` matrix, one sample a column.

use nalgebra::{DMatrix, DMatrixView, DMatrixViewMut, DVector, DVectorView, DVectorViewMut};

use crate::{Element, Error, Result, Shape, Tensor};

impl<T: Element> Tensor<T> {
    /// A `[n, f]` tensor as an `f`×`n` matrix, one sample a column, without a copy.
    ///
    /// # Errors
    /// [`Error::Operand`] if there are not two axes.
    pub fn columns(&self) -> Result<DMatrixView<'_, T>> {
        let [n, f] = self.two_axes("columns")?;
        Ok(DMatrixView::from_slice(self.as_slice(), f, n))
    }

    /// A `[n, f]` tensor as an `f`×`n` matrix to be written, one sample a column. If another tensor shares
    /// the storage it is copied first.
    ///
    /// # Errors
    /// [`Error::Operand`] if there are not two axes.
    pub fn columns_mut(&mut self) -> Result<DMatrixViewMut<'_, T>> {
        let [n, f] = self.two_axes("columns_mut")?;
        Ok(DMatrixViewMut::from_slice(self.as_mut_slice(), f, n))
    }

    /// The `[n, f]` tensor that an `f`×`n` matrix is, one sample a column; the storage is taken over.
    pub fn from_columns(matrix: DMatrix<T>) -> Tensor<T> {
        let (f, n) = matrix.shape();
        Tensor::on_buffer(Vec::from(matrix.data).into(), Shape::from([n, f]))
    }

    /// The `[n, f]` tensor of an `n`×`f` matrix, one sample a row, copied.
    pub fn from_row_matrix(matrix: &DMatrix<T>) -> Tensor<T> {
        Tensor::from_columns(matrix.transpose())
    }

    /// A `[n, f]` tensor as an `n`×`f` matrix, one sample a row, copied.
    ///
    /// # Errors
    /// [`Error::Operand`] if there are not two axes.
    pub fn to_row_matrix(&self) -> Result<DMatrix<T>> {
        let [n, f] = self.two_axes("to_row_matrix")?;
        Ok(DMatrix::from_row_slice(n, f, self.as_slice()))
    }

    /// All elements in row-major order as a vector, without a copy.
    pub fn as_vector(&self) -> DVectorView<'_, T> {
        DVectorView::from_slice(self.as_slice(), self.len())
    }

    /// All elements in row-major order as a vector to be written. If another tensor shares the storage it
    /// is copied first.
    pub fn as_vector_mut(&mut self) -> DVectorViewMut<'_, T> {
        let len = self.len();
        DVectorViewMut::from_slice(self.as_mut_slice(), len)
    }

    fn two_axes(&self, operation: &'static str) -> Result<[usize; 2]> {
        <[usize; 2]>::try_from(&self.shape()[..]).map_err(|_| {
            let rule = "needs two axes, samples and features";
            Error::Operand { operation, rule, shape: self.shape() }
        })
    }
}

/// A tensor of shape `[n]`; the storage is taken over.
impl<T: Element> From<DVector<T>> for Tensor<T> {
    fn from(vector: DVector<T>) -> Tensor<T> {
        let elements: Vec<T> = vector.data.into();
        Tensor::vector(elements)
    }
}
