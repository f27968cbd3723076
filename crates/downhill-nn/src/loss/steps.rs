//! A loss for every step of a sequence.

use downhill_autodiff::tensor::Error as TensorError;
use downhill_autodiff::{Real, Shape, Tensor, Var};

use super::targets::{class_of, misfit};
use super::{Link, Loss};
use crate::Target;

/// A loss for every step of a sequence, for networks that answer at each: outputs are `[n, t, …]`, and each of the n·t steps is to
/// the loss inside what a sample is elsewhere. A sample's weight is that of all its steps.
///
/// ```
/// use downhill_nn::loss::Steps;
/// use downhill_nn::{CrossEntropy, Embedding, Linear, Lstm, Sequential};
/// // The next character after each: scores [n, t, 60], classes [n, t].
/// let layers = Sequential::new().then(Embedding::new(60, 16)).then(Lstm::new(64)).then(Linear::new(60));
/// let loss = Steps::classes(CrossEntropy::new());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steps<L> {
    loss: L,
    classes: bool,
}

impl<L> Steps<L> {
    /// For a loss of classes, one for each step: `[n, t]`, as classes or, for a data set, as whole numbers.
    pub fn classes(loss: L) -> Steps<L> {
        Steps { loss, classes: true }
    }

    /// For a loss of values: `[n, t, …]`.
    pub fn values(loss: L) -> Steps<L> {
        Steps { loss, classes: false }
    }

    /// The targets of all steps, one after the other.
    fn flat<T: Real>(&self, target: &Target<T>) -> Result<Target<T>, TensorError> {
        Ok(match target {
            Target::Classes(classes) => Target::Classes(classes.reshape(flat(classes.shape())?)?),
            Target::Values(values) if self.classes => {
                let classes: Result<Vec<usize>, TensorError> =
                    values.as_slice().iter().map(|x| class_of(x.as_f64())).collect();
                Target::Classes(Tensor::vector(classes?).reshape(flat(values.shape())?)?)
            }
            Target::Values(values) => Target::Values(values.reshape(flat(values.shape())?)?),
        })
    }
}

/// `[n, t, …]` as `[n·t, …]`.
fn flat(shape: Shape) -> Result<Shape, TensorError> {
    match shape[..] {
        [n, t, ref rest @ ..] => Shape::new(&[&[n * t], rest].concat()),
        _ => Err(TensorError::Operand { operation: "steps", rule: "needs an axis for the steps", shape }),
    }
}

impl<T: Real, L: Loss<T>> Loss<T> for Steps<L> {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        const NAME: &str = "steps";
        let shape = output.shape();
        let given = match target {
            Target::Classes(classes) => classes.shape(),
            Target::Values(values) => values.shape(),
        };
        if given.get(..2).is_none_or(|steps| shape.get(..2) != Some(steps)) {
            return misfit(NAME, "needs outputs [n, t, …] and a target for each step", output, given);
        }
        match flat(shape).and_then(|shape| Ok((shape, self.flat(target)?))) {
            Ok((flat, target)) => {
                let terms = self.loss.terms(output.reshape(flat), &target);
                let rest = terms.shape().get(1..).unwrap_or_default().to_vec();
                match Shape::new(&[&shape[..2], &rest[..]].concat()) {
                    Ok(shape) => terms.reshape(shape),
                    Err(_) => terms,
                }
            }
            Err(error) => output.tape().fail(NAME, vec![shape, given], error),
        }
    }

    fn divisor(&self, terms: Shape, target: &Target<T>) -> f64 {
        match (flat(terms), self.flat(target)) {
            (Ok(terms), Ok(target)) => self.loss.divisor(terms, &target),
            _ => terms.elements() as f64,
        }
    }

    fn link(&self) -> Link {
        Link::Opaque
    }
}
