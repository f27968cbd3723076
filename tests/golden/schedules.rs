//! Schedules: the rates of a hundred steps.

use downhill::optim::Result;
use downhill::optim::schedule::{
    Constant, Cosine, Exponential, Linear, MultiStep, Polynomial, Schedule, Step,
};
use downhill::prelude::Tensor;

use crate::check::{Checks, Outcome, Tolerance, Verdict};
use crate::json::Json;

/// A schedule of a case's `params`.
type Build = fn(Json<'_>) -> Result<Box<dyn Schedule>>;

/// The schedules that the library has, by the cases' names.
const ROWS: [(&str, Build); 8] = [
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
];

fn steps(settings: Json<'_>, name: &str) -> u64 {
    settings.count(name) as u64
}

/// A schedule by name, if the library has it.
pub(crate) fn build(name: &str, params: Json<'_>) -> Result<Option<Box<dyn Schedule>>> {
    ROWS.into_iter().find(|row| row.0 == name).map(|(_, build)| build(params)).transpose()
}

pub(crate) fn run(case: Json<'_>, checks: &mut Checks) -> Outcome {
    let name = case.text("schedule");
    let Some(schedule) = build(name, case.at("params"))? else {
        return Ok(Verdict::Lacks(vec![name.into()]));
    };
    let want = Tensor::vector(case.numbers("lr"));
    let rates = Tensor::from_fn(want.shape(), |step| schedule.rate(case.number("base_lr"), step as u64));
    // The recursive forms of PyTorch round at every step.
    checks.compare("lr", &rates, &want, Tolerance { absolute: 1e-14, relative: 1e-11 });
    Ok(Verdict::Ran)
}
