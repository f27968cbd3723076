//! The rectifier with a slope that is an operand.

use downhill_tensor::{Math, Real};

use super::{Pairwise, Zip};
use crate::Var;

/// f(x, a) = x where positive, else a·x (He et al. 2015, equation 1); slopes 1 or a, and 0 or x. At 0 those of the left, as in
/// PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PRelu;

impl<T: Real> Pairwise<T> for PRelu {
    const NAME: &'static str = "prelu";

    #[inline(always)]
    fn value(self, x: T, slope: T, _: Math) -> T {
        if x > T::zero() { x } else { slope * x }
    }

    #[inline(always)]
    fn slope_left(self, x: T, slope: T, _: Math) -> T {
        if x > T::zero() { T::one() } else { slope }
    }

    #[inline(always)]
    fn slope_right(self, x: T, _: T, _: Math) -> T {
        if x > T::zero() { T::zero() } else { x }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// x where positive, else slope·x, for slopes that broadcast: see [`PRelu`].
    #[track_caller]
    pub fn prelu(self, slopes: Var<'t, T>) -> Var<'t, T> {
        self.apply2(Zip(PRelu), slopes)
    }
}
