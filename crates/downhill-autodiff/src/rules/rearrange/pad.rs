//! A border around a tensor.

use downhill_tensor::{Real, Result, Shape, Tensor, kernel};

use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// The operand with a border of one value; the cotangent's border is cut off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pad {
    /// The border's width before each axis.
    pub before: Shape,
    /// The border's width after each axis.
    pub after: Shape,
    /// What it is filled with.
    pub value: f64,
}

impl<T: Real> Rule<T> for Pad {
    fn name(&self) -> &'static str {
        "pad"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let x = operands.value(0);
        let shape = kernel::pad_shape(x.shape(), &self.before, &self.after)?;
        let mut y = cx.take(shape);
        kernel::pad(y.as_mut_slice(), shape, x.view(), &self.before, T::of(self.value));
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if let Some(mut dx) = sink.destination(0) {
            let (store, dx) = dx.parts();
            kernel::crop(dx, at.shape(0), at.cotangent_tensor().view(), &self.before, store.put());
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The elements with `before[i]` and `after[i]` times `value` put before and after axis `i`.
    #[track_caller]
    pub fn pad(self, before: &[usize], after: &[usize], value: f64) -> Var<'t, T> {
        let widths = Shape::new(before).and_then(|before| Ok((before, Shape::new(after)?)));
        match widths {
            Ok((before, after)) => self.apply(Pad { before, after, value }),
            Err(source) => self.tape.fail("pad", vec![self.shape()], source),
        }
    }
}
