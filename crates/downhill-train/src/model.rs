//! What training makes, and people save and load.

use std::path::Path;

use downhill_data::{Dataset, Encoder, Fitted, Table};
use downhill_nn::autodiff::tensor::Threads;
use downhill_nn::autodiff::{Shape, Tensor};
use downhill_nn::{Link, Network, Params, Scalar};
use serde::de::{self, DeserializeOwned};
use serde::{Deserialize, Deserializer, Serialize};

use crate::answers::Answers;
use crate::file::{self, Kind};
use crate::metrics::{Bootstrap, Interval};
use crate::names::Names;
use crate::{Metrics, Predictions, Result};

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
    names: Names,
    input_transforms: Vec<Fitted>,
    answers: Answers,
    #[serde(skip)]
    threads: Threads,
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
        Model::from_parts(network, params, Names::default(), Vec::new(), answers)
    }

    pub(crate) fn from_parts(
        network: Network,
        params: Params<T>,
        names: Names,
        input_transforms: Vec<Fitted>,
        answers: Answers,
    ) -> Result<Model<T>> {
        network.check_params(&params)?;
        Ok(Model { network, params, names, input_transforms, answers, threads: Threads::single() })
    }

    /// The same model, answering on these threads; before, and when it has been read from a file, on the calling thread
    /// alone. Answers do not depend on their number.
    #[must_use]
    pub fn with_threads(self, threads: Threads) -> Model<T> {
        Model { threads, ..self }
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

    /// The same model with names for its features, in the row-major order of a sample: it finds them in a
    /// [table](Model::answer_table).
    #[must_use]
    pub fn with_feature_names(mut self, names: Vec<String>) -> Model<T> {
        self.names = Names { encoder: None, features: names, values: self.names.values };
        self
    }

    /// The same model with an encoder that makes its inputs of [tables](Model::answer_table).
    #[must_use]
    pub fn with_encoder(mut self, encoder: Encoder) -> Model<T> {
        self.names.features = encoder.feature_names().to_vec();
        self.names.encoder = Some(encoder);
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

    /// The names of the features, in the row-major order of a sample; empty if unknown.
    pub fn feature_names(&self) -> &[String] {
        &self.names.features
    }

    /// The names of what was learnt, the column of the classes or those of the values; empty if unknown.
    pub fn target_names(&self) -> &[String] {
        self.names.targets()
    }

    /// What makes the inputs of a table, if the model was trained on one.
    pub fn encoder(&self) -> Option<&Encoder> {
        self.names.encoder.as_ref()
    }

    /// The inputs that a table's rows are, `[n, …]`. Columns are found by their names, whatever their order; those that
    /// the model does not know are left out. Missing cells are filled as they were in training.
    ///
    /// # Errors
    /// [`Error::Needs`](crate::Error::Needs) if the model does not know the names of its features;
    /// [`Error::Data`](crate::Error::Data) naming the columns that are missing, or the cell that is not what its column
    /// needs.
    pub fn inputs(&self, table: &Table) -> Result<Tensor<T>> {
        let inputs = self.names.inputs(table)?;
        // A picture in a table is a row of pixels.
        let shape = self.input().prepend(table.len())?;
        Ok(if inputs.len() == shape.elements() { inputs.reshape(shape)? } else { inputs })
    }

    /// The data set that a table is: its [`inputs`](Model::inputs) and what was to be learnt, the classes numbered as in
    /// training.
    ///
    /// # Errors
    /// As [`inputs`](Model::inputs).
    pub fn dataset(&self, table: &Table) -> Result<Dataset<T>> {
        self.names.dataset(table)
    }

    /// The answers for inputs `[n, …]`, with the names of classes or values, to be read or written to a file.
    ///
    /// # Errors
    /// As [`predict`](Model::predict).
    pub fn answer(&self, inputs: &Tensor<T>) -> Result<Predictions<T>> {
        let outputs = self.outputs(inputs)?;
        if !self.answers.tells_classes() {
            return Ok(Predictions::of_values(self.answers.values(outputs)?, self.names.targets().to_vec()));
        }
        let (classes, probabilities) =
            (self.answers.classes(&outputs)?, self.answers.probabilities(&outputs).ok());
        Ok(Predictions::of_classes(classes, probabilities, self.answers.class_names.clone()))
    }

    /// The answers for a table's rows; see [`inputs`](Model::inputs).
    ///
    /// ```
    /// use downhill_data::{Dataset, Table};
    /// use downhill_nn::{Linear, Mse};
    /// use downhill_train::Trainer;
    ///
    /// let table = |csv: &str| Table::from_reader(csv.as_bytes(), "rooms.csv");
    /// let data: Dataset = table("width,length,price\n2,3,6\n1,4,5\n3,3,8\n")?.regression(["price"])?;
    /// let model = Trainer::new(Linear::new(1), Mse::new()).fit(&data)?.model;
    /// let predictions = model.answer_table(&table("length,owner,width\n5,Ada,2\n")?)?;
    /// assert_eq!(predictions.columns(), ["prediction"]);
    /// let error = model.answer_table(&table("length\n5\n")?).unwrap_err();
    /// assert!(error.to_string().contains("width"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`inputs`](Model::inputs) and [`predict`](Model::predict).
    pub fn answer_table(&self, table: &Table) -> Result<Predictions<T>> {
        self.answer(&self.inputs(table)?)
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
        let mut predictor = self.network.predictor(&self.params).threads(self.threads.clone());
        for start in (0..rows).step_by(ROWS) {
            let part = x.rows(start..rows.min(start + ROWS))?;
            outputs.extend_from_slice(predictor.predict(&part)?.as_slice());
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

    /// How good the answers for a data set are, each metric with the interval that it is likely in.
    ///
    /// # Errors
    /// As [`evaluate`](Model::evaluate), and [`Bootstrap::intervals`].
    pub fn evaluate_intervals(&self, data: &Dataset<T>, bootstrap: &Bootstrap) -> Result<Vec<Interval>> {
        // The outputs of each row and its target, to be drawn from.
        let answers = Dataset::new(self.outputs(data.inputs())?, data.target().clone())?;
        bootstrap.intervals(data.len(), |rows| {
            let drawn = answers.select(rows)?;
            self.answers.judge(drawn.inputs().clone(), drawn.target())
        })
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
    names: Names,
    input_transforms: Vec<Fitted>,
    answers: Answers,
}

impl<'de, T: Scalar + Deserialize<'de>> Deserialize<'de> for Model<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Model<T>, D::Error> {
        let Unchecked { network, params, names, input_transforms, answers } =
            Unchecked::deserialize(deserializer)?;
        if answers.output != network.output() {
            let (expected, found) = (network.output(), answers.output);
            let error = format!("the network's output is {expected}, its answers are made of {found}");
            return Err(de::Error::custom(error));
        }
        Model::from_parts(network, params, names, input_transforms, answers).map_err(de::Error::custom)
    }
}
