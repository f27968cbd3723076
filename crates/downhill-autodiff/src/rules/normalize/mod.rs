//! Normalisations: each brings elements that belong together to mean 0 and variance 1, and back to a size that is
//! learned. Means and variances are found in two passes, so that a large common offset does no harm.

mod batch;
mod channels;
mod group;
mod rows;

pub use batch::{BatchNorm, FixedNorm};
pub use channels::Parameters;
pub use group::GroupNorm;
pub use rows::{LayerNorm, RmsNorm};

use downhill_tensor::{Error, Real, Result};

use crate::Var;
use crate::rule::Rule;

/// That ε is a finite positive number.
fn check_eps(eps: f64) -> Result<()> {
    if eps > 0.0 && eps.is_finite() {
        Ok(())
    } else {
        Err(Error::Setting { name: "eps", rule: "positive and finite", value: eps })
    }
}

/// Applies a rule to x, the parameters that there are, and what comes behind them.
#[track_caller]
fn apply<'t, T: Real>(
    rule: impl Rule<T>,
    x: Var<'t, T>,
    parameters: [Option<Var<'t, T>>; 2],
    last: Option<[Var<'t, T>; 2]>,
) -> Var<'t, T> {
    let mut operands = [x; 5];
    let mut count = 1;
    for operand in parameters.into_iter().flatten().chain(last.into_iter().flatten()) {
        operands[count] = operand;
        count += 1;
    }
    x.tape.apply(rule, &operands[..count])
}
