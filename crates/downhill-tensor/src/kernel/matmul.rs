//! Matrix products of stacks of matrices.

use super::walk::{Strides, Walk, row_major, stretched};
use crate::gemm::{Gemm, Matrix, Store, gemm};
use crate::{Error, Real, Result, Shape, Threads};

/// A product of two tensors as in `torch.matmul`, ready to be computed.
///
/// The last two axes are matrices, those before them stacks of matrices that broadcast. An operand with
/// one axis is a row on the left and a column on the right, and its axis of length 1 disappears from
/// the result.
#[derive(Debug, Clone, Copy)]
pub struct Matmul {
    shape: Shape,
    stack: Shape,
    a: Operand,
    b: Operand,
    m: usize,
    k: usize,
    n: usize,
}

#[derive(Debug, Clone, Copy)]
struct Operand {
    transposed: bool,
    strides: Strides,
    /// The elements of all its matrices.
    elements: usize,
}

impl Matmul {
    /// The product of tensors of these shapes, each with the last two axes of its operand exchanged if it
    /// is `transposed`.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for a scalar operand, one axis that is transposed, or matrices that do not
    /// fit; [`Error::Broadcast`] if the stacks do not broadcast.
    pub fn new(a: Shape, b: Shape, transposed: [bool; 2]) -> Result<Matmul> {
        let mismatch = |rule| Error::mismatch("matmul", rule, a, b);
        if a.is_empty() || b.is_empty() {
            return Err(mismatch("the operands must have at least one axis"));
        }
        if (a.len() == 1 && transposed[0]) || (b.len() == 1 && transposed[1]) {
            return Err(mismatch("an operand with one axis cannot be transposed"));
        }
        let matrix = |shape: Shape, transposed| match shape[..] {
            [.., rows, columns] if transposed => (columns, rows),
            [.., rows, columns] => (rows, columns),
            _ => (1, 1),
        };
        let (m, k) = if a.len() == 1 { (1, a[0]) } else { matrix(a, transposed[0]) };
        let (inner, n) = if b.len() == 1 { (b[0], 1) } else { matrix(b, transposed[1]) };
        if k != inner {
            return Err(mismatch("the columns of the left must be as many as the rows of the right"));
        }
        let stack_of = |shape: Shape| Shape::new(&shape[..shape.len().saturating_sub(2)]);
        let (a_stack, b_stack) = (stack_of(a)?, stack_of(b)?);
        let mut stack = a_stack.broadcast(&b_stack)?;
        let mut lengths = [0; Shape::MAX_AXES];
        let mut axes = 0;
        let matrix_axes = [(a.len() > 1).then_some(m), (b.len() > 1).then_some(n)];
        for length in stack.iter().copied().chain(matrix_axes.into_iter().flatten()) {
            lengths[axes] = length;
            axes += 1;
        }
        let shape = Shape::new(&lengths[..axes])?;
        let operand = |from: Shape, of: Shape, transposed: bool, block: usize| Operand {
            transposed,
            strides: stretched(from, stack).map(|stride| stride * block as isize),
            elements: of.elements(),
        };
        let a_operand = operand(a_stack, a, transposed[0], m * k);
        let b_operand = operand(b_stack, b, transposed[1], k * n);
        let mut rows = m;
        if b_stack.elements() == 1 && !transposed[0] {
            // A stack of matrices times one matrix is one product with all their rows.
            rows *= stack.elements();
            stack = Shape::SCALAR;
        }
        Ok(Matmul { shape, stack, a: a_operand, b: b_operand, m: rows, k, n })
    }

    /// The shape of the result.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Computes the product.
    ///
    /// # Panics
    /// If `out` or an operand has the wrong number of elements.
    pub fn forward<T: Real>(&self, out: &mut [T], a: &[T], b: &[T], store: Store, threads: &Threads) {
        self.check(a, b, out);
        let sizes = [self.m, self.k, self.n];
        let (a, b) = (self.left(a), self.right(b));
        self.each(sizes, out, self.out(), a, b, store, threads);
    }

    /// The adjoint with respect to the left operand: G·Bᵀ for a `cotangent` G of the result's shape, summed
    /// over what broadcasting repeated, in the left operand's layout.
    ///
    /// # Panics
    /// If `out` or an operand has the wrong number of elements.
    pub fn left_adjoint<T: Real>(
        &self,
        out: &mut [T],
        cotangent: &[T],
        b: &[T],
        store: Store,
        threads: &Threads,
    ) {
        self.check(out, b, cotangent);
        let g = (Matrix::row_major(cotangent, self.n), self.out());
        let b = transpose(self.right(b));
        if self.a.transposed {
            let sizes = [self.k, self.n, self.m];
            self.each(sizes, out, self.a.strides, transpose(b), transpose(g), store, threads);
        } else {
            self.each([self.m, self.n, self.k], out, self.a.strides, g, b, store, threads);
        }
    }

    /// The adjoint with respect to the right operand: Aᵀ·G for a `cotangent` G of the result's shape,
    /// summed over what broadcasting repeated, in the right operand's layout.
    ///
    /// # Panics
    /// If `out` or an operand has the wrong number of elements.
    pub fn right_adjoint<T: Real>(
        &self,
        out: &mut [T],
        a: &[T],
        cotangent: &[T],
        store: Store,
        threads: &Threads,
    ) {
        self.check(a, out, cotangent);
        let g = (Matrix::row_major(cotangent, self.n), self.out());
        let a = transpose(self.left(a));
        if self.b.transposed {
            let sizes = [self.n, self.m, self.k];
            self.each(sizes, out, self.b.strides, transpose(g), transpose(a), store, threads);
        } else {
            self.each([self.k, self.m, self.n], out, self.b.strides, a, g, store, threads);
        }
    }

    fn check<T>(&self, a: &[T], b: &[T], out: &[T]) {
        let elements = (self.a.elements, self.b.elements, self.shape.elements());
        assert_eq!((a.len(), b.len(), out.len()), elements, "the number of elements");
    }

    fn left<'a, T>(&self, a: &'a [T]) -> (Matrix<'a, T>, Strides) {
        (oriented(a, [self.m, self.k], self.a.transposed), self.a.strides)
    }

    fn right<'a, T>(&self, b: &'a [T]) -> (Matrix<'a, T>, Strides) {
        (oriented(b, [self.k, self.n], self.b.transposed), self.b.strides)
    }

    fn out(&self) -> Strides {
        row_major(self.stack).map(|stride| stride * (self.m * self.n) as isize)
    }

    /// One product for each matrix of the stack; a destination that repeats gets the sum.
    #[allow(clippy::too_many_arguments)]
    fn each<T: Real>(
        &self,
        [m, k, n]: [usize; 3],
        out: &mut [T],
        out_strides: Strides,
        (a, a_strides): (Matrix<'_, T>, Strides),
        (b, b_strides): (Matrix<'_, T>, Strides),
        mut store: Store,
        threads: &Threads,
    ) {
        let walk = Walk::new(&self.stack, [0; 3], [out_strides, a_strides, b_strides]);
        if store == Store::Write && self.stack.elements() * m * n != out.len() {
            out.fill(T::zero());
            store = Store::Add;
        }
        walk.for_each(|start| {
            for index in 0..walk.len {
                let at = |n: usize| start[n] + index * walk.steps[n] as usize;
                let a = Matrix { elements: &a.elements[at(1)..], ..a };
                let b = Matrix { elements: &b.elements[at(2)..], ..b };
                let c = &mut out[at(0)..][..m * n];
                gemm(Gemm { m, k, n, a, b, c, start: store.into(), threads });
            }
        });
    }
}

fn oriented<T>(elements: &[T], [rows, columns]: [usize; 2], transposed: bool) -> Matrix<'_, T> {
    if transposed {
        Matrix::row_major(elements, rows).transposed()
    } else {
        Matrix::row_major(elements, columns)
    }
}

fn transpose<T>((matrix, strides): (Matrix<'_, T>, Strides)) -> (Matrix<'_, T>, Strides) {
    (matrix.transposed(), strides)
}
