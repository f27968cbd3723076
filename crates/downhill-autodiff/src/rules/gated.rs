//! Gated linear units: compositions of other operations.

use downhill_tensor::{Error, Real};

use crate::Var;

impl<'t, T: Real> Var<'t, T> {
    /// a ⊙ σ(b) of the halves a and b of an axis (Dauphin et al. 2017, section 2).
    #[track_caller]
    pub fn glu(self, axis: isize) -> Var<'t, T> {
        let [a, b] = self.halves("glu", axis);
        a * b.sigmoid()
    }

    /// silu(a) ⊙ b of the halves a and b of an axis (Shazeer 2020, equation 6).
    #[track_caller]
    pub fn swiglu(self, axis: isize) -> Var<'t, T> {
        let [a, b] = self.halves("swiglu", axis);
        a.silu() * b
    }

    #[track_caller]
    fn halves(self, operation: &'static str, axis: isize) -> [Var<'t, T>; 2] {
        let shape = self.shape();
        let half = match shape.axis(axis) {
            Ok(axis) if shape[axis].is_multiple_of(2) => shape[axis] / 2,
            Ok(_) => {
                let error = Error::Operand { operation, rule: "needs an axis of even length", shape };
                return [self.tape.fail(operation, vec![shape], error); 2];
            }
            Err(error) => return [self.tape.fail(operation, vec![shape], error); 2],
        };
        [self.slice(axis, 0..half, 1), self.slice(axis, half..2 * half, 1)]
    }
}
