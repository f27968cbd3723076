//! What can go wrong in tensor math.

use crate::Shape;

/// The result of a tensor operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a tensor operation could not be done.
#[derive(Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A shape with more than [`Shape::MAX_AXES`] axes.
    #[error("a shape has at most {max} axes, not {axes}", max = Shape::MAX_AXES)]
    TooManyAxes {
        /// The number of axes asked for.
        axes: usize,
    },
    /// An axis that the shape does not have.
    #[error("there is no axis {axis} in shape {shape}")]
    Axis {
        /// The axis asked for; negative counts from the end.
        axis: isize,
        /// The shape at hand.
        shape: Shape,
    },
    /// An axis named twice, or axes that are no permutation.
    #[error("axes {axes:?} are not distinct axes of shape {shape}")]
    Axes {
        /// The axes asked for.
        axes: Vec<isize>,
        /// The shape at hand.
        shape: Shape,
    },
    /// Two shapes that do not broadcast.
    #[error("shapes {} and {} do not broadcast: lengths must be equal or 1", shapes[0], shapes[1])]
    Broadcast {
        /// The operands' shapes.
        shapes: Box<[Shape; 2]>,
    },
    /// Operands whose shapes do not fit the operation.
    #[error("{operation}: {rule}, got {} and {}", shapes[0], shapes[1])]
    Mismatch {
        /// The operation.
        operation: &'static str,
        /// What its operands have to satisfy.
        rule: &'static str,
        /// The operands' shapes.
        shapes: Box<[Shape; 2]>,
    },
    /// An operand whose shape does not fit the operation.
    #[error("{operation}: {rule}, got {shape}")]
    Operand {
        /// The operation.
        operation: &'static str,
        /// What its operand has to satisfy.
        rule: &'static str,
        /// The operand's shape.
        shape: Shape,
    },
    /// Data whose number does not fit the shape.
    #[error("shape {shape} holds {} elements, got {elements}", shape.elements())]
    Elements {
        /// The shape asked for.
        shape: Shape,
        /// The number of elements given.
        elements: usize,
    },
    /// An index past the end of an axis.
    #[error("index {index} is past the end of axis {axis} of shape {shape}")]
    Index {
        /// The index given.
        index: usize,
        /// The axis it is for.
        axis: usize,
        /// The shape at hand.
        shape: Shape,
    },
    /// A setting out of its range.
    #[error("{name} must be {rule}, got {value}")]
    Setting {
        /// The name of the setting.
        name: &'static str,
        /// The values that it may take.
        rule: &'static str,
        /// The value given.
        value: f64,
    },
}

impl Error {
    /// Two operands whose shapes do not satisfy what the operation needs.
    pub fn mismatch(operation: &'static str, rule: &'static str, left: Shape, right: Shape) -> Error {
        Error::Mismatch { operation, rule, shapes: Box::new([left, right]) }
    }
}

/// As [`Display`](std::fmt::Display): what `main` prints of an error it returns is to be read by people.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
