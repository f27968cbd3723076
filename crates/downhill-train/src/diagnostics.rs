//! Numbers that say how a training goes.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use downhill_nn::autodiff::tensor::Part;
use downhill_optim::{Error as OptimError, Norm, lanczos};

use crate::{Callback, Error, Inspection, Result, StepRecord};

/// A callback that looks into steps: the norm of the gradient, how far θ moves, the numbers of each part, and, if asked for,
/// how the loss curves. Clones share what they find, so that it can be read after the training.
///
/// A step that it looks into costs a second gradient of its batch, and more for each product with the Hessian; other
/// steps cost nothing.
///
/// ```
/// use downhill_data::{Bundled, Dataset};
/// use downhill_nn::{CrossEntropy, Linear};
/// use downhill_train::{Diagnostics, Trainer};
///
/// let (iris, diagnostics): (Dataset, _) = (Bundled::Iris.load()?, Diagnostics::new().every(10));
/// Trainer::new(Linear::new(3), CrossEntropy::new()).callback(diagnostics.clone()).fit(&iris)?;
/// let last = diagnostics.records().pop().unwrap();
/// println!("‖∇L‖ = {:.3}, ‖Δθ‖/‖θ‖ = {:.1e}", last.gradient_norm, last.update_ratio);
/// assert_eq!(last.parts[0].name, "weight");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Diagnostics {
    every: usize,
    curvature: bool,
    products: usize,
    /// The number of steps so far.
    step: usize,
    records: Arc<Mutex<Vec<Diagnosis>>>,
}

/// What was found in a step. All norms are over what learns.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The epoch, from 1.
    pub epoch: usize,
    /// The step of the epoch, from 1.
    pub step: usize,
    /// The loss of its batch, before the step.
    pub loss: f64,
    /// ‖∇L‖.
    pub gradient_norm: f64,
    /// ‖Δθ‖/‖θ‖: some 1e-3 is usual; 1e-1 is wild, 1e-6 hardly moves.
    pub update_ratio: f64,
    /// dᵀHd/dᵀd along the step d = Δθ, with the Hessian H before it, if it was asked for.
    pub curvature: Option<f64>,
    /// The smallest and the largest eigenvalue of the Hessian, if they were asked for. Gradient descent is stable
    /// up to a rate of 2 divided by the largest.
    pub eigenvalues: Option<(f64, f64)>,
    /// The parts that learn, in order.
    pub parts: Vec<PartDiagnosis>,
}

/// What was found in one part.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PartDiagnosis {
    /// Its name.
    pub name: String,
    /// Its numbers before the step.
    pub weights: Spread,
    /// Its part of ∇L.
    pub gradient: Spread,
    /// ‖Δθ‖/‖θ‖ in it.
    pub update_ratio: f64,
}

/// How numbers are spread.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Spread {
    /// Their mean.
    pub mean: f64,
    /// The root of their mean squared distance from it.
    pub deviation: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The share of those that are 0.
    pub zeros: f64,
}

impl Spread {
    /// That of these numbers; NaN if there are none.
    pub fn of(numbers: &[f64]) -> Spread {
        let count = numbers.len() as f64;
        let mean = numbers.iter().sum::<f64>() / count;
        let deviation = (numbers.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count).sqrt();
        let min = numbers.iter().copied().reduce(f64::min).unwrap_or(f64::NAN);
        let max = numbers.iter().copied().reduce(f64::max).unwrap_or(f64::NAN);
        let zeros = numbers.iter().filter(|&&x| x == 0.0).count() as f64 / count;
        Spread { mean, deviation, min, max, zeros }
    }
}

impl Default for Diagnostics {
    fn default() -> Diagnostics {
        Diagnostics::new()
    }
}

impl Diagnostics {
    /// Looks into every step.
    pub fn new() -> Diagnostics {
        Diagnostics { every: 1, curvature: false, products: 0, step: 0, records: Arc::default() }
    }

    /// Looks into every so many steps, beginning with the first.
    #[must_use]
    pub fn every(self, steps: usize) -> Diagnostics {
        Diagnostics { every: steps.max(1), ..self }
    }

    /// Looks at the curvature along each step too: a product with the Hessian. The trainer has to know the loss in dual
    /// numbers, by `Trainer::curvature` (feature `dual`), for this and for the eigenvalues.
    #[must_use]
    pub fn curvature(self) -> Diagnostics {
        Diagnostics { curvature: true, ..self }
    }

    /// Looks for the extreme eigenvalues of the Hessian too, by [`lanczos`] with so many products; 20 give the largest one
    /// to a few digits.
    #[must_use]
    pub fn eigenvalues(self, products: usize) -> Diagnostics {
        Diagnostics { products, ..self }
    }

    /// What was found so far, in order.
    pub fn records(&self) -> Vec<Diagnosis> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was found so far as a table in CSV, a row for each part of each step: to be plotted.
    pub fn to_csv(&self) -> String {
        let mut text =
            String::from("epoch,step,loss,gradient_norm,update_ratio,curvature,smallest,largest,part");
        for of in ["weight", "gradient"] {
            for what in ["mean", "deviation", "min", "max", "zeros"] {
                let _ = write!(text, ",{of}_{what}");
            }
        }
        text += ",part_update_ratio\n";
        let number = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
        for record in self.records() {
            let eigenvalues = record.eigenvalues.unzip();
            for part in &record.parts {
                let Diagnosis { epoch, step, loss, gradient_norm, update_ratio, .. } = record;
                let _ = write!(text, "{epoch},{step},{loss},{gradient_norm},{update_ratio}");
                for optional in [record.curvature, eigenvalues.0, eigenvalues.1] {
                    let _ = write!(text, ",{}", number(optional));
                }
                let _ = write!(text, ",{}", part.name);
                for Spread { mean, deviation, min, max, zeros } in [part.weights, part.gradient] {
                    let _ = write!(text, ",{mean},{deviation},{min},{max},{zeros}");
                }
                let _ = writeln!(text, ",{}", part.update_ratio);
            }
        }
        text
    }
}

impl Callback for Diagnostics {
    fn inspects(&mut self, _: usize, _: usize) -> bool {
        self.step += 1;
        (self.step - 1).is_multiple_of(self.every)
    }

    fn on_inspect(&mut self, inspection: &mut Inspection<'_>) -> Result<()> {
        let change: Vec<f64> =
            inspection.after().iter().zip(inspection.before()).map(|(a, b)| a - b).collect();
        let size = |numbers: &[f64]| numbers.iter().map(|x| x * x).sum::<f64>().sqrt();
        let part = |part: &Part| {
            let (before, range) = (&inspection.before()[part.range()], part.range());
            PartDiagnosis {
                name: part.name.clone(),
                weights: Spread::of(before),
                gradient: Spread::of(&inspection.gradient()[range.clone()]),
                update_ratio: size(&change[range]) / size(before),
            }
        };
        let layout = inspection.layout();
        let parts = layout.parts().iter().filter(|part| part.trainable).map(part).collect();
        let norm = |numbers: &[f64]| Norm::L2.of(numbers, layout);
        let gradient_norm = norm(inspection.gradient())?;
        let update_ratio = norm(&change)? / norm(inspection.before())?;
        let mut curvature = None;
        if self.curvature {
            let mut product = vec![0.0; change.len()];
            inspection.hessian_product(&change, &mut product)?;
            let along: f64 = change.iter().zip(&product).map(|(d, h)| d * h).sum();
            curvature = Some(along / size(&change).powi(2));
        }
        let mut eigenvalues = None;
        if self.products > 0 {
            let (mut failure, seed) = (None, 0);
            let found = lanczos(change.len(), self.products, seed, |v, product| {
                inspection.hessian_product(v, product).map_err(|error| {
                    let message = error.to_string();
                    failure = Some(error);
                    OptimError::Objective { message }
                })
            });
            let found = found.map_err(|error| failure.unwrap_or(Error::Optimizer(error)))?;
            eigenvalues = found.first().copied().zip(found.last().copied());
        }
        let StepRecord { epoch, step, loss } = inspection.record();
        let found =
            Diagnosis { epoch, step, loss, gradient_norm, update_ratio, curvature, eigenvalues, parts };
        self.records.lock().unwrap_or_else(PoisonError::into_inner).push(found);
        Ok(())
    }
}
