//! Inputs with their targets.

mod parts;
mod samples;
mod weights;

use std::sync::Arc;

use downhill_tensor::{Real, Shape, Target, Tensor};

use crate::{Encoder, Error, Fitted, Result, one_hot};

/// A data set: inputs `[n, …]`, one sample a row, with the class or the values to learn for each.
///
/// A data set is immutable and cheap to clone: clones, and the parts of [`split_at`](Dataset::split_at),
/// share the same numbers. Every number in it is finite.
///
/// ```
/// use downhill_data::Dataset;
/// use downhill_tensor::Tensor;
///
/// let inputs = Tensor::from_rows(&[[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
/// let xor: Dataset = Dataset::new(inputs, Tensor::vector([0, 1, 1, 0]))?;
/// assert_eq!((xor.len(), xor.classes()), (4, Some(2)));
/// # Ok::<(), downhill_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset<T: Real = f32> {
    inputs: Tensor<T>,
    target: Target<T>,
    weights: Option<Tensor<T>>,
    about: Arc<About>,
}

/// What is known of a data set beside its numbers.
#[derive(Debug, Clone, PartialEq, Default)]
struct About {
    name: String,
    features: Vec<String>,
    classes: Option<usize>,
    class_names: Vec<String>,
    value_names: Vec<String>,
    encoder: Option<Arc<Encoder>>,
}

impl<T: Real> Dataset<T> {
    /// The largest number of classes. A label beyond it is not a class but a number that was read
    /// as one, and would make the network's last layer fill the memory.
    pub const MAX_CLASSES: usize = 1 << 24;

    /// A data set of inputs `[n, …]` and their targets: classes `[n]` or values `[n, …]`. Values of
    /// shape `[n]` become `[n, 1]`, as a network's output is. There are as many classes as the
    /// highest one says; [`with_class_names`](Dataset::with_class_names) can add more.
    ///
    /// # Errors
    /// [`Error::Tensor`] for a scalar or for classes of another shape, [`Error::Lengths`],
    /// [`Error::NotFinite`], [`Error::Class`] beyond [`MAX_CLASSES`](Dataset::MAX_CLASSES).
    pub fn new(inputs: Tensor<T>, target: impl Into<Target<T>>) -> Result<Dataset<T>> {
        let target = match target.into() {
            Target::Values(values) if values.shape().len() == 1 => {
                Target::Values(values.reshape([values.len(), 1])?)
            }
            target => target,
        };
        check_numbers(&inputs, "inputs")?;
        let rows = inputs.shape()[0];
        let classes = match &target {
            Target::Values(values) => {
                check_numbers(values, "targets")?;
                None
            }
            Target::Classes(classes) => {
                if classes.shape().len() != 1 {
                    let rule = "classes must have shape [n]";
                    let shape = classes.shape();
                    return Err(downhill_tensor::Error::Operand { operation: "data set", rule, shape }.into());
                }
                check_classes(classes, Self::MAX_CLASSES)?;
                Some(classes.as_slice().iter().max().map_or(0, |highest| highest + 1))
            }
        };
        if target.len() != rows {
            return Err(Error::Lengths { inputs: rows, targets: target.len() });
        }
        let about = About { classes, ..About::default() };
        Ok(Dataset { inputs, target, weights: None, about: Arc::new(about) })
    }

    /// The same data under this name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Dataset<T> {
        Arc::make_mut(&mut self.about).name = name.into();
        self
    }

    /// The same data with a name for each feature, in the row-major order of a sample.
    ///
    /// # Errors
    /// [`Error::Names`] if their number is not that of the features.
    pub fn with_feature_names(mut self, names: Vec<String>) -> Result<Dataset<T>> {
        check_names("features", self.sample_shape().elements(), &names)?;
        Arc::make_mut(&mut self.about).features = names;
        Ok(self)
    }

    /// The same data with a name for each class; classes that no row is of may be among them.
    ///
    /// # Errors
    /// [`Error::Target`] if the targets are values, [`Error::Class`] if a row's class has no name,
    /// [`Error::Names`] beyond [`MAX_CLASSES`](Dataset::MAX_CLASSES).
    pub fn with_class_names(mut self, names: Vec<String>) -> Result<Dataset<T>> {
        if names.len() > Self::MAX_CLASSES {
            return Err(Error::Names { things: "classes", expected: Self::MAX_CLASSES, found: names.len() });
        }
        check_classes(self.labels()?, names.len())?;
        let about = Arc::make_mut(&mut self.about);
        about.classes = Some(names.len());
        about.class_names = names;
        Ok(self)
    }

    /// The same data with a name for each value of a regression target.
    ///
    /// # Errors
    /// [`Error::Target`] if the targets are classes, [`Error::Names`] if their number is not that of
    /// a row's values.
    pub fn with_value_names(mut self, names: Vec<String>) -> Result<Dataset<T>> {
        check_names("values in a target", self.values()?.shape().sample().elements(), &names)?;
        Arc::make_mut(&mut self.about).value_names = names;
        Ok(self)
    }

    /// The same data with other inputs, of which there must be as many. The features' names stay if
    /// their number does; the [`encoder`](Dataset::encoder), which made the inputs before, does not.
    ///
    /// # Errors
    /// [`Error::Lengths`], [`Error::NotFinite`], and [`Error::Tensor`] for a scalar.
    pub fn with_inputs(&self, inputs: Tensor<T>) -> Result<Dataset<T>> {
        check_numbers(&inputs, "inputs")?;
        let (rows, targets) = (inputs.shape()[0], self.len());
        if rows != targets {
            return Err(Error::Lengths { inputs: rows, targets });
        }
        let mut about = Arc::clone(&self.about);
        if !about.features.is_empty() && about.features.len() != inputs.shape().sample().elements() {
            Arc::make_mut(&mut about).features.clear();
        }
        if about.encoder.is_some() {
            Arc::make_mut(&mut about).encoder = None;
        }
        Ok(Dataset { inputs, about, ..self.clone() })
    }

    /// The same data with each sample in another shape, such as `[1, 28, 28]` for an image; in O(1).
    ///
    /// # Errors
    /// [`Error::Tensor`] if the number of features differs.
    pub fn with_sample_shape(&self, sample: impl Into<Shape>) -> Result<Dataset<T>> {
        let shape = sample.into().prepend(self.len())?;
        Ok(Dataset { inputs: self.inputs.reshape(shape)?, ..self.clone() })
    }

    /// The same data with a fitted transform applied to the inputs.
    ///
    /// # Errors
    /// [`Error::Features`] if it was fitted on another number of features, [`Error::NotFinite`].
    pub fn transform_inputs(&self, fitted: &Fitted) -> Result<Dataset<T>> {
        self.with_inputs(fitted.apply(&self.inputs)?)
    }

    /// The same data with a fitted transform applied to the values to learn. What a network then
    /// answers is to be brought back by [`Fitted::inverse`].
    ///
    /// # Errors
    /// [`Error::Target`] if the targets are classes, [`Error::Features`] if the transform was fitted
    /// on another number of values, [`Error::NotFinite`].
    pub fn transform_targets(&self, fitted: &Fitted) -> Result<Dataset<T>> {
        let values = fitted.apply(self.values()?)?;
        check_numbers(&values, "targets")?;
        Ok(Dataset { target: Target::Values(values), ..self.clone() })
    }

    /// The same data with each class as a row of values, 1 at the class and 0 elsewhere.
    ///
    /// # Errors
    /// [`Error::Target`] if the targets are values, [`Error::TooLarge`].
    pub fn one_hot(&self) -> Result<Dataset<T>> {
        let values = one_hot(self.labels()?, self.classes().unwrap_or(0))?;
        let mut about = Arc::clone(&self.about);
        let changed = Arc::make_mut(&mut about);
        changed.classes = None;
        changed.value_names = std::mem::take(&mut changed.class_names);
        Ok(Dataset { target: Target::Values(values), about, ..self.clone() })
    }

    /// The same data in another number type.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a number that is too large for it.
    pub fn cast<U: Real>(&self) -> Result<Dataset<U>> {
        let cast = Dataset::new(self.inputs.cast(), self.target.cast())?;
        let weights = self.weights.as_ref().map(Tensor::cast);
        Ok(Dataset { about: Arc::clone(&self.about), weights, ..cast })
    }

    /// The inputs, `[n, …]`.
    pub fn inputs(&self) -> &Tensor<T> {
        &self.inputs
    }

    /// The targets: classes `[n]` or values `[n, …]`.
    pub fn target(&self) -> &Target<T> {
        &self.target
    }

    /// The class of each row, `[n]`.
    ///
    /// # Errors
    /// [`Error::Target`] if the targets are values.
    pub fn labels(&self) -> Result<&Tensor<usize>> {
        match &self.target {
            Target::Classes(classes) => Ok(classes),
            Target::Values(_) => Err(Error::Target { needed: "classes", found: "values" }),
        }
    }

    /// The values to learn for each row, `[n, …]`.
    ///
    /// # Errors
    /// [`Error::Target`] if the targets are classes.
    pub fn values(&self) -> Result<&Tensor<T>> {
        match &self.target {
            Target::Values(values) => Ok(values),
            Target::Classes(_) => Err(Error::Target { needed: "values", found: "classes" }),
        }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.target.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The shape of one input, without the batch's axis.
    pub fn sample_shape(&self) -> Shape {
        self.inputs.shape().sample()
    }

    /// The number of classes; `None` if the targets are values. A part of a data set has all the
    /// classes of the whole.
    pub fn classes(&self) -> Option<usize> {
        self.about.classes
    }

    /// The number of rows of each class.
    ///
    /// # Errors
    /// [`Error::Target`] if the targets are values.
    pub fn class_counts(&self) -> Result<Vec<usize>> {
        let mut counts = vec![0; self.classes().unwrap_or(0)];
        for &class in self.labels()?.as_slice() {
            counts[class] += 1;
        }
        Ok(counts)
    }

    /// Where the data come from; empty if unknown.
    pub fn name(&self) -> &str {
        &self.about.name
    }

    /// The features' names, in the row-major order of a sample; empty if unknown.
    pub fn feature_names(&self) -> &[String] {
        &self.about.features
    }

    /// The classes' names; empty if unknown.
    pub fn class_names(&self) -> &[String] {
        &self.about.class_names
    }

    /// What made the inputs of a table's cells, if they are as it made them: it makes those of another table.
    pub fn encoder(&self) -> Option<&Encoder> {
        self.about.encoder.as_deref()
    }

    pub(crate) fn with_encoder(mut self, encoder: Encoder) -> Dataset<T> {
        Arc::make_mut(&mut self.about).encoder = Some(Arc::new(encoder));
        self
    }

    /// The names of a row's values to learn; empty if unknown.
    pub fn value_names(&self) -> &[String] {
        &self.about.value_names
    }
}

/// Checks that a tensor has a batch axis and only finite numbers.
pub(crate) fn check_numbers<T: Real>(tensor: &Tensor<T>, part: &'static str) -> Result<()> {
    let shape = tensor.shape();
    if shape.is_empty() {
        let rule = "inputs and targets need an axis for the rows";
        return Err(downhill_tensor::Error::Operand { operation: "data set", rule, shape }.into());
    }
    let elements = tensor.as_slice();
    match elements.iter().position(|x| !x.finite()) {
        None => Ok(()),
        Some(place) => {
            let width = shape.sample().elements();
            let (row, value) = (place / width, elements[place].as_f64());
            Err(Error::NotFinite { part, row, place: place % width, value })
        }
    }
}

/// Checks that every class is below `classes`.
fn check_classes(labels: &Tensor<usize>, classes: usize) -> Result<()> {
    match labels.as_slice().iter().position(|&class| class >= classes) {
        None => Ok(()),
        Some(row) => Err(Error::Class { row, class: labels.as_slice()[row], classes }),
    }
}

fn check_names(things: &'static str, expected: usize, names: &[String]) -> Result<()> {
    if names.len() == expected { Ok(()) } else { Err(Error::Names { things, expected, found: names.len() }) }
}
