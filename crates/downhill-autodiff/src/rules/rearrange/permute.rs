//! Axes in another order.

use downhill_tensor::{AxisOrder, Error, Real, Result, Tensor, kernel};

use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// The axes in another order; the cotangent goes back by the inverse order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permute {
    /// The order.
    pub order: AxisOrder,
}

impl<T: Real> Rule<T> for Permute {
    fn name(&self) -> &'static str {
        "permute"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let shape = operands.shape(0);
        if self.order.iter().count() != shape.len() {
            let rule = "needs a place for each axis";
            return Err(Error::Operand { operation: "permute", rule, shape });
        }
        let mut y = cx.take(self.order.shape(shape));
        kernel::permute(y.as_mut_slice(), operands.value(0).view(), self.order, kernel::write);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if let Some(mut dx) = sink.destination(0) {
            let (store, dx) = dx.parts();
            kernel::permute(dx, at.cotangent_tensor().view(), self.order.inverse(), store.put());
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The axes in another order: axis `i` is what was axis `axes[i]`.
    #[track_caller]
    pub fn permute(self, axes: &[isize]) -> Var<'t, T> {
        self.ordered("permute", AxisOrder::new(self.shape(), axes))
    }

    /// Two axes exchanged. In a matrix product
    /// [`matmul_transposed`](Var::matmul_transposed) does without the copy.
    #[track_caller]
    pub fn transpose(self, first: isize, second: isize) -> Var<'t, T> {
        self.ordered("transpose", AxisOrder::transposed(self.shape(), first, second))
    }

    #[track_caller]
    fn ordered(self, operation: &'static str, order: Result<AxisOrder>) -> Var<'t, T> {
        match order {
            Ok(order) => self.apply(Permute { order }),
            Err(source) => self.tape.fail(operation, vec![self.shape()], source),
        }
    }
}
