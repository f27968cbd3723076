//! Products.

use downhill_tensor::{Axes, Real, Result, Shape, Tensor, kernel};

use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::rules::known_axis;
use crate::sink::Sink;

/// y = Π x, 1 of nothing. ∂L/∂x is the product of all others times ∂L/∂y: formed as such, not by dividing,
/// so that it holds for zeros too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prod {
    /// The axis, negative counting from the end; `None` for everything.
    pub axis: Option<isize>,
    /// Whether the axis stays, with length 1.
    pub keep_axes: bool,
}

impl<T: Real> Rule<T> for Prod {
    fn name(&self) -> &'static str {
        "prod"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let x = operands.value(0);
        let axes = match self.axis {
            Some(axis) => Axes::new(x.shape(), &[axis])?,
            None => Axes::first(Shape::MAX_AXES),
        };
        let mut y = cx.take(axes.reduce(x.shape(), self.keep_axes));
        kernel::prod(y.as_mut_slice(), x.view(), axes);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        let shape = at.shape(0);
        if !sink.wants(0) || shape.elements() == 0 {
            return;
        }
        let (_, length, inner) = match self.axis {
            Some(axis) => shape.around(known_axis(shape, axis)),
            None => (1, shape.elements(), 1),
        };
        let mut before = sink.workspace().take(shape);
        let row = length * inner;
        for (before, x) in before.as_mut_slice().chunks_exact_mut(row).zip(at.slice(0).chunks_exact(row)) {
            before[..inner].fill(T::one());
            for place in inner..row {
                before[place] = before[place - inner] * x[place - inner];
            }
        }
        // The cotangent times the product of all that come after.
        let mut after = sink.workspace().take(at.output().shape());
        after.as_mut_slice().copy_from_slice(at.cotangent());
        if let Some(mut dx) = sink.destination(0) {
            let (store, dx) = dx.parts();
            let put = store.put();
            let blocks = before.as_slice().chunks_exact(row).zip(at.slice(0).chunks_exact(row));
            let blocks = blocks.zip(after.as_mut_slice().chunks_exact_mut(inner));
            for (dx, ((before, x), after)) in dx.chunks_exact_mut(row).zip(blocks) {
                for place in (0..row).rev() {
                    let after = &mut after[place % inner];
                    put(&mut dx[place], before[place] * *after);
                    *after *= x[place];
                }
            }
        }
        sink.workspace().give(before);
        sink.workspace().give(after);
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The product of all elements, of shape `[]`; 1 if there are none.
    #[track_caller]
    pub fn prod(self) -> Var<'t, T> {
        self.apply(Prod { axis: None, keep_axes: false })
    }

    /// The product along one axis; 1 if it has length 0.
    #[track_caller]
    pub fn prod_axis(self, axis: isize, keep_axes: bool) -> Var<'t, T> {
        self.apply(Prod { axis: Some(axis), keep_axes })
    }
}
