//! Sequences `[n, channels, length]` and images `[n, channels, height, width]` in another size.

use downhill_tensor::kernel::{self, Interpolation};
use downhill_tensor::{Error, Real, Result, Tensor};

use super::convolution::{planes, shape_of};
use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// y: the planes of x in another size, interpolated. Each element of y is a sum of elements of x with shares that add up
/// to 1; ∂L/∂x gets ∂L/∂y back by the same shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resize {
    /// The new height and width; the height is 1 for a sequence.
    pub to: [usize; 2],
    /// How elements between others are found.
    pub interpolation: Interpolation,
}

impl<T: Real> Rule<T> for Resize {
    fn name(&self) -> &'static str {
        "resize"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let x = operands.shape(0);
        let fits = |&[_, _, height, width]: &[usize; 4]| {
            height * width > 0 && self.to[0].checked_mul(self.to[1]).is_some_and(|elements| elements > 0)
        };
        let (Some([_, channels, height, width]), true) =
            (planes(x).filter(fits), x.len() == 4 || self.to[0] == 1)
        else {
            let rule =
                "needs x [n, channels, length] or [n, channels, height, width], and sizes of at least 1";
            return Err(Error::Operand { operation: "resize", rule, shape: x });
        };
        let resize = kernel::Resize { interpolation: self.interpolation, from: [height, width], to: self.to };
        let mut y = cx.take(shape_of(x, channels, self.to));
        resize.forward(y.as_mut_slice(), operands.slice(0), cx.threads());
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        let from = planes(at.shape(0)).map_or([1; 2], |[_, _, height, width]| [height, width]);
        if let Some(mut dx) = sink.destination(0) {
            let resize = kernel::Resize { interpolation: self.interpolation, from, to: self.to };
            resize.backward(dx.parts(), at.cotangent(), at.threads());
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// `[n, channels, length]` or `[n, channels, height, width]` brought to another height and width, of which the first is
    /// 1 for a sequence: see [`Resize`].
    #[track_caller]
    pub fn resize(self, to: [usize; 2], interpolation: Interpolation) -> Var<'t, T> {
        self.apply(Resize { to, interpolation })
    }
}
