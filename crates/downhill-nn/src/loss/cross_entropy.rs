//! Cross-entropy between classes.

use downhill_autodiff::rules::cross_entropy::SoftmaxCrossEntropy;
use downhill_autodiff::{Real, Shape, Tensor, Var};

use super::class_weights::ClassWeights;
use super::targets::{misfit, values_like};
use super::{Link, Loss, setting};
use crate::{Result, Target};

/// The cross-entropy of softmax(outputs), the usual loss of classification: outputs `[n, classes, …]` are
/// logits, targets the class of each sample or a probability for each class (one-hot, for one).
///
/// The mean divides by the sum of the class weights of the targets that are not ignored, or by the number
/// of samples if the targets are probabilities, as PyTorch does.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CrossEntropy {
    classes: ClassWeights,
    smoothing: f64,
}

impl CrossEntropy {
    /// The cross-entropy of logits.
    pub fn new() -> CrossEntropy {
        CrossEntropy::default()
    }

    /// The same loss with the terms of each class multiplied by its weight: above 1 for rare classes.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless all weights are finite and not negative.
    pub fn class_weights(mut self, weights: impl Into<Vec<f64>>) -> Result<CrossEntropy> {
        self.classes.weigh("CrossEntropy", weights.into())?;
        Ok(self)
    }

    /// The same loss with targets (1 − ε) q + ε/classes (Szegedy et al. 2016, section 7).
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless 0 ≤ ε ≤ 1.
    pub fn label_smoothing(self, epsilon: f64) -> Result<CrossEntropy> {
        let fits = (0.0..=1.0).contains(&epsilon);
        let smoothing = setting("CrossEntropy", "label smoothing", "from 0 to 1", epsilon, fits)?;
        Ok(CrossEntropy { smoothing, ..self })
    }

    /// The same loss with samples of this class counting nothing. It need not be a class of the output.
    #[must_use]
    pub fn ignore_class(mut self, class: usize) -> CrossEntropy {
        self.classes.ignored = Some(class);
        self
    }
}

impl<T: Real> Loss<T> for CrossEntropy {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        let (smoothing, ClassWeights { weights, ignored }) = (self.smoothing, self.classes.clone());
        match target {
            Target::Classes(classes) => {
                let classes = Some(classes.clone());
                output.apply(SoftmaxCrossEntropy { classes, weights, smoothing, ignored })
            }
            Target::Values(values) => {
                let rule = SoftmaxCrossEntropy { classes: None, weights, smoothing, ignored: None };
                output.apply2(rule, output.tape().constant(values.clone()))
            }
        }
    }

    fn divisor(&self, terms: Shape, target: &Target<T>) -> f64 {
        match target {
            Target::Classes(classes) => self.classes.total(classes),
            Target::Values(_) => terms.elements() as f64,
        }
    }

    fn link(&self) -> Link {
        Link::Softmax
    }
}

/// The cross-entropy of outputs that are probabilities already, `[n, classes, …]`: −Σ q ln p.
///
/// On the output of a softmax prefer [`CrossEntropy`] on what goes into it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct CrossEntropyOnProbabilities;

impl CrossEntropyOnProbabilities {
    /// The cross-entropy of probabilities.
    pub fn new() -> CrossEntropyOnProbabilities {
        CrossEntropyOnProbabilities
    }
}

impl<T: Real> Loss<T> for CrossEntropyOnProbabilities {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        const NAME: &str = "cross_entropy_on_probabilities";
        let shape = output.shape();
        let distribution = match target {
            Target::Values(_) => values_like(NAME, output, target),
            Target::Classes(classes) => match one_hot(classes, shape.get(1).copied().unwrap_or(0)) {
                Some(one_hot) if one_hot.shape() == shape => output.tape().constant(one_hot),
                _ => {
                    return misfit(
                        NAME,
                        "needs outputs [n, classes] and a class of them for each",
                        output,
                        classes.shape(),
                    );
                }
            },
        };
        // ln 0 of an impossible class would make 0·∞: such terms count as 0.
        let impossible = distribution.value().map(|q| q.map(|q| q == T::zero()));
        let ln = match &impossible {
            Ok(mask) => output.tape().constant(Tensor::ones(shape)).select(mask, output).ln(),
            Err(_) => output,
        };
        -(distribution * ln).sum_axes(&[1], false)
    }

    fn link(&self) -> Link {
        Link::Probabilities
    }
}

/// A row with a 1 in the place of each class, or `None` if one is past the end.
fn one_hot<T: Real>(classes: &Tensor<usize>, count: usize) -> Option<Tensor<T>> {
    let mut rows = Tensor::zeros([classes.len(), count]);
    let elements = rows.as_mut_slice();
    for (i, &class) in classes.as_slice().iter().enumerate() {
        *elements.get_mut(i * count + class).filter(|_| class < count)? = T::one();
    }
    (classes.shape().len() == 1).then_some(rows)
}
