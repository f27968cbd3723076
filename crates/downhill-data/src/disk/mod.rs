//! Data sets that stay on disk: rows are read when a batch needs them.

mod array;
mod batches;

pub use array::DiskArray;
pub use batches::DiskBatches;
