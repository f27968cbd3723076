//! What a training is made of.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use downhill_data::{Batches, Dataset, Fitted, Source, Transform};
use downhill_nn::autodiff::tensor::Threads;
use downhill_nn::{AnyLayer, Layer, Loss, Network, Params, Scalar, Target, WeightPenalty};
use downhill_optim::{Adam, Optimizer, Schedule};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answers::Answers;
use crate::checkpoint::{self, Codec, Course, Folder, Training};
use crate::names::Names;
use crate::run::Run;
use crate::transforms::{self, Step, Transformed};
use crate::validation::Validation;
use crate::{Callback, Checkpoints, EarlyStopping, Error, History, Learner, Model, Result};

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
    pub(crate) epochs: usize,
    batch_size: usize,
    seed: u64,
    threads: usize,
    transforms: Vec<Step>,
    target_transforms: Vec<Step>,
    pub(crate) validation: Validation<T>,
    pub(crate) early_stopping: Option<EarlyStopping>,
    frozen: Vec<String>,
    penalties: Vec<WeightPenalty>,
    #[cfg(feature = "dual")]
    curvature: Option<crate::curvature::Curvature>,
    params: Option<Params<T>>,
    callbacks: Vec<Box<dyn Callback>>,
    pub(crate) checkpoints: Option<(Checkpoints, Codec<T>)>,
    pub(crate) resume: Option<(PathBuf, Codec<T>)>,
    stop: Option<Arc<AtomicBool>>,
}

/// Wraps an optimizer in a schedule for so many steps.
type MakeSchedule<T> =
    dyn FnOnce(Box<dyn Optimizer<T>>, u64) -> downhill_optim::Result<Box<dyn Optimizer<T>>>;

/// What a training made.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Fit<T: Scalar = f32> {
    /// The trained model.
    pub model: Model<T>,
    /// What happened, epoch by epoch.
    pub history: History,
    /// Whether it was [stopped](Trainer::stop_when) before its end.
    pub stopped: bool,
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
            #[cfg(feature = "dual")]
            curvature: None,
            params: None,
            callbacks: Vec::new(),
            checkpoints: None,
            resume: None,
            stop: None,
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
        self.transforms.push(Step::New(transform));
        self
    }

    /// Adds a transform of the inputs that has been fitted before, on other samples.
    #[must_use]
    pub fn fitted_transform(mut self, transform: Fitted) -> Trainer<T> {
        self.transforms.push(Step::Fitted(transform));
        self
    }

    /// Adds a transform of the values to learn. It is fitted on the training samples alone; the model's
    /// answers go back through it.
    #[must_use]
    pub fn transform_targets(mut self, transform: Transform) -> Trainer<T> {
        self.target_transforms.push(Step::New(transform));
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

    /// Lets optimizers and callbacks see how the loss curves: `loss` is the same loss once more, which is computed in dual
    /// numbers. See [`Learner::curvature`].
    #[cfg(feature = "dual")]
    #[must_use]
    pub fn curvature(
        mut self,
        loss: impl Loss<downhill_nn::autodiff::tensor::num_dual::Dual64> + 'static,
    ) -> Trainer<T> {
        self.curvature = Some(crate::curvature::Curvature::new(loss));
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

    /// Writes the training down as it goes, so that it can be [resumed](Trainer::resume).
    ///
    /// ```no_run
    /// # use downhill_nn::{CrossEntropy, Linear};
    /// # use downhill_train::{Checkpoints, Trainer};
    /// # let data = downhill_data::Bundled::Iris.load()?;
    /// let fit = Trainer::<f32>::new(Linear::new(3), CrossEntropy::new())
    ///     .checkpoints(Checkpoints::new("run").every_steps(1000))
    ///     .resume("run") // goes on where it was ended, if it was
    ///     .fit(&data)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn checkpoints(mut self, checkpoints: Checkpoints) -> Trainer<T>
    where
        T: Serialize + DeserializeOwned,
    {
        self.checkpoints = Some((checkpoints, Codec::new()));
        self
    }

    /// Goes on from a checkpoint: a file, or the newest one in a folder. If the folder has none, or is still to be
    /// made, the training begins as usual: a program that is run again and again until it ends needs no other word.
    ///
    /// Data, layers and seed must be those of the training that wrote it, or `fit` answers
    /// [`Error::Resume`]; then the result is, to the bit, that of a training without a break. More epochs may be asked for,
    /// and settings such as the rate may be others.
    #[must_use]
    pub fn resume(mut self, path: impl Into<PathBuf>) -> Trainer<T>
    where
        T: Serialize + DeserializeOwned,
    {
        self.resume = Some((path.into(), Codec::new()));
        self
    }

    /// Stops after the step during which `flag` becomes true, set by another thread or a signal's handler: writes a
    /// checkpoint, if there are to be any, and answers with the model so far and [`Fit::stopped`].
    #[must_use]
    pub fn stop_when(mut self, flag: Arc<AtomicBool>) -> Trainer<T> {
        self.stop = Some(flag);
        self
    }

    /// Trains on a data set.
    ///
    /// # Errors
    /// A setting out of its range; layers that do not fit the data, named; a target that does not fit the
    /// loss; [`Error::NotFinite`] with epoch, step and layer if the numbers blow up; whatever a callback
    /// returns; [`Error::Resume`], [`Error::Occupied`], [`Error::File`] and [`Error::Format`] of checkpoints.
    pub fn fit(mut self, data: &Dataset<T>) -> Result<Fit<T>> {
        let names = Names::of_data(data);
        let (mut train, mut held) = std::mem::take(&mut self.validation).divide(data, self.seed)?;
        let held_target = held.as_ref().map(|set| set.target().clone());
        // Fitted on the training part alone, applied to both.
        let inputs = transforms::of_inputs(&self.transforms, &mut train, &mut held)?;
        let targets = transforms::of_targets(&self.target_transforms, &mut train, &mut held)?;
        let data = if self.checkpoints.is_some() || self.resume.is_some() {
            held.iter().fold(checkpoint::fingerprint(0, &train), checkpoint::fingerprint)
        } else {
            0
        };
        let mut source = Batches::new(&train, self.batch_size)?.shuffled(self.seed).epoch(0);
        let scaling = Scaling { names, inputs, targets, validation: held.zip(held_target), data };
        self.train(&mut source, scaling)
    }

    /// Trains on a source of batches, which need not be in memory, and says how large a batch is. A validation set is one
    /// in memory. To fit transforms, the source is gone through before, once or twice for each.
    ///
    /// # Errors
    /// As [`fit`](Trainer::fit); of transforms, as [`Transform::fit_source`]; [`Error::Needs`] for a fraction for validation.
    pub fn fit_source(mut self, mut source: impl Source<T>) -> Result<Fit<T>> {
        let mut held = std::mem::take(&mut self.validation).apart()?;
        let held_target = held.as_ref().map(|set| set.target().clone());
        let (inputs, targets) =
            transforms::of_source(&self.transforms, &self.target_transforms, &mut source)?;
        for transform in &inputs {
            held = held.map(|set| set.transform_inputs(transform)).transpose()?;
        }
        for transform in &targets {
            held = held.map(|set| set.transform_targets(transform)).transpose()?;
        }
        let names = Names::of_source(&source);
        let mut source = Transformed { source, inputs: inputs.clone(), targets: targets.clone() };
        let scaling = Scaling { names, inputs, targets, validation: held.zip(held_target), data: 0 };
        self.train(&mut source, scaling)
    }

    /// Trains on batches that are scaled.
    fn train(self, source: &mut dyn Source<T>, scaling: Scaling<T>) -> Result<Fit<T>> {
        if self.epochs == 0 {
            return Err(Error::Setting { setting: "epochs", rule: "at least 1", value: 0.0 });
        }
        self.early_stopping.map_or(Ok(()), |stopping| stopping.check())?;
        let network = Network::build(self.layers, source.sample_shape())?;
        let answers = Answers {
            output: network.output(),
            link: self.loss.link(),
            target_transforms: scaling.targets,
            class_names: source.class_names().to_vec(),
        };
        let mut params = self.params.unwrap_or_else(|| network.init(self.seed));
        network.check_params(&params)?;
        for pattern in &self.frozen {
            params.freeze(pattern)?;
        }
        let mut optimizer = match self.optimizer {
            Some(optimizer) => optimizer,
            None => Box::new(Adam::new(1e-3)?),
        };
        if let Some(schedule) = self.schedule {
            optimizer = schedule(optimizer, source.batches().saturating_mul(self.epochs) as u64)?;
        }
        let mut learner = Learner::with_parts(network, params, self.loss, optimizer, self.seed)
            .threads(Threads::new(self.threads));
        for penalty in self.penalties {
            learner = learner.penalty(penalty)?;
        }
        #[cfg(feature = "dual")]
        learner.set_curvature(self.curvature);
        let (samples, batches) = (source.samples(), source.batches());
        let training = Training { seed: self.seed, samples, batches, data: scaling.data };
        let course = match self.resume {
            Some((path, codec)) => checkpoint::resume(&path, codec, &training, &mut learner)?,
            None => Course::default(),
        };
        let open = |(settings, codec)| Folder::open(settings, codec, learner.steps());
        let folder = self.checkpoints.map(open).transpose()?;
        let mut run = Run {
            learner,
            training,
            course,
            epochs: self.epochs,
            names: scaling.names,
            input_transforms: scaling.inputs,
            answers,
            validation: scaling.validation,
            early_stopping: self.early_stopping,
            callbacks: self.callbacks,
            inspecting: Vec::new(),
            folder,
            stop: self.stop,
        };
        let stopped = run.run(source)?;
        Ok(Fit { model: run.model()?, history: run.course.history, stopped })
    }
}

/// What data were made ready with.
struct Scaling<T: Scalar> {
    names: Names,
    inputs: Vec<Fitted>,
    targets: Vec<Fitted>,
    /// The validation set as the network sees it, and its targets in the data's unit.
    validation: Option<(Dataset<T>, Target<T>)>,
    /// The fingerprint of the data, if it will be asked for.
    data: u64,
}
