//! What training makes, and people save and load.

use std::path::Path;

use downhill_data::{Dataset, Fitted};
use downhill_nn::autodiff::{Shape, Tape, Tensor};
use downhill_nn::{Link, Network, Params, Scalar};
use serde::de::{self, DeserializeOwned};
use serde::{Deserialize, Deserializer, Serialize};

use crate::answers::Answers;
use crate::file::{self, Kind};
use crate::{Metrics, Result};

/// A trained network with all that is needed to use it: the scaling of its inputs, the names of its
/// classes, the scaling of the values it answers with.
///
/// Inputs are given as the data had them, before any scaling, and values come back in the unit that the
/// data had.
#[derive(Debug, Clone, Serialize)]
#[serde(bound(serialize = "T: Serialize"))]
pub struct Model<T: Scalar = f32> {
    network: Network,
    params: Params<T>,
    input_transforms: Vec<Fitted>,
    answers: Answers,
}

/// How many rows are computed at once: enough to be fast, few enough to need little memory.
const ROWS: usize = 1024;

impl<T: Scalar> Model<T> {
    /// A model of a network as it is: no scaling, no class names. `link` says what its outputs are; the
    /// loss it was trained with knows ([`Loss::link`](downhill_nn::Loss::link)).
    ///
    /// # Errors
    /// If the parameters are not those of the network.
    pub fn new(network: Network, params: Params<T>, link: Link) -> Result<Model<T>> {
        let answers = Answers {
            output: network.output(),
            link,
            target_transforms: Vec::new(),
            class_names: Vec::new(),
        };
        Model::from_parts(network, params, Vec::new(), answers)
    }

    pub(crate) fn from_parts(
        network: Network,
        params: Params<T>,
        input_transforms: Vec<Fitted>,
        answers: Answers,
    ) -> Result<Model<T>> {
        network.check_params(&params)?;
        Ok(Model { network, params, input_transforms, answers })
    }

    /// The same model with transforms that its inputs go through first, one after the other.
    #[must_use]
    pub fn with_input_transforms(self, transforms: Vec<Fitted>) -> Model<T> {
        Model { input_transforms: transforms, ..self }
    }

    /// The same model with the transforms that the values it was trained on went through: its answers go
    /// back through them.
    #[must_use]
    pub fn with_target_transforms(mut self, transforms: Vec<Fitted>) -> Model<T> {
        self.answers.target_transforms = transforms;
        self
    }

    /// The same model with names for its classes.
    #[must_use]
    pub fn with_class_names(mut self, names: Vec<String>) -> Model<T> {
        self.answers.class_names = names;
        self
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The parameters.
    pub fn params(&self) -> &Params<T> {
        &self.params
    }

    /// The names of the classes, in order; empty if they have none.
    pub fn class_names(&self) -> &[String] {
        &self.answers.class_names
    }

    /// The name of a class: its number, if it has no name.
    pub fn class_name(&self, class: usize) -> String {
        self.answers.class_names.get(class).cloned().unwrap_or_else(|| class.to_string())
    }

    /// The network's outputs for inputs `[n, …]`: `[n, …]`. For a regression they are the values, in the
    /// unit of the data; for a classifier see [`predict_proba`](Model::predict_proba) and
    /// [`predict_class`](Model::predict_class).
    ///
    /// # Errors
    /// If the inputs are not such as the model was trained on.
    pub fn predict(&self, inputs: &Tensor<T>) -> Result<Tensor<T>> {
        self.answers.values(self.outputs(inputs)?)
    }

    fn outputs(&self, inputs: &Tensor<T>) -> Result<Tensor<T>> {
        let mut x = inputs.clone();
        for transform in &self.input_transforms {
            x = transform.apply(&x)?;
        }
        self.network.check_input(x.shape())?;
        let (rows, output) = (x.shape()[0], self.network.output());
        let mut outputs = Vec::with_capacity(rows * output.elements());
        let mut tape = Tape::inference();
        for start in (0..rows).step_by(ROWS) {
            let part = x.rows(start..rows.min(start + ROWS))?;
            outputs.extend_from_slice(self.network.predict_on(&tape, &self.params, &part)?.as_slice());
            tape.clear();
        }
        Ok(Tensor::new(output.prepend(rows)?, outputs)?)
    }

    /// The probability of each class for inputs `[n, …]`: `[n, classes]`.
    ///
    /// # Errors
    /// [`Error::Question`](crate::Error::Question) if the model is no classifier; otherwise as [`predict`](Model::predict).
    pub fn predict_proba(&self, inputs: &Tensor<T>) -> Result<Tensor<T>> {
        self.answers.probabilities(&self.outputs(inputs)?)
    }

    /// The most probable class for inputs `[n, …]`, or that of the highest score: `[n]`.
    ///
    /// # Errors
    /// As [`predict_proba`](Model::predict_proba), which models of scores have no answer to.
    pub fn predict_class(&self, inputs: &Tensor<T>) -> Result<Tensor<usize>> {
        self.answers.classes(&self.outputs(inputs)?)
    }

    /// How good the answers for a data set are.
    ///
    /// # Errors
    /// [`Error::Needs`](crate::Error::Needs) for a data set without rows; [`Error::Targets`](crate::Error::Targets) if its targets are not what the
    /// model answers with; otherwise as [`predict`](Model::predict).
    pub fn evaluate(&self, data: &Dataset<T>) -> Result<Metrics> {
        self.answers.judge(self.outputs(data.inputs())?, data.target())
    }

    /// A data set as the network sees it: inputs and values to learn gone through the model's transforms.
    ///
    /// # Errors
    /// If the data are not such as the model was trained on.
    pub fn prepare(&self, data: &Dataset<T>) -> Result<Dataset<T>> {
        let data =
            self.input_transforms.iter().try_fold(data.clone(), |data, to| data.transform_inputs(to))?;
        let transforms = &self.answers.target_transforms;
        Ok(transforms.iter().try_fold(data, |data, to| data.transform_targets(to))?)
    }

    /// Writes the model to a file: to a temporary one first, so that the place never holds half a model.
    ///
    /// # Errors
    /// [`Error::Format`](crate::Error::Format) if a layer is not built in;
    /// [`Error::File`](crate::Error::File).
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()>
    where
        T: Serialize,
    {
        file::write::<T>(Kind::Model, path.as_ref(), self)
    }

    /// Reads a model from a file. It answers with the very bits that the saved one did.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File); [`Error::Format`](crate::Error::Format) if the file is no model
    /// file, is damaged or cut off, or holds numbers of another type.
    pub fn load(path: impl AsRef<Path>) -> Result<Model<T>>
    where
        T: DeserializeOwned,
    {
        file::read::<T, Model<T>>(Kind::Model, path.as_ref())
    }

    /// The shape of one sample of the input.
    pub fn input(&self) -> Shape {
        self.network.input()
    }
}

/// A model as it was written, whose parts may not fit each other.
#[derive(Deserialize)]
#[serde(rename = "Model", bound(deserialize = "T: Deserialize<'de>"))]
struct Unchecked<T: Scalar> {
    network: Network,
    params: Params<T>,
    input_transforms: Vec<Fitted>,
    answers: Answers,
}

impl<'de, T: Scalar + Deserialize<'de>> Deserialize<'de> for Model<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Model<T>, D::Error> {
        let Unchecked { network, params, input_transforms, answers } = Unchecked::deserialize(deserializer)?;
        if answers.output != network.output() {
            let (expected, found) = (network.output(), answers.output);
            let error = format!("the network's output is {expected}, its answers are made of {found}");
            return Err(de::Error::custom(error));
        }
        Model::from_parts(network, params, input_transforms, answers).map_err(de::Error::custom)
    }
}
