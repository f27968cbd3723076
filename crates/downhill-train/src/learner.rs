//! One training step after another.

use downhill_data::Batch;
use downhill_nn::autodiff::tensor::{Threads, kernel};
use downhill_nn::autodiff::{Tape, Tensor};
use downhill_nn::{Loss, Network, Params, Scalar, Target, WeightPenalty};
use downhill_optim::Optimizer;

use crate::{Error, Result};

/// A network that learns batch by batch: forward, loss, backward, optimizer. [`Trainer`](crate::Trainer)
/// is this in a loop; use it for a loop of your own.
///
/// A steady step allocates nothing, and its result does not depend on the number of threads.
///
/// ```
/// use downhill_nn::autodiff::Tensor;
/// use downhill_nn::{Linear, Mse, Network, Target};
/// use downhill_optim::GradientDescent;
/// use downhill_train::Learner;
///
/// // y = 2x − 1
/// let x = Tensor::from_rows(&[[0.0], [1.0], [2.0]]);
/// let y = Target::Values(Tensor::from_rows(&[[-1.0], [1.0], [3.0]]));
/// let network = Network::build(Linear::new(1), [1])?;
/// let mut learner = Learner::<f32>::new(network, Mse::new(), GradientDescent::new(0.1)?, 42);
/// for _ in 0..500 {
///     learner.step(&x, &y)?;
/// }
/// let slope = learner.params().get("weight")?.item()?;
/// assert!((slope - 2.0).abs() < 1e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Learner<T: Scalar = f32> {
    network: Network,
    params: Params<T>,
    loss: Box<dyn Loss<T>>,
    penalties: Vec<WeightPenalty>,
    optimizer: Box<dyn Optimizer<T>>,
    tape: Tape<T>,
    inference: Tape<T>,
    gradient: Vec<T>,
    seed: u64,
    steps: u64,
}

impl<T: Scalar> Learner<T> {
    /// A network with random parameters drawn from `seed`, ready for its first step.
    pub fn new(
        network: Network,
        loss: impl Loss<T> + 'static,
        optimizer: impl Optimizer<T> + 'static,
        seed: u64,
    ) -> Learner<T> {
        let params = network.init(seed);
        Learner::with_parts(network, params, Box::new(loss), Box::new(optimizer), seed)
    }

    pub(crate) fn with_parts(
        network: Network,
        params: Params<T>,
        loss: Box<dyn Loss<T>>,
        optimizer: Box<dyn Optimizer<T>>,
        seed: u64,
    ) -> Learner<T> {
        let gradient = vec![T::zero(); params.len()];
        let (tape, inference) = (Tape::new(), Tape::inference());
        let penalties = Vec::new();
        Learner { network, params, loss, penalties, optimizer, tape, inference, gradient, seed, steps: 0 }
    }

    /// The same learner, computing on these threads.
    #[must_use]
    pub fn threads(mut self, threads: Threads) -> Learner<T> {
        self.tape = self.tape.threads(threads.clone());
        self.inference = self.inference.threads(threads);
        self
    }

    /// The same learner with a penalty on parameters added to the loss of each step.
    ///
    /// # Errors
    /// If it is for no parameter of the network.
    pub fn penalty(mut self, penalty: WeightPenalty) -> Result<Learner<T>> {
        penalty.check(&self.params)?;
        self.penalties.push(penalty);
        Ok(self)
    }

    /// Learns from one batch and answers its loss before the step, with all penalties.
    ///
    /// # Errors
    /// If the batch does not fit the network, or the loss or a gradient is not finite
    /// ([`Error::NotFinite`], with the layer); then no parameter has moved, and no buffer. (Of a step with two
    /// gradients, such as [`Sam`](downhill_optim::Sam)'s, the second one may fail: then they are where that one was
    /// taken.)
    pub fn step(&mut self, x: &Tensor<T>, target: &Target<T>) -> Result<T> {
        self.weighted_step(x, target, None)
    }

    /// The same for a batch of a data set, whose samples may have weights.
    ///
    /// # Errors
    /// As [`step`](Learner::step).
    pub fn step_on(&mut self, batch: &Batch<T>) -> Result<T> {
        self.weighted_step(&batch.inputs, &batch.target, batch.weights.as_ref())
    }

    fn weighted_step(&mut self, x: &Tensor<T>, target: &Target<T>, weights: Option<&Tensor<T>>) -> Result<T> {
        let loss = self.half_step(x, target, weights)?;
        if self.optimizer.halfway() {
            self.half_step(x, target, weights)?;
        }
        self.steps = self.steps.saturating_add(1);
        Ok(loss)
    }

    /// A step, or half of one of an optimizer that wants two gradients of a batch.
    fn half_step(&mut self, x: &Tensor<T>, target: &Target<T>, weights: Option<&Tensor<T>>) -> Result<T> {
        let found = self.find_gradient(x, target, weights);
        // The tape shares θ: it must let go before θ is written.
        self.tape.clear();
        let loss = found?;
        let (theta, layout) = self.params.theta_mut();
        self.optimizer.step(theta, &mut self.gradient, layout)?;
        self.params.update_buffers(&self.tape);
        Ok(loss)
    }

    /// Turns the parameters into those to evaluate and to keep, where the optimizer has others than those that it
    /// goes on training: see [`Optimizer::average`].
    ///
    /// # Errors
    /// If the parameters are not those of the steps.
    pub fn average(&mut self) -> Result<()> {
        let (theta, layout) = self.params.theta_mut();
        Ok(self.optimizer.average(theta, layout)?)
    }

    fn find_gradient(&mut self, x: &Tensor<T>, target: &Target<T>, weights: Option<&Tensor<T>>) -> Result<T> {
        let Learner { network, params, tape, gradient, .. } = self;
        network.check_input(x.shape())?;
        if params.len() != gradient.len() || params.buffers().len() != network.buffer_layout().len() {
            network.check_params(params)?;
        }
        // Another seed for each step, and none that the initialisers draw from.
        let seed = self.seed.wrapping_add(self.steps.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let output = network.forward(tape, params, tape.constant(x.clone()), Some(seed));
        let mut loss = self.loss.weighted(output, target, weights);
        for penalty in &self.penalties {
            penalty.apply(tape, params);
        }
        if let Some(penalty) = tape.penalty() {
            loss = loss + penalty;
        }
        let value = loss.value().map_err(|error| network.locate(error))?;
        let value = value.item().map_err(|_| Error::LossShape { shape: value.shape() })?;
        if !value.finite() {
            let place = network.first_not_finite(tape).unwrap_or_else(|| "the loss".into());
            return Err(self.not_finite("the loss", place));
        }
        let gradients = loss.backward_into(gradient).map_err(|error| network.locate(error))?;
        if self.steps == 0 {
            network.check_reached(params, &gradients)?;
        }
        if !kernel::all_finite(gradient) {
            // Backward goes from the last layer to the first.
            let layout = params.layout();
            let broken =
                |part: &&downhill_nn::autodiff::tensor::Part| !kernel::all_finite(&gradient[part.range()]);
            let place =
                layout.parts().iter().rev().find(broken).map_or_else(String::new, |part| part.name.clone());
            return Err(self.not_finite("the gradient", place));
        }
        Ok(value)
    }

    fn not_finite(&self, what: &'static str, place: String) -> Error {
        Error::NotFinite { epoch: 1, step: self.steps as usize + 1, what, place }
    }

    /// The output for a batch `[n, …]`, and its loss without any penalty.
    ///
    /// # Errors
    /// If the batch does not fit the network.
    pub fn evaluate(&mut self, x: &Tensor<T>, target: &Target<T>) -> Result<(Tensor<T>, T)> {
        self.weighted_evaluate(x, target, None)
    }

    /// The same for a batch of a data set, whose samples may have weights.
    ///
    /// # Errors
    /// As [`evaluate`](Learner::evaluate).
    pub fn evaluate_on(&mut self, batch: &Batch<T>) -> Result<(Tensor<T>, T)> {
        self.weighted_evaluate(&batch.inputs, &batch.target, batch.weights.as_ref())
    }

    fn weighted_evaluate(
        &mut self,
        x: &Tensor<T>,
        target: &Target<T>,
        weights: Option<&Tensor<T>>,
    ) -> Result<(Tensor<T>, T)> {
        let Learner { network, params, inference, .. } = self;
        network.check_input(x.shape())?;
        let output = network.forward(inference, params, inference.constant(x.clone()), None);
        let loss = self.loss.weighted(output, target, weights);
        let values = output.value().and_then(|output| Ok((output, loss.value()?)));
        let found = values.map_err(|error| network.locate(error).into()).and_then(|(output, loss)| {
            let loss = loss.item().map_err(|_| Error::LossShape { shape: loss.shape() })?;
            Ok((output, loss))
        });
        inference.clear();
        found
    }

    /// The gradient of the last step's loss, as the optimizer left it.
    pub fn gradient(&self) -> &[T] {
        &self.gradient
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The parameters.
    pub fn params(&self) -> &Params<T> {
        &self.params
    }

    /// The parameters, to be changed: frozen, or set from a file.
    pub fn params_mut(&mut self) -> &mut Params<T> {
        &mut self.params
    }

    /// The optimizer.
    pub fn optimizer(&self) -> &dyn Optimizer<T> {
        &*self.optimizer
    }

    /// The optimizer, to be changed: its rate, for one.
    pub fn optimizer_mut(&mut self) -> &mut dyn Optimizer<T> {
        &mut *self.optimizer
    }

    /// The number of steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Goes on as after so many steps.
    pub(crate) fn set_steps(&mut self, steps: u64) {
        self.steps = steps;
    }

    /// The network and its parameters: what a [`Model`](crate::Model) is made of.
    pub fn into_parts(self) -> (Network, Params<T>) {
        (self.network, self.params)
    }
}

impl<T: Scalar> std::fmt::Debug for Learner<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Learner")
            .field("network", &self.network)
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}
