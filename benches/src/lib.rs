//! What the benches, the files beside this folder, have in common.

pub mod measure;
pub mod record;
pub mod workload;
