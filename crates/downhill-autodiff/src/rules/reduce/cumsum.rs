//! Running sums.

use downhill_tensor::{Real, Result, Store, Tensor, kernel};

use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::rules::known_axis;
use crate::sink::Sink;

/// yᵢ = Σ xⱼ for j ≤ i along an axis; ∂L/∂xⱼ = Σ ∂L/∂yᵢ for i ≥ j.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cumsum {
    /// The axis; negative counts from the end.
    pub axis: isize,
}

impl<T: Real> Rule<T> for Cumsum {
    fn name(&self) -> &'static str {
        "cumsum"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let axis = operands.shape(0).axis(self.axis)?;
        let mut y = cx.take(operands.shape(0));
        kernel::cumsum(y.as_mut_slice(), operands.value(0).view(), axis, false, Store::Write);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if let Some(mut dx) = sink.destination(0) {
            let (store, dx) = dx.parts();
            let axis = known_axis(at.shape(0), self.axis);
            kernel::cumsum(dx, at.cotangent_tensor().view(), axis, true, store);
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The running sums along an axis.
    #[track_caller]
    pub fn cumsum(self, axis: isize) -> Var<'t, T> {
        self.apply(Cumsum { axis })
    }
}
