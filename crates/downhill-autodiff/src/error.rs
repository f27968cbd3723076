//! What can go wrong on a tape.

use std::panic::Location;

use downhill_tensor::{Error as TensorError, Shape};

/// The result of a computation on a tape.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a computation on a tape, or its derivative, could not be done.
#[derive(Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An operation's operands do not fit it.
    #[error("{origin}: {source}")]
    Operation {
        /// The operation, and where it was written.
        origin: Box<Origin>,
        /// What does not fit.
        source: Box<TensorError>,
    },
    /// An operation's result was infinite or NaN; reported by a tape that was asked to look.
    #[error("{origin}: the result is not finite")]
    NotFinite {
        /// The operation, and where it was written.
        origin: Box<Origin>,
    },
    /// An operand was recorded on another tape.
    #[error("{location}: {operation} mixes variables of two tapes")]
    ForeignVariable {
        /// The operation's name.
        operation: &'static str,
        /// Where the caller wrote it.
        location: &'static Location<'static>,
    },
    /// The derivative of something that is no single number.
    #[error("backward starts from a single number, this has shape {shape}; give `pullback` a cotangent")]
    NotScalar {
        /// The shape at hand.
        shape: Shape,
    },
    /// A cotangent whose shape is not that of the value it belongs to.
    #[error("the cotangent has shape {cotangent}, the value {value}")]
    Cotangent {
        /// The cotangent's shape.
        cotangent: Box<Shape>,
        /// The value's shape.
        value: Box<Shape>,
    },
    /// A flat gradient too short for the parameters on the tape.
    #[error("the gradient has {given} elements, the parameters on the tape reach to {needed}")]
    GradientLength {
        /// The elements given.
        given: usize,
        /// The elements needed.
        needed: usize,
    },
    /// A derivative asked for with respect to something that is no `variable`.
    #[error("derivatives are kept for variables alone: make it one with `Tape::variable`")]
    NotVariable,
    /// A tensor handed to a tape, or taken from it, does not fit.
    #[error(transparent)]
    Tensor(#[from] TensorError),
}

/// An operation in a computation, and where the caller wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// The operation's name.
    pub operation: &'static str,
    /// Its operands' shapes.
    pub shapes: Vec<Shape>,
    /// Where the caller wrote it.
    pub location: &'static Location<'static>,
    /// The part of the computation it belongs to: see [`Tape::set_section`](crate::Tape::set_section).
    pub section: Option<usize>,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shapes: Vec<String> = self.shapes.iter().map(Shape::to_string).collect();
        write!(f, "{}: {} of {}", self.location, self.operation, shapes.join(" and "))
    }
}

impl Error {
    /// The part of the computation where it went wrong, if the tape knew: see
    /// [`Tape::set_section`](crate::Tape::set_section).
    pub fn section(&self) -> Option<usize> {
        match self {
            Error::Operation { origin, .. } | Error::NotFinite { origin } => origin.section,
            _ => None,
        }
    }
}

/// As [`Display`](std::fmt::Display): what `main` prints of an error it returns is to be read by people.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
