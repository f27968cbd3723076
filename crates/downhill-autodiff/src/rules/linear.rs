//! The fused layer y = f(x·Wᵀ + b).

use downhill_tensor::gemm::{Gemm, Matrix, PackedMatrix, Start, gemm, gemm_by};
use downhill_tensor::kernel::{self, View};
use downhill_tensor::{Axes, Error, Real, Result, Shape, Store, Tensor};

use super::elementwise::{Elementwise, Identity, put_slopes, replace_by_values};
use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// y = f(x·Wᵀ + b) for x `[…, in]`, W `[out, in]` (PyTorch's layout), b `[out]` or absent, and an
/// [`Elementwise`] activation f: one matrix product, begun from the bias, and one pass behind it for the activation.
///
/// With z = x·Wᵀ + b and δ = f′(z) ⊙ ∂L/∂y: ∂L/∂x = δ·W, ∂L/∂W = δᵀ·x, ∂L/∂b = Σ rows of δ.
#[derive(Debug, Clone, Copy)]
pub struct Linear<F = Identity> {
    /// The activation.
    pub activation: F,
}

const RULE: &str = "needs x […, in], W [out, in] and b [out]";

impl<T: Real, F: Elementwise<T>> Rule<T> for Linear<F> {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let mut y = affine(operands, cx)?;
        if F::IDENTITY {
            return Ok(y);
        }
        if F::NEEDS_INPUT && cx.recording() {
            let mut z = cx.take(y.shape());
            z.as_mut_slice().copy_from_slice(y.as_slice());
            cx.save(z);
        }
        replace_by_values(self.activation, y.as_mut_slice(), cx.threads());
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if F::IDENTITY {
            return pull_back(at.cotangent(), at, sink);
        }
        let y = at.output().as_slice();
        let z = if F::NEEDS_INPUT { at.saved(0).as_slice() } else { y };
        let mut delta = sink.workspace().take(at.output().shape());
        put_slopes(self.activation, (Store::Write, delta.as_mut_slice()), at.cotangent(), z, y, at.threads());
        pull_back(delta.as_slice(), at, sink);
        sink.workspace().give(delta);
    }
}

// What does not depend on the activation stands in functions of its own, so that it is compiled once.

/// z = x·Wᵀ + b.
fn affine<T: Real>(operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
    let (x, w) = (operands.shape(0), operands.shape(1));
    let ([.., features], [outputs, inputs]) = (&x[..], &w[..]) else {
        return Err(Error::mismatch("linear", RULE, x, w));
    };
    let (outputs, inputs) = (*outputs, *inputs);
    if *features != inputs {
        return Err(Error::mismatch("linear", RULE, x, w));
    }
    let start = if operands.len() > 2 {
        if operands.shape(2) != [outputs] {
            return Err(Error::mismatch("linear", RULE, w, operands.shape(2)));
        }
        Start::Row(operands.slice(2))
    } else {
        Start::Zero
    };
    let mut z = cx.take(x.with(x.len() - 1, outputs));
    let m = rows(z.shape());
    let packed =
        if m < PackedMatrix::<T>::LEAST_ROWS { None } else { cx.packed_transpose(operands.value(1)) };
    let product = Gemm {
        m,
        k: inputs,
        n: outputs,
        a: Matrix::row_major(operands.slice(0), inputs),
        b: Matrix::row_major(operands.slice(1), inputs).transposed(),
        c: z.as_mut_slice(),
        start,
        threads: cx.threads(),
    };
    match packed {
        Some(packed) => gemm_by(product, &packed),
        None => gemm(product),
    }
    Ok(z)
}

/// From δ = ∂L/∂z to the operands.
fn pull_back<T: Real>(delta: &[T], at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
    let (inputs, outputs) = (at.shape(1)[1], at.shape(1)[0]);
    let (m, threads) = (rows(at.output().shape()), at.threads());
    let delta_rows = Matrix::row_major(delta, outputs);
    if let Some(mut dw) = sink.destination(1) {
        let (store, c) = dw.parts();
        let (a, b) = (delta_rows.transposed(), Matrix::row_major(at.slice(0), inputs));
        gemm(Gemm { m: outputs, k: m, n: inputs, a, b, c, start: store.into(), threads });
    }
    if at.len() > 2
        && let Some(mut db) = sink.destination(2)
    {
        let (store, db) = db.parts();
        kernel::sum(db, View::new([m, outputs].into(), delta), Axes::single(0), store);
    }
    if let Some(mut dx) = sink.destination(0) {
        let (store, c) = dx.parts();
        let b = Matrix::row_major(at.slice(1), inputs);
        gemm(Gemm { m, k: outputs, n: inputs, a: delta_rows, b, c, start: store.into(), threads });
    }
}

/// The number of rows, of whatever length.
fn rows(shape: Shape) -> usize {
    shape[..shape.len() - 1].iter().product()
}

impl<'t, T: Real> Var<'t, T> {
    /// The fused layer f(x·Wᵀ + b): `self` is x `[…, in]`, `weight` W `[out, in]`, `bias` b `[out]`, and
    /// `activation` f, such as [`Relu`](super::elementwise::Relu) or
    /// [`Identity`](super::elementwise::Identity).
    #[track_caller]
    pub fn linear<F: Elementwise<T>>(
        self,
        weight: Var<'t, T>,
        bias: Option<Var<'t, T>>,
        activation: F,
    ) -> Var<'t, T> {
        match bias {
            Some(bias) => self.tape.apply(Linear { activation }, &[self, weight, bias]),
            None => self.tape.apply(Linear { activation }, &[self, weight]),
        }
    }
}
