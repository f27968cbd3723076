//! What a checkpoint holds.

use std::fmt::Display;
use std::path::Path;

use downhill_data::Dataset;
use downhill_nn::autodiff::Real;
use downhill_nn::{Params, Scalar, Target};
use downhill_optim::{State, load_state, save_state};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::folder::find;
use crate::file::{self, Kind};
use crate::{Error, History, Learner, Model, Result};

/// A training written down, to be looked at; [`Trainer::resume`](crate::Trainer::resume) goes on from it.
#[derive(Debug, Clone, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct Checkpoint<T: Scalar = f32> {
    pub(super) training: Training,
    pub(super) course: Course<T>,
    /// The number of steps taken: with the seed, the place in the random numbers of layers.
    pub(super) steps: u64,
    pub(super) params: Params<T>,
    pub(super) optimizer: State<T>,
}

/// The same, to be written.
#[derive(Serialize)]
#[serde(rename = "Checkpoint", bound(serialize = "T: Serialize"))]
struct Written<'a, T: Scalar> {
    training: &'a Training,
    course: &'a Course<T>,
    steps: u64,
    params: &'a Params<T>,
    optimizer: State<T>,
}

/// Which training it is: what has to be the same when it goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Training {
    pub(crate) seed: u64,
    /// The number of samples of an epoch.
    pub(crate) samples: usize,
    /// The number of batches of an epoch.
    pub(crate) batches: usize,
    /// The [`fingerprint`] of the numbers trained on, where they are in memory.
    pub(crate) data: u64,
}

/// How far a training has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Serialize", deserialize = "T: Deserialize<'de>"))]
pub(crate) struct Course<T: Scalar> {
    /// The epochs that are done.
    pub(crate) history: History,
    /// The number of batches of the epoch under way that are done, of their samples, the sum of these samples' losses
    /// and the seconds it took.
    pub(crate) batch: usize,
    pub(crate) samples: usize,
    pub(crate) loss: f64,
    pub(crate) seconds: f64,
    /// What early stopping brings back.
    pub(crate) best: Option<Best<T>>,
    /// Whether it was ended before its last epoch, by early stopping or a callback.
    pub(crate) ended: bool,
}

/// The best epoch so far.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Serialize", deserialize = "T: Deserialize<'de>"))]
pub(crate) struct Best<T: Scalar> {
    pub(crate) epoch: usize,
    pub(crate) loss: f64,
    pub(crate) params: Params<T>,
}

impl<T: Scalar> Default for Course<T> {
    fn default() -> Course<T> {
        let history = History::default();
        Course { history, batch: 0, samples: 0, loss: 0.0, seconds: 0.0, best: None, ended: false }
    }
}

impl<T: Scalar> Course<T> {
    /// The number of epochs that are done.
    pub(crate) fn epochs(&self) -> usize {
        self.history.epochs.len()
    }
}

impl Training {
    /// The number of steps of a training that has come so far.
    pub(crate) fn steps<T: Scalar>(&self, course: &Course<T>) -> Option<u64> {
        let steps = course.epochs().checked_mul(self.batches)?.checked_add(course.batch)?;
        (course.batch <= self.batches).then_some(steps as u64)
    }

    /// What `other` has differently.
    fn difference(&self, other: &Training) -> Option<String> {
        fn differ(what: &str, found: impl Display + PartialEq, expected: impl Display + PartialEq) -> String {
            format!("it is of a training with {what} {found}, not {expected}")
        }
        if self.seed != other.seed {
            return Some(differ("the seed", self.seed, other.seed));
        }
        if self.samples != other.samples {
            return Some(differ("a number of samples of", self.samples, other.samples));
        }
        if self.batches != other.batches {
            return Some(differ("a number of batches of", self.batches, other.batches));
        }
        (self.data != other.data)
            .then(|| "it is of a training on other data, or data scaled otherwise".into())
    }
}

impl<T: Scalar> Checkpoint<T> {
    /// `path` is where it came from.
    fn restore(self, path: &Path, training: &Training, learner: &mut Learner<T>) -> Result<Course<T>> {
        let refuse = |reason: String| Error::Resume { path: path.into(), reason };
        if let Some(difference) = self.training.difference(training) {
            return Err(refuse(difference));
        }
        let best = self.course.best.as_ref().map_or(0, |best| best.epoch);
        if training.steps(&self.course) != Some(self.steps) || best > self.course.epochs() {
            return Err(refuse("its counts of epochs, batches and steps do not fit each other".into()));
        }
        // Only the numbers: what learns, and how fast, are settings.
        let restored = |saved: &Params<T>| -> Result<Params<T>> {
            learner.network().check_params(saved).map_err(|error| refuse(error.to_string()))?;
            let mut params = learner.params().clone();
            for (name, value) in saved.state_dict() {
                params.set(name, &value)?;
            }
            Ok(params)
        };
        let mut course = self.course;
        if let Some(best) = &mut course.best {
            best.params = restored(&best.params)?;
        }
        *learner.params_mut() = restored(&self.params)?;
        load_state(learner.optimizer_mut(), &self.optimizer)
            .map_err(|error| refuse(format!("it is of a training with another optimizer: {error}")))?;
        learner.set_steps(self.steps);
        Ok(course)
    }
}

/// Goes on from the checkpoint that `path` stands for, if there is one: gives a new learner its numbers and answers how far
/// it has come.
///
/// # Errors
/// [`Error::Resume`] if it is of another training; [`Error::File`], [`Error::Format`].
pub(crate) fn resume<T: Scalar>(
    path: &Path,
    codec: Codec<T>,
    training: &Training,
    learner: &mut Learner<T>,
) -> Result<Course<T>> {
    match find(path)? {
        Some(path) => (codec.read)(&path)?.restore(&path, training, learner),
        None => Ok(Course::default()),
    }
}

/// How a checkpoint of this number type is written and read: functions, so that only who wants checkpoints needs a number
/// type that can be written.
pub(crate) struct Codec<T: Scalar> {
    pub(crate) write: fn(&Path, &Training, &Course<T>, &mut Learner<T>) -> Result<()>,
    pub(crate) read: fn(&Path) -> Result<Checkpoint<T>>,
    pub(crate) model: fn(&Model<T>, &Path) -> Result<()>,
}

impl<T: Scalar> Clone for Codec<T> {
    fn clone(&self) -> Codec<T> {
        *self
    }
}

impl<T: Scalar> Copy for Codec<T> {}

impl<T: Scalar + Serialize + DeserializeOwned> Codec<T> {
    pub(crate) fn new() -> Codec<T> {
        Codec {
            write: write::<T>,
            read: |path| file::read::<T, _>(Kind::Checkpoint, path),
            model: |model, path| model.save(path),
        }
    }
}

fn write<T: Scalar + Serialize>(
    path: &Path,
    training: &Training,
    course: &Course<T>,
    learner: &mut Learner<T>,
) -> Result<()> {
    let (steps, optimizer) = (learner.steps(), save_state(learner.optimizer_mut()));
    file::write::<T>(
        Kind::Checkpoint,
        path,
        &Written { training, course, steps, params: learner.params(), optimizer },
    )
}

/// A number that tells one data set from another: a hash, after FNV-1a, of the bits of all numbers.
pub(crate) fn fingerprint<T: Real>(seed: u64, data: &Dataset<T>) -> u64 {
    let hash = |hash: u64, bits: u64| (hash ^ bits).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
    let numbers = |start: u64, numbers: &[T]| {
        numbers.iter().fold(start, |so_far, x| hash(so_far, x.as_f64().to_bits()))
    };
    let inputs = numbers(hash(0xcbf2_9ce4_8422_2325, seed), data.inputs().as_slice());
    let targets = match data.target() {
        Target::Classes(classes) => {
            classes.as_slice().iter().fold(inputs, |so_far, &class| hash(so_far, class as u64))
        }
        Target::Values(values) => numbers(inputs, values.as_slice()),
    };
    data.weights().map_or(targets, |weights| numbers(targets, weights.as_slice()))
}
