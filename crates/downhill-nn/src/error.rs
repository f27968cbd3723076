//! What can go wrong when a network is built or run.

use downhill_autodiff::{Error as TapeError, Shape};

/// The result of building or running a network.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a network could not be built or run.
#[derive(Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A layer does not fit its input; found before any number is computed.
    #[error("layer {layer}: cannot take input of shape {input}: {reason}")]
    Build {
        /// The layer's path and kind: `2 (Linear)`.
        layer: String,
        /// The shape of one sample of its input.
        input: Box<Shape>,
        /// Why not.
        reason: String,
    },
    /// A layer's setting is out of its range.
    #[error("{layer}: {setting} must be {rule}, got {value}")]
    Setting {
        /// The kind of layer or loss.
        layer: &'static str,
        /// The setting's name.
        setting: &'static str,
        /// The values that it may take.
        rule: &'static str,
        /// The value given.
        value: f64,
    },
    /// A computation failed inside a layer.
    #[error("layer {layer}: {source}")]
    Layer {
        /// The layer's path and kind.
        layer: String,
        /// What failed.
        source: Box<TapeError>,
    },
    /// A computation failed outside every layer.
    #[error(transparent)]
    Tape(#[from] TapeError),
    /// Input that is no batch of the network's samples.
    #[error("the network takes batches of samples of shape {expected}, got a batch of shape {given}")]
    Input {
        /// The shape of one sample.
        expected: Box<Shape>,
        /// The shape given.
        given: Box<Shape>,
    },
    /// Two parameters of one name.
    #[error("two parameters are named {name:?}")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// There is no parameter of this name, or none whose name matches this pattern.
    #[error("no parameter is named {name:?}; there are {known}")]
    UnknownName {
        /// The name or pattern.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// A parameter's numbers in another shape.
    #[error("parameter {name:?} has shape {expected}, got {given}")]
    ParameterShape {
        /// The parameter's name.
        name: String,
        /// Its shape.
        expected: Box<Shape>,
        /// The shape given.
        given: Box<Shape>,
    },
    /// Parameters of another network.
    #[error("the network has the parameters {expected}; these are {given}")]
    OtherParameters {
        /// The names and shapes of the network's parameters.
        expected: String,
        /// Those given.
        given: String,
    },
    /// A trainable parameter that the loss does not depend on.
    #[error("no gradient reaches parameter {name:?}: freeze it, or use it in `forward`")]
    Unreached {
        /// The parameter's name.
        name: String,
    },
    /// A layer of the user's own cannot be written to a file.
    #[error("layer {layer} is not built in: its architecture cannot be saved, only its parameters")]
    NotBuiltIn {
        /// The kind of layer.
        layer: String,
    },
}

/// As [`Display`](std::fmt::Display): what `main` prints of an error it returns is to be read by people.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
