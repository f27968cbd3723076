//! What can go wrong, and the exit code that says so.

use std::io;
use std::path::{Path, PathBuf};

/// The result of a command.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Something in the data, the model or the settings.
    #[error("{0}")]
    Input(String),
    /// Arguments that contradict each other, or one that is missing.
    #[error("{0}")]
    Usage(String),
    /// A file that cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Nobody reads the output any more, which is no failure.
    #[error("the output was closed")]
    Closed,
    /// An error of the data.
    #[error(transparent)]
    Data(#[from] downhill::data::Error),
    /// An error of the layers.
    #[error(transparent)]
    Network(#[from] downhill::nn::Error),
    /// An error of the optimizer.
    #[error(transparent)]
    Optimizer(#[from] downhill::optim::Error),
    /// An error of the report.
    #[error(transparent)]
    Plot(#[from] downhill_plot::Error),
    /// An error of the training or of the model.
    #[error(transparent)]
    Train(#[from] downhill::train::Error),
}

impl Error {
    /// An error about a file.
    pub(crate) fn file(path: impl AsRef<Path>, source: io::Error) -> Error {
        Error::File { path: path.as_ref().into(), source }
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Error::Closed => 0,
            Error::Usage(_) => 2,
            _ => 1,
        }
    }
}

/// The exit code of a command that Ctrl-C has ended, as shells have it: 128 and the number of the signal.
pub(crate) const INTERRUPTED: u8 = 130;

impl From<downhill::tensor::Error> for Error {
    fn from(error: downhill::tensor::Error) -> Error {
        Error::Train(error.into())
    }
}
