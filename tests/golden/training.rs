//! Training runs, step by step.

use std::sync::Arc;

use downhill::prelude::{Learner, Loss, Network, Optimizer, Params, Tape, Target, Tensor};
use serde_json::{Value, json};

use crate::check::{Checks, Outcome, Precision, Tolerance, Verdict};
use crate::json::Json;
use crate::{layers, losses, optimizers, schedules};

pub(crate) fn run(case: Json<'_>, checks: &mut Checks) -> Outcome {
    match run_in::<f64>(case, checks)? {
        Verdict::Ran => run_in::<f32>(case, checks),
        skipped => Ok(skipped),
    }
}

fn run_in<T: Precision>(case: Json<'_>, checks: &mut Checks) -> Outcome {
    let layers = match layers::sequential(case.at("model").at("layers")) {
        Ok(layers) => layers,
        Err(lacking) => return Ok(Verdict::Lacks(lacking)),
    };
    let (loss_name, loss_params) = loss(case.text("loss"));
    let loss = match losses::build::<T>(loss_name, Json(&loss_params), Json(&Value::Null)) {
        Some(loss) => Arc::<dyn Loss<T>>::from(loss?),
        None => return Ok(Verdict::Lacks(vec![loss_name.into()])),
    };
    let hyper = case.at("optimizer");
    let Some(mut optimizer) = optimizers::build::<T>(hyper.text("name"), hyper.at("hyper"))? else {
        return Ok(Verdict::Lacks(vec![hyper.text("name").into()]));
    };
    if let Some(most) = case.get("clip_grad_norm") {
        optimizer = Box::new(optimizer.clip_norm(most.real())?);
    }
    if let Some(schedule) = case.get("schedule") {
        let Some(schedule) = schedules::build(schedule.text("name"), schedule.at("params"))? else {
            return Ok(Verdict::Lacks(vec![schedule.text("name").into()]));
        };
        optimizer = Box::new(optimizer.schedule(move |base: f64, step: u64| schedule.rate(base, step)));
    }

    let x: Tensor<T> = case.at("dataset").at("x").tensor().cast();
    let y = losses::target::<T>(case.at("dataset").at("y"));
    let network = Network::build(layers, x.shape().sample())?;
    let mut learner = Learner::new(network, loss.clone(), optimizer, 0);
    for (name, value) in counted(case.at("initial_state")) {
        learner.params_mut().set(name, &value.tensor().cast())?;
    }
    let tolerances = Tolerances::of::<T>(case.at("sensitivity"));
    let mut found = Vec::new();
    for (step, batch) in case.at("batches").items().enumerate() {
        let rows: Vec<usize> = batch.items().map(|row| row.real() as usize).collect();
        let inputs = x.index_select(0, &rows)?;
        let target = match &y {
            Target::Classes(classes) => Target::Classes(classes.index_select(0, &rows)?),
            Target::Values(values) => Target::Values(values.index_select(0, &rows)?),
        };
        if step == 0 {
            let (network, params) = (learner.network(), learner.params());
            let (tape, mut gradient) = (Tape::new(), vec![T::zero(); params.len()]);
            let output = network.forward(&tape, params, tape.constant(inputs.clone()), Some(0));
            loss.loss(output, &target).backward_into(&mut gradient)?;
            for part in params.layout().parts() {
                let got = Tensor::new(part.shape, gradient[part.range()].to_vec())?;
                let want = case.at("first_step_grads").at(&part.name).tensor();
                let what = format!("the first gradient of {}", part.name);
                checks.compare(&what, &got, &want, Tolerance::of_operation::<T>(0.0));
            }
        }
        found.push(learner.step(&inputs, &target)?);
        let steps = step + 1;
        if let Some(state) = case.at("state_after").get(&steps.to_string()) {
            compare_state(&format!("after {steps} steps"), learner.params(), state, tolerances, checks)?;
        }
    }
    let want = Tensor::vector(case.numbers("losses"));
    checks.compare("losses", &Tensor::vector(found), &want, tolerances.loss);
    compare_state("at the end", learner.params(), case.at("final_state"), tolerances, checks)?;
    let want = case.at("eval_output_first_rows").tensor();
    let got = learner.network().predict(learner.params(), &x.rows(0..want.shape()[0])?)?;
    checks.compare("outputs at the end", &got, &want, tolerances.output);
    Ok(Verdict::Ran)
}

/// A state without the number of batches, which PyTorch counts in batch normalisation and does not use.
fn counted(state: Json<'_>) -> impl Iterator<Item = (&str, Json<'_>)> {
    state.entries().filter(|(name, _)| !name.ends_with("num_batches_tracked"))
}

fn compare_state<T: Precision>(
    when: &str,
    params: &Params<T>,
    state: Json<'_>,
    tolerances: Tolerances,
    checks: &mut Checks,
) -> Result<(), downhill::nn::Error> {
    for (name, want) in counted(state) {
        checks.compare(&format!("{name} {when}"), &params.get(name)?, &want.tensor(), tolerances.weight);
    }
    Ok(())
}

/// A loss and its settings, of a text like `cross_entropy(mean,label_smoothing=0.1)`.
fn loss(text: &str) -> (&str, Value) {
    let (name, settings) =
        text.strip_suffix(')').and_then(|text| text.split_once('(')).expect("name(settings)");
    let mut params = json!({});
    for setting in settings.split(',') {
        match setting.split_once('=') {
            Some((key, value)) => params[key] = value.parse::<f64>().expect("a number").into(),
            None => params["reduction"] = setting.into(),
        }
    }
    (name, params)
}

/// The least that an `f32` run is allowed to be off: 16 rounding errors of numbers near 1. PyTorch's own run
/// may have been lucky, and other vector widths add up in another order.
const F32_FLOOR: f64 = 16.0 * f32::EPSILON as f64;

/// How far a run may be from the case's, by how far it moves when the initial weights do and, in `f32`, by
/// how far PyTorch's own `f32` run is off.
#[derive(Clone, Copy)]
struct Tolerances {
    loss: Tolerance,
    weight: Tolerance,
    output: Tolerance,
}

impl Tolerances {
    fn of<T: Precision>(sensitivity: Json<'_>) -> Tolerances {
        let jitter = sensitivity.at("initial_weights_jittered_1e-13_relative");
        let f32_run = sensitivity.at("torch_float32_run");
        let allowed = |what| {
            let (by_jitter, by_f32_run) = (100.0 * jitter.number(what), 5.0 * f32_run.number(what));
            T::choose(by_jitter.max(1e-8), by_f32_run.max(F32_FLOOR))
        };
        let (loss, weight) = (allowed("max_loss_diff"), allowed("max_final_weight_diff"));
        let absolute = |absolute| Tolerance { absolute, relative: 0.0 };
        Tolerances {
            loss: absolute(loss),
            weight: absolute(weight),
            // Outputs are sums over weights.
            output: Tolerance { absolute: 4.0 * weight, relative: 4.0 * weight },
        }
    }
}
