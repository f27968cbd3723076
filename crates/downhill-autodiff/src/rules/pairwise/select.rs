//! One of two elements, by a mask.

use downhill_tensor::kernel::{self, View};
use downhill_tensor::{Real, Result, Tensor};

use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// The left operand's element where the mask is true, else the right one's; NumPy's `where`. All three
/// broadcast.
#[derive(Debug, Clone)]
pub struct Select {
    /// Which to take.
    pub mask: Tensor<bool>,
}

impl<T: Real> Rule<T> for Select {
    fn name(&self) -> &'static str {
        "select"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let shape = operands.shape(0).broadcast(&operands.shape(1))?.broadcast(&self.mask.shape())?;
        let mut y = cx.take(shape);
        let (a, b) = (operands.value(0).view(), operands.value(1).view());
        let choose = |y: &mut T, mask, a, b, _| *y = if mask { a } else { b };
        kernel::zip3(y.as_mut_slice(), shape, self.mask.view(), a, b, choose);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        let shape = at.output().shape();
        let (mask, g) = (self.mask.view(), at.cotangent_tensor().view());
        for (operand, chosen) in [(0, true), (1, false)] {
            if !sink.wants(operand) {
                continue;
            }
            let mut terms = sink.workspace().take(shape);
            let pass = |d: &mut T, mask, g, _| *d = if mask == chosen { g } else { T::zero() };
            kernel::zip(terms.as_mut_slice(), shape, mask, g, pass);
            if let Some(mut destination) = sink.destination(operand) {
                let (store, elements) = destination.parts();
                kernel::sum_to(elements, at.shape(operand), View::new(shape, terms.as_slice()), store);
            }
            sink.workspace().give(terms);
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// This where `mask` is true, else `other`; NumPy's `where`.
    #[track_caller]
    pub fn select(self, mask: &Tensor<bool>, other: Var<'t, T>) -> Var<'t, T> {
        self.apply2(Select { mask: mask.clone() }, other)
    }
}
