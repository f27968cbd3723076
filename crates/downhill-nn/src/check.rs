//! Proofs that a layer's or a loss's derivatives are those of its value.

use downhill_autodiff::check::{Disagreement, Tolerance, close, cotangent, function};
use downhill_autodiff::tensor::num_dual::Dual64;
use downhill_autodiff::{Shape, Tape, Tensor, Var};

use crate::{Error, Layer, Loss, Network, Params, Target};

/// How a layer fails its proof.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// It does not build or run.
    #[error(transparent)]
    Failed(#[from] Error),
    /// Its output has not the shape that building it promised.
    #[error("a batch of {batch} gives {given}, but `build` promised samples of {promised}")]
    Shape {
        /// The number of samples.
        batch: usize,
        /// The output's shape.
        given: Box<Shape>,
        /// The shape of a sample of the output by `build`.
        promised: Box<Shape>,
    },
    /// A derivative is wrong.
    #[error("d {of}[{element}]: backward gives {backward}, dual numbers {expected}")]
    Derivative {
        /// The input, or a parameter's name.
        of: String,
        /// The element's row-major place.
        element: usize,
        /// What the backward pass gives.
        backward: f64,
        /// What it should give.
        expected: f64,
    },
}

impl From<downhill_autodiff::Error> for Flaw {
    fn from(error: downhill_autodiff::Error) -> Flaw {
        Flaw::Failed(error.into())
    }
}

/// Proves a layer on a batch `[n, …]`, in training with `seed` or, without one, in use.
///
/// Its output must have the shape it promised when built. The derivative with respect to every element of
/// the input and of every parameter is compared with dual numbers, to 1e-12 relative, and every parameter
/// must be reached.
///
/// # Errors
/// The first [`Flaw`].
pub fn layer(layer: impl Layer, x: &Tensor<f64>, seed: Option<u64>) -> Result<(), Flaw> {
    let network = Network::build(layer, x.shape().sample())?;
    network.check_input(x.shape())?;
    let params: Params<f64> = network.init(7);
    let tape = Tape::new();
    let input = tape.variable(x.clone());
    let output = network.forward(&tape, &params, input, seed);
    let value = output.value().map_err(|error| network.locate(error))?;
    if value.shape().first() != x.shape().first() || value.shape().sample() != network.output() {
        let (given, promised) = (Box::new(value.shape()), Box::new(network.output()));
        return Err(Flaw::Shape { batch: x.shape()[0], given, promised });
    }
    let u = cotangent(value.shape());
    let mut gradient = vec![0.0; params.len()];
    let gradients = output.pullback(&u, &mut gradient)?;
    network.check_reached(&params, &gradients)?;

    let compare = |of: &str, element: usize, backward: f64, x: Tensor<Dual64>, params: &Params<Dual64>| {
        let tape = Tape::inference();
        let output = network.forward(&tape, params, tape.constant(x), seed).value()?;
        let terms = || output.as_slice().iter().zip(u.as_slice()).map(|(y, u)| y.eps * u);
        let (expected, size): (f64, f64) = (terms().sum(), terms().map(f64::abs).sum());
        if close(backward, expected, size, 1e-12) {
            return Ok(());
        }
        Err(Flaw::Derivative { of: of.into(), element, backward, expected })
    };
    let dx = gradients.wrt(input)?;
    let lifted: Params<Dual64> = params.cast();
    for (element, &backward) in dx.as_slice().iter().enumerate() {
        let mut moved: Tensor<Dual64> = x.cast();
        moved.as_mut_slice()[element].eps = 1.0;
        compare("input", element, backward, moved, &lifted)?;
    }
    for part in params.layout().parts() {
        for (element, place) in part.range().enumerate() {
            let mut moved = lifted.clone();
            moved.theta_mut().0[place].eps = 1.0;
            compare(&part.name, element, gradient[place], x.cast(), &moved)?;
        }
    }
    Ok(())
}

/// Proves a loss at an output and a target: see [`function`].
///
/// # Errors
/// The first [`Disagreement`].
pub fn loss<L>(
    loss: &L,
    output: &Tensor<f64>,
    target: &Target<f64>,
    tolerance: Tolerance,
) -> Result<(), Disagreement>
where
    L: Loss<f64> + Loss<Dual64>,
{
    let lifted: Target<Dual64> = target.cast();
    fn of<'t, T: downhill_autodiff::Real>(
        loss: &impl Loss<T>,
        x: &[Var<'t, T>],
        target: &Target<T>,
    ) -> Var<'t, T> {
        loss.loss(x[0], target)
    }
    function(|_, x| of(loss, x, target), |_, x| of(loss, x, &lifted), std::slice::from_ref(output), tolerance)
}
