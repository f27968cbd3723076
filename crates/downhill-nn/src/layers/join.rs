//! How several values become one.

use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use crate::Scalar;

/// What makes one value of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Join {
    /// Joined along an axis of the sample.
    Concat { axis: usize },
    /// Added up.
    Sum,
    /// Multiplied element by element.
    Product,
}

impl Join {
    /// The shape of a sample of the result, or why there is none.
    pub(super) fn shape(self, parts: &[Shape]) -> Result<Shape, String> {
        let (&first, rest) = parts.split_first().ok_or("it joins nothing")?;
        let Join::Concat { axis } = self else {
            return match rest.iter().find(|&&shape| shape != first) {
                Some(other) => Err(format!("it joins {first} and {other}, which differ")),
                None => Ok(first),
            };
        };
        if axis >= first.len() {
            return Err(format!("it joins along axis {axis} of {first}, which has none"));
        }
        rest.iter().try_fold(first, |joined, &shape| {
            if shape.len() != first.len() || shape.with(axis, first[axis]) != first {
                return Err(format!("it joins {first} and {shape} along axis {axis}: the others differ"));
            }
            Ok(joined.with(axis, joined[axis].saturating_add(shape[axis])))
        })
    }

    /// The result. `parts` are not none: [`shape`](Join::shape) has seen to it.
    #[track_caller]
    pub(super) fn forward<'t, T: Scalar>(self, parts: &[Var<'t, T>]) -> Var<'t, T> {
        let (first, rest) = (parts[0], &parts[1..]);
        match self {
            // The batch is axis 0.
            Join::Concat { axis } => first.tape().concat(parts, axis as isize + 1),
            Join::Sum => rest.iter().fold(first, |sum, &part| sum + part),
            Join::Product => rest.iter().fold(first, |product, &part| product * part),
        }
    }
}

/// Calls `run` with room for this many values, on the stack if they are few: a steady step allocates nothing.
pub(super) fn with_room<'t, T: Scalar>(
    count: usize,
    fill: Var<'t, T>,
    run: impl FnOnce(&mut [Var<'t, T>]) -> Var<'t, T>,
) -> Var<'t, T> {
    const FEW: usize = 32;
    if count <= FEW { run(&mut [fill; FEW][..count]) } else { run(&mut vec![fill; count]) }
}
