//! What holds for every optimizer: each test walks the one table.

// The functions that tests share may unwrap like the tests themselves.
#![allow(clippy::unwrap_used)]

mod allocation;
mod convergence;
mod errors;
mod functions;
mod parts;
mod restoring;
mod table;
mod threads;
