//! Settings out of their range are typed errors that name them.

use downhill_optim::schedule::{
    Constant, Cosine, Cyclic, Exponential, InverseSqrt, Linear, MultiStep, OneCycle, Peaks, Polynomial, Step,
    WarmRestarts, WarmupCosine,
};
use downhill_optim::{
    Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Adan, Asgd, ConjugateGradient, Error, GradientDescent,
    Group, Lamb, Lars, Lbfgs, LevenbergMarquardt, Lion, Muon, NAdam, NewtonCg, Optimizer, Plateau, RAdam,
    Result, RmsProp, Rprop, ScheduleFreeAdamW, ScheduleFreeSgd, Sgd, Sophia,
};

/// A constructor with all settings but one left good: its answer is dropped.
type Set = fn(f64) -> Result<()>;

fn done<T>(built: T) {
    drop(built);
}

fn descent() -> Result<GradientDescent> {
    GradientDescent::new(0.1)
}

/// Settings that may be 0 and above.
const AT_LEAST_0: &[(&str, Set)] = &[
    ("rate", |x| GradientDescent::<f32>::new(x).map(done)),
    ("momentum", |x| GradientDescent::<f32>::new(0.1)?.momentum(x).map(done)),
    ("momentum", |x| descent()?.nesterov_momentum(x).map(done)),
    ("rate", |x| Sgd::<f32>::new(x).map(done)),
    ("momentum", |x| Sgd::<f32>::new(0.1)?.momentum(x).map(done)),
    ("momentum", |x| Sgd::<f32>::new(0.1)?.nesterov_momentum(x).map(done)),
    ("momentum", |x| Sgd::<f32>::new(0.1)?.dampened_momentum(x, 0.1).map(done)),
    ("dampening", |x| Sgd::<f32>::new(0.1)?.dampened_momentum(0.9, x).map(done)),
    ("weight_decay", |x| Sgd::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("momentum", |x| Sgd::<f32>::new(0.1)?.dampened_nesterov_momentum(x, 0.1).map(done)),
    ("dampening", |x| Sgd::<f32>::new(0.1)?.dampened_nesterov_momentum(0.9, x).map(done)),
    ("rate", |x| Adam::<f32>::new(x).map(done)),
    ("eps", |x| Adam::<f32>::new(0.1)?.eps(x).map(done)),
    ("weight_decay", |x| Adam::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("rate", |x| AdamW::<f32>::new(x).map(done)),
    ("eps", |x| AdamW::<f32>::new(0.1)?.eps(x).map(done)),
    ("weight_decay", |x| AdamW::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("rate", |x| RmsProp::<f32>::new(x).map(done)),
    ("eps", |x| RmsProp::<f32>::new(0.1)?.eps(x).map(done)),
    ("momentum", |x| RmsProp::<f32>::new(0.1)?.momentum(x).map(done)),
    ("weight_decay", |x| RmsProp::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("rate", |x| Adagrad::<f32>::new(x).map(done)),
    ("eps", |x| Adagrad::<f32>::new(0.1)?.eps(x).map(done)),
    ("rate_decay", |x| Adagrad::<f32>::new(0.1)?.rate_decay(x).map(done)),
    ("initial", |x| Adagrad::<f32>::new(0.1)?.initial(x).map(done)),
    ("weight_decay", |x| Adagrad::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("rate", |x| Adadelta::<f32>::new(x).map(done)),
    ("eps", |x| Adadelta::<f32>::new(0.1)?.eps(x).map(done)),
    ("weight_decay", |x| Adadelta::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("rate", |x| Adamax::<f32>::new(x).map(done)),
    ("weight_decay", |x| Adamax::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("rate", |x| NAdam::<f32>::new(x).map(done)),
    ("eps", |x| NAdam::<f32>::new(0.1)?.eps(x).map(done)),
    ("momentum_decay", |x| NAdam::<f32>::new(0.1)?.momentum_decay(x).map(done)),
    ("weight_decay", |x| NAdam::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("rate", |x| RAdam::<f32>::new(x).map(done)),
    ("eps", |x| RAdam::<f32>::new(0.1)?.eps(x).map(done)),
    ("weight_decay", |x| RAdam::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("rate", |x| Asgd::<f32>::new(x).map(done)),
    ("lambda", |x| Asgd::<f32>::new(0.1)?.lambda(x).map(done)),
    ("alpha", |x| Asgd::<f32>::new(0.1)?.alpha(x).map(done)),
    ("start", |x| Asgd::<f32>::new(0.1)?.start(x).map(done)),
    ("weight_decay", |x| Asgd::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("rate", |x| Lion::<f32>::new(x).map(done)),
    ("weight_decay", |x| Lion::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("rate", |x| Adan::<f32>::new(x).map(done)),
    ("eps", |x| Adan::<f32>::new(0.1)?.eps(x).map(done)),
    ("weight_decay", |x| Adan::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("rate", |x| Lamb::<f32>::new(x).map(done)),
    ("eps", |x| Lamb::<f32>::new(0.1)?.eps(x).map(done)),
    ("weight_decay", |x| Lamb::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("rate", |x| Lars::<f32>::new(x).map(done)),
    ("momentum", |x| Lars::<f32>::new(0.1)?.momentum(x).map(done)),
    ("weight_decay", |x| Lars::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("rate", |x| Adafactor::<f32>::new(x).map(done)),
    ("power", |x| Adafactor::<f32>::new(0.1)?.power(x).map(done)),
    ("weight_decay", |x| Adafactor::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("rate", |x| Muon::<f32>::new(x).map(done)),
    ("weight_decay", |x| Muon::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("rate", |x| ScheduleFreeSgd::<f32>::new(x).map(done)),
    ("weight_decay", |x| ScheduleFreeSgd::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("rate", |x| ScheduleFreeAdamW::<f32>::new(x).map(done)),
    ("eps", |x| ScheduleFreeAdamW::<f32>::new(0.1)?.eps(x).map(done)),
    ("weight_decay", |x| ScheduleFreeAdamW::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("rate", |x| Muon::<f32>::new(0.1)?.others(AdamW::new(0.1)?, x).map(done)),
    ("rate", |x| Lbfgs::<f32>::new().rate(x).map(done)),
    ("gradient_tolerance", |x| Lbfgs::<f32>::new().gradient_tolerance(x).map(done)),
    ("change_tolerance", |x| Lbfgs::<f32>::new().change_tolerance(x).map(done)),
    ("rate", |x| ConjugateGradient::<f32>::new().rate(x).map(done)),
    ("rate", |x| NewtonCg::<f32>::new().rate(x).map(done)),
    ("rate", |x| LevenbergMarquardt::<f32>::new().rate(x).map(done)),
    ("rate", |x| Sophia::<f32>::new(x).map(done)),
    ("gamma", |x| Sophia::<f32>::new(0.1)?.gamma(x).map(done)),
    ("weight_decay", |x| Sophia::<f32>::new(0.1)?.weight_decay(x).map(done)),
    ("decay", |x| descent()?.coupled_decay(x).map(done)),
    ("decay", |x| descent()?.decoupled_decay(x).map(done)),
    ("decay", |x| descent()?.final_decay(x).map(done)),
    ("eta", |x| descent()?.noise(x, 0.5, 1).map(done)),
    ("gamma", |x| descent()?.noise(0.1, x, 1).map(done)),
    ("radius", |x| descent()?.sam(x).map(done)),
    ("rate", |x| Group::new().rate(x).map(done)),
    ("decay", |x| Group::new().decay(x).map(done)),
    ("factor", |x| Constant::new(x, 3).map(done)),
    ("gamma", |x| Step::new(3, x).map(done)),
    ("gamma", |x| MultiStep::new([3], x).map(done)),
    ("gamma", |x| Exponential::new(x).map(done)),
    ("start", |x| Linear::new(x, 1.0, 3).map(done)),
    ("end", |x| Linear::new(0.1, x, 3).map(done)),
    ("min", |x| Cosine::new(3)?.min(x).map(done)),
    ("min", |x| WarmRestarts::new(3, 1)?.min(x).map(done)),
    ("peak", |x| Cyclic::new(x, 3).map(done)),
    ("gamma", |x| Cyclic::new(1.0, 3)?.peaks(Peaks::Power(x)).map(done)),
    ("threshold", |x| Plateau::new(0.5, 3)?.relative_threshold(x).map(done)),
    ("threshold", |x| Plateau::new(0.5, 3)?.absolute_threshold(x).map(done)),
    ("min", |x| Plateau::new(0.5, 3)?.min(x).map(done)),
    ("least_fall", |x| Plateau::new(0.5, 3)?.least_fall(x).map(done)),
];

/// Settings that have to be above 0.
const ABOVE_0: &[(&str, Set)] = &[
    ("max", |x| GradientDescent::<f32>::new(0.1)?.clip_norm(x).map(done)),
    ("max", |x| GradientDescent::<f32>::new(0.1)?.clip_value(x).map(done)),
    ("eps", |x| Adamax::<f32>::new(0.1)?.eps(x).map(done)),
    ("trust", |x| Lars::<f32>::new(0.1)?.trust(x).map(done)),
    ("rate", |x| Rprop::<f32>::new(x).map(done)),
    ("least", |x| Rprop::<f32>::new(0.1)?.sizes(x, 1e300).map(done)),
    ("least", |x| Adafactor::<f32>::new(0.1)?.least(x).map(done)),
    ("threshold", |x| Adafactor::<f32>::new(0.1)?.threshold(x).map(done)),
    ("eps_inside", |x| Adafactor::<f32>::new(0.1)?.eps_inside(x).map(done)),
    ("eps", |x| Muon::<f32>::new(0.1)?.eps(x).map(done)),
    ("first_damping", |x| LevenbergMarquardt::<f32>::new().first_damping(x).map(done)),
    ("eps", |x| Sophia::<f32>::new(0.1)?.eps(x).map(done)),
    ("start", |x| OneCycle::new(3)?.divisors(x, 2.0).map(done)),
    ("end", |x| OneCycle::new(3)?.divisors(2.0, x).map(done)),
    ("share", |x| descent()?.adaptive_clip(x).map(done)),
    ("eps", |x| descent()?.adaptive_clip(0.1)?.eps(x).map(done)),
    ("power", |x| Polynomial::new(x, 3).map(done)),
];

/// Settings at least 0 and below 1.
const MEMORIES: &[(&str, Set)] = &[
    ("beta1", |x| Adam::<f32>::new(0.1)?.betas(x, 0.9).map(done)),
    ("beta2", |x| Adam::<f32>::new(0.1)?.betas(0.9, x).map(done)),
    ("beta1", |x| AdamW::<f32>::new(0.1)?.betas(x, 0.9).map(done)),
    ("beta2", |x| AdamW::<f32>::new(0.1)?.betas(0.9, x).map(done)),
    ("alpha", |x| RmsProp::<f32>::new(0.1)?.alpha(x).map(done)),
    ("rho", |x| Adadelta::<f32>::new(0.1)?.rho(x).map(done)),
    ("beta1", |x| Adamax::<f32>::new(0.1)?.beta1(x).map(done)),
    ("beta2", |x| Adamax::<f32>::new(0.1)?.beta2(x).map(done)),
    ("beta1", |x| NAdam::<f32>::new(0.1)?.beta1(x).map(done)),
    ("beta2", |x| NAdam::<f32>::new(0.1)?.beta2(x).map(done)),
    ("beta1", |x| RAdam::<f32>::new(0.1)?.beta1(x).map(done)),
    ("beta2", |x| RAdam::<f32>::new(0.1)?.beta2(x).map(done)),
    ("beta1", |x| Lion::<f32>::new(0.1)?.beta1(x).map(done)),
    ("beta2", |x| Lion::<f32>::new(0.1)?.beta2(x).map(done)),
    ("beta1", |x| Adan::<f32>::new(0.1)?.beta1(x).map(done)),
    ("beta2", |x| Adan::<f32>::new(0.1)?.beta2(x).map(done)),
    ("beta3", |x| Adan::<f32>::new(0.1)?.beta3(x).map(done)),
    ("beta1", |x| Lamb::<f32>::new(0.1)?.beta1(x).map(done)),
    ("beta2", |x| Lamb::<f32>::new(0.1)?.beta2(x).map(done)),
    ("momentum", |x| Muon::<f32>::new(0.1)?.momentum(x).map(done)),
    ("beta1", |x| Sophia::<f32>::new(0.1)?.beta1(x).map(done)),
    ("beta2", |x| Sophia::<f32>::new(0.1)?.beta2(x).map(done)),
    ("beta2", |x| ScheduleFreeAdamW::<f32>::new(0.1)?.beta2(x).map(done)),
    ("rising", |x| OneCycle::new(3)?.rising(x).map(done)),
    ("least", |x| OneCycle::new(3)?.momenta(x, 0.9).map(done)),
    ("most", |x| OneCycle::new(3)?.momenta(0.9, x).map(done)),
    ("least", |x| Cyclic::new(1.0, 3)?.momenta(x, 0.9).map(done)),
    ("most", |x| Cyclic::new(1.0, 3)?.momenta(0.9, x).map(done)),
    ("factor", |x| Plateau::new(x, 3).map(done)),
    ("decay", |x| descent()?.ema(x).map(done)),
];

/// Settings above 0 and below 1.
const BETWEEN: &[(&str, Set)] = &[
    ("momentum", |x| ScheduleFreeSgd::<f32>::new(0.1)?.momentum(x).map(done)),
    ("beta1", |x| ScheduleFreeAdamW::<f32>::new(0.1)?.beta1(x).map(done)),
];

/// Settings that count steps, of which there has to be one.
const COUNTS: &[(&str, Set)] = &[
    ("size", |x| Step::new(x as u64, 0.5).map(done)),
    ("steps", |x| Linear::new(0.1, 1.0, x as u64).map(done)),
    ("steps", |x| Linear::warmup(x as u64).map(done)),
    ("steps", |x| Cosine::new(x as u64).map(done)),
    ("steps", |x| Polynomial::new(1.0, x as u64).map(done)),
    ("steps", |x| WarmupCosine::over(3, 3 + x as u64).map(done)),
    ("steps", |x| WarmRestarts::new(x as u64, 1).map(done)),
    ("times", |x| WarmRestarts::new(3, x as u64).map(done)),
    ("steps", |x| OneCycle::new(x as u64).map(done)),
    ("up", |x| Cyclic::new(1.0, x as u64).map(done)),
    ("down", |x| Cyclic::new(1.0, 3)?.down(x as u64).map(done)),
    ("warmup", |x| InverseSqrt::new(x as u64).map(done)),
    ("pairs", |x| Lbfgs::<f32>::new().pairs(x as usize).map(done)),
    ("iterations", |x| Lbfgs::<f32>::new().iterations(x as u64, 3).map(done)),
    ("evaluations", |x| Lbfgs::<f32>::new().iterations(3, x as u64).map(done)),
    ("products", |x| NewtonCg::<f32>::new().products(x as u64).map(done)),
    ("every", |x| Sophia::<f32>::new(0.1)?.every(x as u64).map(done)),
    ("count", |x| descent()?.accumulate(x as u64).map(done)),
    ("every", |x| descent()?.swa(3, x as u64).map(done)),
    ("steps", |x| descent()?.lookahead(x as u64, 0.5).map(done)),
];

#[test]
fn out_of_range() {
    let never = [f64::NAN, -1e-300, -1.0, f64::INFINITY, f64::NEG_INFINITY];
    for (rows, good, bad) in [
        (AT_LEAST_0, vec![0.0, 0.5, 2.0], never.to_vec()),
        (ABOVE_0, vec![1e-300, 2.0], [&never[..], &[0.0]].concat()),
        (MEMORIES, vec![0.0, 0.999], [&never[..], &[1.0, 1.5]].concat()),
        (BETWEEN, vec![1e-300, 0.999], [&never[..], &[0.0, 1.0, 1.5]].concat()),
        (COUNTS, vec![1.0, 7.0], vec![0.0]),
    ] {
        for (setting, set) in rows {
            for &value in &good {
                assert_eq!(set(value), Ok(()), "{setting} {value}");
            }
            for &wrong in &bad {
                match set(wrong) {
                    Err(Error::Setting { name, value, .. }) => {
                        assert_eq!((name, value.to_bits()), (*setting, wrong.to_bits()));
                    }
                    other => panic!("{setting} {wrong}: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn the_share_of_lookahead() {
    for (share, good) in [(0.0, false), (1e-9, true), (1.0, true), (1.1, false), (f64::NAN, false)] {
        assert_eq!(descent().unwrap().lookahead(2, share).is_ok(), good, "{share}");
    }
}

#[test]
fn coefficients_are_finite() {
    let muon = Muon::<f32>::new(0.1).unwrap().newton_schulz([1.0, f64::NAN, 0.0], 3);
    assert!(matches!(muon, Err(Error::Setting { name: "coefficients", .. })));
}

#[test]
fn settings_of_rprop() {
    for (shrink, grow, expected) in
        [(0.0, 1.2, "shrink"), (1.0, 1.2, "shrink"), (0.5, 1.0, "grow"), (0.5, f64::INFINITY, "grow")]
    {
        let error = Rprop::<f32>::new(0.1).unwrap().factors(shrink, grow).unwrap_err();
        assert!(matches!(error, Error::Setting { name, .. } if name == expected), "{error}");
    }
    let error = Rprop::<f32>::new(0.1).unwrap().sizes(0.2, 0.1).unwrap_err();
    assert!(matches!(error, Error::Setting { name: "most", .. }), "{error}");
}

#[test]
fn the_message_has_name_rule_and_value() {
    let error = Adam::<f32>::new(0.1).unwrap().betas(0.9, 1.5).unwrap_err();
    assert_eq!(error.to_string(), "beta2 must be at least 0 and below 1, got 1.5");
}
