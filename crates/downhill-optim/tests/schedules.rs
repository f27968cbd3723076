//! Schedules at steps where their values are known, and against PyTorch's recursive form.

// The functions that tests share may unwrap like the tests themselves.
#![allow(clippy::unwrap_used)]

use downhill_optim::Schedule;
use downhill_optim::schedule::{
    Constant, Cosine, Exponential, Linear, MultiStep, Polynomial, Step, WarmupCosine,
};
use proptest::prelude::*;

const FAR: u64 = u64::MAX;

/// A schedule, with steps and its rates there from a base rate of 0.5.
type Row = (&'static str, Box<dyn Schedule>, Vec<(u64, f64)>);

fn table() -> Vec<Row> {
    vec![
        (
            "constant",
            Box::new(Constant::new(0.25, 3).unwrap()),
            vec![(0, 0.125), (2, 0.125), (3, 0.5), (FAR, 0.5)],
        ),
        (
            "step",
            Box::new(Step::new(3, 0.5).unwrap()),
            vec![(0, 0.5), (2, 0.5), (3, 0.25), (6, 0.125), (FAR, 0.0)],
        ),
        (
            "multi-step",
            Box::new(MultiStep::new([9, 3, 9], 0.5).unwrap()),
            vec![(0, 0.5), (2, 0.5), (3, 0.25), (8, 0.25), (9, 0.0625), (FAR, 0.0625)],
        ),
        ("exponential", Box::new(Exponential::new(0.5).unwrap()), vec![(0, 0.5), (1, 0.25), (3, 0.0625)]),
        (
            "linear",
            Box::new(Linear::new(0.5, 1.0, 4).unwrap()),
            vec![(0, 0.25), (2, 0.375), (4, 0.5), (FAR, 0.5)],
        ),
        (
            "warm-up",
            Box::new(Linear::warmup(3).unwrap()),
            vec![(0, 0.125), (1, 0.25), (2, 0.375), (3, 0.5), (9, 0.5)],
        ),
        (
            "polynomial",
            Box::new(Polynomial::new(2.0, 4).unwrap()),
            vec![(0, 0.5), (2, 0.125), (4, 0.0), (FAR, 0.0)],
        ),
        (
            "cosine",
            Box::new(Cosine::new(4).unwrap().min(0.25).unwrap()),
            vec![(0, 0.5), (2, 0.375), (4, 0.25), (6, 0.375), (8, 0.5), (12, 0.25)],
        ),
        (
            "warm-up, cosine",
            Box::new(WarmupCosine::over(3, 7).unwrap()),
            vec![(0, 0.125), (2, 0.375), (3, 0.5), (5, 0.25), (7, 0.0)],
        ),
        (
            "then, then",
            Box::new(
                Constant::new(0.5, FAR)
                    .unwrap()
                    .then(2, Exponential::new(0.5).unwrap())
                    .then(4, |base, step| base * step as f64),
            ),
            vec![(1, 0.25), (2, 0.5), (3, 0.25), (4, 0.0), (6, 1.0)],
        ),
    ]
}

#[test]
fn known_rates() {
    for (name, schedule, rates) in table() {
        for (step, expected) in rates {
            let rate = schedule.rate(0.5, step);
            assert!((rate - expected).abs() < 1e-15, "{name} at {step}: {rate} for {expected}");
        }
    }
}

proptest! {
    /// `CosineAnnealingLR.get_lr`, which goes from one rate to the next.
    #[test]
    fn cosine_is_the_recursive_form(period in 1_u64..40, base in 0.01..1.0, min in 0.0..0.01) {
        let schedule = Cosine::new(period).unwrap().min(min).unwrap();
        let angle = |step: u64| std::f64::consts::PI * step as f64 / period as f64;
        let mut rate: f64 = base;
        for step in 0..3 * period {
            prop_assert!((schedule.rate(base, step) - rate).abs() < 1e-11, "step {step}: {rate}");
            rate = if (step + 1) % (2 * period) == period + 1 || period == 1 && step % 2 == 1 {
                // At the bottom, from where no ratio leads up.
                rate + (base - min) * (1.0 - angle(1).cos()) / 2.0
            } else {
                (1.0 + angle(step + 1).cos()) / (1.0 + angle(step).cos()) * (rate - min) + min
            };
        }
    }

    /// What is read back is what was written.
    #[test]
    fn serde(steps in 1_u64..1000, gamma in 0.0..2.0) {
        let schedule = WarmupCosine::over(steps, 2 * steps).unwrap().then(3, MultiStep::new([steps, 7], gamma).unwrap());
        let bytes = bincode::serialize(&schedule).unwrap();
        prop_assert_eq!(bincode::deserialize::<downhill_optim::schedule::Then<WarmupCosine, MultiStep>>(&bytes).unwrap(), schedule);
    }
}
