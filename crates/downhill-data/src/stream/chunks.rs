//! A data set, part after part.

use downhill_tensor::Real;

use crate::{Dataset, Result};

/// A data set that is read part after part, from beginning to end, again and again.
pub trait Chunks<T: Real = f32> {
    /// The number of rows of all parts together.
    fn rows(&self) -> usize;

    /// Goes back to the beginning.
    ///
    /// # Errors
    /// If the data cannot be read.
    fn restart(&mut self) -> Result<()>;

    /// The next part, all of which have the same features and kind of target; `None` at the end.
    ///
    /// # Errors
    /// If the data cannot be read, or are not what they are to be.
    fn next_chunk(&mut self) -> Result<Option<Dataset<T>>>;
}
