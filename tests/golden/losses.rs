//! Losses: values, and gradients for a given upstream gradient.

use std::error::Error;

use downhill::nn::Reduction;
use downhill::prelude::{
    BinaryCrossEntropy, BinaryCrossEntropyWithLogits, CrossEntropy, Huber, L1, Loss, Mse, Tape, Target,
};

use crate::check::{Checks, Outcome, Precision, Tolerance, Verdict};
use crate::json::Json;

/// A loss, or what the library lacks for it.
type Found<T> = Result<Box<dyn Loss<T>>, String>;

type Built<T> = Result<Box<dyn Loss<T>>, Box<dyn Error>>;

/// A loss by the cases' name, the inputs besides `x` and `target` that it understands, and how to make it
/// of a case's `params` and `inputs`.
struct Row<T: Precision>(&'static str, &'static [&'static str], fn(Json<'_>, Json<'_>) -> Built<T>);

/// The losses that the library has.
fn rows<T: Precision>() -> Vec<Row<T>> {
    vec![
        Row("mse", &[], |params, _| Ok(Box::new(Mse::new().reduction(reduction(params))))),
        Row("l1", &[], |params, _| Ok(Box::new(L1::new().reduction(reduction(params))))),
        Row("huber", &[], |params, _| {
            Ok(Box::new(Huber::new(params.number("delta"))?.reduction(reduction(params))))
        }),
        Row("bce", &[], |params, _| Ok(Box::new(BinaryCrossEntropy::new().reduction(reduction(params))))),
        Row("bce_with_logits", &[], |params, _| {
            Ok(Box::new(BinaryCrossEntropyWithLogits::new().reduction(reduction(params))))
        }),
        Row("cross_entropy", &["weight"], |params, inputs| {
            let mut loss = CrossEntropy::new()
                .label_smoothing(params.number_or("label_smoothing", 0.0))?
                .reduction(reduction(params));
            if let Some(weights) = inputs.get("weight") {
                loss = loss.class_weights(weights.tensor().into_vec())?;
            }
            if params.get("ignore_index").is_some() {
                loss = loss.ignore_class(class(params.axis("ignore_index")));
            }
            Ok(Box::new(loss))
        }),
    ]
}

fn reduction(params: Json<'_>) -> Reduction {
    match params.text("reduction") {
        "mean" => Reduction::Mean,
        "sum" => Reduction::Sum,
        "none" => Reduction::None,
        other => panic!("reduction {other}"),
    }
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

/// Finds a loss by name and makes it.
pub(crate) fn build<T: Precision>(
    name: &str,
    params: Json<'_>,
    inputs: Json<'_>,
) -> Result<Found<T>, Box<dyn Error>> {
    let Some(Row(_, understood, build)) = rows::<T>().into_iter().find(|row| row.0 == name) else {
        return Ok(Err(name.into()));
    };
    let known = |input: &str| ["x", "target"].contains(&input) || understood.contains(&input);
    match inputs.entries().find(|(input, _)| !known(input)) {
        Some((input, _)) => Ok(Err(format!("{name} with {input}"))),
        None => Ok(Ok(build(params, inputs)?)),
    }
}

pub(crate) fn run(case: Json<'_>, checks: &mut Checks) -> Outcome {
    match run_in::<f64>(case, checks)? {
        Verdict::Ran => run_in::<f32>(case, checks),
        skipped => Ok(skipped),
    }
}

fn run_in<T: Precision>(case: Json<'_>, checks: &mut Checks) -> Outcome {
    let inputs = case.at("inputs");
    let loss = match build::<T>(case.text("op"), case.at("params"), inputs)? {
        Ok(loss) => loss,
        Err(lacking) => return Ok(Verdict::Lacks(vec![lacking])),
    };
    // A loss that the case differentiates by its target, too, is symmetric: then each is the other's target.
    for (output, other) in [("x", "target"), ("target", "x")] {
        let Some(want) = case.at("grads").get(output) else { continue };
        let tape = Tape::new();
        let x = tape.variable(inputs.at(output).tensor().cast());
        let y = loss.loss(x, &target(inputs.at(other)));
        let tolerance = |name: &str| Tolerance::of_output::<T>(case, name);
        checks.compare("y", &y.value()?, &case.at("outputs").at("y").tensor(), tolerance("y"));
        let gradients = y.pullback(&case.at("upstream").at("y").tensor().cast(), &mut [])?;
        let name = format!("d_{output}");
        checks.compare(&name, &gradients.wrt(x)?, &want.tensor(), tolerance(&name));
    }
    Ok(Verdict::Ran)
}
