//! The quadratic model of Gauss and Newton.

use downhill_tensor::gemm::{Gemm, Matrix, Start, gemm};
use downhill_tensor::{Real, Threads};

use crate::{Error, Layout, Result};

/// A quadratic model of L around θ, in which only first derivatives of the network or the curve stand:
/// L + ∇Lᵀd + ½dᵀGd, where G is the Gauss-Newton matrix.
///
/// For L = ½‖r(θ)‖² it is JᵀJ with the Jacobian J = ∂r/∂θ. For L = ℓ(f(θ)) with a convex loss ℓ it is JᵀHJ with
/// J = ∂f/∂θ and the Hessian H of ℓ, given by any A with AᵀA = JᵀHJ. Source: Schraudolph (2002), Fast curvature
/// matrix-vector products for second-order gradient descent. An [`Objective`](crate::Objective) adds to it, at once
/// or block by block.
#[derive(Debug, Clone)]
pub struct GaussNewton<T: Real = f32> {
    value: T,
    gradient: Vec<T>,
    /// p×p.
    matrix: Vec<T>,
    threads: Threads,
}

impl<T: Real> GaussNewton<T> {
    /// The model 0 of a θ of this length.
    pub fn new(length: usize) -> GaussNewton<T> {
        let (value, gradient, matrix) =
            (T::zero(), vec![T::zero(); length], vec![T::zero(); length * length]);
        GaussNewton { value, gradient, matrix, threads: Threads::single() }
    }

    /// Makes it 0 again, for a θ of this length.
    pub fn clear(&mut self, length: usize) {
        self.value = T::zero();
        self.gradient.clear();
        self.gradient.resize(length, T::zero());
        self.matrix.clear();
        self.matrix.resize(length * length, T::zero());
    }

    /// Makes room for a θ of this length, if there is as much memory.
    pub(crate) fn reserve(&mut self, length: usize) -> Result<()> {
        reserve_square(&mut self.matrix, length)
    }

    /// The length of θ.
    pub fn length(&self) -> usize {
        self.gradient.len()
    }

    /// L.
    pub fn value(&self) -> T {
        self.value
    }

    /// ∇L.
    pub fn gradient(&self) -> &[T] {
        &self.gradient
    }

    /// G, row by row.
    pub fn matrix(&self) -> &[T] {
        &self.matrix
    }

    /// Adds a part of L.
    pub fn add_value(&mut self, value: T) {
        self.value += value;
    }

    /// ∇L, to be added to.
    pub fn gradient_mut(&mut self) -> &mut [T] {
        &mut self.gradient
    }

    /// Adds AᵀA to G: `rows` is A, row by row, each as long as θ. What is left over of a last row does not count.
    pub fn add_square(&mut self, rows: &[T]) {
        let p = self.length();
        let count = rows.len().checked_div(p).unwrap_or(0);
        let a = Matrix::row_major(rows, p);
        let (c, threads) = (&mut self.matrix[..], &self.threads);
        gemm(Gemm { m: p, k: count, n: p, a: a.transposed(), b: a, c, start: Start::Destination, threads });
    }

    /// Adds to the diagonal of G: the second derivatives of a penalty of which each parameter has its own.
    pub fn add_diagonal(&mut self, diagonal: impl IntoIterator<Item = T>) {
        let p = self.length();
        self.matrix.iter_mut().step_by(p + 1).zip(diagonal).for_each(|(x, d)| *x += d);
    }

    /// Adds ½‖r‖² to L, Jᵀr to ∇L and JᵀJ to G: a block of residuals and the rows of J that belong to them.
    pub fn add_residuals(&mut self, residuals: &[T], jacobian: &[T]) {
        let p = self.length();
        for (&r, row) in residuals.iter().zip(jacobian.chunks_exact(p.max(1))) {
            self.value += r * r * T::of(0.5);
            self.gradient.iter_mut().zip(row).for_each(|(g, &j)| *g += r * j);
        }
        self.add_square(&jacobian[..(residuals.len() * p).min(jacobian.len())]);
    }

    /// Takes what does not learn out of the model: 0 in ∇L, and rows and columns of the unit matrix in G.
    pub(crate) fn freeze(&mut self, layout: &Layout) {
        let p = self.length();
        for frozen in layout.parts().iter().filter(|part| !part.trainable).flat_map(|part| part.range()) {
            self.gradient[frozen] = T::zero();
            self.matrix[frozen * p..(frozen + 1) * p].fill(T::zero());
            self.matrix.iter_mut().skip(frozen).step_by(p).for_each(|x| *x = T::zero());
            self.matrix[frozen * p + frozen] = T::one();
        }
    }
}

/// Makes room for a matrix of so many rows and columns, if there is as much memory.
pub(super) fn reserve_square<T>(matrix: &mut Vec<T>, length: usize) -> Result<()> {
    let missing = length.checked_mul(length).map(|all| all.saturating_sub(matrix.len()));
    let reserved = missing.map(|missing| matrix.try_reserve_exact(missing));
    if matches!(reserved, Some(Ok(()))) { Ok(()) } else { Err(Error::Memory { length }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_too_large_is_an_error() {
        let mut model = GaussNewton::<f64>::new(3);
        assert_eq!(model.reserve(7), Ok(()));
        for length in [1 << 31, usize::MAX] {
            assert_eq!(model.reserve(length), Err(Error::Memory { length }));
        }
        assert_eq!(model.length(), 3);
    }
}
