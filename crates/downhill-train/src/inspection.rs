//! A look into a step.

use downhill_nn::Layout;

use crate::{Result, StepRecord};

/// Writes the product of the Hessian with a vector.
type Product<'a> = dyn FnMut(&[f64], &mut [f64]) -> Result<()> + 'a;

/// A step of training to be looked into, in double precision: see [`Callback::inspects`](crate::Callback::inspects). All is
/// that of the step's batch, with its dropout.
pub struct Inspection<'a> {
    pub(crate) record: StepRecord,
    pub(crate) layout: &'a Layout,
    pub(crate) before: &'a [f64],
    pub(crate) after: &'a [f64],
    pub(crate) gradient: &'a [f64],
    pub(crate) product: &'a mut Product<'a>,
}

impl Inspection<'_> {
    /// The step.
    pub fn record(&self) -> StepRecord {
        self.record
    }

    /// The names, shapes and places of the parts of θ.
    pub fn layout(&self) -> &Layout {
        self.layout
    }

    /// θ before the step.
    pub fn before(&self) -> &[f64] {
        self.before
    }

    /// θ after the step.
    pub fn after(&self) -> &[f64] {
        self.after
    }

    /// The gradient that the step was made of, before any clipping; with all penalties.
    pub fn gradient(&self) -> &[f64] {
        self.gradient
    }

    /// Writes the product of the Hessian with a vector, at θ before the step: exact, by dual numbers.
    ///
    /// # Errors
    /// [`Error::Needs`](crate::Error::Needs) unless the trainer knows the loss in dual numbers, by `Trainer::curvature`.
    pub fn hessian_product(&mut self, v: &[f64], product: &mut [f64]) -> Result<()> {
        (self.product)(v, product)
    }
}

impl std::fmt::Debug for Inspection<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inspection").field("record", &self.record).finish_non_exhaustive()
    }
}
