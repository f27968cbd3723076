//! The instructions of training steps and of predictions, counted under callgrind on one thread.
//!
//! `./count check` builds and runs this and compares it with the kept figures.

use std::hint::black_box;

use downhill::autodiff::Tape;
use downhill::prelude::*;
use downhill_benches::workload::Workload;
use gungraun::prelude::*;

/// The steps before those that are counted: they fill the buffers.
const WARM: usize = 3;

/// The steps or calls that a measurement counts together; `count` divides by it.
const COUNTED: usize = 5;

fn w1() -> Workload {
    Workload::new([4, 16, 3], 16)
}

fn w2() -> Workload {
    Workload::new([784, 256, 128, 10], 64)
}

/// A learner in its stride and a batch.
fn learning(workload: Workload) -> (Learner, Tensor, Target) {
    let optimizer = Sgd::new(0.05).and_then(|sgd| sgd.momentum(0.9)).expect("settings");
    let (mut learner, x, y) = (workload.learner(optimizer, 1), workload.input(), workload.target());
    for _ in 0..WARM {
        learner.step(&x, &y).expect("a step");
    }
    (learner, x, y)
}

/// A network, its parameters, a used tape such as a `Predictor` has, and so many samples.
fn answering(workload: Workload, samples: usize) -> (Network, Params, Tape, Tensor) {
    let (network, x) = (workload.network(), Workload { batch: samples, ..workload }.input());
    let params = network.init(1);
    let mut tape = Tape::inference().keep_weights(params.theta());
    for _ in 0..WARM {
        network.predict_on(&tape, &params, &x).expect("a prediction");
        tape.clear();
    }
    (network, params, tape, x)
}

#[library_benchmark]
#[bench::w1(learning(w1()))]
#[bench::w2(learning(w2()))]
fn step((mut learner, x, y): (Learner, Tensor, Target)) -> (Learner, Tensor, Target) {
    for _ in 0..COUNTED {
        black_box(learner.step(&x, &y).expect("a step"));
    }
    // What is given back is dropped outside the measurement.
    (learner, x, y)
}

#[library_benchmark]
#[bench::w1_one(answering(w1(), 1))]
#[bench::w1_batch(answering(w1(), 16))]
#[bench::w2_one(answering(w2(), 1))]
#[bench::w2_batch(answering(w2(), 64))]
fn predict(
    (network, params, mut tape, x): (Network, Params, Tape, Tensor),
) -> (Network, Params, Tape, Tensor) {
    for _ in 0..COUNTED {
        black_box(network.predict_on(&tape, &params, &x).expect("a prediction"));
        tape.clear();
    }
    (network, params, tape, x)
}

library_benchmark_group!(name = steps, benchmarks = [step, predict]);
main!(library_benchmark_groups = steps);
