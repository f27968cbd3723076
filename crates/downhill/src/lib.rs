//! Train and run small and medium neural networks on the CPU, in pure Rust.
//!
//! A network is a function made of small functions, with one vector of parameters θ. Learning is going
//! downhill on a loss L(θ):
//!
//! ```text
//! data ──batches──▶ network(θ, x) ──▶ loss ──backward──▶ ∇θ ──optimizer──▶ θ
//! ```
//!
//! ```
//! use downhill::prelude::*;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let iris: Dataset = Bundled::Iris.load()?;
//! let (train, test) = iris.split_by(&Bundled::Iris.split())?;
//!
//! let layers = Sequential::new().then(Linear::new(16)).then(Activation::Relu).then(Linear::new(3));
//! let fit = Trainer::new(layers, CrossEntropy::new())
//!     .optimizer(Adam::new(0.01)?)
//!     .transform(Transform::Standardize)
//!     .epochs(60)
//!     .batch_size(16)
//!     .seed(1)
//!     .fit(&train)?;
//!
//! println!("{}", fit.model.evaluate(&test)?);
//! fit.model.save(std::env::temp_dir().join("iris.downhill"))?;
//! # Ok(())
//! # }
//! ```
//!
//! Each arrow above is a crate that can be used alone; this one only re-exports them:
//!
//! | module | is |
//! |---|---|
//! | [`tensor`] | tensor math: shapes, broadcasting, matrix products, reductions |
//! | [`autodiff`] | differentiation rules, the tape that chains them, and proofs of rules |
//! | [`nn`] | layers, losses, initialisers, the parameter layout |
//! | [`optim`] | optimizers, schedules, clipping, averages of weights |
//! | [`data`] | data sets, readers, transforms, splits, batches |
//! | [`train`] | the training loop, metrics, callbacks, models that are saved and loaded |
//!
//! Cargo features, of which only `bundled` is there by default: `bundled`, five small classic data sets; `dual`, dual numbers
//! for proofs and for exact second derivatives; `safetensors`, PyTorch's format of parameters; `images`, PNG and JPEG;
//! `parquet` and `arrow`, files of these formats; `progress`, a progress bar on the terminal.

pub use downhill_autodiff as autodiff;
pub use downhill_data as data;
pub use downhill_nn as nn;
pub use downhill_optim as optim;
pub use downhill_tensor as tensor;
pub use downhill_train as train;

/// What most programs need.
pub mod prelude {
    pub use downhill_autodiff::{Tape, Tensor, Var};
    #[cfg(feature = "bundled")]
    pub use downhill_data::Bundled;
    pub use downhill_data::{Batches, Dataset, Folds, Missing, Schema, Split, Table, Transform, Unknown};
    pub use downhill_nn::{
        Activation, BinaryCrossEntropy, BinaryCrossEntropyWithLogits, Context, CrossEntropy, Dropout,
        Flatten, Huber, Init, L1, Layer, Linear, Loss, Mse, Network, Param, Params, Predictor, Residual,
        Scalar, Scope, Sequential, Target,
    };
    pub use downhill_nn::{
        ActivityPenalty, BatchNorm1d, BatchNorm2d, DropPath, Dropout2d, Embedding, GaussianNoise, Glu,
        GroupNorm, Gru, InstanceNorm1d, InstanceNorm2d, LayerNorm, LearnedPositions, Lstm, Maxout,
        MultiHeadAttention, PRelu, PositionalEncoding, RmsNorm, Rnn, SwiGlu, TransformerDecoderLayer,
        TransformerEncoderLayer, WeightPenalty,
    };
    pub use downhill_nn::{
        AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveMaxPool1d, AdaptiveMaxPool2d, AvgPool1d, AvgPool2d,
        Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, GlobalAvgPool, GlobalMaxPool, MaxPool1d, MaxPool2d,
        Reshape, Upsample, ZeroPad1d, ZeroPad2d,
    };
    pub use downhill_nn::{Graph, Parallel, Reduction, Repeat, loss};
    pub use downhill_optim::{
        Adam, AdamW, GradientDescent, Lbfgs, LevenbergMarquardt, Optimizer, RmsProp, Schedule, Sgd, schedule,
    };
    pub use downhill_train::{
        Callback, Checkpoints, Confusion, Diagnostics, EarlyStopping, Fit, History, Learner, Metrics, Model,
        Predictions, Progress, Trainer, cross_validate,
    };
}

/// The README's program compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
