//! The simple recurrence.

use downhill_tensor::Real;

use super::{Back, Cell, Step};
use crate::rules::elementwise::{Elementwise, Tanh};

/// h ← f(W_ih·x + b_ih + W_hh·h + b_hh) (Elman 1990), with an [`Elementwise`] f: [`Tanh`] or
/// [`Relu`](crate::rules::elementwise::Relu) as a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rnn<F = Tanh> {
    /// f.
    pub activation: F,
}

impl<T: Real, F: Elementwise<T>> Cell<T> for Rnn<F> {
    const NAME: &'static str = "rnn";
    const GATES: usize = 1;

    #[inline(always)]
    fn step(self, at: Step<'_, T>) {
        for ((gate, &recurrent), state) in at.gates.iter_mut().zip(at.recurrent).zip(at.state) {
            let z = *gate + recurrent;
            *state = self.activation.value(z, at.math);
            // What the slope is made of.
            *gate = if F::NEEDS_INPUT { z } else { *state };
        }
    }

    #[inline(always)]
    fn back(self, at: Back<'_, T>) {
        for ((&kept, d_state), d_gate) in at.gates.iter().zip(at.d_state).zip(at.d_gates) {
            let y = if F::NEEDS_INPUT { self.activation.value(kept, at.math) } else { kept };
            *d_gate = *d_state * self.activation.slope(kept, y, at.math);
            *d_state = T::zero();
        }
    }
}
