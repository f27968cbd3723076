//! Normalisations: each brings elements that belong together to mean 0 and variance 1, and back to a size that is
//! learned. Means and variances are found in two passes, so that a large common offset does no harm.

mod rows;

pub use rows::{LayerNorm, RmsNorm};

use downhill_tensor::{Error, Result};

/// That ε is a finite positive number.
fn check_eps(eps: f64) -> Result<()> {
    if eps > 0.0 && eps.is_finite() {
        Ok(())
    } else {
        Err(Error::Setting { name: "eps", rule: "positive and finite", value: eps })
    }
}
