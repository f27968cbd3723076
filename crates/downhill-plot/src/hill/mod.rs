//! The hill: the loss around the path that θ took, in a plane.

mod direction;
mod draw;
mod plane;
mod relief;
mod survey;

pub use plane::{Plane, PlaneKind};
pub use survey::Survey;

/// The loss in one or more planes through θ, and the descents seen there: made by a [`Survey`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Hill {
    /// The planes: the paths' own principal plane, if there are descents, and a random one.
    pub planes: Vec<Plane>,
    /// The descents.
    pub descents: Vec<Descent>,
    /// The samples that the loss is the mean of.
    pub samples: usize,
}

/// A descent: the points of a path and how high they are.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Descent {
    /// What it is called: the optimizer's name.
    pub name: String,
    /// How many steps led to each point.
    pub steps: Vec<u64>,
    /// The loss at each point itself, not at its place in a plane.
    pub losses: Vec<f64>,
}
