//! Rows of a table, looked up by index.

use downhill_tensor::{Error, Real, Result, Tensor};

use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// The rows of a table W `[rows, width]` that the whole numbers x `[…]` name: `[…, width]`. The cotangent of a row is
/// added back to it.
///
/// Indices are numbers like any other, so that they can be a network's input; their own derivative is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Embedding {
    /// A row that does not learn: what stands for no token.
    pub padding: Option<usize>,
}

impl<T: Real> Rule<T> for Embedding {
    fn name(&self) -> &'static str {
        "embedding"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let (indices, table) = (operands.shape(0), operands.shape(1));
        let &[rows, width] = &table[..] else {
            return Err(Error::mismatch(
                "embedding",
                "needs indices […] and W [rows, width]",
                indices,
                table,
            ));
        };
        let (shape, last) = indices.insert(-1)?;
        let mut y = cx.take(shape.with(last, width));
        let out = y.as_mut_slice();
        for (place, &number) in operands.slice(0).iter().enumerate() {
            let value = number.as_f64();
            if !(value >= 0.0 && value.fract() == 0.0) {
                let (name, rule) = ("an index", "a whole number of at least 0");
                return Err(Error::Setting { name, rule, value });
            }
            let index = value as usize;
            if index >= rows {
                return Err(Error::Index { index, axis: 0, shape: table });
            }
            let row = &operands.slice(1)[index * width..(index + 1) * width];
            out[place * width..(place + 1) * width].copy_from_slice(row);
        }
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if let Some(mut dx) = sink.destination(0) {
            dx.to_add();
        }
        if let Some(mut dw) = sink.destination(1) {
            let (dw, width) = (dw.to_add(), at.shape(1)[1]);
            for (place, &number) in at.slice(0).iter().enumerate() {
                let index = number.as_f64() as usize;
                if Some(index) == self.padding {
                    continue;
                }
                let g = &at.cotangent()[place * width..(place + 1) * width];
                for (dw, &g) in dw[index * width..(index + 1) * width].iter_mut().zip(g) {
                    *dw += g;
                }
            }
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The rows of a `table` `[rows, width]` that these whole numbers name: `[…]` becomes `[…, width]`. A number
    /// that is not whole, or names no row, is an error.
    #[track_caller]
    pub fn embedding(self, table: Var<'t, T>) -> Var<'t, T> {
        self.apply2(Embedding::default(), table)
    }
}
