//! How the cost of training grows with width, depth, batch and the size of the data set, on one and two threads.
//!
//! `cargo bench -p downhill-benches --bench growth`, with `-- --keep` to keep the plots and the figures.

use std::fmt::Write;

use downhill::data::Dataset;
use downhill::prelude::*;
use downhill_benches::measure::{in_turns, median};
use downhill_benches::record;
use downhill_benches::workload::Workload;
use downhill_plot::{Drawing, LineChart};

const REPEATS: usize = 11;

fn main() {
    let mut figures = String::from("over\tvalue\tthreads\tus\tgflop_per_s\n");
    for growth in [width(), depth(), batch(), rows()] {
        figures += &growth.figures();
        record::file(&format!("plots/{}.svg", growth.name), &growth.plot());
    }
    print!("{figures}");
    record::file("plots/growth.tsv", &figures);
}

/// What was measured while one size grew.
struct Growth {
    name: &'static str,
    horizontal: &'static str,
    /// What the whole costs: the first plot.
    whole: &'static str,
    /// The powers of the size to compare it with.
    guides: &'static [(&'static str, i32)],
    /// The second plot: its title and its value for a point, given the seconds.
    part: (&'static str, fn(&Point, f64) -> f64),
    points: Vec<Point>,
}

/// One size: the seconds on one and on two threads, and the floating-point operations of the products.
struct Point {
    at: usize,
    seconds: [f64; 2],
    operations: f64,
}

fn width() -> Growth {
    let widths = (3..=11).map(|power| 1 << power);
    Growth {
        name: "width",
        horizontal: "width of the input and of 2 hidden layers (10 classes, batch 64)",
        whole: "µs for a training step",
        guides: &[("∝ width²", 2)],
        part: ("GFLOP/s of the matrix products", |point, seconds| point.operations / seconds / 1e9),
        points: widths.map(|width| step(width, &Workload::new([width, width, width, 10], 64))).collect(),
    }
}

fn depth() -> Growth {
    let network = |depth| Workload::new([vec![64; depth + 1], vec![10]].concat(), 64);
    let depths = (0..=5).map(|power| 1 << power);
    Growth {
        name: "depth",
        horizontal: "hidden layers (width 64, batch 64)",
        whole: "µs for a training step",
        guides: &[("∝ depth", 1)],
        part: ("µs for each hidden layer", |point, seconds| seconds * 1e6 / point.at as f64),
        points: depths.map(|depth| step(depth, &network(depth))).collect(),
    }
}

fn batch() -> Growth {
    let batches = (0..=10).map(|power| 1 << power);
    Growth {
        name: "batch",
        horizontal: "samples in a batch (784-256-128-10)",
        whole: "µs for a training step",
        guides: &[("∝ batch", 1)],
        part: ("µs for each sample", |point, seconds| seconds * 1e6 / point.at as f64),
        points: batches.map(|batch| step(batch, &Workload::new([784, 256, 128, 10], batch))).collect(),
    }
}

fn rows() -> Growth {
    let rows = (2..=10).map(|power| 1 << (2 * power));
    Growth {
        name: "rows",
        horizontal: "rows of the data set (32-64-10, batch 32, through Trainer)",
        whole: "µs for an epoch",
        guides: &[("∝ rows", 1)],
        part: ("µs for each sample", |point, seconds| seconds * 1e6 / point.at as f64),
        points: rows.map(epoch).collect(),
    }
}

impl Growth {
    /// What the whole costs beside powers of the size, and a part of it.
    fn plot(&self) -> String {
        let mut whole = self.chart(self.whole, |_, seconds| seconds * 1e6);
        if let Some(last) = self.points.last() {
            for &(name, exponent) in self.guides {
                // As long as the curve, through the last point of its first.
                let power =
                    |point: &Point| (point.at as f64 / last.at as f64).powi(exponent) * last.seconds[0] * 1e6;
                whole = whole.guide(name, self.points.iter().map(|point| [point.at as f64, power(point)]));
            }
        }
        let (title, part) = self.part;
        Drawing::beside(&[whole.draw(), self.chart(title, part).draw()]).svg()
    }

    /// A curve for each number of threads.
    fn chart(&self, title: &str, value: impl Fn(&Point, f64) -> f64) -> LineChart {
        let chart = LineChart::new(title).labels(self.horizontal, "").log_x().log_y().dots();
        ["1 thread", "2 threads"].into_iter().enumerate().fold(chart, |chart, (i, name)| {
            let at = |point: &Point| [point.at as f64, value(point, point.seconds[i])];
            chart.line(name, self.points.iter().map(at))
        })
    }

    /// Tab-separated: what grows, its value, threads, µs, GFLOP/s.
    fn figures(&self) -> String {
        let mut text = String::new();
        for point in &self.points {
            for (i, seconds) in point.seconds.iter().enumerate() {
                let (name, at, threads) = (self.name, point.at, i + 1);
                let (us, rate) = (seconds * 1e6, point.operations / seconds / 1e9);
                let _ = writeln!(text, "{name}\t{at}\t{threads}\t{us:.2}\t{rate:.2}");
            }
        }
        text
    }
}

/// The cost of a training step with momentum.
fn step(at: usize, workload: &Workload) -> Point {
    let (x, y) = (workload.input(), workload.target());
    let optimizer = || Sgd::new(1e-4).and_then(|sgd| sgd.momentum(0.9)).expect("settings");
    let [mut one, mut two] = [1, 2].map(|threads| workload.learner(optimizer(), threads));
    let mut on_one = || {
        one.step(&x, &y).expect("a step");
    };
    let mut on_two = || {
        two.step(&x, &y).expect("a step");
    };
    let seconds = in_turns(REPEATS, [&mut on_one, &mut on_two]);
    Point { at, seconds, operations: workload.operations() }
}

/// The cost of an epoch over so many rows.
fn epoch(rows: usize) -> Point {
    let workload = Workload::new([32, 64, 10], 32);
    let x = Tensor::from_fn([rows, 32], |i| (i as f32 * 0.37).sin());
    let y = Tensor::from_fn([rows], |i| i % 10);
    let data: Dataset = Dataset::new(x, y).expect("a data set");
    // Short epochs are timed in runs of many, of which the first is left out: it fills the buffers.
    let epochs = (30_000 / rows).clamp(2, 100) + 1;
    let fit = |threads| {
        let optimizer = Sgd::new(1e-4).and_then(|sgd| sgd.momentum(0.9)).expect("settings");
        let trainer = Trainer::new(workload.layers(), CrossEntropy::new()).optimizer(optimizer);
        let trainer = trainer.epochs(epochs).batch_size(workload.batch).threads(threads);
        let history = trainer.fit(&data).expect("a training").history;
        median(history.epochs[1..].iter().map(|epoch| epoch.seconds).collect())
    };
    let runs = [(); 3].map(|()| [1, 2].map(fit));
    let seconds = [0, 1].map(|threads| median(runs.iter().map(|run| run[threads]).collect()));
    let operations = workload.operations() / workload.batch as f64 * rows as f64;
    Point { at: rows, seconds, operations }
}
