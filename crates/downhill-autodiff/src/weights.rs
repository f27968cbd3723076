//! Matrices that stay the same from one computation to the next.

use std::sync::Arc;

use downhill_tensor::gemm::{Matrix, PackedMatrix};
use downhill_tensor::{Real, Tensor};

/// The parts of a θ that products have been taken by, packed.
#[derive(Debug)]
pub(crate) struct Weights<T: Real> {
    /// Held, so that nobody can write to what has been packed: a write copies what is shared.
    theta: Tensor<T>,
    /// Where in θ each begins, its rows and columns, and its transpose.
    transposed: Vec<(usize, [usize; 2], Arc<PackedMatrix<T>>)>,
}

impl<T: Real> Weights<T> {
    pub(crate) fn new(theta: Tensor<T>) -> Weights<T> {
        Weights { theta, transposed: Vec::new() }
    }

    /// The transpose of a matrix `[rows, columns]`, if it is a part of θ.
    pub(crate) fn transposed(&mut self, matrix: &Tensor<T>) -> Option<Arc<PackedMatrix<T>>> {
        let (start, &[rows, columns]) = (matrix.start_in(&self.theta)?, &matrix.shape()[..]) else {
            return None;
        };
        let known = self.transposed.iter().find(|(at, size, _)| (*at, *size) == (start, [rows, columns]));
        if let Some((.., packed)) = known {
            return Some(Arc::clone(packed));
        }
        let packed =
            PackedMatrix::new(Matrix::row_major(matrix.as_slice(), columns).transposed(), columns, rows);
        let packed = Arc::new(packed);
        self.transposed.push((start, [rows, columns], Arc::clone(&packed)));
        Some(packed)
    }
}
