//! The pass from the loss backwards.

use downhill_tensor::{Real, Tensor};

use crate::rule::{Operands, Pullback};
use crate::sink::Sink;
use crate::tape::{Core, Derivative};
use crate::{Error, Result, Tape, Var};

impl<'t, T: Real> Var<'t, T> {
    /// The derivatives of this single number with respect to every variable.
    ///
    /// # Errors
    /// The first error of the computation; [`Error::NotScalar`] if this is more than one number;
    /// [`Error::GradientLength`] if there are parameters on the tape: they need
    /// [`backward_into`](Var::backward_into).
    pub fn backward(self) -> Result<Gradients<'t, T>> {
        self.backward_into(&mut [])
    }

    /// The derivatives of this single number with respect to every variable and to θ.
    ///
    /// `gradient` becomes ∇θ: the parameters' parts hold their derivatives, all else 0.
    ///
    /// # Errors
    /// As [`backward`](Var::backward).
    pub fn backward_into(self, gradient: &mut [T]) -> Result<Gradients<'t, T>> {
        self.tape.status()?;
        let shape = self.shape();
        if shape.elements() != 1 {
            return Err(Error::NotScalar { shape });
        }
        let one = self.tape.core.borrow_mut().workspace.take_full(shape, T::one());
        self.pullback_owned(one, gradient)
    }

    /// The vector-Jacobian product: the derivatives of ⟨cotangent, this⟩ with respect to every variable
    /// and, in `gradient`, to θ.
    ///
    /// # Errors
    /// The first error of the computation; [`Error::Cotangent`] if the shapes differ;
    /// [`Error::GradientLength`].
    pub fn pullback(self, cotangent: &Tensor<T>, gradient: &mut [T]) -> Result<Gradients<'t, T>> {
        self.tape.status()?;
        if cotangent.shape() != self.shape() {
            return Err(Error::Cotangent {
                cotangent: Box::new(cotangent.shape()),
                value: Box::new(self.shape()),
            });
        }
        self.pullback_owned(cotangent.clone(), gradient)
    }

    fn pullback_owned(self, cotangent: Tensor<T>, gradient: &mut [T]) -> Result<Gradients<'t, T>> {
        self.tape.core.borrow_mut().pull_back(self.place as usize, cotangent, gradient)?;
        Ok(Gradients { tape: self.tape })
    }
}

impl<T: Real> Core<T> {
    fn pull_back(&mut self, from: usize, cotangent: Tensor<T>, gradient: &mut [T]) -> Result<()> {
        let needed = self.parameters.iter().map(|p| p.end).max().unwrap_or(0);
        if gradient.len() < needed {
            return Err(Error::GradientLength { given: gradient.len(), needed });
        }
        for old in self.cotangents.drain(..).flatten() {
            self.workspace.give(old);
        }
        self.cotangents.resize_with(self.nodes.len(), || None);
        if self.overlapping {
            gradient.fill(T::zero());
        }
        for parameter in &mut self.parameters {
            parameter.reached = self.overlapping;
        }
        let threads = self.workspace.threads().clone();

        // The value itself may be a leaf: it goes through a sink like any operand.
        let place = [from as u32];
        let mut sink = Sink {
            nodes: &self.nodes,
            places: &place,
            cotangents: &mut self.cotangents,
            parameters: &mut self.parameters,
            gradient,
            workspace: &mut self.workspace,
        };
        sink.add(0, cotangent);
        for place in (0..=from).rev() {
            let node = &self.nodes[place];
            let (Derivative::Pass, Some(rule)) = (node.derivative, &node.rule) else { continue };
            let Some(cotangent) = self.cotangents[place].take() else { continue };
            let before = place.checked_sub(1).map(|before| &self.nodes[before]);
            let first_operand = before.map_or(0, |node| node.operands_end) as usize;
            let first_saved = before.map_or(0, |node| node.saved_end) as usize;
            let places = &self.operands[first_operand..node.operands_end as usize];
            let at = Pullback {
                operands: Operands { nodes: &self.nodes, places },
                output: &node.value,
                saved: &self.saved[first_saved..node.saved_end as usize],
                cotangent: &cotangent,
                threads: &threads,
            };
            let mut sink = Sink {
                nodes: &self.nodes,
                places,
                cotangents: &mut self.cotangents,
                parameters: &mut self.parameters,
                gradient,
                workspace: &mut self.workspace,
            };
            rule.pullback(&at, &mut sink);
            self.workspace.give(cotangent);
        }
        if !self.overlapping {
            self.clear_unreached(gradient);
        }
        Ok(())
    }

    /// Writes 0 wherever no parameter's derivative was written, of parameters that do not overlap.
    fn clear_unreached(&self, gradient: &mut [T]) {
        let written = self.parameters.iter().filter(|p| p.reached && p.end > p.start);
        // Mostly they are recorded in the order of θ; otherwise each is searched for.
        let in_order = written.clone().is_sorted_by_key(|p| p.start);
        let mut recorded = written.clone();
        let mut end = 0;
        loop {
            let next = if in_order {
                recorded.next()
            } else {
                written.clone().filter(|p| p.start >= end).min_by_key(|p| p.start)
            };
            let start = next.map_or(gradient.len(), |p| p.start);
            gradient[end..start].fill(T::zero());
            let Some(next) = next else { break };
            end = next.end;
        }
    }
}

/// The derivatives found by a backward pass, kept on the tape until the next one.
#[derive(Debug, Clone, Copy)]
pub struct Gradients<'t, T: Real> {
    tape: &'t Tape<T>,
}

impl<T: Real> Gradients<'_, T> {
    /// The derivative with respect to a variable, in its shape; zeros if the result does not depend on it.
    ///
    /// # Errors
    /// [`Error::NotVariable`] if it was not made by [`Tape::variable`] on the same tape.
    pub fn wrt(&self, variable: Var<'_, T>) -> Result<Tensor<T>> {
        let core = self.tape.core.borrow();
        let place = variable.place as usize;
        match core.nodes.get(place) {
            Some(node) if node.derivative == Derivative::Keep && std::ptr::eq(variable.tape, self.tape) => {
                Ok(core.cotangents[place].clone().unwrap_or_else(|| Tensor::zeros(node.value.shape())))
            }
            _ => Err(Error::NotVariable),
        }
    }

    /// Whether a derivative reached the part of θ that begins at `start` and is on the tape as a
    /// parameter.
    pub fn reached(&self, start: usize) -> bool {
        self.tape.core.borrow().parameters.iter().any(|p| p.start == start && p.reached)
    }
}
