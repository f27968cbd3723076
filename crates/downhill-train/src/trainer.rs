//! The training loop.

use std::ops::ControlFlow;
use std::time::Instant;

use downhill_data::{Batches, Dataset, Epoch, Transform};
use downhill_nn::autodiff::Tensor;
use downhill_nn::autodiff::tensor::Threads;
use downhill_nn::{AnyLayer, Layer, Loss, Network, Params, Scalar, Target, WeightPenalty};
use downhill_optim::{Adam, Optimizer, Schedule};

use crate::answers::Answers;
use crate::{
    Callback, EarlyStopping, EpochRecord, Error, History, Learner, Metrics, Model, Plan, Result, StepRecord,
};

/// Trains layers on a data set.
///
/// Everything random (the initial parameters, the order of the samples, dropout, the rows held back for
/// validation) follows from one [`seed`](Trainer::seed): the same seed gives the same model to the bit, on
/// any number of threads.
pub struct Trainer<T: Scalar = f32> {
    layers: AnyLayer,
    loss: Box<dyn Loss<T>>,
    optimizer: Option<Box<dyn Optimizer<T>>>,
    schedule: Option<Box<MakeSchedule<T>>>,
    epochs: usize,
    batch_size: usize,
    seed: u64,
    threads: usize,
    transforms: Vec<Transform>,
    target_transforms: Vec<Transform>,
    validation: Validation<T>,
    early_stopping: Option<EarlyStopping>,
    frozen: Vec<String>,
    penalties: Vec<WeightPenalty>,
    params: Option<Params<T>>,
    callbacks: Vec<Box<dyn Callback>>,
}

/// Wraps an optimizer in a schedule for so many steps.
type MakeSchedule<T> =
    dyn FnOnce(Box<dyn Optimizer<T>>, u64) -> downhill_optim::Result<Box<dyn Optimizer<T>>>;

/// Where the validation set comes from.
enum Validation<T: Scalar> {
    None,
    Set(Box<Dataset<T>>),
    Fraction(f64),
}

/// What a training made.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Fit<T: Scalar = f32> {
    /// The trained model.
    pub model: Model<T>,
    /// What happened, epoch by epoch.
    pub history: History,
}

impl<T: Scalar> Trainer<T> {
    /// A trainer of these layers with this loss: 10 epochs of batches of 32 with
    /// [`Adam`] at a rate of 0.001, seed 0, on as many threads as the machine has, unless told otherwise.
    pub fn new(layers: impl Layer, loss: impl Loss<T> + 'static) -> Trainer<T> {
        Trainer {
            layers: AnyLayer::new(layers),
            loss: Box::new(loss),
            optimizer: None,
            schedule: None,
            epochs: 10,
            batch_size: 32,
            seed: 0,
            threads: 0,
            transforms: Vec::new(),
            target_transforms: Vec::new(),
            validation: Validation::None,
            early_stopping: None,
            frozen: Vec::new(),
            penalties: Vec::new(),
            params: None,
            callbacks: Vec::new(),
        }
    }

    /// Sets the optimizer, with whatever schedule and clipping it is wrapped in.
    #[must_use]
    pub fn optimizer(mut self, optimizer: impl Optimizer<T> + 'static) -> Trainer<T> {
        self.optimizer = Some(Box::new(optimizer));
        self
    }

    /// Lets the rate follow a schedule, made for the number of steps of this training:
    /// `.schedule(schedule::Cosine::new)`, or `.schedule(|steps| WarmupCosine::over(steps / 10, steps))`.
    /// The rate it starts from is the optimizer's.
    #[must_use]
    pub fn schedule<S: Schedule + 'static>(
        mut self,
        make: impl FnOnce(u64) -> downhill_optim::Result<S> + 'static,
    ) -> Trainer<T> {
        self.schedule = Some(Box::new(|optimizer, steps| Ok(Box::new(optimizer.schedule(make(steps)?)))));
        self
    }

    /// Sets how often the whole training set is gone through.
    #[must_use]
    pub fn epochs(mut self, epochs: usize) -> Trainer<T> {
        self.epochs = epochs;
        self
    }

    /// Sets the number of samples of a batch; the last batch of an epoch may have fewer.
    #[must_use]
    pub fn batch_size(mut self, size: usize) -> Trainer<T> {
        self.batch_size = size;
        self
    }

    /// Sets the seed of everything random.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Trainer<T> {
        self.seed = seed;
        self
    }

    /// Sets the number of threads to compute on; 0, as at first, means as many as the machine has. The model
    /// does not depend on it.
    #[must_use]
    pub fn threads(mut self, count: usize) -> Trainer<T> {
        self.threads = count;
        self
    }

    /// Adds a transform of the inputs. It is fitted on the training samples alone and becomes a part of
    /// the model.
    #[must_use]
    pub fn transform(mut self, transform: Transform) -> Trainer<T> {
        self.transforms.push(transform);
        self
    }

    /// Adds a transform of the values to learn. It is fitted on the training samples alone; the model's
    /// answers go back through it.
    #[must_use]
    pub fn transform_targets(mut self, transform: Transform) -> Trainer<T> {
        self.target_transforms.push(transform);
        self
    }

    /// Sets the data set that the model is judged on after each epoch.
    #[must_use]
    pub fn validation(mut self, data: &Dataset<T>) -> Trainer<T> {
        self.validation = Validation::Set(Box::new(data.clone()));
        self
    }

    /// Holds back this part of the training samples, drawn at random, to judge the model on after each
    /// epoch; of each class alike if there are classes.
    #[must_use]
    pub fn validation_fraction(mut self, fraction: f64) -> Trainer<T> {
        self.validation = Validation::Fraction(fraction);
        self
    }

    /// Ends training when the loss no longer falls, with the parameters of the best epoch.
    #[must_use]
    pub fn early_stopping(mut self, early_stopping: EarlyStopping) -> Trainer<T> {
        self.early_stopping = Some(early_stopping);
        self
    }

    /// Keeps the parameters whose name matches `pattern` (`"0.*"`) as they start.
    #[must_use]
    pub fn freeze(mut self, pattern: impl Into<String>) -> Trainer<T> {
        self.frozen.push(pattern.into());
        self
    }

    /// Adds a penalty on parameters to the loss of each step; that of a validation set is without it.
    #[must_use]
    pub fn penalty(mut self, penalty: WeightPenalty) -> Trainer<T> {
        self.penalties.push(penalty);
        self
    }

    /// Starts from these parameters instead of random ones.
    #[must_use]
    pub fn start_from(mut self, params: Params<T>) -> Trainer<T> {
        self.params = Some(params);
        self
    }

    /// Adds something that is told of the training while it runs.
    #[must_use]
    pub fn callback(mut self, callback: impl Callback + 'static) -> Trainer<T> {
        self.callbacks.push(Box::new(callback));
        self
    }

    /// Trains on a data set.
    ///
    /// # Errors
    /// A setting out of its range; layers that do not fit the data, named; a target that does not fit the
    /// loss; [`Error::NotFinite`] with epoch, step and layer if the numbers blow up; whatever a callback
    /// returns.
    pub fn fit(self, data: &Dataset<T>) -> Result<Fit<T>> {
        if self.epochs == 0 {
            return Err(Error::Setting { setting: "epochs", rule: "at least 1", value: 0.0 });
        }
        if let Some(EarlyStopping { min_fall: value, .. }) = self.early_stopping
            && !(0.0..f64::INFINITY).contains(&value)
        {
            let rule = "finite and at least 0";
            return Err(Error::Setting { setting: "the fall of early stopping", rule, value });
        }
        let (mut train, mut validation) = self.validation.divide(data, self.seed)?;
        let validation_target = validation.as_ref().map(|set| set.target().clone());
        // Fitted on the training part alone, applied to both.
        let mut input_transforms = Vec::new();
        for transform in &self.transforms {
            let fitted = transform.fit(train.inputs())?;
            train = train.transform_inputs(&fitted)?;
            validation = validation.map(|set| set.transform_inputs(&fitted)).transpose()?;
            input_transforms.push(fitted);
        }
        let mut target_transforms = Vec::new();
        for transform in &self.target_transforms {
            let fitted = transform.fit(train.values()?)?;
            train = train.transform_targets(&fitted)?;
            validation = validation.map(|set| set.transform_targets(&fitted)).transpose()?;
            target_transforms.push(fitted);
        }

        let network = Network::build(self.layers, train.inputs().shape().sample())?;
        let answers = Answers {
            output: network.output(),
            link: self.loss.link(),
            target_transforms,
            class_names: data.class_names().to_vec(),
        };
        let mut params = self.params.unwrap_or_else(|| network.init(self.seed));
        network.check_params(&params)?;
        for pattern in &self.frozen {
            params.freeze(pattern)?;
        }
        let batches = Batches::new(&train, self.batch_size)?.shuffled(self.seed);
        let mut optimizer = match self.optimizer {
            Some(optimizer) => optimizer,
            None => Box::new(Adam::new(1e-3)?),
        };
        if let Some(schedule) = self.schedule {
            optimizer = schedule(optimizer, batches.len().saturating_mul(self.epochs) as u64)?;
        }
        let mut learner = Learner::with_parts(network, params, self.loss, optimizer, self.seed)
            .threads(Threads::new(self.threads));
        for penalty in self.penalties {
            learner = learner.penalty(penalty)?;
        }
        let mut run = Run {
            learner,
            answers,
            validation: validation.zip(validation_target),
            early_stopping: self.early_stopping,
            callbacks: self.callbacks,
        };
        let history = run.epochs(&batches, self.epochs, train.len())?;
        let (network, params) = run.learner.into_parts();
        Ok(Fit { model: Model::from_parts(network, params, input_transforms, run.answers)?, history })
    }
}

impl<T: Scalar> Validation<T> {
    /// The training part and, if there is to be one, the validation part.
    fn divide(self, data: &Dataset<T>, seed: u64) -> Result<(Dataset<T>, Option<Dataset<T>>)> {
        let (train, held) = match self {
            Validation::None => return Ok((data.clone(), None)),
            Validation::Set(set) => (data.clone(), *set),
            // A split is told the part to train on.
            Validation::Fraction(fraction) if data.labels().is_ok() => {
                data.stratified_split(1.0 - fraction, seed)?
            }
            Validation::Fraction(fraction) => data.split(1.0 - fraction, seed)?,
        };
        if held.is_empty() {
            return Err(Error::Needs { what: "validation", needs: "at least one sample" });
        }
        Ok((train, Some(held)))
    }
}

/// A training under way.
struct Run<T: Scalar> {
    learner: Learner<T>,
    answers: Answers,
    /// The validation set as the network sees it, and its targets in the data's unit.
    validation: Option<(Dataset<T>, Target<T>)>,
    early_stopping: Option<EarlyStopping>,
    callbacks: Vec<Box<dyn Callback>>,
}

/// How many rows of the validation set are computed at once.
const ROWS: usize = 1024;

impl<T: Scalar> Run<T> {
    fn epochs(&mut self, batches: &Batches<T>, epochs: usize, samples: usize) -> Result<History> {
        let plan = Plan { epochs, steps: batches.len(), samples, parameters: self.learner.params().len() };
        for callback in &mut self.callbacks {
            callback.on_start(&plan)?;
        }
        let mut history = History::default();
        let mut best: Option<Best<T>> = None;
        let mut order = batches.epoch(0);
        for epoch in 1..=epochs {
            let start = Instant::now();
            order.restart(epoch as u64 - 1);
            let loss = self.epoch(epoch, &mut order)?;
            let trained = self.learner.params().clone();
            self.learner.average()?;
            let (validation_loss, validation) = self.validate()?.unzip();
            let validation = validation.flatten();
            let rate = self.learner.optimizer().rate();
            let seconds = start.elapsed().as_secs_f64();
            let record = EpochRecord { epoch, loss, validation_loss, validation, rate, seconds };
            let mut ends = false;
            for callback in &mut self.callbacks {
                ends |= callback.on_epoch(&record)? == ControlFlow::Break(());
            }
            if let Some(stopping) = self.early_stopping {
                let loss = record.cost();
                match &best {
                    Some(best) if loss >= best.loss - stopping.min_fall => {
                        ends |= epoch - best.epoch >= stopping.patience;
                    }
                    _ => best = Some(Best { epoch, loss, params: self.learner.params().clone() }),
                }
            }
            self.learner.optimizer_mut().report(record.cost());
            history.epochs.push(record);
            if ends {
                break;
            }
            if epoch < epochs {
                *self.learner.params_mut() = trained;
            }
        }
        if let Some(best) = best
            && best.epoch < history.epochs.len()
        {
            *self.learner.params_mut() = best.params;
            history.restored = Some(best.epoch);
        }
        for callback in &mut self.callbacks {
            callback.on_end(&history)?;
        }
        Ok(history)
    }

    /// Trains for an epoch and answers the mean loss of its samples, each before its step.
    fn epoch(&mut self, epoch: usize, batches: &mut Epoch<T>) -> Result<f64> {
        let (mut sum, mut samples) = (0.0, 0);
        for (step, batch) in (1..).zip(batches) {
            let loss = self.learner.step_on(&batch).map_err(|error| match error {
                Error::NotFinite { what, place, .. } => Error::NotFinite { epoch, step, what, place },
                other => other,
            })?;
            let loss = loss.as_f64();
            sum += loss * batch.target.len() as f64;
            samples += batch.target.len();
            for callback in &mut self.callbacks {
                callback.on_step(&StepRecord { epoch, step, loss })?;
            }
        }
        Ok(sum / samples as f64)
    }

    /// The loss on the validation set, and the metrics if the targets are what the network answers.
    fn validate(&mut self) -> Result<Option<(f64, Option<Metrics>)>> {
        let Some((set, target)) = &self.validation else { return Ok(None) };
        let (mut sum, mut outputs) = (0.0, Vec::new());
        for batch in Batches::new(set, ROWS)?.epoch(0) {
            let (output, loss) = self.learner.evaluate_on(&batch)?;
            sum += loss.as_f64() * batch.target.len() as f64;
            outputs.extend_from_slice(output.as_slice());
        }
        let outputs = Tensor::new(self.answers.output.prepend(set.len())?, outputs)?;
        let metrics = self.answers.comparable().then(|| self.answers.judge(outputs, target)).transpose()?;
        Ok(Some((sum / set.len() as f64, metrics)))
    }
}

/// The best epoch so far.
struct Best<T: Scalar> {
    epoch: usize,
    loss: f64,
    params: Params<T>,
}
