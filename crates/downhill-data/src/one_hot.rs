//! Classes as rows of numbers.

use downhill_tensor::{Real, Tensor};

use crate::{Error, Result};

/// Each class of `[n]` as a row of `[n, classes]`: 1 at the class, 0 elsewhere.
///
/// # Errors
/// [`Error::Class`] for a class past the last one, [`Error::TooLarge`] if memory cannot hold it.
pub fn one_hot<T: Real>(labels: &Tensor<usize>, classes: usize) -> Result<Tensor<T>> {
    let labels = labels.as_slice();
    let rows = labels.len();
    let too_large = || Error::TooLarge { what: "a one-hot table", rows, columns: classes };
    let elements = rows.checked_mul(classes).ok_or_else(too_large)?;
    let mut hot = Vec::new();
    hot.try_reserve_exact(elements).map_err(|_| too_large())?;
    hot.resize(elements, T::zero());
    for (row, &class) in labels.iter().enumerate() {
        if class >= classes {
            return Err(Error::Class { row, class, classes });
        }
        hot[row * classes + class] = T::one();
    }
    Ok(Tensor::new([rows, classes], hot)?)
}
