//! How long a training step and an inference call take on the networks that the README speaks of.
//!
//! `cargo bench -p downhill-benches --bench steps`, with `-- --keep` to keep the table.

use std::fmt::Write;

use downhill::prelude::*;
use downhill::tensor::Threads;
use downhill_benches::measure::in_turns;
use downhill_benches::record;
use downhill_benches::workload::Workload;

fn main() {
    let regression = Workload { activation: Activation::Tanh, ..Workload::new([13, 64, 64, 1], 32) };
    let workloads = [
        Workload::new([4, 16, 3], 16),
        Workload::new([784, 256, 128, 10], 64),
        Workload::new([784, 1024, 1024, 10], 256),
        regression,
    ];
    let mut table = String::from(
        "| network | batch | threads | µs for a training step | µs for a prediction |\n|---|---|---|---|---|\n",
    );
    for workload in &workloads {
        for threads in [1, 2] {
            let [step, predict] = times(workload, threads).map(|seconds| seconds * 1e6);
            let (name, batch) = (workload.name(), workload.batch);
            let _ = writeln!(table, "| {name} | {batch} | {threads} | {step:.2} | {predict:.2} |");
        }
    }
    record::section("steps", &table);
}

/// The seconds for a training step with Adam and for a prediction.
fn times(workload: &Workload, threads: usize) -> [f64; 2] {
    let (x, y) = (workload.input(), workload.target());
    let optimizer = Adam::new(1e-3).expect("a rate");
    let mut learner = workload.learner(optimizer, threads);
    let (network, params) = (workload.network(), workload.network().init(1));
    let mut predictor = network.predictor(&params).threads(Threads::new(threads));
    let mut step = || {
        learner.step(&x, &y).expect("a step");
    };
    let mut predict = || {
        predictor.predict(&x).expect("a prediction");
    };
    in_turns(15, [&mut step, &mut predict])
}
