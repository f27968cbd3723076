//! How long a training step and an inference call take on the networks that the README speaks of.
//!
//! Every figure is the median of several repeats on fresh parameters. Run it with
//! `cargo bench -p downhill-benches --bench steps`.

use std::time::Instant;

use downhill::autodiff::Tape;
use downhill::prelude::*;
use downhill::tensor::Threads;

/// Widths from input to output, the activation between, and the batch.
struct Workload {
    name: &'static str,
    widths: &'static [usize],
    activation: Activation,
    batch: usize,
    steps: usize,
}

const WORKLOADS: [Workload; 4] = [
    Workload { name: "4-16-3", widths: &[4, 16, 3], activation: Activation::Relu, batch: 16, steps: 4000 },
    Workload {
        name: "784-256-128-10",
        widths: &[784, 256, 128, 10],
        activation: Activation::Relu,
        batch: 64,
        steps: 200,
    },
    Workload {
        name: "784-1024-1024-10",
        widths: &[784, 1024, 1024, 10],
        activation: Activation::Relu,
        batch: 256,
        steps: 8,
    },
    Workload {
        name: "13-64-64-1",
        widths: &[13, 64, 64, 1],
        activation: Activation::Tanh,
        batch: 32,
        steps: 2000,
    },
];

impl Workload {
    fn network(&self) -> Network {
        let mut layers = Sequential::new();
        for (i, &width) in self.widths.iter().enumerate().skip(1) {
            layers = layers.then(Linear::new(width));
            if i + 1 < self.widths.len() {
                layers = layers.then(self.activation);
            }
        }
        Network::build(layers, [self.widths[0]]).expect("the widths fit")
    }

    fn input(&self) -> Tensor {
        Tensor::from_fn([self.batch, self.widths[0]], |i| (i as f32 * 0.37).sin())
    }

    fn learner(&self, threads: usize) -> Learner {
        let optimizer = Adam::new(1e-3).expect("a rate");
        let (network, threads) = (self.network(), Threads::new(threads));
        if self.outputs() == 1 {
            Learner::new(network, Mse::new(), optimizer, 1).threads(threads)
        } else {
            Learner::new(network, CrossEntropy::new(), optimizer, 1).threads(threads)
        }
    }

    fn outputs(&self) -> usize {
        self.widths[self.widths.len() - 1]
    }

    fn target(&self) -> Target {
        if self.outputs() == 1 {
            Target::Values(Tensor::from_fn([self.batch, 1], |i| (i as f32).cos()))
        } else {
            Target::Classes(Tensor::from_fn([self.batch], |i| i % self.outputs()))
        }
    }
}

/// The median time of a call, in microseconds, over repeats of `calls` calls each.
fn median_us(calls: usize, mut call: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..7)
        .map(|_| {
            let start = Instant::now();
            (0..calls).for_each(|_| call());
            start.elapsed().as_secs_f64() * 1e6 / calls as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    println!("network\tthreads\tstep_us\tpredict_us");
    for workload in &WORKLOADS {
        for threads in [1, 2] {
            let (mut learner, x, y) = (workload.learner(threads), workload.input(), workload.target());
            let step = median_us(workload.steps, || {
                learner.step(&x, &y).expect("a step");
            });
            let mut tape = Tape::inference().threads(Threads::new(threads));
            let predict = median_us(workload.steps, || {
                learner.network().predict_on(&tape, learner.params(), &x).expect("a prediction");
                tape.clear();
            });
            println!("{}\t{threads}\t{step:.2}\t{predict:.2}", workload.name);
        }
    }
}
