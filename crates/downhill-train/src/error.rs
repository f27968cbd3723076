//! What can go wrong when training, or when a model is used.

use std::path::PathBuf;

/// The result of training or of using a model.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why training, or using a model, failed.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is out of its range.
    #[error("{setting} must be {rule}, got {value}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// The values that it may take.
        rule: &'static str,
        /// The value given.
        value: f64,
    },
    /// Numbers stopped being finite while training.
    #[error("epoch {epoch}, step {step}: {what} is not finite, first in {place}; try a lower learning rate")]
    NotFinite {
        /// The epoch, from 1.
        epoch: usize,
        /// The step of the epoch, from 1.
        step: usize,
        /// What is not finite: the loss or a gradient.
        what: &'static str,
        /// The first layer or parameter where it appeared.
        place: String,
    },
    /// Early stopping or a fraction for validation without enough rows, or the like.
    #[error("{what} needs {needs}")]
    Needs {
        /// What was asked for.
        what: &'static str,
        /// What it needs.
        needs: &'static str,
    },
    /// A loss that is not a single number.
    #[error(
        "training needs a loss that is a single number, this one has shape {shape}: choose the mean or the sum"
    )]
    LossShape {
        /// The loss's shape.
        shape: downhill_nn::autodiff::Shape,
    },
    /// A question that this kind of model has no answer to.
    #[error("{question} is for models of {needed}, this one has an output of shape {output}")]
    Question {
        /// The question.
        question: &'static str,
        /// The kind of model that can answer it.
        needed: &'static str,
        /// The shape of one sample of the output.
        output: Box<downhill_nn::autodiff::Shape>,
    },
    /// Targets that do not fit the model.
    #[error("the data has {found}, the model answers with {expected}")]
    Targets {
        /// What the data has.
        found: String,
        /// What the model answers with.
        expected: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What failed.
        source: std::io::Error,
    },
    /// A file is no sound model file.
    #[error("{path}: {reason}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A state dict of another network.
    #[error("{problem}")]
    StateDict {
        /// What does not fit.
        problem: String,
    },
    /// A checkpoint is of another training.
    #[error("{path}: this training cannot go on from here: {reason}", path = path.display())]
    Resume {
        /// The checkpoint.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// A folder for checkpoints holds some of another training.
    #[error(
        "{path}: this checkpoint is of an earlier training, or of a later step: resume from its folder, or choose \
         another one for this training",
        path = path.display()
    )]
    Occupied {
        /// The checkpoint that is in the way.
        path: PathBuf,
    },
    /// An error of a callback's own.
    #[error(transparent)]
    Callback(Box<dyn std::error::Error + Send + Sync>),
    /// An error of the data.
    #[error(transparent)]
    Data(#[from] downhill_data::Error),
    /// An error of the network.
    #[error(transparent)]
    Network(#[from] downhill_nn::Error),
    /// An error of the optimizer.
    #[error(transparent)]
    Optimizer(#[from] downhill_optim::Error),
}

impl From<downhill_nn::autodiff::Error> for Error {
    fn from(error: downhill_nn::autodiff::Error) -> Error {
        Error::Network(error.into())
    }
}

impl From<downhill_nn::autodiff::tensor::Error> for Error {
    fn from(error: downhill_nn::autodiff::tensor::Error) -> Error {
        downhill_nn::autodiff::Error::from(error).into()
    }
}

/// As [`Display`](std::fmt::Display): what `main` prints of an error it returns is to be read by people.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
