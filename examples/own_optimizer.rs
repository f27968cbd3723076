//! An optimizer of your own, trained with: `cargo run --release --example own_optimizer`.
//!
//! It is Lion (Chen et al. 2023): every step is of the length η in each direction, and the sign is that of
//! a running mean of the gradients.

use std::error::Error;

use downhill::autodiff::tensor::Layout;
use downhill::optim::{self, StateVisitor};
use downhill::prelude::*;

struct Lion {
    rate: f64,
    mean: Vec<f32>,
}

impl Optimizer for Lion {
    fn step(&mut self, theta: &mut [f32], gradient: &mut [f32], layout: &Layout) -> optim::Result<()> {
        self.mean.resize(theta.len(), 0.0);
        // Frozen parameters are parts of θ that do not learn.
        for i in layout.parts().iter().filter(|part| part.trainable).flat_map(|part| part.range()) {
            theta[i] -= self.rate as f32 * (0.9 * self.mean[i] + 0.1 * gradient[i]).signum();
            self.mean[i] = 0.99 * self.mean[i] + 0.01 * gradient[i];
        }
        Ok(())
    }

    fn rate(&self) -> f64 {
        self.rate
    }

    fn set_rate(&mut self, rate: f64) -> optim::Result<()> {
        self.rate = rate;
        Ok(())
    }

    /// What it remembers, for checkpoints.
    fn state(&mut self, visitor: &mut dyn StateVisitor) {
        visitor.vector("mean", &mut self.mean);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let cancer: Dataset = Bundled::BreastCancer.load()?;
    let (train, test) = cancer.split_by(&Bundled::BreastCancer.split())?;
    let layers = Sequential::new().then(Linear::new(16)).then(Activation::Relu).then(Linear::new(2));

    // Clipping and schedules wrap it like any other.
    let lion = Lion { rate: 1e-3, mean: Vec::new() };
    let fit = Trainer::new(layers, CrossEntropy::new())
        .optimizer(lion.clip_norm(1.0)?)
        .schedule(schedule::Cosine::new)
        .transform(Transform::Standardize)
        .epochs(20)
        .seed(1)
        .callback(Progress::new().every(5))
        .fit(&train)?;
    println!("\n{}", fit.model.evaluate(&test)?);
    Ok(())
}
