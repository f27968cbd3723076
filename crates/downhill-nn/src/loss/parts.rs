//! A loss for several outputs.

use downhill_autodiff::tensor::Error as TensorError;
use downhill_autodiff::{Real, Shape, Tensor, Var};

use super::targets::{class_of, misfit};
use super::{Link, Loss};
use crate::Target;

/// The weighted sum of losses of the parts of a row: for networks with several outputs, such as a
/// [`Graph`](crate::Graph) with [`outputs`](crate::Graph::outputs).
///
/// Outputs are `[n, all parts' numbers]`, targets values `[n, …]` in the same order: as many numbers as the part
/// has for [`values`](Parts::values), and the number of the class for [`classes`](Parts::classes).
///
/// ```
/// use downhill_nn::loss::Parts;
/// use downhill_nn::{CrossEntropy, Mse};
/// // Three logits and one value; targets are rows of a class and a value.
/// let loss = Parts::<f32>::new().classes(3, CrossEntropy::new(), 1.0).values([1], Mse::new(), 0.5);
/// ```
#[derive(Default)]
pub struct Parts<T: Real = f32> {
    parts: Vec<Part<T>>,
}

struct Part<T: Real> {
    /// The shape of one sample of the part.
    output: Shape,
    /// Whether its target is a class.
    class: bool,
    loss: Box<dyn Loss<T>>,
    weight: f64,
}

impl<T: Real> Part<T> {
    /// The numbers of a sample's target.
    fn target_width(&self) -> usize {
        if self.class { 1 } else { self.output.elements() }
    }

    /// The target from these columns on.
    fn target(&self, rows: &Tensor<T>, first: usize) -> Result<Target<T>, TensorError> {
        let (n, all) = (rows.shape()[0], rows.shape()[1]);
        let rows = rows.as_slice();
        if !self.class {
            let width = self.target_width();
            let of_rows = rows.chunks_exact(all.max(1)).take(n).flat_map(|row| &row[first..first + width]);
            return Ok(Target::Values(Tensor::new(self.output.prepend(n)?, of_rows.copied().collect())?));
        }
        let class = |row: &[T]| class_of(row[first].as_f64());
        let classes: Result<Vec<usize>, TensorError> = rows.chunks_exact(all.max(1)).map(class).collect();
        Ok(Target::Classes(Tensor::vector(classes?)))
    }
}

impl<T: Real> Parts<T> {
    /// No parts yet.
    pub fn new() -> Parts<T> {
        Parts { parts: Vec::new() }
    }

    fn part(mut self, output: Shape, class: bool, loss: impl Loss<T> + 'static, weight: f64) -> Parts<T> {
        self.parts.push(Part { output, class, loss: Box::new(loss), weight });
        self
    }

    /// Adds a part with samples of this shape, whose target is as many values, times `weight`.
    #[must_use]
    pub fn values(self, shape: impl Into<Shape>, loss: impl Loss<T> + 'static, weight: f64) -> Parts<T> {
        self.part(shape.into(), false, loss, weight)
    }

    /// Adds a part of so many numbers, whose target is one class, times `weight`.
    #[must_use]
    pub fn classes(self, outputs: usize, loss: impl Loss<T> + 'static, weight: f64) -> Parts<T> {
        self.part([outputs].into(), true, loss, weight)
    }
}

impl<T: Real> Loss<T> for Parts<T> {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        self.weighted(output, target, None)
    }

    fn link(&self) -> Link {
        Link::Opaque
    }

    #[track_caller]
    fn weighted<'t>(
        &self,
        output: Var<'t, T>,
        target: &Target<T>,
        weights: Option<&Tensor<T>>,
    ) -> Var<'t, T> {
        const NAME: &str = "parts";
        let (tape, shape) = (output.tape(), output.shape());
        let rows = match target {
            Target::Values(rows) => rows,
            Target::Classes(classes) => {
                return misfit(NAME, "needs rows of numbers as targets", output, classes.shape());
            }
        };
        let total =
            |width: fn(&Part<T>) -> usize| self.parts.iter().map(width).fold(0, usize::saturating_add);
        let (outputs, targets) = (total(|part| part.output.elements()), total(Part::target_width));
        let n = shape.first().copied().unwrap_or(0);
        if shape != [n, outputs] || rows.shape() != [n, targets] || self.parts.is_empty() {
            let rule = "needs rows with all parts' numbers, and targets with all parts' targets";
            return misfit(NAME, rule, output, rows.shape());
        }
        let (mut first, mut first_target) = (0, 0);
        let losses = self.parts.iter().map(|part| {
            let (end, end_target) = (first + part.output.elements(), first_target + part.target_width());
            let fitting =
                part.output.prepend(n).and_then(|shape| Ok((shape, part.target(rows, first_target)?)));
            let loss = match fitting {
                Ok((shape, target)) => {
                    part.loss.weighted(output.slice(1, first..end, 1).reshape(shape), &target, weights)
                }
                Err(error) => tape.fail(NAME, vec![shape, rows.shape()], error),
            };
            (first, first_target) = (end, end_target);
            loss.mul_scalar(part.weight)
        });
        losses.reduce(|sum, loss| sum + loss).unwrap_or(output)
    }
}

impl<T: Real> std::fmt::Debug for Parts<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = self.parts.iter().map(|part| (part.output, part.class, part.weight));
        f.debug_list().entries(parts).finish()
    }
}
