//! What the data called their parts.

use downhill_data::{Dataset, Encoder, Source, Table};
use downhill_nn::Scalar;
use downhill_nn::autodiff::Tensor;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The names of the columns that a model was trained on, and how a table becomes its inputs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Names {
    pub(crate) encoder: Option<Encoder>,
    pub(crate) features: Vec<String>,
    /// The values to learn.
    pub(crate) values: Vec<String>,
}

impl Names {
    pub(crate) fn of_data<T: Scalar>(data: &Dataset<T>) -> Names {
        let (features, values) = (data.feature_names().to_vec(), data.value_names().to_vec());
        Names { encoder: data.encoder().cloned(), features, values }
    }

    pub(crate) fn of_source<T: Scalar>(source: &dyn Source<T>) -> Names {
        let (features, values) = (source.feature_names().to_vec(), source.value_names().to_vec());
        Names { encoder: source.encoder().cloned(), features, values }
    }

    /// The features in a table's rows, found by the names of its columns.
    pub(crate) fn inputs<T: Scalar>(&self, table: &Table) -> Result<Tensor<T>> {
        match &self.encoder {
            Some(encoder) => Ok(encoder.inputs(table)?),
            None if !self.features.is_empty() => Ok(Encoder::numbers(self.features.clone())?.inputs(table)?),
            None => Err(Error::Needs {
                what: "an answer for a table",
                needs: "a model that knows the names of its features: one trained on a table",
            }),
        }
    }

    /// The data set of a table.
    pub(crate) fn dataset<T: Scalar>(&self, table: &Table) -> Result<Dataset<T>> {
        match &self.encoder {
            Some(encoder) => Ok(encoder.dataset(table)?),
            None => Err(Error::Needs {
                what: "comparing with a table",
                needs: "a model trained on a table, which knows what was to be learnt",
            }),
        }
    }

    /// The name of what is learnt, if it is one thing and has a name.
    pub(crate) fn targets(&self) -> &[String] {
        match &self.encoder {
            Some(encoder) if !encoder.targets().is_empty() => encoder.targets(),
            _ => &self.values,
        }
    }
}
