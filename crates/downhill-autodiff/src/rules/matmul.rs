//! Matrix products.

use downhill_tensor::{Real, Result, Store, Tensor, kernel};

use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// Y = A·B as in `torch.matmul`: the last two axes are matrices, those before them stacks of matrices that
/// broadcast; an operand with one axis is a row on the left and a column on the right.
///
/// ∂L/∂A = G·Bᵀ and ∂L/∂B = Aᵀ·G with G = ∂L/∂Y, summed over the stacks that were stretched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Matmul {
    /// Whether the left and the right operand are to be read with their last two axes exchanged.
    pub transposed: [bool; 2],
}

impl<T: Real> Rule<T> for Matmul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let product = kernel::Matmul::new(operands.shape(0), operands.shape(1), self.transposed)?;
        let mut y = cx.take(product.shape());
        let (a, b) = (operands.slice(0), operands.slice(1));
        product.forward(y.as_mut_slice(), a, b, Store::Write, cx.threads());
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        // The shapes fit: the forward pass has made this product.
        let Ok(product) = kernel::Matmul::new(at.shape(0), at.shape(1), self.transposed) else { return };
        if let Some(mut da) = sink.destination(0) {
            let (store, da) = da.parts();
            product.left_adjoint(da, at.cotangent(), at.slice(1), store, at.threads());
        }
        if let Some(mut db) = sink.destination(1) {
            let (store, db) = db.parts();
            product.right_adjoint(db, at.slice(0), at.cotangent(), store, at.threads());
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The matrix product, as in `torch.matmul`: `[…, m, k]` times `[…, k, n]` is `[…, m, n]`, and the axes
    /// in front broadcast. An operand of shape `[k]` is a row on the left and a column on the right, and the
    /// axis of length 1 that this makes disappears from the result.
    #[track_caller]
    pub fn matmul(self, other: Var<'t, T>) -> Var<'t, T> {
        self.apply2(Matmul::default(), other)
    }

    /// The matrix product with the other's last two axes exchanged: `[…, m, k]` times `[…, n, k]` is
    /// `[…, m, n]`. Nothing is moved for it.
    #[track_caller]
    pub fn matmul_transposed(self, other: Var<'t, T>) -> Var<'t, T> {
        self.apply2(Matmul { transposed: [false, true] }, other)
    }
}
