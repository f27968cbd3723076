//! Optimizers by name.

use downhill::nn::autodiff::Real;
use downhill::optim::{
    Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Adan, Asgd, GradientDescent, Group, Lamb, Lars, Lion,
    Muon, NAdam, Optimizer, RAdam, RmsProp, Rprop, ScheduleFreeAdamW, ScheduleFreeSgd, Sgd,
};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How θ moves. What is not given is the optimizer's own default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OptimizerConfig {
    /// One of [`OPTIMIZERS`].
    pub(crate) name: String,
    /// The rate of learning.
    #[serde(default)]
    pub(crate) rate: Option<f64>,
    #[serde(default)]
    pub(crate) momentum: Option<f64>,
    #[serde(default)]
    pub(crate) weight_decay: Option<f64>,
    /// The largest norm of a gradient.
    #[serde(default)]
    pub(crate) clip_norm: Option<f64>,
    /// Keeps a mean over the steps' θ with this memory.
    #[serde(default)]
    pub(crate) ema: Option<f64>,
    /// Steps along the gradient of the point this far uphill: sharpness-aware minimisation.
    #[serde(default)]
    pub(crate) sam: Option<f64>,
    /// Comes back part of the way every few steps.
    #[serde(default)]
    pub(crate) lookahead: Option<LookaheadConfig>,
    /// Settings of some parts of θ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) groups: Vec<GroupConfig>,
}

/// How far it goes ahead, and how much of the way remains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LookaheadConfig {
    steps: u64,
    share: f64,
}

impl Default for LookaheadConfig {
    fn default() -> LookaheadConfig {
        LookaheadConfig { steps: 5, share: 0.5 }
    }
}

/// How some parts of θ differ from the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupConfig {
    /// The names of the parts: `"0.weight"`, or a pattern such as `"0.*"`.
    parts: String,
    /// The factor on the rate of learning.
    #[serde(default)]
    rate: Option<f64>,
    /// The factor on the weight decay.
    #[serde(default)]
    weight_decay: Option<f64>,
    /// Whether they stay as they are.
    #[serde(default)]
    frozen: bool,
}

impl GroupConfig {
    fn build(&self) -> Result<Group> {
        let mut group = Group::new();
        if let Some(factor) = self.rate {
            group = group.rate(factor)?;
        }
        if let Some(factor) = self.weight_decay {
            group = group.decay(factor)?;
        }
        Ok(if self.frozen { group.frozen() } else { group })
    }
}

impl Default for OptimizerConfig {
    fn default() -> OptimizerConfig {
        OptimizerConfig {
            name: "adam".into(),
            rate: None,
            momentum: None,
            weight_decay: None,
            clip_norm: None,
            ema: None,
            sam: None,
            lookahead: None,
            groups: Vec::new(),
        }
    }
}

/// The optimizers: name, usual rate, constructor, and the method that sets weight decay if there is one.
macro_rules! optimizers {
    ($($name:literal, $rate:literal => $make:path $(, $decay:ident)?;)*) => {
        /// The names of the optimizers.
        pub(crate) const OPTIMIZERS: &[&str] = &[$($name),*];

        impl OptimizerConfig {
            /// The rate, given or usual.
            pub(crate) fn rate(&self) -> f64 {
                self.rate.unwrap_or(match self.name.as_str() {
                    $($name => $rate,)*
                    _ => f64::NAN,
                })
            }

            fn bare<T: Real>(&self) -> Result<Box<dyn Optimizer<T>>> {
                match self.name.as_str() {
                    $($name => {
                        let optimizer = $make(self.rate())?;
                        let undecayed = self.weight_decay;
                        $(
                            let optimizer = optimizer.$decay(undecayed.unwrap_or(optimizers!(@ $name)))?;
                            let undecayed = None::<f64>;
                        )?
                        match undecayed {
                            Some(_) => Err(Error::Input(format!("optimizer {}: it has no weight decay", $name))),
                            None => Ok(Box::new(optimizer)),
                        }
                    })*
                    other => Err(Error::Input(format!(
                        "there is no optimizer \"{other}\"; there are {}",
                        OPTIMIZERS.join(", ")
                    ))),
                }
            }
        }
    };
    // The weight decay that is usual.
    (@ "adamw") => { 0.01 };
    (@ "schedule-free-adamw") => { 0.0 };
    (@ "muon") => { 0.1 };
    (@ $name:literal) => { 0.0 };
}

optimizers! {
    "adam", 1e-3 => Adam::new, weight_decay;
    "adamw", 1e-3 => AdamW::new, weight_decay;
    "sgd", 0.05 => Sgd::new, weight_decay;
    "gradient-descent", 0.05 => GradientDescent::new;
    "rmsprop", 1e-3 => RmsProp::new, weight_decay;
    "nadam", 2e-3 => NAdam::new, weight_decay;
    "radam", 1e-3 => RAdam::new, weight_decay;
    "adamax", 2e-3 => Adamax::new, weight_decay;
    "adan", 1e-3 => Adan::new, weight_decay;
    "adagrad", 0.01 => Adagrad::new, weight_decay;
    "adadelta", 1.0 => Adadelta::new, weight_decay;
    "adafactor", 0.01 => Adafactor::new, weight_decay;
    "lion", 3e-4 => Lion::new, weight_decay;
    "lamb", 1e-2 => Lamb::new, weight_decay;
    "lars", 0.1 => Lars::new, weight_decay;
    "muon", 2e-3 => Muon::new, weight_decay;
    "rprop", 0.01 => Rprop::new;
    "asgd", 0.01 => Asgd::new, weight_decay;
    "schedule-free-sgd", 1.0 => ScheduleFreeSgd::new, weight_decay;
    "schedule-free-adamw", 2.5e-3 => ScheduleFreeAdamW::new, weight_decay;
}

impl OptimizerConfig {
    /// The optimizer.
    pub(crate) fn build<T: Real>(&self) -> Result<Box<dyn Optimizer<T>>> {
        let mut optimizer = self.bare()?;
        if let Some(momentum) = self.momentum {
            optimizer
                .set_momentum(momentum)
                .map_err(|error| Error::Input(format!("optimizer {}: {error}", self.name)))?;
        }
        for group in &self.groups {
            optimizer = Box::new(optimizer.group(&group.parts, group.build()?));
        }
        if let Some(norm) = self.clip_norm {
            optimizer = Box::new(optimizer.clip_norm(norm)?);
        }
        if let Some(radius) = self.sam {
            optimizer = Box::new(optimizer.sam(radius)?);
        }
        if let Some(LookaheadConfig { steps, share }) = self.lookahead {
            optimizer = Box::new(optimizer.lookahead(steps, share)?);
        }
        if let Some(decay) = self.ema {
            optimizer = Box::new(optimizer.ema(decay)?);
        }
        Ok(optimizer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_an_optimizer() {
        for name in OPTIMIZERS {
            let config = OptimizerConfig { name: (*name).into(), ..OptimizerConfig::default() };
            assert_eq!(config.build::<f32>().unwrap().rate(), config.rate(), "{name}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let config = |name: &str| OptimizerConfig { name: name.into(), ..OptimizerConfig::default() };
        for (config, expected) in [
            (config("adm"), "there is no optimizer \"adm\""),
            (OptimizerConfig { rate: Some(-1.0), ..config("adam") }, "rate must be"),
            (OptimizerConfig { momentum: Some(0.9), ..config("adagrad") }, "no momentum"),
            (OptimizerConfig { weight_decay: Some(0.1), ..config("rprop") }, "no weight decay"),
            (OptimizerConfig { sam: Some(-1.0), ..config("sgd") }, "radius must be"),
            (
                OptimizerConfig {
                    lookahead: Some(LookaheadConfig { steps: 0, share: 0.5 }),
                    ..config("sgd")
                },
                "steps must be",
            ),
            (
                toml::from_str("name = \"sgd\"\ngroups = [{ parts = \"0.*\", rate = -1 }]").unwrap(),
                "rate must be",
            ),
        ] {
            let error = config.build::<f32>().map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
