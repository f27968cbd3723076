//! Layers, losses and the networks made of them.

// A panic is a failure report.
#![allow(clippy::unwrap_used, clippy::panic)]

mod buffers;
mod build;
mod compose;
mod convolutions;
mod curvature;
mod files;
mod freezing;
mod fused;
mod init;
mod layers;
mod losses;
mod normalize;
mod run;
mod sequences;
mod small_layers;
mod table;

use downhill_nn::autodiff::tensor::random::generator;
use downhill_nn::autodiff::{Shape, Tensor};

/// Numbers between `low` and `high`.
fn between(shape: impl Into<Shape>, low: f64, high: f64, seed: u64) -> Tensor<f64> {
    Tensor::uniform(shape, low, high, &mut generator(seed, 0)).unwrap()
}

/// Numbers between −2 and 2.
fn numbers(shape: impl Into<Shape>, seed: u64) -> Tensor<f64> {
    between(shape, -2.0, 2.0, seed)
}
