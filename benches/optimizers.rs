//! What a step of each optimizer costs beside one pass that reads and writes the same memory.
//!
//! `cargo bench -p downhill-benches --bench optimizers`, with `-- --keep` to keep the table; words behind `--`
//! choose the rows whose names contain one.

use std::fmt::Write;

use downhill::optim::{GaussNewton, Layout, Norm, Objective, Optimizer, Result, StateVisitor};
use downhill::tensor::{Real, Shape, vectorize};
use downhill_benches::measure::in_turns;
use downhill_benches::record;

#[path = "../crates/downhill-optim/tests/optimizers/table.rs"]
mod table;

const SIZES: [(&str, usize); 3] = [("1k", 1000), ("100k", 100_000), ("10M", 10_000_000)];

/// θ is one matrix with so many columns: methods that take a matrix as a whole depend on it.
const COLUMNS: usize = 100;

/// The longest θ whose Gauss-Newton matrix is made: it has as many rows and columns.
const LONGEST_MATRIX: usize = 1000;

/// More where a step is short.
fn repeats(size: usize) -> usize {
    if size > 1_000_000 { 5 } else { 9 }
}

/// A rate so small that θ hardly moves, however many steps are timed.
const RATE: f64 = 1e-7;

fn main() -> Result<()> {
    let text = optimizers::<f32>("f32")? + "\n" + &optimizers::<f64>("f64")?;
    record::section("optimizers", &text);
    Ok(())
}

fn optimizers<T: Real>(element: &str) -> Result<String> {
    let mut text = format!("| {element} |");
    for (size, _) in SIZES {
        let _ = write!(text, " {size}: ns | × pass |");
    }
    let (largest, _) = SIZES[SIZES.len() - 1];
    let _ = write!(text, " {largest}: GB/s |\n|---|");
    text += &"---|".repeat(2 * SIZES.len() + 1);
    text.push('\n');
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    for (row, (name, _)) in table::table::<T>().into_iter().enumerate() {
        if !asked.is_empty() && !asked.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        let _ = write!(text, "| {name} |");
        let mut rate = String::new();
        for (_, size) in SIZES {
            if name == "levenberg-marquardt" && size > LONGEST_MATRIX {
                text += " | |";
                continue;
            }
            let (_, optimizer) = table::table().swap_remove(row);
            let Times { pass, step, bytes } = times::<T>(optimizer, size)?;
            let _ = write!(text, " {:.3} | {:.2} |", step * 1e9 / size as f64, step / pass);
            rate = format!("{:.1}", bytes as f64 / step / 1e9);
        }
        let _ = writeln!(text, " {rate} |");
    }
    Ok(text)
}

/// The seconds of a pass and of a step, and the bytes that the pass reads and writes.
struct Times {
    pass: f64,
    step: f64,
    bytes: usize,
}

/// Those over a θ of so many elements.
fn times<T: Real>(mut optimizer: Box<dyn Optimizer<T>>, size: usize) -> Result<Times> {
    let mut layout = Layout::default();
    layout.push("weight", Shape::from([size / COLUMNS, COLUMNS]), true);
    let evaluates = optimizer.needs_objective();
    if !evaluates {
        optimizer.set_rate(RATE)?;
    }
    let mut theta = vec![T::one(); size];
    let original: Vec<T> = (0..size).map(|i| T::of((i as f64 * 0.37).sin())).collect();
    let mut gradient = original.clone();
    let mut objective = Bowl { given: !evaluates, side: T::one() };
    // Some wait for a second step to make their vectors.
    for _ in 0..2 {
        optimizer.step_on(&mut theta, &mut gradient, &mut objective, &layout)?;
    }
    // What an optimizer writes into ∇L is no gradient for the next step: it is made anew, and that time taken off.
    let writes = objective.given && gradient != original;
    let mut vectors = Vectors { size, count: 0 };
    optimizer.state(&mut vectors);
    let vectors = vectors.count;

    let (mut other_theta, mut other_gradient) = (theta.clone(), original.clone());
    let mut state = vec![vec![T::zero(); size]; vectors];
    let renew = |gradient: &mut [T]| {
        if writes {
            gradient.copy_from_slice(&original);
        }
    };
    let mut pass = || pass(&mut other_theta, &original, &mut state);
    let mut step = || {
        renew(&mut gradient);
        objective.side = -objective.side;
        optimizer
            .step_on(&mut theta, &mut gradient, &mut objective, &layout)
            .expect("a step like those before");
    };
    let mut renewal = || renew(&mut other_gradient);
    let [pass, step, renewal] = in_turns(repeats(size), [&mut pass, &mut step, &mut renewal]);
    let renewal = if writes { renewal } else { 0.0 };
    Ok(Times { pass, step: step - renewal, bytes: (3 + 2 * vectors) * size_of::<T>() * size })
}

/// Counts the vectors as long as θ in an optimizer's state.
struct Vectors {
    size: usize,
    count: usize,
}

impl<T: Real> StateVisitor<T> for Vectors {
    fn counter(&mut self, _: &'static str, _: &mut u64) {}

    fn number(&mut self, _: &'static str, _: &mut f64) {}

    fn vector(&mut self, _: &'static str, value: &mut Vec<T>) {
        self.count += value.len() / self.size;
    }
}

/// ½‖θ − a‖², where a is on the one side in one step and on the other in the next, so that there is always a way to go. An
/// optimizer that needs a gradient a step is given one that costs nothing: it is there already.
struct Bowl<T> {
    given: bool,
    side: T,
}

impl<T: Real> Objective<T> for Bowl<T> {
    fn gradient(&mut self, theta: &[T], gradient: &mut [T]) -> Result<T> {
        if self.given {
            return Ok(T::zero());
        }
        let side = self.side;
        vectorize!(for (g, &theta) in gradient.iter_mut().zip(theta) {
            *g = theta - side;
        });
        let norm = Norm::L2.of(gradient, &Layout::flat(theta.len()))?;
        Ok(T::of(norm * norm / 2.0))
    }

    fn value(&mut self, theta: &[T]) -> Result<T> {
        let side = self.side;
        let (chunks, rest) = theta.as_chunks::<16>();
        let mut lanes = [T::zero(); 16];
        vectorize!(for chunk in chunks {
            for (lane, &theta) in lanes.iter_mut().zip(chunk) {
                *lane += (theta - side) * (theta - side);
            }
        });
        let all = lanes.into_iter().chain(rest.iter().map(|&theta| (theta - side) * (theta - side)));
        Ok(all.fold(T::zero(), |sum, x| sum + x) * T::of(0.5))
    }

    fn hessian_product(&mut self, _: &[T], v: &[T], product: &mut [T]) -> Result<()> {
        product.copy_from_slice(v);
        Ok(())
    }

    fn gauss_newton(&mut self, theta: &[T], model: &mut GaussNewton<T>) -> Result<()> {
        let value = self.gradient(theta, model.gradient_mut())?;
        model.add_value(value);
        model.add_diagonal(theta.iter().map(|_| T::one()));
        Ok(())
    }
}

/// Reads θ, ∇L and further vectors, and writes all but ∇L, with hardly any arithmetic.
fn pass<T: Real>(theta: &mut [T], gradient: &[T], state: &mut [Vec<T>]) {
    /// In the first cache, so that memory is read once.
    const BLOCK: usize = 512;
    let (rate, keep) = (T::of(RATE), T::of(0.9));
    vectorize!(for start in (0..theta.len()).step_by(BLOCK) {
        let block = start..(start + BLOCK).min(theta.len());
        let gradient = &gradient[block.clone()];
        for (theta, &g) in theta[block.clone()].iter_mut().zip(gradient) {
            *theta -= rate * g;
        }
        for vector in state.iter_mut() {
            for (a, &g) in vector[block.clone()].iter_mut().zip(gradient) {
                *a = keep * *a + g;
            }
        }
    });
}
