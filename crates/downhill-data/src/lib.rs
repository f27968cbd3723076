//! Data sets for training: readers, splits, feature scaling and reproducible batches.
//!
//! This crate knows nothing of models. A [`Table`] is read from CSV and becomes a [`Dataset`]; a
//! [`Split`] cuts it in two; a [`Transform`] fitted on the training part scales both; [`Batches`]
//! deals it out. Everything random takes a seed.
//!
//! ```
//! use downhill_data::{Batches, Dataset, Table, Transform};
//!
//! let csv = "length,width,species\n\
//!            5.1,3.5,setosa\n4.9,3.0,setosa\n\
//!            6.3,3.3,virginica\n5.8,2.7,virginica\n";
//! let table = Table::from_reader(csv.as_bytes(), "flowers.csv")?; // or Table::read("flowers.csv")
//! let flowers: Dataset = table.classification("species")?;
//! assert_eq!(flowers.class_names(), ["setosa", "virginica"]);
//!
//! let (train, test) = flowers.stratified_split(0.5, 42)?;
//! let scaling = Transform::Standardize.fit(train.inputs())?;
//! let train = train.transform_inputs(&scaling)?;
//! let test = test.transform_inputs(&scaling)?;
//! assert_eq!((train.len(), test.len()), (2, 2));
//!
//! let batches = Batches::new(&train, 2)?.shuffled(42);
//! for epoch in 0..3 {
//!     for batch in batches.epoch(epoch) {
//!         assert_eq!(batch.inputs.shape(), [2, 2]);
//!     }
//! }
//! # Ok::<(), downhill_data::Error>(())
//! ```
//!
//! Images and labels in the IDX format, MNIST's, are read by [`idx`]. The feature `bundled` embeds
//! five small classic data sets.

mod array;
#[cfg(feature = "arrow")]
pub mod arrow;
mod augment;
mod batches;
mod blocks;
mod breaks;
#[cfg(feature = "bundled")]
mod bundled;
mod cells;
#[cfg(any(feature = "arrow", feature = "parquet"))]
mod columnar;
mod dataset;
mod disk;
mod draws;
mod error;
mod folds;
mod gather;
mod gzip;
pub mod idx;
#[cfg(feature = "images")]
pub mod images;
mod nearest;
pub mod npy;
#[cfg(feature = "gzip")]
pub mod npz;
mod one_hot;
#[cfg(feature = "parquet")]
pub mod parquet;
mod prefetch;
mod random;
mod records;
#[cfg(feature = "safetensors")]
pub mod safetensors;
mod schema;
mod source;
mod split;
mod stream;
mod table;
mod table_options;
mod threads;
mod transform;

pub use array::{Array, Arrays, Dtype};
pub use augment::{Augment, Augmented};
pub use batches::{Batch, Batches, Epoch};
#[cfg(feature = "bundled")]
pub use bundled::Bundled;
pub use dataset::Dataset;
pub use disk::{DiskArray, DiskBatches};
pub use error::{Cell, Error, Result};
pub use folds::Folds;
pub use one_hot::one_hot;
pub use prefetch::Prefetch;
pub use schema::{Encoder, Missing, Schema, Unknown};
pub use source::Source;
pub use split::Split;
pub use stream::{Chunks, Stream, TableChunks};
pub use table::Table;
pub use table_options::TableOptions;
pub use transform::{Fitted, Transform};
