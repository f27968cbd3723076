//! Vectors that have to be as long as θ.

use downhill_tensor::{Layout, Real};

use crate::{Error, Result};

/// Checks that the gradient and the layout are those of a vector as long as θ.
pub(crate) fn check<T>(theta: &[T], gradient: &[T], layout: &Layout) -> Result<()> {
    equal("gradient", theta.len(), gradient.len())?;
    equal("layout", theta.len(), layout.len())
}

/// Makes a vector of an optimizer's state as long as θ: with zeros at the first step, after which it
/// has to stay so.
pub(crate) fn size<T: Real>(name: &'static str, vector: &mut Vec<T>, theta: &[T]) -> Result<()> {
    size_to(name, vector, theta.len())
}

/// Like [`size`], for a vector of this length.
pub(crate) fn size_to<T: Real>(name: &'static str, vector: &mut Vec<T>, length: usize) -> Result<()> {
    if vector.is_empty() {
        vector.resize(length, T::zero());
    }
    equal(name, length, vector.len())
}

/// Like [`size`], with this number at first.
pub(crate) fn size_with<T: Real>(
    name: &'static str,
    vector: &mut Vec<T>,
    theta: &[T],
    value: T,
) -> Result<()> {
    if vector.is_empty() {
        vector.resize(theta.len(), value);
    }
    equal(name, theta.len(), vector.len())
}

/// Like [`size`], with θ itself at first.
pub(crate) fn size_as_theta<T: Real>(name: &'static str, vector: &mut Vec<T>, theta: &[T]) -> Result<()> {
    if vector.is_empty() {
        vector.extend_from_slice(theta);
    }
    equal(name, theta.len(), vector.len())
}

/// Checks that the vector `name` has as many elements as it needs.
pub(crate) fn equal(name: &'static str, expected: usize, length: usize) -> Result<()> {
    if length == expected { Ok(()) } else { Err(Error::Length { name, expected, length }) }
}
