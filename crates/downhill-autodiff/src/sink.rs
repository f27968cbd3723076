//! Where derivatives go.

use downhill_tensor::{Real, Store, Tensor, Workspace, vectorize};

use crate::tape::{Derivative, Node, Parameter};

/// Where a pullback puts the derivatives with respect to its operands.
///
/// It is asked per operand. Nobody may want an operand's derivative: then there is no destination and
/// nothing is to be computed. A parameter's derivative lands directly in the flat gradient ∇θ; any
/// other travels on towards the leaves.
#[derive(Debug)]
pub struct Sink<'a, T: Real> {
    pub(crate) nodes: &'a [Node<T>],
    pub(crate) places: &'a [u32],
    pub(crate) cotangents: &'a mut [Option<Tensor<T>>],
    pub(crate) parameters: &'a mut [Parameter],
    pub(crate) gradient: &'a mut [T],
    pub(crate) workspace: &'a mut Workspace<T>,
}

impl<T: Real> Sink<'_, T> {
    /// Whether anybody wants the derivative with respect to this operand.
    #[inline]
    pub fn wants(&self, operand: usize) -> bool {
        self.nodes[self.places[operand] as usize].derivative != Derivative::None
    }

    /// Where to put the derivative with respect to this operand, or `None` if nobody wants it.
    #[inline]
    pub fn destination(&mut self, operand: usize) -> Option<Destination<'_, T>> {
        let place = self.places[operand] as usize;
        let node = &self.nodes[place];
        match node.derivative {
            Derivative::None => None,
            Derivative::Parameter(index) => {
                let parameter = &mut self.parameters[index as usize];
                let store = if parameter.reached { Store::Add } else { Store::Write };
                parameter.reached = true;
                let elements = &mut self.gradient[parameter.start..parameter.start + node.value.len()];
                Some(Destination { elements, store })
            }
            Derivative::Pass | Derivative::Keep => {
                let slot = &mut self.cotangents[place];
                let store = match slot {
                    None => Store::Write,
                    Some(shared) if shared.is_shared() => {
                        // Copied here, not by copy-on-write, so that the buffer is a recycled one.
                        let mut own = self.workspace.take(shared.shape());
                        own.as_mut_slice().copy_from_slice(shared.as_slice());
                        *shared = own;
                        Store::Add
                    }
                    Some(_) => Store::Add,
                };
                let cotangent = slot.get_or_insert_with(|| self.workspace.take(node.value.shape()));
                Some(Destination { elements: cotangent.as_mut_slice(), store })
            }
        }
    }

    /// Adds a whole tensor to the derivative with respect to this operand. If it is the first
    /// contribution it is taken as it is, without a copy.
    ///
    /// Its number of elements must be the operand's.
    pub fn add(&mut self, operand: usize, derivative: Tensor<T>) {
        let place = self.places[operand] as usize;
        let node = &self.nodes[place];
        let passes = matches!(node.derivative, Derivative::Pass | Derivative::Keep);
        if passes && self.cotangents[place].is_none() && derivative.len() == node.value.len() {
            let shape = node.value.shape();
            let same = derivative.shape() == shape;
            self.cotangents[place] = if same { Some(derivative) } else { derivative.reshape(shape).ok() };
            return;
        }
        if let Some(mut destination) = self.destination(operand) {
            destination.zip1(derivative.as_slice(), |g| g);
        }
        self.workspace.give(derivative);
    }

    /// Recycled buffers for what is needed in between.
    pub fn workspace(&mut self) -> &mut Workspace<T> {
        self.workspace
    }
}

/// Where one derivative is put: the first contribution is written, every later one added.
#[derive(Debug)]
pub struct Destination<'a, T> {
    elements: &'a mut [T],
    store: Store,
}

impl<T: Real> Destination<'_, T> {
    /// Whether the elements are to be overwritten or added to, and the elements: for kernels that
    /// know both ways.
    #[inline]
    pub fn parts(&mut self) -> (Store, &mut [T]) {
        (self.store, self.elements)
    }

    /// The elements to be added to; they hold zeros if this is the first contribution.
    pub fn to_add(&mut self) -> &mut [T] {
        if self.store == Store::Write {
            self.elements.fill(T::zero());
            self.store = Store::Add;
        }
        self.elements
    }

    /// Adds `f` of each element of `a`.
    #[inline(always)]
    pub fn zip1<A: Copy>(&mut self, a: &[A], f: impl Fn(A) -> T) {
        let it = self.elements.iter_mut().zip(a);
        match self.store {
            Store::Write => vectorize!(move for (d, &a) in it {
                *d = f(a);
            }),
            Store::Add => vectorize!(move for (d, &a) in it {
                *d += f(a);
            }),
        }
    }

    /// Adds `f` of each pair of elements of `a` and `b`.
    #[inline(always)]
    pub fn zip2<A: Copy, B: Copy>(&mut self, a: &[A], b: &[B], f: impl Fn(A, B) -> T) {
        let it = self.elements.iter_mut().zip(a).zip(b);
        match self.store {
            Store::Write => vectorize!(move for ((d, &a), &b) in it {
                *d = f(a, b);
            }),
            Store::Add => vectorize!(move for ((d, &a), &b) in it {
                *d += f(a, b);
            }),
        }
    }

    /// Adds `f` of each triple of elements of `a`, `b` and `c`.
    #[inline(always)]
    pub fn zip3<A: Copy, B: Copy, C: Copy>(&mut self, a: &[A], b: &[B], c: &[C], f: impl Fn(A, B, C) -> T) {
        let it = self.elements.iter_mut().zip(a).zip(b).zip(c);
        match self.store {
            Store::Write => vectorize!(move for (((d, &a), &b), &c) in it {
                *d = f(a, b, c);
            }),
            Store::Add => vectorize!(move for (((d, &a), &b), &c) in it {
                *d += f(a, b, c);
            }),
        }
    }
}
