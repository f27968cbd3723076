//! usage: peer-downhill WORKLOAD THREADS   (W1..W5, W6b1, W6b256, W7)
//!
//! The loop that the documentation shows: a `Learner` and its `step`, and `Predictor::predict`.
#[path = "../../harness.rs"]
mod harness;

use downhill::nn::lambda;
use downhill::prelude::*;
use downhill::tensor::Threads;
use harness::{D, FF, H, L, Spec, T, V, args, batches, bench, tokens};

fn network(s: &Spec) -> Network {
    let activation = if s.name == "W4" { Activation::Tanh } else { Activation::Relu };
    let mut layers = Sequential::new();
    for (i, &width) in s.layers.iter().enumerate().skip(1) {
        layers = layers.then(Linear::new(width));
        if i + 1 < s.layers.len() {
            layers = layers.then(activation);
        }
    }
    Network::build(layers, [s.layers[0]]).unwrap()
}

/// W5: LeNet-5 on rows of 28 × 28 pixels.
fn lenet() -> Network {
    let layers = Sequential::new()
        .then(Reshape::new([1, 28, 28]))
        .then(Conv2d::new(6, 5).padding(2))
        .then(Activation::Relu)
        .then(MaxPool2d::new(2))
        .then(Conv2d::new(16, 5))
        .then(Activation::Relu)
        .then(MaxPool2d::new(2))
        .then(Flatten)
        .then(Linear::new(120))
        .then(Activation::Relu)
        .then(Linear::new(84))
        .then(Activation::Relu)
        .then(Linear::new(10));
    Network::build(layers, [784]).unwrap()
}

/// W7: a small decoder-only transformer, with the classes in axis 1, where the loss wants them.
fn transformer() -> Network {
    let positions = LearnedPositions::new().init(Init::Normal { mean: 0.0, std: 1.0 });
    let mut layers = Sequential::new().then(Embedding::new(V, D)).then(positions);
    for _ in 0..L {
        layers = layers.then(TransformerEncoderLayer::new(H, FF).pre_norm().causal());
    }
    let layers = layers.then(Linear::new(V)).then(lambda!(|x| x.transpose(1, 2)));
    Network::build(layers, [T]).unwrap()
}

fn data(s: &Spec) -> Vec<(Tensor, Target)> {
    if s.name == "W7" {
        let whole = |x: &[i64]| Tensor::from_fn([s.batch, T], |i| x[i]);
        return tokens(s)
            .into_iter()
            .map(|(x, y)| (whole(&x).map(|x| x as f32), whole(&y).map(|y| y as usize).into()))
            .collect();
    }
    batches(s)
        .into_iter()
        .map(|b| {
            let x = Tensor::new([s.batch, s.layers[0]], b.x).unwrap();
            let classes = || Tensor::from_fn([s.batch], |i| b.class[i] as usize);
            let y = if s.name == "W4" { Tensor::new([s.batch, 1], b.y).unwrap().into() } else { classes().into() };
            (x, y)
        })
        .collect()
}

// The harness hands a peer's state on from step to step by value: a box is moved, not a whole network.
fn main() {
    let (s, threads, _) = args();
    let threads = Threads::new(threads);
    let data = data(&s);
    if s.name.starts_with("W6") {
        let (net, params) = (network(&s), network(&s).init(0));
        bench(
            &s,
            "downhill",
            threads.count(),
            || Box::new((net.predictor(&params).threads(threads.clone()), 0.0)),
            |mut state, i| {
                state.1 = state.0.predict(&data[i].0).unwrap().as_slice()[0];
                state
            },
            |state| state.1,
        );
        return;
    }
    let learner = || -> Learner {
        let learner = match s.name.as_str() {
            "W7" => Learner::new(transformer(), CrossEntropy::new(), Adam::new(s.lr).unwrap(), 0),
            "W5" => Learner::new(lenet(), CrossEntropy::new(), Sgd::new(s.lr).unwrap().momentum(0.9).unwrap(), 0),
            "W4" => Learner::new(network(&s), Mse::new(), Adam::new(s.lr).unwrap(), 0),
            "W3" => Learner::new(network(&s), CrossEntropy::new(), Adam::new(s.lr).unwrap(), 0),
            _ => Learner::new(network(&s), CrossEntropy::new(), Sgd::new(s.lr).unwrap().momentum(0.9).unwrap(), 0),
        };
        learner.threads(threads.clone())
    };
    bench(
        &s,
        "downhill",
        threads.count(),
        || Box::new((learner(), 0.0)),
        |mut state, i| {
            state.1 = state.0.step(&data[i].0, &data[i].1).unwrap();
            state
        },
        |state| state.1,
    );
}
