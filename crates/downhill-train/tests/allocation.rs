//! A steady training step and a steady prediction allocate nothing: counted by the allocator.

// A panic is a failure report.
#![allow(clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

use downhill_nn::autodiff::tensor::Threads;
use downhill_nn::autodiff::{Tape, Tensor};
use downhill_nn::{
    Activation, AnyLayer, CrossEntropy, Dropout, Layer, Linear, Loss, Mse, Network, Params, Residual,
    Sequential, Target,
};
use downhill_nn::{ActivityPenalty, DropPath, Dropout2d, GaussianNoise, Glu, Maxout, PRelu, SwiGlu};
use downhill_nn::{
    AvgPool2d, BatchNorm2d, Conv1d, Conv2d, ConvTranspose2d, MaxPool2d, Reshape, Upsample, ZeroPad2d,
};
use downhill_nn::{BatchNorm1d, GroupNorm, LayerNorm, RmsNorm, WeightPenalty};
use downhill_nn::{Flatten, Gru, PositionalEncoding, TransformerEncoderLayer};
use downhill_optim::{Adam, ConjugateGradient, Optimizer, Sgd};
use downhill_train::Learner;

/// The system's allocator, which counts what each thread asks for, and what all of them do.
struct Counting;

static OF_ALL_THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        OF_ALL_THREADS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and `System` has allocated it.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        OF_ALL_THREADS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `realloc`, and `System` has allocated it.
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The allocations of each of the steps after the first few.
fn allocations(mut step: impl FnMut()) -> [usize; 4] {
    (0..3).for_each(|_| step());
    [(); 4].map(|()| {
        let before = COUNT.get();
        step();
        COUNT.get() - before
    })
}

fn dense(widths: &[usize], activation: Activation) -> Sequential {
    let (last, hidden) = widths.split_last().unwrap();
    let layers = hidden
        .iter()
        .fold(Sequential::new(), |layers, &width| layers.then(Linear::new(width)).then(activation));
    layers.then(Linear::new(*last))
}

fn normalised() -> Sequential {
    Sequential::new()
        .then(Linear::new(16))
        .then(BatchNorm1d::new())
        .then(Activation::Relu)
        .then(Linear::new(16))
        .then(LayerNorm::new())
        .then(GroupNorm::new(4))
        .then(RmsNorm::new())
        .then(Linear::new(3))
}

fn small_layers() -> Sequential {
    Sequential::new()
        .then(GaussianNoise::new(0.1).unwrap())
        .then(Linear::new(16))
        .then(PRelu::new())
        .then(Dropout2d::new(0.2).unwrap())
        .then(Residual::new(Sequential::new().then(Linear::new(16)).then(DropPath::new(0.2).unwrap())))
        .then(Glu)
        .then(ActivityPenalty::new(1e-3, 1e-3).unwrap())
        .then(Maxout::new(8, 2))
        .then(SwiGlu)
        .then(Linear::new(3))
}

fn convolutions() -> Sequential {
    Sequential::new()
        .then(Reshape::new([1, 8, 8]))
        .then(Conv2d::new(4, 3).padding(1))
        .then(Activation::Relu)
        .then(MaxPool2d::new(2))
        .then(Conv2d::depthwise(3).same())
        .then(BatchNorm2d::new())
        .then(Activation::Gelu)
        .then(ConvTranspose2d::new(2, 2).stride(2))
        .then(ZeroPad2d::new(1))
        .then(AvgPool2d::new(2))
        .then(Upsample::bilinear(2))
        .then(Reshape::new([2, 100]))
        .then(Conv1d::new(2, 5).stride(3))
        .then(Flatten)
        .then(Linear::new(3))
}

/// A network with its batch.
struct Row {
    name: &'static str,
    layers: AnyLayer,
    loss: fn() -> Box<dyn Loss>,
    x: Tensor,
    y: Target,
}

fn row(
    name: &'static str,
    layers: impl Layer,
    loss: fn() -> Box<dyn Loss>,
    [batch, inputs, outputs]: [usize; 3],
) -> Row {
    let x = Tensor::from_fn([batch, inputs], |i| (i as f32 * 0.7).sin());
    let y = match loss().link() {
        downhill_nn::Link::Identity => {
            Target::Values(Tensor::from_fn([batch, outputs], |i| (i as f32).cos()))
        }
        _ => Target::Classes(Tensor::from_fn([batch], |i| i % outputs)),
    };
    Row { name, layers: AnyLayer::new(layers), loss, x, y }
}

/// A row on sequences.
fn sequences(
    name: &'static str,
    layers: impl Layer,
    loss: fn() -> Box<dyn Loss>,
    [batch, steps, inputs, outputs]: [usize; 4],
) -> Row {
    let flat = row(name, layers, loss, [batch, steps * inputs, outputs]);
    Row { x: flat.x.reshape([batch, steps, inputs]).unwrap(), ..flat }
}

fn rows() -> Vec<Row> {
    let cross_entropy = || -> Box<dyn Loss> { Box::new(CrossEntropy::new()) };
    let body = Sequential::new().then(dense(&[16, 8], Activation::Gelu)).then(Dropout::new(0.5).unwrap());
    let gru = Sequential::new().then(Gru::new(6).layers(2).bidirectional().last()).then(Linear::new(3));
    let attention = Sequential::new()
        .then(PositionalEncoding::new())
        .then(TransformerEncoderLayer::new(2, 8).causal().dropout(0.1).unwrap())
        .then(Flatten)
        .then(Linear::new(3));
    vec![
        sequences("gru", gru, cross_entropy, [8, 5, 4, 3]),
        sequences("attention", attention, cross_entropy, [8, 5, 4, 3]),
        row("4-16-3", dense(&[16, 3], Activation::Relu), cross_entropy, [16, 4, 3]),
        row("784-256-128-10", dense(&[256, 128, 10], Activation::Relu), cross_entropy, [64, 784, 10]),
        row("784-1024-1024-10", dense(&[1024, 1024, 10], Activation::Relu), cross_entropy, [8, 784, 10]),
        row("13-64-64-1", dense(&[64, 64, 1], Activation::Tanh), || Box::new(Mse::new()), [32, 13, 1]),
        row("dropout", Residual::new(body), cross_entropy, [16, 8, 8]),
        row("normalisations", normalised(), cross_entropy, [16, 8, 3]),
        row("convolutions", convolutions(), cross_entropy, [16, 64, 3]),
        row("small layers", small_layers(), cross_entropy, [16, 8, 3]),
    ]
}

/// One test, since other tests of the process would be counted with it.
#[test]
fn steady_steps_allocate_nothing() {
    a_training_step();
    a_prediction();
    a_long_training_on_threads();
}

fn a_training_step() {
    let optimizers: [fn() -> Box<dyn Optimizer>; 4] = [
        || Box::new(ConjugateGradient::new()),
        || Box::new(Sgd::new(0.01).unwrap()),
        || Box::new(Sgd::new(0.01).unwrap().momentum(0.9).unwrap()),
        || Box::new(Adam::new(0.001).unwrap().clip_norm(1.0).unwrap()),
    ];
    let rows = rows();
    let cases: Vec<_> = rows.iter().flat_map(|row| optimizers.map(|optimizer| (row, optimizer))).collect();
    let next = AtomicUsize::new(0);
    // Each thread counts its own.
    let work = || {
        while let Some((row, optimizer)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let network = Network::build(row.layers.clone(), row.x.shape().sample()).unwrap();
            let penalty = WeightPenalty::new("*", 1e-4, 1e-4).unwrap();
            let mut learner = Learner::new(network, (row.loss)(), optimizer(), 1).penalty(penalty).unwrap();
            let counts = allocations(|| {
                learner.step(&row.x, &row.y).unwrap();
            });
            assert_eq!(counts, [0; 4], "{}", row.name);
            let counts = allocations(|| {
                learner.evaluate(&row.x, &row.y).unwrap();
            });
            // The output leaves the learner: its buffer and its reference counts.
            assert!(counts.iter().all(|&count| count <= 2), "{}: {counts:?}", row.name);
        }
    };
    std::thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(work))));
}

fn a_prediction() {
    for row in rows() {
        let network = Network::build(row.layers.clone(), row.x.shape().sample()).unwrap();
        let params: Params = network.init(1);
        let mut tape = Tape::inference();
        let counts = allocations(|| {
            let y = network.predict_on(&tape, &params, &row.x).unwrap();
            assert_eq!(y.shape()[0], row.x.shape()[0]);
            drop(y);
            tape.clear();
        });
        assert_eq!(counts, [0; 4], "{}", row.name);
        let (mut predictor, mut x) = (network.predictor(&params), row.x.map(|x| x));
        let counts = allocations(|| {
            // The predictor must not share it any more: writing would copy.
            x.as_mut_slice().reverse();
            predictor.predict(&x).unwrap();
        });
        assert_eq!(counts, [0; 4], "{}, predictor", row.name);
    }
}

/// The pages of this process that are in memory, where the system says so.
fn resident_pages() -> Option<usize> {
    std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()
}

/// Neither the calling thread nor a worker allocates, however long training goes on, and memory does not grow.
fn a_long_training_on_threads() {
    // A worker may start late, and makes room for its tiles when it is first given one of that size.
    const LATE: usize = 8;
    // Not optimised, 100,000 take half a minute: CONTRIBUTING says how to run them.
    let many = if cfg!(debug_assertions) { 20_000 } else { 100_000 };
    for (name, steps) in [("4-16-3", many), ("784-1024-1024-10", 20), ("convolutions", 200)] {
        let row = rows().into_iter().find(|row| row.name == name).unwrap();
        let network = Network::build(row.layers, row.x.shape().sample()).unwrap();
        let optimizer = Sgd::new(0.01).unwrap().momentum(0.9).unwrap();
        let mut learner = Learner::new(network, (row.loss)(), optimizer, 1).threads(Threads::new(2));
        (0..5).for_each(|_| assert!(learner.step(&row.x, &row.y).is_ok()));
        // Reading the pages allocates, so that it is done outside of what is counted.
        let pages = resident_pages();
        let before = OF_ALL_THREADS.load(Ordering::SeqCst);
        (0..steps).for_each(|_| assert!(learner.step(&row.x, &row.y).is_ok()));
        let count = OF_ALL_THREADS.load(Ordering::SeqCst) - before;
        assert!(count <= LATE, "{name}: {count} allocations");
        if steps > 1000
            && let (Some(before), Some(after)) = (pages, resident_pages())
        {
            assert!(after <= before + 64, "{name}: from {before} to {after} pages");
        }
    }
}
