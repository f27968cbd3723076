//! What a differentiation rule is.

use std::any::Any;
use std::sync::Arc;

use downhill_tensor::gemm::PackedMatrix;
use downhill_tensor::{Real, Result, Shape, Tensor, Threads, Workspace};

use crate::sink::Sink;
use crate::tape::Node;
use crate::weights::Weights;

/// A differentiable operation: how to compute it, and how to carry a derivative back through it.
///
/// For y = f(x₀, x₁, …) and a loss L, [`pullback`](Rule::pullback) is given the *cotangent* ∂L/∂y and adds
/// ∂L/∂xᵢ = (∂y/∂xᵢ)ᵀ ∂L/∂y to the destination of each operand that somebody wants.
///
/// A rule holds its settings and no numbers of type `T`, so that one value works in every number type
/// and `check::rule` (feature `dual`) can prove it with dual numbers.
///
/// ```
/// use downhill_autodiff::{Forward, Operands, Pullback, Real, Rule, Sink, Tape, Tensor};
/// use downhill_autodiff::tensor::Result;
///
/// /// y = x³
/// #[derive(Debug, Clone)]
/// struct Cube;
///
/// impl<T: Real> Rule<T> for Cube {
///     fn name(&self) -> &'static str {
///         "cube"
///     }
///
///     fn forward(&self, x: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
///         let mut y = cx.take(x.shape(0));
///         for (y, &x) in y.as_mut_slice().iter_mut().zip(x.slice(0)) {
///             *y = x * x * x;
///         }
///         Ok(y)
///     }
///
///     fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
///         if let Some(mut dx) = sink.destination(0) {
///             dx.zip2(at.cotangent(), at.slice(0), |g, x| g * T::of(3.0) * x * x);
///         }
///     }
/// }
///
/// let tape = Tape::new();
/// let x = tape.variable(Tensor::vector([1.0, 2.0]));
/// let y = x.apply(Cube).sum();
/// assert_eq!(y.backward()?.wrt(x)?.as_slice(), [3.0, 12.0]);
/// downhill_autodiff::check::rule(&Cube, &[Tensor::vector([1.0, -2.0, 0.5])])?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Rule<T: Real>: Any {
    /// The operation's name, for error messages.
    fn name(&self) -> &'static str;

    /// Computes the result.
    ///
    /// # Errors
    /// If the operands do not fit; the tape adds the operation's name, their shapes and the caller's line.
    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>>;

    /// Adds to each wanted operand's derivative.
    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>);
}

/// The values that an operation is applied to.
#[derive(Debug, Clone, Copy)]
pub struct Operands<'a, T: Real> {
    pub(crate) nodes: &'a [Node<T>],
    pub(crate) places: &'a [u32],
}

impl<'a, T: Real> Operands<'a, T> {
    /// Their number.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The value of one.
    ///
    /// # Panics
    /// If the operation has fewer operands.
    #[inline]
    pub fn value(&self, operand: usize) -> &'a Tensor<T> {
        &self.nodes[self.places[operand] as usize].value
    }

    /// The elements of one, in row-major order.
    ///
    /// # Panics
    /// If the operation has fewer operands.
    #[inline]
    pub fn slice(&self, operand: usize) -> &'a [T] {
        self.value(operand).as_slice()
    }

    /// The shape of one.
    ///
    /// # Panics
    /// If the operation has fewer operands.
    #[inline]
    pub fn shape(&self, operand: usize) -> Shape {
        self.value(operand).shape()
    }

    pub(crate) fn shapes(&self) -> Vec<Shape> {
        (0..self.len()).map(|operand| self.shape(operand)).collect()
    }
}

/// What a forward computation works with: recycled buffers, threads, and a place to keep what the
/// pullback will need.
#[derive(Debug)]
pub struct Forward<'a, T: Real> {
    pub(crate) workspace: &'a mut Workspace<T>,
    pub(crate) saved: &'a mut Vec<Tensor<T>>,
    pub(crate) weights: Option<&'a mut Weights<T>>,
    pub(crate) recording: bool,
}

impl<T: Real> Forward<'_, T> {
    /// A tensor for a result, with whatever elements were there before.
    #[inline]
    pub fn take(&mut self, shape: Shape) -> Tensor<T> {
        self.workspace.take(shape)
    }

    /// Gives back a tensor that was only needed in between.
    pub fn give(&mut self, tensor: Tensor<T>) {
        self.workspace.give(tensor);
    }

    /// Whether the pullback may be called later. If not, nothing need be saved for it.
    pub fn recording(&self) -> bool {
        self.recording
    }

    /// Keeps a tensor for the pullback, which finds it under [`Pullback::saved`] in the order of saving.
    pub fn save(&mut self, tensor: Tensor<T>) {
        if self.recording {
            self.saved.push(tensor);
        } else {
            self.workspace.give(tensor);
        }
    }

    /// Keeps a tensor as [`save`](Forward::save) does, even if the pullback will never be called: what the operation
    /// has found out beside its result, for [`Var::saved`](crate::Var::saved).
    pub fn keep(&mut self, tensor: Tensor<T>) {
        self.saved.push(tensor);
    }

    /// The threads to compute on.
    #[inline]
    pub fn threads(&self) -> &Threads {
        self.workspace.threads()
    }

    /// The transpose of a matrix, packed for products by it, if the tape [keeps the weights](crate::Tape::keep_weights)
    /// that it is a part of.
    pub fn packed_transpose(&mut self, matrix: &Tensor<T>) -> Option<Arc<PackedMatrix<T>>> {
        self.weights.as_mut()?.transposed(matrix)
    }
}

/// What a pullback is given: the operands, the result, its cotangent and what the forward pass saved.
#[derive(Debug, Clone, Copy)]
pub struct Pullback<'a, T: Real> {
    pub(crate) operands: Operands<'a, T>,
    pub(crate) output: &'a Tensor<T>,
    pub(crate) saved: &'a [Tensor<T>],
    pub(crate) cotangent: &'a Tensor<T>,
    pub(crate) threads: &'a Threads,
}

impl<'a, T: Real> Pullback<'a, T> {
    /// The number of operands.
    pub fn len(&self) -> usize {
        self.operands.len()
    }

    /// Whether the operation has no operands.
    pub fn is_empty(&self) -> bool {
        self.operands.is_empty()
    }

    /// The value of an operand.
    ///
    /// # Panics
    /// If the operation has fewer operands.
    #[inline]
    pub fn value(&self, operand: usize) -> &'a Tensor<T> {
        self.operands.value(operand)
    }

    /// The elements of an operand.
    ///
    /// # Panics
    /// If the operation has fewer operands.
    #[inline]
    pub fn slice(&self, operand: usize) -> &'a [T] {
        self.operands.slice(operand)
    }

    /// The shape of an operand.
    ///
    /// # Panics
    /// If the operation has fewer operands.
    #[inline]
    pub fn shape(&self, operand: usize) -> Shape {
        self.operands.shape(operand)
    }

    /// The result of the operation.
    #[inline]
    pub fn output(&self) -> &'a Tensor<T> {
        self.output
    }

    /// What the forward pass saved, in the order of saving.
    ///
    /// # Panics
    /// If it saved fewer.
    pub fn saved(&self, place: usize) -> &'a Tensor<T> {
        &self.saved[place]
    }

    /// The elements of the cotangent ∂L/∂y, as many as the result has.
    #[inline]
    pub fn cotangent(&self) -> &'a [T] {
        self.cotangent.as_slice()
    }

    /// The cotangent ∂L/∂y as a tensor of the result's shape.
    #[inline]
    pub fn cotangent_tensor(&self) -> &'a Tensor<T> {
        self.cotangent
    }

    /// The threads to compute on.
    #[inline]
    pub fn threads(&self) -> &'a Threads {
        self.threads
    }
}
