//! What can go wrong in an optimizer.

/// The result of an optimizer's operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an optimizer could not be made, take a step or be restored.
#[derive(Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A hyperparameter out of its range.
    #[error("{name} must be {rule}, got {value}")]
    Setting {
        /// The name of the hyperparameter.
        name: &'static str,
        /// The values that it may take.
        rule: &'static str,
        /// The value given.
        value: f64,
    },
    /// A momentum set on an optimizer that has none.
    #[error("this optimizer has no momentum that could be set")]
    NoMomentum,
    /// An optimizer that evaluates the function itself was given a gradient alone.
    #[error(
        "{optimizer} evaluates the function itself: call `step_on`, and put no adapter around it that changes the gradient"
    )]
    NeedsObjective {
        /// The optimizer.
        optimizer: &'static str,
    },
    /// An optimizer asked the function for something that it does not have.
    #[error("this optimizer needs an objective with a {what}, and this one has none")]
    Lacks {
        /// What it needs.
        what: &'static str,
    },
    /// A matrix of the size of θ, squared, for which there is no memory.
    #[error("a matrix of {length}×{length} does not fit into memory: this optimizer is for fewer parameters")]
    Memory {
        /// The length of θ.
        length: usize,
    },
    /// The function could not be evaluated.
    #[error("the objective failed: {message}")]
    Objective {
        /// What its error says.
        message: String,
    },
    /// A group of parts that is empty.
    #[error("no part of the parameters has a name like `{pattern}`")]
    NoPart {
        /// The pattern that no name matches.
        pattern: String,
    },
    /// A vector that does not belong to the same θ as the others.
    #[error("{name} has {length} elements where {expected} are needed")]
    Length {
        /// Which vector: the gradient, the layout, or one of the optimizer's own by its name.
        name: &'static str,
        /// The number of elements needed: that of θ.
        expected: usize,
        /// The number found.
        length: usize,
    },
    /// A saved state without an entry that the optimizer has.
    #[error("the saved state has no {kind} `{name}`")]
    Missing {
        /// The name of the entry.
        name: &'static str,
        /// What it is: a counter, a number or a vector.
        kind: &'static str,
    },
    /// A saved state with an entry that the optimizer does not have.
    #[error("the saved state has an entry `{name}` that this optimizer does not have")]
    Unexpected {
        /// The name of the entry.
        name: String,
    },
}

/// As [`Display`](std::fmt::Display): what `main` prints of an error it returns is to be read by people.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
