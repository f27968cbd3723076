//! How Adam makes up for means that begin at 0.

use serde::{Deserialize, Serialize};

/// How the running means of Adam, which begin at 0 and are too small at first, are corrected in step t = 1, 2, ...
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum BiasCorrection {
    /// Divided by 1 − βᵗ: the paper, PyTorch, Keras.
    #[default]
    Full,
    /// Divided by 1 − βᵗ⁻¹, and in the first step not at all: ONNX, whose operator `Adam` counts the steps from 0.
    Late,
    /// Not at all, so that the first steps are short, a warm-up of its own.
    Off,
}

impl BiasCorrection {
    /// The factor on the mean of this β in step `step`, counted from 1.
    pub(super) fn factor(self, beta: f64, step: u64) -> f64 {
        match (self, step) {
            (BiasCorrection::Off, _) | (BiasCorrection::Late, ..=1) => 1.0,
            (BiasCorrection::Late, step) => 1.0 / (1.0 - beta.powf((step - 1) as f64)),
            (BiasCorrection::Full, step) => 1.0 / (1.0 - beta.powf(step as f64)),
        }
    }
}
