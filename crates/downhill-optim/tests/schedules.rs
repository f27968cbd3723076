//! Schedules at steps where their values are known, and against PyTorch's recursive form.

// The functions that tests share may unwrap like the tests themselves.
#![allow(clippy::unwrap_used)]

use downhill_optim::schedule::{
    Constant, Cosine, Cyclic, Exponential, InverseSqrt, Linear, MultiStep, OneCycle, Peaks, Polynomial, Step,
    WarmRestarts, WarmupCosine,
};
use downhill_optim::{Adagrad, Error, Layout, Optimizer, Schedule, Sgd};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

const FAR: u64 = u64::MAX;

/// A schedule, with steps and its rates there from a base rate of 0.5.
type Row = (&'static str, Box<dyn Schedule>, Vec<(u64, f64)>);

fn one_cycle() -> OneCycle {
    OneCycle::new(10).unwrap().rising(0.5).unwrap().divisors(5.0, 2.0).unwrap().linear()
}

/// What is read back of a schedule that was written: it has to have the same rates.
fn read_back<S: Schedule + Serialize + DeserializeOwned + 'static>(schedule: S) -> Box<dyn Schedule> {
    let bytes = bincode::serialize(&schedule).unwrap();
    Box::new(bincode::deserialize::<S>(&bytes).unwrap())
}

fn table() -> Vec<Row> {
    vec![
        (
            "constant",
            read_back(Constant::new(0.25, 3).unwrap()),
            vec![(0, 0.125), (2, 0.125), (3, 0.5), (FAR, 0.5)],
        ),
        (
            "step",
            read_back(Step::new(3, 0.5).unwrap()),
            vec![(0, 0.5), (2, 0.5), (3, 0.25), (6, 0.125), (FAR, 0.0)],
        ),
        (
            "multi-step",
            read_back(MultiStep::new([9, 3, 9], 0.5).unwrap()),
            vec![(0, 0.5), (2, 0.5), (3, 0.25), (8, 0.25), (9, 0.0625), (FAR, 0.0625)],
        ),
        ("exponential", read_back(Exponential::new(0.5).unwrap()), vec![(0, 0.5), (1, 0.25), (3, 0.0625)]),
        (
            "linear",
            read_back(Linear::new(0.5, 1.0, 4).unwrap()),
            vec![(0, 0.25), (2, 0.375), (4, 0.5), (FAR, 0.5)],
        ),
        (
            "warm-up",
            read_back(Linear::warmup(3).unwrap()),
            vec![(0, 0.125), (1, 0.25), (2, 0.375), (3, 0.5), (9, 0.5)],
        ),
        (
            "polynomial",
            read_back(Polynomial::new(2.0, 4).unwrap()),
            vec![(0, 0.5), (2, 0.125), (4, 0.0), (FAR, 0.0)],
        ),
        (
            "cosine",
            read_back(Cosine::new(4).unwrap().min(0.25).unwrap()),
            vec![(0, 0.5), (2, 0.375), (4, 0.25), (6, 0.375), (8, 0.5), (12, 0.25)],
        ),
        (
            "warm-up, cosine",
            read_back(WarmupCosine::over(3, 7).unwrap()),
            vec![(0, 0.125), (2, 0.375), (3, 0.5), (5, 0.25), (7, 0.0)],
        ),
        (
            "warm restarts",
            read_back(WarmRestarts::new(4, 2).unwrap().min(0.25).unwrap()),
            vec![(0, 0.5), (2, 0.375), (4, 0.5), (8, 0.375), (12, 0.5), (20, 0.375)],
        ),
        ("one cycle", read_back(one_cycle()), vec![(0, 0.1), (2, 0.3), (4, 0.5), (9, 0.05), (FAR, 0.05)]),
        (
            "one cycle, three phases",
            read_back(
                OneCycle::new(10).unwrap().rising(0.4).unwrap().divisors(5.0, 2.0).unwrap().three_phases(),
            ),
            vec![(0, 0.1), (3, 0.5), (6, 0.1), (9, 0.05), (FAR, 0.05)],
        ),
        (
            "one cycle of one step",
            read_back(OneCycle::new(1).unwrap().divisors(5.0, 2.0).unwrap()),
            vec![(0, 0.05), (FAR, 0.05)],
        ),
        (
            "cyclic",
            read_back(Cyclic::new(1.0, 2).unwrap().down(4).unwrap()),
            vec![(0, 0.5), (1, 0.75), (2, 1.0), (4, 0.75), (6, 0.5), (8, 1.0)],
        ),
        (
            "cyclic, halving",
            read_back(Cyclic::new(1.0, 2).unwrap().peaks(Peaks::Halving).unwrap()),
            vec![(2, 1.0), (4, 0.5), (6, 0.75), (10, 0.625)],
        ),
        (
            "cyclic, power",
            read_back(Cyclic::new(1.0, 2).unwrap().peaks(Peaks::Power(0.5)).unwrap()),
            vec![(0, 0.5), (2, 0.625), (4, 0.5)],
        ),
        (
            "inverse square root",
            read_back(InverseSqrt::new(4).unwrap()),
            vec![(0, 0.125), (3, 0.5), (15, 0.25), (FAR, 0.5 * 2.0 / (FAR as f64).sqrt())],
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

#[test]
fn momenta() {
    let cycle = one_cycle().momenta(0.75, 0.95).unwrap();
    let read = read_back(
        cycle.clone().then(9, Cosine::new(3).unwrap().with_momentum(0.9, Exponential::new(0.5).unwrap())),
    );
    assert_eq!((read.momentum(4), read.momentum(10)), (cycle.momentum(4), Some(0.45)));
    let cyclic = Cyclic::new(1.0, 2).unwrap().momenta(0.75, 0.95).unwrap();
    let beside = Constant::new(0.5, 3).unwrap().with_momentum(0.75, Linear::new(1.0, 0.8, 3).unwrap());
    for (schedule, momenta) in [
        (&cycle as &dyn Schedule, [(0, 0.95), (2, 0.85), (4, 0.75), (9, 0.95), (FAR, 0.95)]),
        (&cyclic, [(0, 0.95), (1, 0.85), (2, 0.75), (3, 0.85), (4, 0.95)]),
        (&beside, [(0, 0.75), (3, 0.6), (4, 0.6), (9, 0.6), (FAR, 0.6)]),
        (&one_cycle().then(5, cycle.clone()), [(5, 0.95), (7, 0.85), (9, 0.75), (14, 0.95), (FAR, 0.95)]),
    ] {
        for (step, expected) in momenta {
            let momentum = schedule.momentum(step).unwrap();
            assert!((momentum - expected).abs() < 1e-15, "at {step}: {momentum} for {expected}");
        }
    }
    assert_eq!(one_cycle().momentum(3), None);
}

#[test]
fn a_schedule_sets_the_momentum() {
    let layout = Layout::flat(1);
    // Δ = 1, then 1.5 and 1.25: the momentum is 0.5, then 0.25.
    let momenta = |base, step| if step < 2 { base } else { base / 2.0 };
    let mut sgd = Sgd::new(1.0).unwrap().schedule((|base, _| base).with_momentum(0.5, momenta));
    let mut theta = [0.0_f64];
    for expected in [-1.0, -2.5, -3.875] {
        sgd.step(&mut theta, &mut [1.0], &layout).unwrap();
        assert_eq!(theta, [expected]);
    }
    let cycle = one_cycle().momenta(0.75, 0.95).unwrap();
    let error = Adagrad::new(1.0).unwrap().schedule(cycle).step(&mut theta, &mut [1.0], &layout).unwrap_err();
    assert_eq!((error, theta), (Error::NoMomentum, [-3.875]));
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
}
