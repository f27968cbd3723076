//! What a layer's forward pass works with.

use std::cell::Cell;
use std::ops::Range;

use downhill_autodiff::tensor::Error as TensorError;
use downhill_autodiff::tensor::random::{Generator, generator};
use downhill_autodiff::{Tape, Tensor, Var};

use crate::{Buffer, Param, Params, Scalar};

/// What a layer's forward pass works with: the tape, the parameters, and whether it is training.
#[derive(Debug)]
pub struct Context<'t, T: Scalar = f32> {
    tape: &'t Tape<T>,
    params: &'t Params<T>,
    /// The seed of this training step's randomness; `None` outside training.
    seed: Option<u64>,
    draws: Cell<u64>,
}

impl<'t, T: Scalar> Context<'t, T> {
    /// A context on a tape. With a `seed`, layers such as dropout behave as in training and draw their
    /// randomness from it; without one they behave as in use.
    pub fn new(tape: &'t Tape<T>, params: &'t Params<T>, seed: Option<u64>) -> Context<'t, T> {
        Context { tape, params, seed, draws: Cell::new(0) }
    }

    /// The tape that is recorded on.
    pub fn tape(&self) -> &'t Tape<T> {
        self.tape
    }

    /// A parameter's value. If it is frozen it is a constant and the backward pass stops there.
    #[track_caller]
    pub fn param(&self, param: &Param) -> Var<'t, T> {
        let theta = self.params.theta();
        let Some(part) = self.params.layout().parts().get(param.part) else {
            let error = TensorError::Operand {
                operation: "parameter",
                rule: "was not declared in `build`",
                shape: theta.shape(),
            };
            return self.tape.fail("parameter", vec![theta.shape()], error);
        };
        if part.trainable {
            return self.tape.parameter(theta, part.start, part.shape);
        }
        match theta.window(part.start, part.shape) {
            Ok(value) => self.tape.constant(value),
            Err(error) => self.tape.fail("parameter", vec![theta.shape(), part.shape], error),
        }
    }

    /// A buffer's value, shared: a constant.
    #[track_caller]
    pub fn buffer(&self, buffer: &Buffer) -> Var<'t, T> {
        let buffers = self.params.buffers();
        match self.params.buffer_layout().parts().get(buffer.part) {
            Some(part) => match buffers.window(part.start, part.shape) {
                Ok(value) => self.tape.constant(value),
                Err(error) => self.tape.fail("buffer", vec![buffers.shape(), part.shape], error),
            },
            None => self.undeclared_buffer(),
        }
    }

    /// Gives a buffer another value, of the same shape: it takes its place after a training step that succeeds. The rest of
    /// this step still sees the old one.
    #[track_caller]
    pub fn set_buffer(&self, buffer: &Buffer, value: &Tensor<T>) {
        match self.params.buffer_layout().parts().get(buffer.part) {
            Some(part) if part.shape == value.shape() => self.tape.post(part.start, value),
            Some(part) => {
                let rule = "a buffer keeps its shape";
                let error = TensorError::mismatch("set_buffer", rule, part.shape, value.shape());
                self.tape.fail("set_buffer", vec![part.shape, value.shape()], error);
            }
            None => {
                self.undeclared_buffer();
            }
        }
    }

    #[track_caller]
    fn undeclared_buffer(&self) -> Var<'t, T> {
        let shape = self.params.buffers().shape();
        let error = TensorError::Operand { operation: "buffer", rule: "was not declared in `build`", shape };
        self.tape.fail("buffer", vec![shape], error)
    }

    /// Some rows of a parameter, as one of its own: shared with it, not copied.
    #[track_caller]
    pub(crate) fn param_rows(&self, param: &Param, rows: Range<usize>) -> Var<'t, T> {
        let theta = self.params.theta();
        let part = self.params.layout().parts().get(param.part);
        let Some(part) = part.filter(|part| part.shape.first().is_some_and(|&length| rows.end <= length))
        else {
            let error = TensorError::Operand {
                operation: "parameter",
                rule: "was not declared in `build` with so many rows",
                shape: part.map_or(theta.shape(), |part| part.shape),
            };
            return self.tape.fail("parameter", vec![theta.shape()], error);
        };
        let shape = part.shape.with(0, rows.len());
        let start = part.start + rows.start * part.shape.sample().elements();
        if part.trainable {
            return self.tape.parameter(theta, start, shape);
        }
        match theta.window(start, shape) {
            Ok(value) => self.tape.constant(value),
            Err(error) => self.tape.fail("parameter", vec![theta.shape(), shape], error),
        }
    }

    /// Whether this is training.
    pub fn training(&self) -> bool {
        self.seed.is_some()
    }

    /// A generator for one random choice of this training step: another one at each call, the same ones
    /// for the same seed. `None` outside training.
    pub fn generator(&self) -> Option<Generator> {
        let draw = self.draws.replace(self.draws.get() + 1);
        self.seed.map(|seed| generator(seed, draw))
    }
}
