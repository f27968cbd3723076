//! Schedules: the rates of a hundred steps.

use downhill::optim::schedule::{
    Constant, Cosine, Cyclic, Exponential, Linear, MultiStep, OneCycle, Peaks, Polynomial, Schedule, Step,
    WarmRestarts,
};
use downhill::optim::{Optimizer, Plateau, Result};
use downhill::prelude::{Sgd, Tensor};

use crate::check::{Checks, Outcome, Tolerance, Verdict};
use crate::json::Json;

/// A schedule of a case's `params`.
type Build = fn(Json<'_>) -> Result<Box<dyn Schedule>>;

/// The schedules that the library has, by the cases' names.
const ROWS: [(&str, Build); 11] = [
    ("step", |s| Ok(Box::new(Step::new(steps(s, "step_size"), s.number("gamma"))?))),
    ("multi_step", |s| {
        let milestones: Vec<u64> = s.counts("milestones").into_iter().map(|step| step as u64).collect();
        Ok(Box::new(MultiStep::new(milestones, s.number("gamma"))?))
    }),
    ("exponential", |s| Ok(Box::new(Exponential::new(s.number("gamma"))?))),
    ("cosine_annealing", |s| Ok(Box::new(Cosine::new(steps(s, "T_max"))?.min(s.number("eta_min"))?))),
    ("linear", |s| {
        let (start, end) = (s.number("start_factor"), s.number("end_factor"));
        Ok(Box::new(Linear::new(start, end, steps(s, "total_iters"))?))
    }),
    ("constant", |s| Ok(Box::new(Constant::new(s.number("factor"), steps(s, "total_iters"))?))),
    ("polynomial", |s| Ok(Box::new(Polynomial::new(s.number("power"), steps(s, "total_iters"))?))),
    ("linear_warmup_then_cosine", |s| {
        let warmup = steps(s, "warmup_iters");
        let cosine = Cosine::new(steps(s, "cosine_T_max"))?.min(s.number("eta_min"))?;
        Ok(Box::new(Linear::new(s.number("warmup_start_factor"), 1.0, warmup)?.then(warmup, cosine)))
    }),
    ("cosine_warm_restarts", |s| {
        Ok(Box::new(WarmRestarts::new(steps(s, "T_0"), steps(s, "T_mult"))?.min(s.number("eta_min"))?))
    }),
    ("one_cycle", |s| {
        let cycle = OneCycle::new(steps(s, "total_steps"))?.rising(s.number("pct_start"))?;
        let cycle = cycle.divisors(s.number("div_factor"), s.number("final_div_factor"))?;
        let cycle = if s.text("anneal_strategy") == "linear" { cycle.linear() } else { cycle };
        let cycle = if s.flag("three_phase") { cycle.three_phases() } else { cycle };
        // The peak is base.
        let peak = s.number("max_lr");
        Ok(Box::new(move |_, step| cycle.rate(peak, step)))
    }),
    ("cyclic", |s| {
        let cyclic = Cyclic::new(s.number("max_lr"), steps(s, "step_size_up"))?;
        let cyclic = match s.get("step_size_down") {
            Some(down) => cyclic.down(down.real() as u64)?,
            None => cyclic,
        };
        Ok(Box::new(cyclic.peaks(match s.text("mode") {
            "triangular" => Peaks::Same,
            "triangular2" => Peaks::Halving,
            _ => Peaks::Power(s.number("gamma")),
        })?))
    }),
];

fn steps(settings: Json<'_>, name: &str) -> u64 {
    settings.count(name) as u64
}

/// A schedule by name, if the library has it.
pub(crate) fn build(name: &str, params: Json<'_>) -> Result<Option<Box<dyn Schedule>>> {
    ROWS.into_iter().find(|row| row.0 == name).map(|(_, build)| build(params)).transpose()
}

/// The rates of an optimizer that is told of the case's metrics.
fn on_plateau(case: Json<'_>) -> Result<Vec<f64>> {
    let s = case.at("params");
    let plateau = Plateau::new(s.number("factor"), steps(s, "patience"))?;
    let threshold = s.number("threshold");
    let plateau = match s.text("threshold_mode") {
        "rel" => plateau.relative_threshold(threshold)?,
        _ => plateau.absolute_threshold(threshold)?,
    };
    let plateau = plateau.cooldown(steps(s, "cooldown")).min(s.number("min_lr"))?;
    let plateau = plateau.least_fall(s.number("eps"))?;
    let plateau = if s.text("mode") == "max" { plateau.rising() } else { plateau };
    let sgd = Sgd::<f64>::new(case.number("base_lr"))?;
    let optimizer: &mut dyn Optimizer<f64> = &mut Optimizer::<f64>::reduce_on_plateau(sgd, plateau);
    let rate = |metric| {
        let rate = optimizer.rate();
        optimizer.report(metric);
        rate
    };
    Ok(case.numbers("metrics").into_iter().map(rate).collect())
}

pub(crate) fn run(case: Json<'_>, checks: &mut Checks) -> Outcome {
    let name = case.text("schedule");
    // The recursive forms of PyTorch round at every step.
    let tolerance = Tolerance { absolute: 1e-14, relative: 1e-11 };
    if name == "reduce_on_plateau" {
        let (rates, want) = (on_plateau(case)?, case.numbers("lr"));
        checks.compare("lr", &Tensor::vector(rates), &Tensor::vector(want), tolerance);
        return Ok(Verdict::Ran);
    }
    let Some(schedule) = build(name, case.at("params"))? else {
        return Ok(Verdict::Lacks(vec![name.into()]));
    };
    let want = Tensor::vector(case.numbers("lr"));
    let rates = Tensor::from_fn(want.shape(), |step| schedule.rate(case.number("base_lr"), step as u64));
    checks.compare("lr", &rates, &want, tolerance);
    Ok(Verdict::Ran)
}
