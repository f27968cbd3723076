//! Fully connected networks to be trained on made-up numbers.

use downhill::optim::Optimizer;
use downhill::prelude::*;
use downhill::tensor::Threads;

/// A network, by its widths, and the size of a batch. With one output it learns a number, by squared errors;
/// with several it learns classes, by cross-entropy.
#[derive(Debug, Clone)]
pub struct Workload {
    /// The number of inputs, of the neurons of each layer, of outputs.
    pub widths: Vec<usize>,
    /// What follows every layer but the last.
    pub activation: Activation,
    /// The number of samples in a batch.
    pub batch: usize,
}

impl Workload {
    /// A network of these widths with relu.
    pub fn new(widths: impl Into<Vec<usize>>, batch: usize) -> Workload {
        Workload { widths: widths.into(), activation: Activation::Relu, batch }
    }

    /// The widths: `784-256-128-10`.
    pub fn name(&self) -> String {
        self.widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
    }

    /// The network.
    pub fn network(&self) -> Network {
        Network::build(self.layers(), [self.widths[0]]).expect("the widths fit")
    }

    /// Its layers.
    pub fn layers(&self) -> Sequential {
        let mut layers = Sequential::new();
        for (i, &width) in self.widths.iter().enumerate().skip(1) {
            layers = layers.then(Linear::new(width));
            if i + 1 < self.widths.len() {
                layers = layers.then(self.activation);
            }
        }
        layers
    }

    /// A learner of the network.
    pub fn learner(&self, optimizer: impl Optimizer<f32> + 'static, threads: usize) -> Learner {
        let (network, threads) = (self.network(), Threads::new(threads));
        if self.outputs() == 1 {
            Learner::new(network, Mse::new(), optimizer, 1).threads(threads)
        } else {
            Learner::new(network, CrossEntropy::new(), optimizer, 1).threads(threads)
        }
    }

    /// A batch of inputs.
    pub fn input(&self) -> Tensor {
        Tensor::from_fn([self.batch, self.widths[0]], |i| (i as f32 * 0.37).sin())
    }

    /// What is to be answered to it.
    pub fn target(&self) -> Target {
        let outputs = self.outputs();
        if outputs == 1 {
            Target::Values(Tensor::from_fn([self.batch, 1], |i| (i as f32).cos()))
        } else {
            Target::Classes(Tensor::from_fn([self.batch], |i| i % outputs))
        }
    }

    /// The floating-point operations of a training step's matrix products: forward, for ∇W, and, but for the
    /// first layer, for the derivative that goes on to the layer before.
    pub fn operations(&self) -> f64 {
        let products = self.widths.windows(2).map(|pair| (2 * self.batch * pair[0] * pair[1]) as f64);
        let first = products.clone().next().unwrap_or(0.0);
        3.0 * products.sum::<f64>() - first
    }

    fn outputs(&self) -> usize {
        self.widths[self.widths.len() - 1]
    }
}
