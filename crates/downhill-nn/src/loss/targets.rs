//! Targets in the form that a loss compares with.

use downhill_autodiff::tensor::Error as TensorError;
use downhill_autodiff::{Real, Shape, Tensor, Var};

use crate::Target;

/// The error of a target that does not fit the outputs.
#[track_caller]
pub(super) fn misfit<'t, T: Real>(
    name: &'static str,
    rule: &'static str,
    output: Var<'t, T>,
    target: Shape,
) -> Var<'t, T> {
    let error = TensorError::mismatch(name, rule, output.shape(), target);
    output.tape().fail(name, vec![output.shape(), target], error)
}

/// A target as numbers in the output's shape, for a loss that compares element by element. `[n]` and
/// `[n, 1]` fit each other; nothing else broadcasts, which would hide mistakes.
#[track_caller]
pub(super) fn values_like<'t, T: Real>(
    name: &'static str,
    output: Var<'t, T>,
    target: &Target<T>,
) -> Var<'t, T> {
    let shape = output.shape();
    let values = match target {
        Target::Values(values) => values,
        Target::Classes(classes) => {
            let rule = "needs numbers as targets, not classes";
            return misfit(name, rule, output, classes.shape());
        }
    };
    let trailing_ones =
        |shape: Shape| shape.iter().rposition(|&length| length != 1).map_or(0, |last| last + 1);
    let core = |shape: Shape| Shape::new(&shape[..trailing_ones(shape)]);
    if values.shape().first() == shape.first()
        && core(values.shape()) == core(shape)
        && let Ok(values) = values.reshape(shape)
    {
        return output.tape().constant(values);
    }
    misfit(name, "needs targets in the shape of the outputs", output, values.shape())
}

/// The two classes of a target as these numbers, in the output's shape; values as they are.
#[track_caller]
fn two_classes_like<'t, T: Real>(
    name: &'static str,
    output: Var<'t, T>,
    target: &Target<T>,
    numbers: [f64; 2],
) -> Var<'t, T> {
    match target {
        Target::Values(_) => values_like(name, output, target),
        Target::Classes(classes) if classes.as_slice().iter().all(|&class| class < 2) => {
            let values: Tensor<T> = classes.map(|class| T::of(numbers[class]));
            values_like(name, output, &Target::Values(values))
        }
        Target::Classes(classes) => misfit(name, "needs classes 0 and 1", output, classes.shape()),
    }
}

/// The probability of class 1 in the output's shape; classes 0 and 1 are their own probabilities.
#[track_caller]
pub(super) fn probabilities_like<'t, T: Real>(
    name: &'static str,
    output: Var<'t, T>,
    target: &Target<T>,
) -> Var<'t, T> {
    two_classes_like(name, output, target, [0.0, 1.0])
}

/// Signs 1 and −1 in the output's shape; class 0 is −1.
#[track_caller]
pub(super) fn signs_like<'t, T: Real>(
    name: &'static str,
    output: Var<'t, T>,
    target: &Target<T>,
) -> Var<'t, T> {
    match target {
        Target::Values(values) if !values.as_slice().iter().all(|&sign| sign.abs() == T::one()) => {
            misfit(name, "needs targets 1 and −1, or classes 1 and 0", output, values.shape())
        }
        _ => two_classes_like(name, output, target, [-1.0, 1.0]),
    }
}

/// A class of the outputs `[n, classes, …]` for each position `[n, …]`, or the error on the tape. Those of the class to
/// ignore need not be of the outputs.
#[track_caller]
pub(super) fn classes_of<'a, 't, T: Real>(
    name: &'static str,
    output: Var<'t, T>,
    target: &'a Target<T>,
    ignored: Option<usize>,
) -> Result<&'a Tensor<usize>, Var<'t, T>> {
    let shape = output.shape();
    let classes = match target {
        Target::Classes(classes) if shape.len() > 1 && classes.shape() == shape.without(1) => classes,
        Target::Classes(classes) => {
            let rule = "needs outputs [n, classes, …] and a class for each position";
            return Err(misfit(name, rule, output, classes.shape()));
        }
        Target::Values(values) => {
            return Err(misfit(name, "needs classes as targets", output, values.shape()));
        }
    };
    let out_of_range = |&&class: &&usize| class >= shape[1] && Some(class) != ignored;
    match classes.as_slice().iter().find(out_of_range) {
        None => Ok(classes),
        Some(&index) => {
            let error = TensorError::Index { index, axis: 1, shape };
            Err(output.tape().fail(name, vec![shape, classes.shape()], error))
        }
    }
}

/// The class that a number stands for.
pub(super) fn class_of(value: f64) -> Result<usize, TensorError> {
    if value >= 0.0 && value.fract() == 0.0 {
        Ok(value as usize)
    } else {
        Err(TensorError::Setting { name: "class", rule: "a whole number from 0 on", value })
    }
}

/// The equal parts of an output along axis 1, or the error on the tape: see [the module](super).
#[track_caller]
pub(super) fn parts_of<'t, T: Real, const K: usize>(
    name: &'static str,
    rule: &'static str,
    output: Var<'t, T>,
) -> Result<[Var<'t, T>; K], Var<'t, T>> {
    let shape = output.shape();
    match shape.get(1) {
        Some(&length) if length % K == 0 => {
            let part = length / K;
            Ok(std::array::from_fn(|k| output.slice(1, k * part..(k + 1) * part, 1)))
        }
        _ => {
            Err(output.tape().fail(name, vec![shape], TensorError::Operand { operation: name, rule, shape }))
        }
    }
}
