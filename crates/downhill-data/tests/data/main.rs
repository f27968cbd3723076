//! One target for all tests of this crate: a file for each part of it.
#![allow(clippy::unwrap_used, clippy::panic)] // a panic is a failure report

mod arrays;
#[cfg(feature = "arrow")]
mod arrow;
mod augment;
mod batches;
#[cfg(feature = "bundled")]
mod bundled;
mod dataset;
mod folder;
mod hostile;
mod idx;
#[cfg(feature = "images")]
mod images;
#[cfg(feature = "parquet")]
mod parquet;
mod schema;
mod sources;
mod splits;
mod table;
mod transform;
