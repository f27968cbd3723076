//! Optimizers: twenty steps on small problems.

use downhill::optim::{
    Adadelta, Adafactor, Adagrad, Adamax, Asgd, Function, Lamb, Lbfgs, Lion, Muon, NAdam, Norm, RAdam,
    Result, Rprop,
};
use downhill::prelude::{Adam, AdamW, Optimizer, RmsProp, Sgd, Tape, Tensor, Var};
use downhill::tensor::{Layout, Real};

use crate::check::{Checks, Outcome, Tolerance, Verdict};
use crate::json::Json;

/// An optimizer of a case's `hyper`, which has PyTorch's names and defaults.
type Build<T> = fn(Json<'_>) -> Result<Box<dyn Optimizer<T>>>;

/// The optimizers that the library has, by the cases' names.
fn rows<T: Real>() -> Vec<(&'static str, Build<T>)> {
    vec![
        ("sgd", |hyper| {
            let (sgd, momentum) = (Sgd::new(hyper.number("lr"))?, hyper.number_or("momentum", 0.0));
            let sgd = sgd.weight_decay(hyper.number_or("weight_decay", 0.0))?;
            Ok(Box::new(if hyper.flag("nesterov") {
                sgd.nesterov_momentum(momentum)?
            } else {
                sgd.dampened_momentum(momentum, hyper.number_or("dampening", 0.0))?
            }))
        }),
        ("adam", |hyper| {
            let (beta1, beta2) = betas(hyper);
            let adam = Adam::new(hyper.number("lr"))?.betas(beta1, beta2)?;
            let adam = adam.eps(hyper.number_or("eps", 1e-8))?;
            let adam = adam.weight_decay(hyper.number_or("weight_decay", 0.0))?;
            Ok(Box::new(if hyper.flag("amsgrad") { adam.amsgrad() } else { adam }))
        }),
        ("adamw", |hyper| {
            let (beta1, beta2) = betas(hyper);
            let adamw = AdamW::new(hyper.number("lr"))?.betas(beta1, beta2)?;
            let adamw = adamw.eps(hyper.number_or("eps", 1e-8))?;
            let adamw = adamw.weight_decay(hyper.number_or("weight_decay", 0.01))?;
            Ok(Box::new(if hyper.flag("amsgrad") { adamw.amsgrad() } else { adamw }))
        }),
        ("rmsprop", |hyper| {
            let prop = RmsProp::new(hyper.number("lr"))?.alpha(hyper.number_or("alpha", 0.99))?;
            let prop = prop.eps(hyper.number_or("eps", 1e-8))?;
            let prop = prop.momentum(hyper.number_or("momentum", 0.0))?;
            let prop = prop.weight_decay(hyper.number_or("weight_decay", 0.0))?;
            Ok(Box::new(if hyper.flag("centered") { prop.centred() } else { prop }))
        }),
        ("adagrad", |hyper| {
            let adagrad = Adagrad::new(hyper.number("lr"))?.eps(hyper.number_or("eps", 1e-10))?;
            let adagrad = adagrad.rate_decay(hyper.number_or("lr_decay", 0.0))?;
            let adagrad = adagrad.initial(hyper.number_or("initial_accumulator_value", 0.0))?;
            Ok(Box::new(adagrad.weight_decay(decay(hyper))?))
        }),
        ("adadelta", |hyper| {
            let adadelta = Adadelta::new(hyper.number("lr"))?.rho(hyper.number_or("rho", 0.9))?;
            Ok(Box::new(adadelta.eps(hyper.number_or("eps", 1e-6))?.weight_decay(decay(hyper))?))
        }),
        ("adamax", |hyper| {
            let (beta1, beta2) = betas(hyper);
            let adamax = Adamax::new(hyper.number("lr"))?.beta1(beta1)?.beta2(beta2)?;
            Ok(Box::new(adamax.eps(hyper.number_or("eps", 1e-8))?.weight_decay(decay(hyper))?))
        }),
        ("nadam", |hyper| {
            let (beta1, beta2) = betas(hyper);
            let nadam = NAdam::new(hyper.number("lr"))?.beta1(beta1)?.beta2(beta2)?;
            let nadam = nadam.momentum_decay(hyper.number_or("momentum_decay", 0.004))?;
            let nadam = nadam.eps(hyper.number_or("eps", 1e-8))?.weight_decay(decay(hyper))?;
            Ok(Box::new(if hyper.flag("decoupled_weight_decay") { nadam.decoupled() } else { nadam }))
        }),
        ("radam", |hyper| {
            let (beta1, beta2) = betas(hyper);
            let radam = RAdam::new(hyper.number("lr"))?.beta1(beta1)?.beta2(beta2)?;
            let radam = radam.eps(hyper.number_or("eps", 1e-8))?.weight_decay(decay(hyper))?;
            Ok(Box::new(if hyper.flag("decoupled_weight_decay") { radam.decoupled() } else { radam }))
        }),
        ("rprop", |hyper| {
            let (factors, sizes) = (hyper.numbers("etas"), hyper.numbers("step_sizes"));
            let rprop = Rprop::new(hyper.number("lr"))?.factors(factors[0], factors[1])?;
            Ok(Box::new(rprop.sizes(sizes[0], sizes[1])?))
        }),
        ("asgd", |hyper| {
            let asgd = Asgd::new(hyper.number("lr"))?.lambda(hyper.number_or("lambd", 1e-4))?;
            let asgd = asgd.alpha(hyper.number_or("alpha", 0.75))?.start(hyper.number_or("t0", 1e6))?;
            Ok(Box::new(asgd.weight_decay(decay(hyper))?))
        }),
        ("adafactor", |hyper| Ok(Box::new(Adafactor::new(hyper.number("lr"))?.weight_decay(decay(hyper))?))),
        ("muon", |hyper| {
            let muon = Muon::new(hyper.number("lr"))?.momentum(hyper.number("momentum"))?;
            let [a, b, c] = hyper.numbers("ns_coefficients")[..] else { panic!("three coefficients") };
            let muon = muon.newton_schulz([a, b, c], hyper.count("ns_steps"))?;
            let muon = muon.eps(hyper.number("eps"))?.weight_decay(decay(hyper))?;
            let muon = if hyper.flag("nesterov") { muon } else { muon.classical() };
            Ok(Box::new(if hyper.get("adjust_lr_fn").is_some() { muon.match_rms() } else { muon }))
        }),
        ("lbfgs", |hyper| {
            let iterations = hyper.count("max_iter") as u64;
            let lbfgs = Lbfgs::new().rate(hyper.number("lr"))?.pairs(hyper.count("history_size"))?;
            let lbfgs = lbfgs.iterations(iterations, iterations * 5 / 4)?;
            let lbfgs = lbfgs.gradient_tolerance(1e-7)?.change_tolerance(1e-9)?;
            Ok(Box::new(if hyper.get("line_search_fn").is_some() { lbfgs } else { lbfgs.fixed_step() }))
        }),
        ("lion", |hyper| {
            let (beta1, beta2) = betas(hyper);
            let lion = Lion::new(hyper.number("lr"))?.beta1(beta1)?.beta2(beta2)?;
            Ok(Box::new(lion.weight_decay(decay(hyper))?))
        }),
        ("lamb", |hyper| {
            let (beta1, beta2) = betas(hyper);
            let lamb = Lamb::new(hyper.number("lr"))?.beta1(beta1)?.beta2(beta2)?;
            Ok(Box::new(lamb.eps(hyper.number_or("eps", 1e-6))?.weight_decay(decay(hyper))?))
        }),
    ]
}

fn decay(hyper: Json<'_>) -> f64 {
    hyper.number_or("weight_decay", 0.0)
}

fn betas(hyper: Json<'_>) -> (f64, f64) {
    match hyper.get("betas") {
        Some(_) => (hyper.numbers("betas")[0], hyper.numbers("betas")[1]),
        None => (0.9, 0.999),
    }
}

/// An optimizer by name, if the library has it.
pub(crate) fn build<T: Real>(name: &str, hyper: Json<'_>) -> Result<Option<Box<dyn Optimizer<T>>>> {
    rows().into_iter().find(|row| row.0 == name).map(|(_, build)| build(hyper)).transpose()
}

pub(crate) fn run(case: Json<'_>, checks: &mut Checks) -> Outcome {
    let name = case.text("optimizer");
    let Some(mut optimizer) = build::<f64>(name, case.at("hyper"))? else {
        return Ok(Verdict::Lacks(vec![name.into()]));
    };
    let mut norm = Norm::L2;
    if let Some(clip) = case.get("clip") {
        optimizer = match clip.text("kind") {
            "value" => Box::new(optimizer.clip_value(clip.number("clip_value"))?),
            _ => {
                norm = match clip.at("norm_type").real() {
                    1.0 => Norm::L1,
                    2.0 => Norm::L2,
                    _ => Norm::Max,
                };
                Box::new(optimizer.clip_norm(clip.number("max_norm"))?.norm(norm))
            }
        };
    }

    let (start, problem) = (case.at("x0").tensor(), case.at("problem"));
    let mut layout = Layout::default();
    layout.push("x", start.shape(), true);
    let mut x = start.as_slice().to_vec();
    let (mut losses, mut params, mut norms) = (Vec::new(), Vec::new(), Vec::new());
    let mut objective = Function::new(|x: &[f64], gradient: &mut [f64]| {
        let tape = Tape::new();
        let at = tape.variable(Tensor::new(start.shape(), x.to_vec()).expect("as many numbers as before"));
        let value = value(at, problem);
        let slopes = value.backward().and_then(|gradients| gradients.wrt(at)).expect("a gradient");
        gradient.copy_from_slice(slopes.as_slice());
        norms.push(norm.of(gradient, &layout).expect("a norm"));
        value.value().and_then(|value| Ok(value.item()?)).expect("one number")
    });
    let mut gradient = x.clone();
    for _ in 0..case.count("steps") {
        losses.push(optimizer.step_on(&mut x, &mut gradient, &mut objective, &layout)?);
        params.extend_from_slice(&x);
    }

    let sensitivity = case.number_or("sensitivity_x0_jittered_1e-13_relative", 0.0);
    let tolerance = Tolerance { absolute: 1e-12, relative: 1e-8 + 100.0 * sensitivity };
    let mut compare = |what: &str, got: Vec<f64>, want: Vec<f64>| {
        checks.compare(what, &Tensor::vector(got), &Tensor::vector(want), tolerance);
    };
    compare("params", params, case.at("params").items().flat_map(Json::items).map(Json::real).collect());
    compare("losses", losses, case.numbers("losses"));
    if case.get("grad_norms_before_clip").is_some() {
        compare("grad norms", norms, case.numbers("grad_norms_before_clip"));
    }
    Ok(Verdict::Ran)
}

/// The value of a case's problem at x.
fn value<'t>(x: Var<'t, f64>, problem: Json<'_>) -> Var<'t, f64> {
    let given = |name| x.tape().constant(problem.at(name).tensor());
    match problem.text("type") {
        "quadratic" => x.matmul(given("A")).matmul(x) * 0.5 - given("b").matmul(x),
        "rosenbrock" => {
            let n = x.shape().elements();
            let (here, next) = (x.slice(0, 0..n - 1, 1), x.slice(0, 1..n, 1));
            (next - here.square()).square().sum() * 100.0 + (-here).add_scalar(1.0).square().sum()
        }
        "matrix_least_squares" => (given("A").matmul(x) - given("B")).square().sum() * 0.5,
        other => panic!("problem {other}"),
    }
}
