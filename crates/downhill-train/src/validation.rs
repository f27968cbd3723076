//! What a model is judged on while it is trained.

use downhill_data::Dataset;
use downhill_nn::Scalar;

use crate::{Error, Result};

/// Where the validation set comes from.
#[derive(Default)]
pub(crate) enum Validation<T: Scalar> {
    #[default]
    None,
    Set(Box<Dataset<T>>),
    Fraction(f64),
}

impl<T: Scalar> Validation<T> {
    /// The training part and, if there is to be one, the validation part.
    pub(crate) fn divide(self, data: &Dataset<T>, seed: u64) -> Result<(Dataset<T>, Option<Dataset<T>>)> {
        let (train, held) = match self {
            Validation::None => return Ok((data.clone(), None)),
            Validation::Set(set) => (data.clone(), *set),
            // A split is told the part to train on.
            Validation::Fraction(fraction) if data.labels().is_ok() => {
                data.stratified_split(1.0 - fraction, seed)?
            }
            Validation::Fraction(fraction) => data.split(1.0 - fraction, seed)?,
        };
        Ok((train, Some(not_empty(held)?)))
    }

    /// The validation set of a training on something else than a data set.
    pub(crate) fn apart(self) -> Result<Option<Dataset<T>>> {
        match self {
            Validation::None => Ok(None),
            Validation::Set(set) => not_empty(*set).map(Some),
            Validation::Fraction(_) => Err(Error::Needs {
                what: "holding samples back for validation",
                needs: "a data set in memory",
            }),
        }
    }
}

fn not_empty<T: Scalar>(held: Dataset<T>) -> Result<Dataset<T>> {
    if held.is_empty() {
        return Err(Error::Needs { what: "validation", needs: "at least one sample" });
    }
    Ok(held)
}
