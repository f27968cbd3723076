//! The fused layer y = f(x·Wᵀ + b).

use downhill_tensor::gemm::{Gemm, Matrix, gemm};
use downhill_tensor::kernel::{self, View};
use downhill_tensor::{Error, Real, Result, Shape, Store, Tensor, vectorize};

use super::elementwise::{Elementwise, Identity};
use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// y = f(x·Wᵀ + b) for x `[…, in]`, W `[out, in]` (PyTorch's layout), b `[out]` or absent, and an
/// [`Elementwise`] activation f: one matrix product, with bias and activation in one pass behind it.
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
        let (x, w) = (operands.shape(0), operands.shape(1));
        let ([.., features], [outputs, inputs]) = (&x[..], &w[..]) else {
            return Err(Error::mismatch("linear", RULE, x, w));
        };
        let (outputs, inputs) = (*outputs, *inputs);
        if *features != inputs {
            return Err(Error::mismatch("linear", RULE, x, w));
        }
        let bias = if operands.len() > 2 {
            if operands.shape(2) != [outputs] {
                return Err(Error::mismatch("linear", RULE, w, operands.shape(2)));
            }
            Some(operands.slice(2))
        } else {
            None
        };
        let mut y = cx.take(x.with(x.len() - 1, outputs));
        let rows = rows(y.shape());
        gemm(Gemm {
            m: rows,
            k: inputs,
            n: outputs,
            a: Matrix::row_major(operands.slice(0), inputs),
            b: Matrix::row_major(operands.slice(1), inputs).transposed(),
            c: y.as_mut_slice(),
            store: Store::Write,
            threads: cx.threads(),
        });
        let mut z = (F::NEEDS_INPUT && cx.recording()).then(|| cx.take(y.shape()));
        let mut z_rows = z.as_mut().map(|z| z.as_mut_slice().chunks_exact_mut(outputs.max(1)));
        vectorize!(for row in y.as_mut_slice().chunks_exact_mut(outputs.max(1)) {
            if let Some(bias) = bias {
                row.iter_mut().zip(bias).for_each(|(y, &b)| *y += b);
            }
            if let Some(z_row) = z_rows.as_mut().and_then(Iterator::next) {
                z_row.copy_from_slice(row);
            }
            for y in row {
                *y = self.activation.value(*y);
            }
        });
        if let Some(z) = z {
            cx.save(z);
        }
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        let (inputs, outputs) = (at.shape(1)[1], at.shape(1)[0]);
        let rows = rows(at.output().shape());
        let y = at.output().as_slice();
        let z = if F::NEEDS_INPUT { at.saved(0).as_slice() } else { y };
        let mut delta = sink.workspace().take(at.output().shape());
        let parts = delta.as_mut_slice().iter_mut().zip(at.cotangent()).zip(z.iter().zip(y));
        vectorize!(for ((d, &g), (&z, &y)) in parts {
            *d = g * self.activation.slope(z, y);
        });
        let by_rows = Matrix::row_major(delta.as_slice(), outputs);
        if let Some(mut dw) = sink.destination(1) {
            let (store, c) = dw.parts();
            let b = Matrix::row_major(at.slice(0), inputs);
            gemm(Gemm {
                m: outputs,
                k: rows,
                n: inputs,
                a: by_rows.transposed(),
                b,
                c,
                store,
                threads: at.threads(),
            });
        }
        if at.len() > 2
            && let Some(mut db) = sink.destination(2)
        {
            let (store, db) = db.parts();
            kernel::sum_to(db, at.shape(2), View::new([rows, outputs].into(), delta.as_slice()), store);
        }
        if let Some(mut dx) = sink.destination(0) {
            let (store, c) = dx.parts();
            let b = Matrix::row_major(at.slice(1), inputs);
            gemm(Gemm { m: rows, k: outputs, n: inputs, a: by_rows, b, c, store, threads: at.threads() });
        }
        sink.workspace().give(delta);
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
