//! Schedules by name.

use downhill::optim::schedule::{
    Cosine, Cyclic, Exponential, InverseSqrt, Linear, MultiStep, OneCycle, Polynomial, Schedule, Step,
    WarmRestarts,
};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How the rate of learning changes over the steps of a training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleConfig {
    /// One of [`SCHEDULES`].
    pub(crate) name: String,
    /// The share of the steps in which the rate rises from 0.
    #[serde(default)]
    pub(crate) warmup: f64,
    /// The part of the rate that is left at the end, after each fall, or before each restart.
    #[serde(default)]
    pub(crate) factor: Option<f64>,
    /// The share of the steps between two falls of `step`, of the first wave of `warm-restarts`, of a cycle of `cyclic`.
    #[serde(default)]
    pub(crate) every: Option<f64>,
    /// The shares of the steps after which `multi-step` falls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) milestones: Vec<f64>,
    /// How many times as long each wave of `warm-restarts` is as the one before.
    #[serde(default)]
    pub(crate) times: Option<u64>,
    /// How many times the rate `cyclic` rises to.
    #[serde(default)]
    pub(crate) peak: Option<f64>,
}

/// The names of the schedules.
pub(crate) const SCHEDULES: &[&str] = &[
    "constant",
    "cosine",
    "linear",
    "one-cycle",
    "exponential",
    "step",
    "multi-step",
    "polynomial",
    "inverse-sqrt",
    "warm-restarts",
    "cyclic",
];

impl Default for ScheduleConfig {
    fn default() -> ScheduleConfig {
        ScheduleConfig {
            name: "constant".into(),
            warmup: 0.0,
            factor: None,
            every: None,
            milestones: Vec::new(),
            times: None,
            peak: None,
        }
    }
}

impl ScheduleConfig {
    /// What can be set of it, beside the warmup.
    fn settings(&self) -> &'static [&'static str] {
        match self.name.as_str() {
            "cosine" | "linear" | "exponential" => &["factor"],
            "step" => &["factor", "every"],
            "multi-step" => &["factor", "milestones"],
            "warm-restarts" => &["factor", "every", "times"],
            "cyclic" => &["every", "peak"],
            _ => &[],
        }
    }

    /// The settings that are given.
    fn given(&self) -> impl Iterator<Item = &'static str> {
        [
            ("factor", self.factor.is_some()),
            ("every", self.every.is_some()),
            ("milestones", !self.milestones.is_empty()),
            ("times", self.times.is_some()),
            ("peak", self.peak.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
    }

    /// Checks it, for want of the number of steps, on an arbitrary one.
    pub(super) fn check(&self) -> Result<()> {
        if !SCHEDULES.contains(&self.name.as_str()) {
            let message =
                format!("there is no schedule \"{}\"; there are {}", self.name, SCHEDULES.join(", "));
            return Err(Error::Input(message));
        }
        if let Some(name) = self.given().find(|name| !self.settings().contains(name)) {
            return Err(Error::Input(format!("schedule {}: it has no {name}", self.name)));
        }
        let milestones = self.milestones.iter().map(|&share| ("a milestone", share));
        let shares = [("warmup", self.warmup), ("every", self.every.unwrap_or(0.5))];
        for (name, share) in shares.into_iter().chain(milestones) {
            if !(0.0..1.0).contains(&share) {
                let message = format!("schedule: {name} must be a share of the steps below 1, got {share}");
                return Err(Error::Input(message));
            }
        }
        self.build(1000)?;
        Ok(())
    }

    /// The schedule of a training of so many steps.
    pub(crate) fn build(&self, steps: u64) -> downhill::optim::Result<AnySchedule> {
        let warmup = (self.warmup * steps as f64).round() as u64;
        let rest = steps.saturating_sub(warmup).max(1);
        let main = self.main(rest)?;
        Ok(if warmup > 0 { AnySchedule(Box::new(Linear::warmup(warmup)?.then(warmup, main))) } else { main })
    }

    fn main(&self, steps: u64) -> downhill::optim::Result<AnySchedule> {
        let end = self.factor.unwrap_or(0.0);
        let part = |share: f64| ((share * steps as f64).ceil() as u64).max(1);
        Ok(AnySchedule(match self.name.as_str() {
            // Half a cosine wave down to a part of the rate instead of 0.
            "cosine" => {
                let cosine = Cosine::new(steps)?;
                Box::new(move |base: f64, step: u64| base * end + cosine.rate(base * (1.0 - end), step))
            }
            "linear" => Box::new(Linear::new(1.0, end, steps)?),
            "one-cycle" => Box::new(OneCycle::new(steps)?),
            "exponential" => {
                let end = self.factor.unwrap_or(0.01);
                Box::new(Exponential::new(end.powf(1.0 / steps as f64))?)
            }
            "step" => {
                let size = part(self.every.unwrap_or(1.0 / 3.0));
                Box::new(Step::new(size, self.factor.unwrap_or(0.1))?)
            }
            "multi-step" => {
                let usual = [0.5, 0.75];
                let shares = if self.milestones.is_empty() { &usual[..] } else { &self.milestones };
                let milestones: Vec<u64> = shares.iter().map(|&share| part(share)).collect();
                Box::new(MultiStep::new(milestones, self.factor.unwrap_or(0.1))?)
            }
            // With waves of 1, 2 and 4 parts of seven the last one ends with the training.
            "warm-restarts" => {
                let wave = part(self.every.unwrap_or(1.0 / 7.0));
                let waves = WarmRestarts::new(wave, self.times.unwrap_or(2))?;
                Box::new(move |base: f64, step: u64| base * end + waves.rate(base * (1.0 - end), step))
            }
            "cyclic" => {
                let (cycle, peak) = (part(self.every.unwrap_or(0.25)), self.peak.unwrap_or(10.0));
                let up = (cycle / 2).max(1);
                let cycles = Cyclic::new(peak, up)?.down(cycle.saturating_sub(up).max(1))?;
                Box::new(move |base: f64, step: u64| base * cycles.rate(1.0, step))
            }
            "polynomial" => Box::new(Polynomial::new(2.0, steps)?),
            "inverse-sqrt" => Box::new(InverseSqrt::new((steps / 10).max(1))?),
            _ => Box::new(|base: f64, _: u64| base),
        }))
    }
}

/// A schedule chosen at run time.
pub(crate) struct AnySchedule(Box<dyn Schedule>);

impl Schedule for AnySchedule {
    fn rate(&self, base: f64, step: u64) -> f64 {
        self.0.rate(base, step)
    }

    fn momentum(&self, step: u64) -> Option<f64> {
        self.0.momentum(step)
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    #[test]
    fn rates_at_start_middle_and_end() {
        let named = |name: &str| ScheduleConfig { name: name.into(), ..ScheduleConfig::default() };
        for (config, expected) in [
            (named("constant"), [1.0, 1.0, 1.0]),
            (named("cosine"), [1.0, 0.5, 0.0]),
            (ScheduleConfig { factor: Some(0.2), ..named("cosine") }, [1.0, 0.6, 0.2]),
            (named("linear"), [1.0, 0.5, 0.0]),
            (named("polynomial"), [1.0, 0.25, 0.0]),
            (ScheduleConfig { every: Some(0.5), ..named("step") }, [1.0, 0.1, 0.01]),
            (named("exponential"), [1.0, 0.1, 0.01]),
            (named("multi-step"), [1.0, 0.1, 0.01]),
            (ScheduleConfig { milestones: vec![0.1, 0.2, 0.9], ..named("multi-step") }, [1.0, 0.01, 0.001]),
            (ScheduleConfig { every: Some(0.5), ..named("warm-restarts") }, [1.0, 1.0, 0.5]),
            (
                ScheduleConfig {
                    factor: Some(0.5),
                    every: Some(0.2),
                    times: Some(3),
                    ..named("warm-restarts")
                },
                [1.0, 0.75, 0.75 + 0.25 * (PI / 9.0).cos()],
            ),
            (ScheduleConfig { peak: Some(3.0), every: Some(0.4), ..named("cyclic") }, [1.0, 2.0, 3.0]),
        ] {
            let schedule = config.build(100).unwrap();
            for (step, expected) in [0, 50, 100].into_iter().zip(expected) {
                let rate = schedule.rate(1.0, step);
                assert!((rate - expected).abs() < 1e-9, "{config:?}, step {step}: {rate}, not {expected}");
            }
        }
    }

    #[test]
    fn every_name_is_a_schedule_with_and_without_warmup() {
        for name in SCHEDULES {
            for warmup in [0.0, 0.1] {
                let config = ScheduleConfig { name: (*name).into(), warmup, ..ScheduleConfig::default() };
                config.check().unwrap();
                let start = config.build(100).unwrap().rate(1.0, 0);
                assert!((0.0..=1.0).contains(&start), "{name}: {start}");
            }
        }
        let strange = ScheduleConfig { peak: Some(3.0), ..ScheduleConfig::default() };
        assert_eq!(strange.check().unwrap_err().to_string(), "schedule constant: it has no peak");
        let late = ScheduleConfig { name: "multi-step".into(), milestones: vec![0.5, 20.0], ..strange };
        let late = ScheduleConfig { peak: None, ..late }.check().unwrap_err().to_string();
        assert_eq!(late, "schedule: a milestone must be a share of the steps below 1, got 20");
        let unknown = ScheduleConfig { name: "cosinus".into(), ..ScheduleConfig::default() };
        assert!(unknown.check().unwrap_err().to_string().contains("there are constant, cosine"));
    }
}
