//! What an optimizer is.

use downhill_tensor::{Layout, Real, Threads};

use crate::{
    Accumulate, AdaptiveClip, Averaged, Centralise, ClipNorm, ClipValue, Decayed, Group, Grouped, Lookahead,
    Noise, Objective, Plateau, ReduceOnPlateau, Result, Sam, Schedule, Scheduled, StateVisitor,
    adapters::Place, lengths,
};

/// A way of going downhill: it moves a flat vector θ, given the gradient there, to where the
/// function is lower.
///
/// The provided methods wrap an optimizer in an adapter that is an optimizer too, so that they
/// chain. The last adapter of a chain is the first to see the gradient.
///
/// ```
/// use downhill_optim::{Adam, Layout, Optimizer, schedule::Linear};
///
/// let mut optimizer = Adam::new(1e-3)?.clip_norm(1.0)?.schedule(Linear::warmup(100)?);
/// let (mut theta, mut gradient) = ([1.0, 2.0], [0.5, -0.5]);
/// optimizer.step(&mut theta, &mut gradient, &Layout::flat(2))?;
/// # Ok::<(), downhill_optim::Error>(())
/// ```
pub trait Optimizer<T: Real = f32>: Send {
    /// Takes one step: moves `theta` downhill, given the `gradient` there.
    ///
    /// `layout` names the parts of θ. Those that are not trainable stay as they are, to the bit;
    /// weight decay acts on those with [`decay`](downhill_tensor::Part::decay). What `gradient` holds
    /// afterwards is unspecified: clipping changes it in place.
    ///
    /// # Errors
    /// [`Error::Length`](crate::Error::Length) if `theta`, `gradient`, `layout` and the state of
    /// earlier steps differ in length; then nothing has moved.
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()>;

    /// Takes one step on a function that may be evaluated anywhere, and answers its value at the θ that the step began
    /// at. An optimizer that needs one gradient a step takes that; those that evaluate the function several times, by
    /// which they find how far to go, have only this way.
    ///
    /// `gradient` is as long as θ, and what it holds before and afterwards is unspecified. A function that is not the
    /// same at each step, such as the loss of a batch, is allowed.
    ///
    /// # Errors
    /// As [`step`](Optimizer::step); those of the objective, after which θ is where the step has come, mostly where it
    /// began; [`Error::Lacks`](crate::Error::Lacks) if the method needs what the objective does not have.
    fn step_on(
        &mut self,
        theta: &mut [T],
        gradient: &mut [T],
        objective: &mut dyn Objective<T>,
        layout: &Layout,
    ) -> Result<T> {
        lengths::check(theta, gradient, layout)?;
        let value = objective.gradient(theta, gradient)?;
        self.step(theta, gradient, layout)?;
        while self.halfway() {
            objective.gradient(theta, gradient)?;
            self.step(theta, gradient, layout)?;
        }
        Ok(value)
    }

    /// Whether the optimizer evaluates the function itself: then [`step`](Optimizer::step) is an error, and
    /// [`step_on`](Optimizer::step_on) the way to take one.
    fn needs_objective(&self) -> bool {
        false
    }

    /// The learning rate η that the next step will use.
    fn rate(&self) -> f64;

    /// Sets the learning rate.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and at least 0.
    fn set_rate(&mut self, rate: f64) -> Result<()>;

    /// Sets the momentum, as a [`Schedule`] with a momentum does: μ, α, or the β₁ of Adam and its kin.
    ///
    /// # Errors
    /// [`Error::NoMomentum`](crate::Error::NoMomentum) if the optimizer has none;
    /// [`Error::Setting`](crate::Error::Setting) if it is out of range.
    fn set_momentum(&mut self, momentum: f64) -> Result<()> {
        let _ = momentum;
        Err(crate::Error::NoMomentum)
    }

    /// Sets the threads that a step may use; the calling one alone unless told otherwise. Results never depend on them.
    fn set_threads(&mut self, threads: &Threads) {
        let _ = threads;
    }

    /// Tells the optimizer how well training goes: the value of a loss or of a metric, at intervals of the
    /// caller's choice. [`ReduceOnPlateau`] listens; others ignore it.
    fn report(&mut self, value: f64) {
        let _ = value;
    }

    /// Whether the last [`step`](Optimizer::step) was only half of one: the next one has to be given the
    /// gradient of the same batch, at the θ that this one has moved to. [`Sam`] takes such steps.
    fn halfway(&self) -> bool {
        false
    }

    /// Turns the θ that the steps have made into the one to evaluate and to keep, where the method has
    /// another: a mean over the steps, for one. What goes on training is the θ before. Parts that are not
    /// trainable stay as they are.
    ///
    /// # Errors
    /// [`Error::Length`](crate::Error::Length) if `theta` and `layout` are not those of the steps.
    fn average(&self, theta: &mut [T], layout: &Layout) -> Result<()> {
        let _ = (theta, layout);
        Ok(())
    }

    /// Shows `visitor` everything that [`step`](Optimizer::step) changes (counters, moments), in a
    /// fixed order: saving and restoring are one method. Settings, the rate among them, are no state.
    fn state(&mut self, visitor: &mut dyn StateVisitor<T>);

    /// Scales the gradient down where its L2 norm exceeds `max`; [`ClipNorm::norm`] chooses another
    /// norm.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `max` is finite and above 0.
    fn clip_norm(self, max: f64) -> Result<ClipNorm<Self>>
    where
        Self: Sized,
    {
        ClipNorm::new(self, max)
    }

    /// Clips each element of the gradient to -`max` ..= `max`.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `max` is finite and above 0.
    fn clip_value(self, max: f64) -> Result<ClipValue<Self>>
    where
        Self: Sized,
    {
        ClipValue::new(self, max)
    }

    /// Lowers the rate when the values that [`report`](Optimizer::report) is given no longer get better.
    fn reduce_on_plateau(self, plateau: Plateau) -> ReduceOnPlateau<Self>
    where
        Self: Sized,
    {
        let base = self.rate();
        ReduceOnPlateau::new(self, plateau, base)
    }

    /// Scales the gradient of each unit down to `share` of the norm of its weights: adaptive clipping.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `share` is finite and above 0.
    fn adaptive_clip(self, share: f64) -> Result<AdaptiveClip<Self>>
    where
        Self: Sized,
    {
        AdaptiveClip::new(self, share)
    }

    /// Takes the mean off the gradient of each unit's weights.
    fn centralise(self) -> Centralise<Self>
    where
        Self: Sized,
    {
        Centralise::new(self)
    }

    /// Adds the weight decay λθ to the gradient, with λ = `decay`.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `decay` is finite and at least 0.
    fn coupled_decay(self, decay: f64) -> Result<Decayed<T, Self>>
    where
        Self: Sized,
    {
        Decayed::new(self, decay, Place::Coupled)
    }

    /// Takes ηλθ off θ in each step too, with λ = `decay` and the θ that the step begins at: Loshchilov & Hutter (2019),
    /// Decoupled weight decay regularization; Keras has it in all optimizers.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `decay` is finite and at least 0.
    fn decoupled_decay(self, decay: f64) -> Result<Decayed<T, Self>>
    where
        Self: Sized,
    {
        Decayed::new(self, decay, Place::Decoupled)
    }

    /// Shrinks θ by the share `decay` after each step, whatever the rate: ONNX's `norm_coefficient_post`.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `decay` is finite and at least 0.
    fn final_decay(self, decay: f64) -> Result<Decayed<T, Self>>
    where
        Self: Sized,
    {
        Decayed::new(self, decay, Place::Final)
    }

    /// Adds noise of the variance `eta`/(1 + t)^`gamma` to the gradient.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `eta` and `gamma` are finite and at least 0.
    fn noise(self, eta: f64, gamma: f64, seed: u64) -> Result<Noise<Self>>
    where
        Self: Sized,
    {
        Noise::new(self, eta, gamma, seed)
    }

    /// Takes one step along the mean of every `count` gradients.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `count` is at least 1.
    fn accumulate(self, count: u64) -> Result<Accumulate<T, Self>>
    where
        Self: Sized,
    {
        Accumulate::new(self, count)
    }

    /// Keeps an exponential moving average of θ, m ← `decay`·m + (1 − `decay`)θ, as its
    /// [`average`](Optimizer::average). It begins with the θ after the first step.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `decay` is at least 0 and below 1.
    fn ema(self, decay: f64) -> Result<Averaged<T, Self>>
    where
        Self: Sized,
    {
        Averaged::exponential(self, decay)
    }

    /// Keeps the mean of the θ after step `start`, counted from 0, and every `every`-th from there, as its
    /// [`average`](Optimizer::average). Source: Izmailov et al. (2018), Averaging weights leads to wider optima
    /// and better generalization, algorithm 1.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `every` is at least 1.
    fn swa(self, start: u64, every: u64) -> Result<Averaged<T, Self>>
    where
        Self: Sized,
    {
        Averaged::equal(self, start, every)
    }

    /// After every `steps` steps goes back all but this `share` of the way.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `steps` is at least 1, and `share` above 0 and at most 1.
    fn lookahead(self, steps: u64, share: f64) -> Result<Lookahead<T, Self>>
    where
        Self: Sized,
    {
        Lookahead::new(self, steps, share)
    }

    /// Steps along the gradient of the point `radius` uphill: sharpness-aware minimisation.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `radius` is finite and at least 0.
    fn sam(self, radius: f64) -> Result<Sam<T, Self>>
    where
        Self: Sized,
    {
        Sam::new(self, radius)
    }

    /// Gives the parts whose name matches `pattern`, in which `*` stands for any characters, settings of their
    /// own.
    fn group(self, pattern: impl Into<String>, group: Group) -> Grouped<Self>
    where
        Self: Sized,
    {
        Grouped::new(self, pattern.into(), group)
    }

    /// Lets weight decay act on parts of two axes and more only: on the weights of layers, not on their biases or on the
    /// gains of normalisations.
    ///
    /// ```
    /// use downhill_optim::{AdamW, Optimizer};
    /// let optimizer: &dyn Optimizer = &AdamW::new(1e-3)?.weight_decay(0.1)?.decay_matrices_only();
    /// # Ok::<(), downhill_optim::Error>(())
    /// ```
    fn decay_matrices_only(self) -> Grouped<Self>
    where
        Self: Sized,
    {
        Grouped::sparing_vectors(self)
    }

    /// Sets the rate before each step from a schedule, whose base is the present rate.
    fn schedule<S: Schedule>(self, schedule: S) -> Scheduled<Self, S>
    where
        Self: Sized,
    {
        let base = self.rate();
        Scheduled::new(self, schedule, base)
    }
}

impl<T: Real, O: Optimizer<T> + ?Sized> Optimizer<T> for Box<O> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        (**self).step(theta, gradient, layout)
    }

    fn step_on(
        &mut self,
        theta: &mut [T],
        gradient: &mut [T],
        objective: &mut dyn Objective<T>,
        layout: &Layout,
    ) -> Result<T> {
        (**self).step_on(theta, gradient, objective, layout)
    }

    fn needs_objective(&self) -> bool {
        (**self).needs_objective()
    }

    fn rate(&self) -> f64 {
        (**self).rate()
    }

    fn set_rate(&mut self, rate: f64) -> Result<()> {
        (**self).set_rate(rate)
    }

    fn set_momentum(&mut self, momentum: f64) -> Result<()> {
        (**self).set_momentum(momentum)
    }

    fn set_threads(&mut self, threads: &Threads) {
        (**self).set_threads(threads);
    }

    fn report(&mut self, value: f64) {
        (**self).report(value);
    }

    fn halfway(&self) -> bool {
        (**self).halfway()
    }

    fn average(&self, theta: &mut [T], layout: &Layout) -> Result<()> {
        (**self).average(theta, layout)
    }

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        (**self).state(visitor);
    }
}
