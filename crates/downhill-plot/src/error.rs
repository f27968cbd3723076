//! What can go wrong when a picture or a report is made.

use std::path::PathBuf;

/// The result of drawing.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a picture or a report could not be made.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What failed.
        source: std::io::Error,
    },
    /// Numbers whose count is not that of their rows and columns.
    #[error("{what} needs {expected} numbers, got {found}")]
    Count {
        /// What is drawn.
        what: &'static str,
        /// How many numbers it needs.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A setting out of its range.
    #[error("{setting} must be {rule}, got {value}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// The values that it may take.
        rule: &'static str,
        /// The value given.
        value: usize,
    },
    /// A descent recorded with another network than that of the hill.
    #[error("the descent `{name}` has points of {found} parameters, the network has {expected}")]
    OtherNetwork {
        /// The descent.
        name: String,
        /// The number of the network's parameters.
        expected: usize,
        /// The number of parameters recorded.
        found: usize,
    },
    /// Something that a picture needs.
    #[error("{what} needs {needs}")]
    Needs {
        /// What is drawn.
        what: &'static str,
        /// What it needs.
        needs: &'static str,
    },
    /// An error of the model, or of its data.
    #[error(transparent)]
    Model(#[from] downhill::train::Error),
}

impl From<downhill::data::Error> for Error {
    fn from(error: downhill::data::Error) -> Error {
        Error::Model(error.into())
    }
}

impl From<downhill::nn::Error> for Error {
    fn from(error: downhill::nn::Error) -> Error {
        Error::Model(error.into())
    }
}

impl From<downhill::autodiff::Error> for Error {
    fn from(error: downhill::autodiff::Error) -> Error {
        Error::Model(error.into())
    }
}

impl From<downhill::tensor::Error> for Error {
    fn from(error: downhill::tensor::Error) -> Error {
        Error::Model(error.into())
    }
}

/// As [`Display`](std::fmt::Display): what `main` prints of an error it returns is to be read by people.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
