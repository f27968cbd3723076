//! One training step after another.

use downhill_data::Batch;
use downhill_nn::autodiff::tensor::Threads;
use downhill_nn::autodiff::{Tape, Tensor};
use downhill_nn::{Loss, Network, Params, Scalar, Target, WeightPenalty};
use downhill_optim::{Objective, Optimizer};

use crate::batch_loss::{BatchLoss, Given, Parts, broken, not_finite};
#[cfg(feature = "dual")]
use crate::curvature::Curvature;
use crate::{Callback, Error, Inspection, Result, StepRecord};

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
    threads: Threads,
    /// Where an optimizer that evaluates the loss itself does that.
    trial: Option<Params<T>>,
    #[cfg(feature = "dual")]
    curvature: Option<Curvature>,
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
        Learner {
            network,
            params,
            loss,
            penalties,
            optimizer,
            tape,
            inference,
            gradient,
            threads: Threads::single(),
            trial: None,
            #[cfg(feature = "dual")]
            curvature: None,
            seed,
            steps: 0,
        }
    }

    /// The same learner, computing on these threads.
    #[must_use]
    pub fn threads(mut self, threads: Threads) -> Learner<T> {
        self.tape = self.tape.threads(threads.clone());
        self.inference = self.inference.threads(threads.clone());
        self.optimizer.set_threads(&threads);
        self.threads = threads;
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

    /// The same learner, which also knows how its loss curves: `loss` is the same loss once more, which is computed in dual
    /// numbers. [`NewtonCg`](downhill_optim::NewtonCg), [`LevenbergMarquardt`](downhill_optim::LevenbergMarquardt) and
    /// [`Sophia`](downhill_optim::Sophia) need it.
    ///
    /// Levenberg-Marquardt's matrix is JᵀHJ with the Jacobian J of the outputs and the Hessian H of the loss with respect to
    /// them, for any convex loss of each sample's own outputs.
    ///
    /// ```
    /// use downhill_nn::autodiff::Tensor;
    /// use downhill_nn::{Activation, Linear, Mse, Network, Sequential, Target};
    /// use downhill_optim::LevenbergMarquardt;
    /// use downhill_train::Learner;
    ///
    /// // sin x by four tanh units.
    /// let x = Tensor::from_fn([40, 1], |i| i as f64 * 0.1);
    /// let y = Target::Values(x.sin());
    /// let layers = Sequential::new().then(Linear::new(4)).then(Activation::Tanh).then(Linear::new(1));
    /// let network = Network::build(layers, [1])?;
    /// let optimizer = LevenbergMarquardt::new();
    /// let mut learner = Learner::<f64>::new(network, Mse::new(), optimizer, 1).curvature(Mse::new());
    /// for _ in 0..50 {
    ///     learner.step(&x, &y)?;
    /// }
    /// assert!(learner.step(&x, &y)? < 1e-6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "dual")]
    #[must_use]
    pub fn curvature(
        mut self,
        loss: impl Loss<downhill_nn::autodiff::tensor::num_dual::Dual64> + 'static,
    ) -> Learner<T> {
        self.curvature = Some(Curvature::new(loss));
        self
    }

    #[cfg(feature = "dual")]
    pub(crate) fn set_curvature(&mut self, curvature: Option<Curvature>) {
        self.curvature = curvature;
    }

    /// Learns from one batch and answers its loss before the step, with all penalties.
    ///
    /// # Errors
    /// If the batch does not fit the network, or the loss or a gradient is not finite
    /// ([`Error::NotFinite`], with the layer); then no parameter has moved, and no buffer. (Of a step with two
    /// gradients, such as [`Sam`](downhill_optim::Sam)'s, the second one may fail: then they are where that one was
    /// taken.)
    ///
    /// An optimizer that evaluates the loss itself, such as [`Lbfgs`](downhill_optim::Lbfgs), sees that of this batch with
    /// the same dropout each time; buffers become those of its last gradient.
    pub fn step(&mut self, x: &Tensor<T>, target: &Target<T>) -> Result<T> {
        self.step_on_given(Given { x, target, weights: None })
    }

    /// The same for a batch of a data set, whose samples may have weights.
    ///
    /// # Errors
    /// As [`step`](Learner::step).
    pub fn step_on(&mut self, batch: &Batch<T>) -> Result<T> {
        self.step_on_given(Given::of(batch))
    }

    fn step_on_given(&mut self, given: Given<'_, T>) -> Result<T> {
        let loss = if self.optimizer.needs_objective() {
            self.evaluating_step(given)?
        } else {
            self.half_step(given)?
        };
        if self.optimizer.halfway() {
            self.half_step(given)?;
        }
        self.steps = self.steps.saturating_add(1);
        Ok(loss)
    }

    /// A step of an optimizer that evaluates the loss itself.
    fn evaluating_step(&mut self, given: Given<'_, T>) -> Result<T> {
        self.check(given.x)?;
        let (mut trial, steps) = (self.take_trial(), self.steps);
        let (mut objective, optimizer, params, gradient) = self.batch_loss(&mut trial, given, steps);
        let (theta, layout) = params.theta_mut();
        let found = optimizer.step_on(theta, gradient, &mut objective, layout);
        let found = objective.answer(found).map_err(|error| self.at_this_step(error));
        if found.is_ok() {
            self.params.update_buffers(&self.tape);
            trial.update_buffers(&self.tape);
        }
        self.trial = Some(trial);
        found
    }

    /// Parameters like the present ones, to evaluate at another θ.
    fn take_trial(&mut self) -> Params<T> {
        match self.trial.take() {
            Some(trial) if same(&trial, &self.params) => trial,
            _ => self.params.clone(),
        }
    }

    /// The loss of a batch in the step after so many, and what an optimizer needs beside it: itself, the parameters and
    /// room for a gradient.
    fn batch_loss<'a>(
        &'a mut self,
        trial: &'a mut Params<T>,
        given: Given<'a, T>,
        steps: u64,
    ) -> (BatchLoss<'a, T>, &'a mut dyn Optimizer<T>, &'a mut Params<T>, &'a mut [T]) {
        let seed = self.step_seed(steps);
        let Learner {
            network, params, loss, penalties, optimizer, tape, inference, gradient, threads, ..
        } = self;
        let objective = BatchLoss {
            parts: Parts { network, loss: &**loss, penalties, seed },
            tape,
            inference,
            threads,
            at: trial,
            given,
            #[cfg(feature = "dual")]
            curvature: self.curvature.as_mut(),
            begun: false,
            failure: None,
        };
        (objective, &mut **optimizer, params, gradient)
    }

    /// Shows callbacks the step that was just taken from θ = `before` on a batch.
    pub(crate) fn inspect<'c>(
        &mut self,
        record: StepRecord,
        batch: &Batch<T>,
        before: &Tensor<T>,
        callbacks: impl Iterator<Item = &'c mut Box<dyn Callback>>,
    ) -> Result<()> {
        let numbers = |numbers: &[T]| numbers.iter().map(|x| x.as_f64()).collect::<Vec<_>>();
        let (layout, after) = (self.params.layout().clone(), numbers(self.params.theta().as_slice()));
        let (mut trial, steps) = (self.take_trial(), self.steps.saturating_sub(1));
        let (mut objective, ..) = self.batch_loss(&mut trial, Given::of(batch), steps);
        let (theta, mut gradient) = (before.as_slice(), vec![T::zero(); before.len()]);
        let found = objective.gradient(theta, &mut gradient);
        objective.answer(found)?;
        let mut product = |v: &[f64], product: &mut [f64]| {
            let v: Vec<T> = v.iter().map(|&v| T::of(v)).collect();
            let mut found = vec![T::zero(); v.len()];
            let result = objective.hessian_product(theta, &v, &mut found);
            product.iter_mut().zip(found).for_each(|(product, found)| *product = found.as_f64());
            objective.answer(result)
        };
        let (before, gradient) = (numbers(theta), numbers(&gradient));
        let mut inspection = Inspection {
            record,
            layout: &layout,
            before: &before,
            after: &after,
            gradient: &gradient,
            product: &mut product,
        };
        for callback in callbacks {
            callback.on_inspect(&mut inspection)?;
        }
        Ok(())
    }

    /// A step, or half of one of an optimizer that wants two gradients of a batch.
    fn half_step(&mut self, given: Given<'_, T>) -> Result<T> {
        let found = self.find_gradient(given);
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

    /// Checks that a batch and the parameters are those of the network.
    fn check(&self, x: &Tensor<T>) -> Result<()> {
        let Learner { network, params, gradient, .. } = self;
        network.check_input(x.shape())?;
        if params.len() != gradient.len() || params.buffers().len() != network.buffer_layout().len() {
            network.check_params(params)?;
        }
        Ok(())
    }

    /// The seed of the randomness of a step: another one for each, and none that the initialisers draw from.
    fn step_seed(&self, steps: u64) -> u64 {
        self.seed.wrapping_add(steps.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn find_gradient(&mut self, given: Given<'_, T>) -> Result<T> {
        self.check(given.x)?;
        let seed = self.step_seed(self.steps);
        let Learner { network, params, loss, penalties, tape, gradient, threads, .. } = self;
        let parts = Parts { network, loss: &**loss, penalties, seed };
        let (_, loss) = parts.record(tape, params, given);
        let value = parts.value(loss)?;
        if !value.finite() {
            let place = network.first_not_finite(tape);
            return Err(self.at_this_step(not_finite("the loss", place)));
        }
        let gradients = loss.backward_into(gradient).map_err(|error| network.locate(error))?;
        if self.steps == 0 {
            network.check_reached(params, &gradients)?;
        }
        if let Some(part) = broken(params, gradient, threads) {
            return Err(self.at_this_step(not_finite("the gradient", Some(part))));
        }
        Ok(value)
    }

    /// An error with the number of this step.
    fn at_this_step(&self, error: Error) -> Error {
        match error {
            Error::NotFinite { epoch, what, place, .. } => {
                Error::NotFinite { epoch, step: self.steps as usize + 1, what, place }
            }
            other => other,
        }
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

/// Whether parameters differ in θ alone.
fn same<T: Scalar>(a: &Params<T>, b: &Params<T>) -> bool {
    a.layout() == b.layout() && a.buffers() == b.buffers()
}

impl<T: Scalar> std::fmt::Debug for Learner<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Learner")
            .field("network", &self.network)
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}
