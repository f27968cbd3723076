//! Rows of a table, looked up by index.

use std::sync::atomic::{AtomicUsize, Ordering};

use downhill_tensor::{Error, Real, Result, Tensor, kernel};

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

/// So many rows are copied in a task.
const TOKENS: usize = 512;

/// The index that a number is, if it is one.
#[inline(always)]
fn index_of<T: Real>(number: T) -> Option<usize> {
    let value = number.as_f64();
    Some(value as usize).filter(|&index| index as f64 == value)
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
        let (numbers, elements) = (operands.slice(0), operands.slice(1));
        let wrong = AtomicUsize::new(usize::MAX);
        kernel::for_groups(
            cx.threads(),
            numbers.len(),
            TOKENS,
            [(y.as_mut_slice(), width)],
            #[inline(always)]
            |places, [out]| {
                for (own, place) in places.enumerate() {
                    match index_of(numbers[place]).filter(|&index| index < rows) {
                        Some(index) => out[own * width..(own + 1) * width]
                            .copy_from_slice(&elements[index * width..(index + 1) * width]),
                        // The first one, whichever thread finds it.
                        None => _ = wrong.fetch_min(place, Ordering::Relaxed),
                    }
                }
            },
        );
        if let Some(&number) = numbers.get(wrong.into_inner()) {
            let value = number.as_f64();
            if value >= 0.0 && value.fract() == 0.0 {
                return Err(Error::Index { index: value as usize, axis: 0, shape: table });
            }
            let (name, rule) = ("an index", "a whole number of at least 0");
            return Err(Error::Setting { name, rule, value });
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
                // The forward pass has found an index in each.
                let Some(index) = index_of(number).filter(|&index| Some(index) != self.padding) else {
                    continue;
                };
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
