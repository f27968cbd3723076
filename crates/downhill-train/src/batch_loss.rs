//! The loss of a batch as a function of θ.

use downhill_data::Batch;
use downhill_nn::autodiff::tensor::{Threads, kernel};
use downhill_nn::autodiff::{Tape, Tensor, Var};
use downhill_nn::{Loss, Network, Params, Scalar, Target, WeightPenalty};
use downhill_optim::{Error as OptimError, GaussNewton, Objective};

#[cfg(feature = "dual")]
use crate::curvature::Curvature;
use crate::{Error, Result};

/// A batch: inputs `[n, …]`, what is to be answered, and the weights of the samples, if they have any.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a, T: Scalar> {
    pub(crate) x: &'a Tensor<T>,
    pub(crate) target: &'a Target<T>,
    pub(crate) weights: Option<&'a Tensor<T>>,
}

impl<'a, T: Scalar> Given<'a, T> {
    pub(crate) fn of(batch: &'a Batch<T>) -> Given<'a, T> {
        Given { x: &batch.inputs, target: &batch.target, weights: batch.weights.as_ref() }
    }
}

/// What makes the loss of a batch of a network and its parameters.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a, T: Scalar> {
    pub(crate) network: &'a Network,
    pub(crate) loss: &'a dyn Loss<T>,
    pub(crate) penalties: &'a [WeightPenalty],
    /// Of the randomness of one step.
    pub(crate) seed: u64,
}

impl<'a, T: Scalar> Parts<'a, T> {
    /// The output for a batch, as in training, and its loss with all penalties.
    pub(crate) fn record<'t>(
        self,
        tape: &'t Tape<T>,
        params: &'t Params<T>,
        given: Given<'_, T>,
    ) -> (Var<'t, T>, Var<'t, T>) {
        let output = self.network.forward(tape, params, tape.constant(given.x.clone()), Some(self.seed));
        let mut loss = self.loss.weighted(output, given.target, given.weights);
        for penalty in self.penalties {
            penalty.apply(tape, params);
        }
        if let Some(penalty) = tape.penalty() {
            loss = loss + penalty;
        }
        (output, loss)
    }

    /// The value of a loss.
    pub(crate) fn value(self, loss: Var<'_, T>) -> Result<T> {
        let value = loss.value().map_err(|error| self.network.locate(error))?;
        value.item().map_err(|_| Error::LossShape { shape: value.shape() })
    }
}

/// The loss of a batch as a function of θ that an optimizer evaluates where it likes: as in training, with all penalties and
/// with the same randomness at each θ.
pub(crate) struct BatchLoss<'a, T: Scalar> {
    pub(crate) parts: Parts<'a, T>,
    pub(crate) tape: &'a mut Tape<T>,
    /// For what needs no derivative.
    pub(crate) inference: &'a mut Tape<T>,
    pub(crate) threads: &'a Threads,
    /// Where it is evaluated.
    pub(crate) at: &'a mut Params<T>,
    pub(crate) given: Given<'a, T>,
    #[cfg(feature = "dual")]
    pub(crate) curvature: Option<&'a mut Curvature>,
    /// Whether it has been evaluated. Where an optimizer starts, the loss has to be finite.
    pub(crate) begun: bool,
    /// The error behind the one that the optimizer was told of.
    pub(crate) failure: Option<Error>,
}

impl<T: Scalar> BatchLoss<'_, T> {
    fn go_to(&mut self, theta: &[T]) {
        self.at.theta_mut().0.copy_from_slice(theta);
    }

    /// Keeps an error, and tells the optimizer that there is one.
    fn fail<R>(&mut self, result: Result<R>) -> downhill_optim::Result<R> {
        result.map_err(|error| {
            let message = error.to_string();
            self.failure.get_or_insert(error);
            OptimError::Objective { message }
        })
    }

    /// What an optimizer answered, with the error behind the one it was told of.
    pub(crate) fn answer<R>(&mut self, found: downhill_optim::Result<R>) -> Result<R> {
        match self.failure.take() {
            Some(failure) => Err(failure),
            None => Ok(found?),
        }
    }

    /// The gradient, and what else `read` wants of the tape and the output.
    fn gradient_with<R>(
        &mut self,
        theta: &[T],
        gradient: &mut [T],
        read: impl FnOnce(Var<'_, T>) -> Result<R>,
    ) -> Result<(T, R)> {
        self.go_to(theta);
        let found = self.record_gradient(gradient, read);
        // The tape shares θ: it must let go before θ is written.
        self.tape.clear();
        found
    }

    fn record_gradient<R>(
        &mut self,
        gradient: &mut [T],
        read: impl FnOnce(Var<'_, T>) -> Result<R>,
    ) -> Result<(T, R)> {
        let BatchLoss { parts, tape, threads, at, given, begun, .. } = self;
        let (output, loss) = parts.record(tape, at, *given);
        let value = parts.value(loss)?;
        if !value.finite() && !*begun {
            return Err(not_finite("the loss", parts.network.first_not_finite(tape)));
        }
        loss.backward_into(gradient).map_err(|error| parts.network.locate(error))?;
        if let (false, Some(part)) = (*begun, broken(at, gradient, threads)) {
            return Err(not_finite("the gradient", Some(part)));
        }
        *begun = true;
        Ok((value, read(output)?))
    }
}

impl<T: Scalar> Objective<T> for BatchLoss<'_, T> {
    fn gradient(&mut self, theta: &[T], gradient: &mut [T]) -> downhill_optim::Result<T> {
        let found = self.gradient_with(theta, gradient, |_| Ok(()));
        Ok(self.fail(found)?.0)
    }

    fn value(&mut self, theta: &[T]) -> downhill_optim::Result<T> {
        self.go_to(theta);
        let BatchLoss { parts, inference, at, given, .. } = self;
        let (_, loss) = parts.record(inference, at, *given);
        let value = parts.value(loss);
        self.inference.clear();
        self.fail(value)
    }

    #[cfg(feature = "dual")]
    fn hessian_product(&mut self, theta: &[T], v: &[T], product: &mut [T]) -> downhill_optim::Result<()> {
        let BatchLoss { parts, at, given, curvature, .. } = self;
        let result = match curvature {
            Some(curvature) => curvature.product(*parts, at, *given, theta, v, product),
            None => Err(lacking()),
        };
        self.fail(result)
    }

    #[cfg(not(feature = "dual"))]
    fn hessian_product(&mut self, _: &[T], _: &[T], _: &mut [T]) -> downhill_optim::Result<()> {
        self.fail(Err(lacking()))
    }

    #[cfg(feature = "dual")]
    fn gauss_newton(&mut self, theta: &[T], model: &mut GaussNewton<T>) -> downhill_optim::Result<()> {
        let result = self.add_gauss_newton(theta, model);
        self.fail(result)
    }

    #[cfg(not(feature = "dual"))]
    fn gauss_newton(&mut self, _: &[T], _: &mut GaussNewton<T>) -> downhill_optim::Result<()> {
        self.fail(Err(lacking()))
    }
}

#[cfg(feature = "dual")]
impl<T: Scalar> BatchLoss<'_, T> {
    fn add_gauss_newton(&mut self, theta: &[T], model: &mut GaussNewton<T>) -> Result<()> {
        let Some(curvature) = self.curvature.take() else { return Err(lacking()) };
        let result = self.model_with(curvature, theta, model);
        self.curvature = Some(curvature);
        result
    }

    fn model_with(
        &mut self,
        curvature: &mut Curvature,
        theta: &[T],
        model: &mut GaussNewton<T>,
    ) -> Result<()> {
        let (given, network) = (self.given, self.parts.network);
        // A row of the root for each row of the roots of the loss's Hessian, sample by sample.
        let value = self.gradient_with(theta, model.gradient_mut(), |output| {
            let output = output.value().map_err(|error| network.locate(error))?;
            Ok((curvature.roots(&output, given)?, output))
        });
        let (value, (roots, outputs)) = value?;
        model.add_value(value);
        let mut row = vec![T::zero(); theta.len()];
        if !self.add_rows_alone(&roots, &outputs, &mut row, model)? {
            self.add_rows_together(&roots, &mut row, model)?;
        }
        curvature.add_penalties(self.parts.penalties, self.at, model);
        Ok(())
    }

    /// Runs each sample alone, which is quick. False, and nothing has been added, if an output is another one then: layers
    /// such as batch normalisation and dropout see the batch as a whole.
    fn add_rows_alone(
        &mut self,
        roots: &crate::curvature::Roots<T>,
        outputs: &Tensor<T>,
        row: &mut [T],
        model: &mut GaussNewton<T>,
    ) -> Result<bool> {
        let BatchLoss { parts, tape, at, given: Given { x, .. }, .. } = self;
        let network = parts.network;
        let near = T::default_epsilon().sqrt();
        let mut rows = Vec::with_capacity(roots.len() * row.len());
        for sample in 0..outputs.shape()[0] {
            let input = tape.constant(x.rows(sample..sample + 1)?);
            let output = network.forward(tape, at, input, Some(parts.seed));
            let together = outputs.rows(sample..sample + 1)?;
            // Of one sample alone a layer may have no value: there is no variance of it.
            let same = output.value().is_ok_and(|alone| {
                let mut pairs = alone.as_slice().iter().zip(together.as_slice());
                pairs.all(|(a, b)| (*a - *b).abs() <= near * (T::one() + b.abs()))
            });
            if same {
                for cotangent in roots.of(sample) {
                    let cotangent = Tensor::new(together.shape(), cotangent.to_vec())?;
                    output.pullback(&cotangent, row).map_err(|error| network.locate(error))?;
                    rows.extend_from_slice(row);
                }
            }
            tape.clear();
            if !same {
                return Ok(false);
            }
        }
        model.add_square(&rows);
        Ok(true)
    }

    /// Goes back through the whole batch for each row.
    fn add_rows_together(
        &mut self,
        roots: &crate::curvature::Roots<T>,
        row: &mut [T],
        model: &mut GaussNewton<T>,
    ) -> Result<()> {
        let BatchLoss { parts, tape, at, given, .. } = self;
        let (output, _) = parts.record(tape, at, *given);
        let shape = output.shape();
        let length = shape.sample().elements();
        let mut result = Ok(());
        for sample in 0..shape[0] {
            for found in roots.of(sample) {
                let mut cotangent = vec![T::zero(); shape.elements()];
                cotangent[sample * length..(sample + 1) * length].copy_from_slice(found);
                let pulled = Tensor::new(shape, cotangent).map_err(Error::from).and_then(|cotangent| {
                    output.pullback(&cotangent, row).map_err(|error| parts.network.locate(error))?;
                    Ok(())
                });
                result = result.and(pulled);
                model.add_square(row);
            }
        }
        tape.clear();
        result
    }
}

/// An error of numbers that are not finite, in the first step of the first epoch unless told otherwise.
pub(crate) fn not_finite(what: &'static str, place: Option<String>) -> Error {
    Error::NotFinite { epoch: 1, step: 1, what, place: place.unwrap_or_else(|| "the loss".into()) }
}

/// The name of the last part of a gradient that is not finite: backward goes from the last layer to the first.
pub(crate) fn broken<T: Scalar>(params: &Params<T>, gradient: &[T], threads: &Threads) -> Option<String> {
    if kernel::all_finite(gradient, threads) {
        return None;
    }
    let mut parts = params.layout().parts().iter().rev();
    let part = parts.find(|part| !kernel::all_finite(&gradient[part.range()], threads));
    Some(part.map_or_else(String::new, |part| part.name.clone()))
}

fn lacking() -> Error {
    Error::Needs {
        what: "this optimizer or callback",
        needs: "the loss in dual numbers, for its curvature: `curvature` of the learner or trainer (feature `dual`)",
    }
}
