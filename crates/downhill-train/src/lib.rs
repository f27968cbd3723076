//! Training neural networks: the loop, metrics, callbacks, and models that are saved and loaded.
//!
//! A [`Trainer`] brings together layers, a loss, an optimizer and a data set; what comes out is a
//! [`Model`]: the network with its numbers, the scaling of its inputs and the names of its classes.
//!
//! ```
//! use downhill_data::{Dataset, Transform};
//! use downhill_nn::autodiff::Tensor;
//! use downhill_nn::{Activation, CrossEntropy, Linear, Sequential};
//! use downhill_optim::Adam;
//! use downhill_train::Trainer;
//!
//! let inputs = Tensor::from_rows(&[[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
//! let xor = Dataset::new(inputs.clone(), Tensor::vector([0, 1, 1, 0]))?;
//! let layers = Sequential::new().then(Linear::new(8)).then(Activation::Tanh).then(Linear::new(2));
//! let fit = Trainer::new(layers, CrossEntropy::new())
//!     .optimizer(Adam::new(0.05)?)
//!     .transform(Transform::Standardize)
//!     .epochs(200)
//!     .batch_size(4)
//!     .seed(1)
//!     .fit(&xor)?;
//! assert_eq!(fit.model.predict_class(&inputs)?.as_slice(), [0, 1, 1, 0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answers;
mod batch_loss;
mod callback;
mod checkpoint;
mod cross_validation;
#[cfg(feature = "dual")]
mod curvature;
mod diagnostics;
mod early_stopping;
mod error;
mod file;
mod history;
mod inspection;
mod learner;
pub mod metrics;
mod model;
mod names;
mod predictions;
mod progress;
mod range_test;
mod run;
pub mod state_dict;
mod trainer;
mod transforms;
mod validation;

pub use callback::{Callback, Plan, StepRecord};
pub use checkpoint::{Checkpoint, Checkpoints};
pub use cross_validation::{CrossValidation, Fold, Summary, cross_validate};
pub use diagnostics::{Diagnosis, Diagnostics, PartDiagnosis, Spread};
pub use early_stopping::EarlyStopping;
pub use error::{Error, Result};
pub use history::{EpochRecord, History};
pub use inspection::Inspection;
pub use learner::Learner;
pub use metrics::{Confusion, Metrics, RegressionErrors};
pub use model::Model;
pub use predictions::Predictions;
pub use progress::Progress;
pub use range_test::{RangePoint, RangeTest};
pub use trainer::{Fit, Trainer};
