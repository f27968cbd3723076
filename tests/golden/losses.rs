//! Losses: values, and gradients for a given upstream gradient.

use std::error::Error;

use downhill::nn::Reduction;
use downhill::nn::loss::*;
use downhill::prelude::{Tape, Target, Tensor, Var};

use crate::check::{Checks, Outcome, Precision, Tolerance, Verdict};
use crate::json::Json;

type Built<T> = Result<Box<dyn Loss<T>>, Box<dyn Error>>;

/// A loss by the cases' name, the outputs that it takes, the inputs besides them and `target` that it knows, and how to
/// make it of a case's `params` and `inputs`.
struct Row<T: Precision> {
    name: &'static str,
    outputs: &'static [&'static str],
    others: &'static [&'static str],
    build: fn(Json<'_>, Json<'_>) -> Built<T>,
}

/// The losses that the library has.
fn rows<T: Precision>() -> Vec<Row<T>> {
    fn row<T: Precision>(name: &'static str, build: fn(Json<'_>, Json<'_>) -> Built<T>) -> Row<T> {
        Row { name, outputs: &["x"], others: &[], build }
    }
    const PAIR: &[&str] = &["x1", "x2"];
    const WEIGHT: &[&str] = &["weight"];
    vec![
        row("mse", |params, _| reduced(params, Mse::new())),
        row("l1", |params, _| reduced(params, L1::new())),
        row("huber", |params, _| reduced(params, Huber::new(params.number("delta"))?)),
        row("smooth_l1", |params, _| reduced(params, SmoothL1::new(params.number("beta"))?)),
        row("poisson_nll", |params, _| {
            let loss = if params.flag("log_input") {
                PoissonNll::new()
            } else {
                PoissonNll::of_rates(params.number("eps"))?
            };
            reduced(params, if params.flag("full") { loss.full() } else { loss })
        }),
        Row {
            outputs: &["x", "var"],
            ..row("gaussian_nll", |params, _| {
                let loss = GaussianNll::new().floor(params.number("eps"))?;
                reduced(params, if params.flag("full") { loss.full() } else { loss })
            })
        },
        Row { others: WEIGHT, ..row("bce", |params, _| reduced(params, BinaryCrossEntropy::new())) },
        Row {
            others: &["weight", "pos_weight"],
            ..row("bce_with_logits", |params, inputs| {
                let mut loss = BinaryCrossEntropyWithLogits::new();
                if let Some(weights) = inputs.get("pos_weight") {
                    loss = loss.positive_weights(weights.tensor().into_vec())?;
                }
                reduced(params, loss)
            })
        },
        row("soft_margin", |params, _| reduced(params, SoftMargin::new())),
        row("hinge_embedding", |params, _| reduced(params, HingeEmbedding::new(params.number("margin"))?)),
        Row {
            others: WEIGHT,
            ..row("multi_margin", |params, inputs| {
                let mut loss = MultiMargin::new(params.number("margin"))?;
                if params.count("p") == 2 {
                    loss = loss.squared();
                }
                if let Some(weights) = inputs.get("weight") {
                    loss = loss.class_weights(weights.tensor().into_vec())?;
                }
                reduced(params, loss)
            })
        },
        row("kl_div", |params, _| {
            let log_targets = params.flag("log_target");
            reduced(params, if log_targets { KlDivergence::of_log_targets() } else { KlDivergence::new() })
        }),
        Row {
            outputs: PAIR,
            ..row("margin_ranking", |params, _| reduced(params, MarginRanking::new(params.number("margin"))?))
        },
        Row {
            outputs: PAIR,
            ..row("cosine_embedding", |params, _| {
                reduced(params, CosineEmbedding::new(params.number("margin"))?)
            })
        },
        Row {
            outputs: &["anchor", "positive", "negative"],
            ..row("triplet_margin", |params, _| {
                let loss = TripletMargin::new(params.number("margin"))?;
                reduced(params, loss.distance(params.number("p"), params.number("eps"))?)
            })
        },
        Row {
            others: WEIGHT,
            ..row("nll", |params, inputs| {
                let mut loss = Nll::new().ignore_class(class(params.axis("ignore_index")));
                if let Some(weights) = inputs.get("weight") {
                    loss = loss.class_weights(weights.tensor().into_vec())?;
                }
                reduced(params, loss)
            })
        },
        Row {
            others: WEIGHT,
            ..row("cross_entropy", |params, inputs| {
                let smoothing = params.number_or("label_smoothing", 0.0);
                let mut loss = CrossEntropy::new().label_smoothing(smoothing)?;
                if let Some(weights) = inputs.get("weight") {
                    loss = loss.class_weights(weights.tensor().into_vec())?;
                }
                if params.get("ignore_index").is_some() {
                    loss = loss.ignore_class(class(params.axis("ignore_index")));
                }
                reduced(params, loss)
            })
        },
    ]
}

/// A loss with the reduction of a case.
fn reduced<T: Precision>(params: Json<'_>, loss: impl Loss<T> + 'static) -> Built<T> {
    let reduction = match params.text("reduction") {
        "mean" => Reduction::Mean,
        "sum" => Reduction::Sum,
        "batchmean" => Reduction::BatchMean,
        "none" => Reduction::None,
        other => return Err(format!("reduction {other}").into()),
    };
    Ok(Box::new(reduction.of(loss)))
}

/// A class by its number. PyTorch ignores class -100, which no number of a class here can be: the largest
/// stands for the negative ones.
fn class(number: isize) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A target: classes if it is whole numbers.
pub(crate) fn target<T: Precision>(target: Json<'_>) -> Target<T> {
    if target.is_tensor_of("i64") {
        Target::Classes(target.integers().map(class))
    } else {
        Target::Values(target.tensor().cast())
    }
}

/// A loss by its name, if the library has it.
pub(crate) fn build<T: Precision>(name: &str, params: Json<'_>, inputs: Json<'_>) -> Option<Built<T>> {
    rows::<T>().into_iter().find(|row| row.name == name).map(|row| (row.build)(params, inputs))
}

pub(crate) fn run(case: Json<'_>, checks: &mut Checks) -> Outcome {
    match run_in::<f64>(case, checks)? {
        Verdict::Ran => run_in::<f32>(case, checks),
        skipped => Ok(skipped),
    }
}

fn run_in<T: Precision>(case: Json<'_>, checks: &mut Checks) -> Outcome {
    let (name, inputs) = (case.text("op"), case.at("inputs"));
    let Some(row) = rows::<T>().into_iter().find(|row| row.name == name) else {
        return Ok(Verdict::Lacks(vec![name.into()]));
    };
    let known =
        |input: &str| input == "target" || row.outputs.contains(&input) || row.others.contains(&input);
    if let Some((input, _)) = inputs.entries().find(|(input, _)| !known(input)) {
        return Ok(Verdict::Lacks(vec![format!("{name} with {input}")]));
    }
    let loss = (row.build)(case.at("params"), inputs)?;
    check(case, &row, &loss, row.outputs, inputs.get("target"), checks)?;
    // A loss that the case differentiates by its target, too, is symmetric: then each is the other's target.
    if case.at("grads").get("target").is_some() {
        check(case, &row, &loss, &["target"], inputs.get("x"), checks)?;
    }
    Ok(Verdict::Ran)
}

/// Checks the loss of some inputs, taken for outputs, and its derivatives by them.
fn check<T: Precision>(
    case: Json<'_>,
    row: &Row<T>,
    loss: &dyn Loss<T>,
    outputs: &[&str],
    other: Option<Json<'_>>,
    checks: &mut Checks,
) -> Result<(), Box<dyn Error>> {
    let (tape, inputs, want) = (Tape::new(), case.at("inputs"), case.at("outputs").at("y").tensor());
    let parts: Vec<Var<'_, T>> =
        outputs.iter().map(|&name| tape.variable(inputs.at(name).tensor().cast())).collect();
    // Several outputs lie beside each other along axis 1.
    let output = match parts[..] {
        [output] => output,
        ref several => {
            let rows = several.iter().map(|part| match part.shape().len() {
                1 => part.reshape([part.shape()[0], 1]),
                _ => *part,
            });
            tape.concat(&rows.collect::<Vec<_>>(), 1)
        }
    };
    let samples = Target::Values(Tensor::zeros([output.shape()[0]]));
    let target = other.map_or(samples, target);
    // Where a loss has no weights of classes, the cases' are those of terms.
    let of_terms = row.name.starts_with("bce");
    let weights: Option<Tensor<T>> =
        inputs.get("weight").filter(|_| of_terms).map(|weights| weights.tensor().cast());
    let y = loss.weighted(output, &target, weights.as_ref()).reshape(want.shape());
    checks.compare("y", &y.value()?, &want, Tolerance::of_output::<T>(case, "y"));
    let gradients = y.pullback(&case.at("upstream").at("y").tensor().cast(), &mut [])?;
    for (&name, &part) in outputs.iter().zip(&parts) {
        let (want, name) = (case.at("grads").at(name).tensor(), format!("d_{name}"));
        checks.compare(&name, &gradients.wrt(part)?, &want, Tolerance::of_output::<T>(case, &name));
    }
    Ok(())
}
