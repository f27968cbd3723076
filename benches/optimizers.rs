//! What a step of each optimizer costs beside one pass that reads and writes the same memory.
//!
//! `cargo bench -p downhill-benches --bench optimizers`, with `-- --keep` to keep the table; words behind `--`
//! choose the rows whose names contain one.

use std::fmt::Write;

use downhill::optim::{
    Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Adan, Asgd, GradientDescent, Lamb, Lars, Layout, Lion,
    Muon, NAdam, Objective, Optimizer, RAdam, Result, RmsProp, Rprop, ScheduleFreeAdamW, ScheduleFreeSgd,
    Sgd, Sophia,
};
use downhill::tensor::{Real, vectorize};
use downhill_benches::measure::in_turns;
use downhill_benches::record;

const SIZES: [(&str, usize); 3] = [("1k", 1000), ("100k", 100_000), ("10M", 10_000_000)];

const REPEATS: usize = 9;

/// A rate so small that θ hardly moves, however many steps are timed.
const RATE: f64 = 1e-7;

fn main() -> Result<()> {
    let text = optimizers::<f32>("f32")? + "\n" + &optimizers::<f64>("f64")?;
    record::section("optimizers", &text);
    Ok(())
}

/// Makes an optimizer.
type Make<T> = fn() -> Result<Box<dyn Optimizer<T>>>;

fn optimizers<T: Real>(element: &str) -> Result<String> {
    // With the number of vectors, besides θ and ∇L, that a step reads and writes.
    let table: &[(&str, usize, Make<T>)] = &[
        ("gradient descent", 0, || Ok(Box::new(GradientDescent::<T>::new(RATE)?))),
        ("gradient descent, momentum", 1, || Ok(Box::new(GradientDescent::<T>::new(RATE)?.momentum(0.9)?))),
        ("SGD", 0, || Ok(Box::new(Sgd::<T>::new(RATE)?))),
        ("SGD, weight decay", 0, || Ok(Box::new(Sgd::<T>::new(RATE)?.weight_decay(1e-4)?))),
        ("SGD, momentum", 1, || Ok(Box::new(Sgd::<T>::new(RATE)?.momentum(0.9)?))),
        ("SGD, Nesterov", 1, || Ok(Box::new(Sgd::<T>::new(RATE)?.nesterov_momentum(0.9)?))),
        ("RMSprop", 1, || Ok(Box::new(RmsProp::<T>::new(RATE)?))),
        ("RMSprop, momentum", 2, || Ok(Box::new(RmsProp::<T>::new(RATE)?.momentum(0.9)?))),
        ("RMSprop, centred, momentum", 3, || Ok(Box::new(RmsProp::<T>::new(RATE)?.centred().momentum(0.9)?))),
        ("Adam", 2, || Ok(Box::new(Adam::<T>::new(RATE)?))),
        ("Adam, AMSGrad", 3, || Ok(Box::new(Adam::<T>::new(RATE)?.amsgrad()))),
        ("AdamW", 2, || Ok(Box::new(AdamW::<T>::new(RATE)?))),
        ("Adagrad", 1, || Ok(Box::new(Adagrad::<T>::new(RATE)?))),
        ("Adadelta", 2, || Ok(Box::new(Adadelta::<T>::new(RATE)?))),
        ("Adamax", 2, || Ok(Box::new(Adamax::<T>::new(RATE)?))),
        ("NAdam", 2, || Ok(Box::new(NAdam::<T>::new(RATE)?))),
        ("RAdam", 2, || Ok(Box::new(RAdam::<T>::new(RATE)?))),
        ("Rprop", 2, || Ok(Box::new(Rprop::<T>::new(RATE)?.sizes(1e-9, 1e-7)?))),
        ("ASGD", 1, || Ok(Box::new(Asgd::<T>::new(RATE)?))),
        ("Lion", 1, || Ok(Box::new(Lion::<T>::new(RATE)?))),
        // It reads and writes ∇L twice, for what a step is as long as the weights.
        ("LAMB", 2, || Ok(Box::new(Lamb::<T>::new(RATE)?))),
        ("LARS", 1, || Ok(Box::new(Lars::<T>::new(RATE)?))),
        // Between its looks at the curvature, which it only reads then.
        ("Sophia", 2, || Ok(Box::new(Sophia::<T>::new(RATE)?.every(u64::MAX)?))),
        // Of a vector, whose squares it remembers one by one.
        ("Adafactor", 1, || Ok(Box::new(Adafactor::<T>::new(RATE)?))),
        // Of a vector, which is left to AdamW.
        ("Muon", 2, || Ok(Box::new(Muon::<T>::new(RATE)?))),
        ("schedule-free SGD", 1, || Ok(Box::new(ScheduleFreeSgd::<T>::new(RATE)?))),
        ("schedule-free AdamW", 2, || Ok(Box::new(ScheduleFreeAdamW::<T>::new(RATE)?))),
        // One vector more than the pass has.
        ("Adan", 3, || Ok(Box::new(Adan::<T>::new(RATE)?))),
        // The norm is a pass of its own over ∇L; it stays below the bound.
        ("AdamW, clipped norm", 2, || Ok(Box::new(AdamW::<T>::new(RATE)?.clip_norm(1e9)?))),
        // A pass of its own that writes ∇L too.
        ("AdamW, clipped value", 2, || Ok(Box::new(AdamW::<T>::new(RATE)?.clip_value(0.4)?))),
    ];
    let mut text = format!("| {element} |");
    for (size, _) in SIZES {
        let _ = write!(text, " {size}: ns | × pass |");
    }
    let (largest, _) = SIZES[SIZES.len() - 1];
    let _ = write!(text, " {largest}: GB/s |\n|---|");
    text += &"---|".repeat(2 * SIZES.len() + 1);
    text.push('\n');
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    for &(name, vectors, make) in table {
        if !asked.is_empty() && !asked.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        let _ = write!(text, "| {name} |");
        let mut each = 0.0;
        for (_, size) in SIZES {
            let [pass, step] = times(make()?, vectors, size);
            each = step * 1e9 / size as f64;
            let _ = write!(text, " {each:.3} | {:.2} |", step / pass);
        }
        let bytes = (3 + 2 * vectors) * size_of::<T>();
        let _ = writeln!(text, " {:.1} |", bytes as f64 / each);
    }
    Ok(text)
}

/// The seconds of a pass and of a step over a θ of so many elements.
fn times<T: Real>(mut optimizer: Box<dyn Optimizer<T>>, vectors: usize, size: usize) -> [f64; 2] {
    let layout = Layout::flat(size);
    let mut theta = vec![T::one(); size];
    let mut gradient: Vec<T> = (0..size).map(|i| T::of((i as f64 * 0.37).sin())).collect();
    let (mut other_theta, other_gradient) = (theta.clone(), gradient.clone());
    let mut state = vec![vec![T::zero(); size]; vectors];
    let mut pass = || pass(&mut other_theta, &other_gradient, &mut state);
    let evaluates = optimizer.needs_objective();
    let mut step = || {
        if evaluates {
            optimizer.step_on(&mut theta, &mut gradient, &mut Still, &layout).expect("a step");
        } else {
            optimizer.step(&mut theta, &mut gradient, &layout).expect("a step");
        }
    };
    in_turns(REPEATS, [&mut pass, &mut step])
}

/// An objective that costs nothing: the gradient is there already.
struct Still;

impl<T: Real> Objective<T> for Still {
    fn gradient(&mut self, _: &[T], _: &mut [T]) -> Result<T> {
        Ok(T::zero())
    }

    fn value(&mut self, _: &[T]) -> Result<T> {
        Ok(T::zero())
    }

    fn hessian_product(&mut self, _: &[T], v: &[T], product: &mut [T]) -> Result<()> {
        product.copy_from_slice(v);
        Ok(())
    }
}

/// Reads θ, ∇L and up to three further vectors, and writes all but ∇L, with hardly any arithmetic.
fn pass<T: Real>(theta: &mut [T], gradient: &[T], state: &mut [Vec<T>]) {
    let (rate, keep) = (T::of(RATE), T::of(0.9));
    let pairs = theta.iter_mut().zip(gradient);
    match state {
        [a, b, c, ..] => vectorize!(for ((((theta, &g), a), b), c) in pairs.zip(a).zip(b).zip(c) {
            *a = keep * *a + g;
            *b = keep * *b + g;
            *c = keep * *c + g;
            *theta -= rate * (*a + *b + *c);
        }),
        [a, b] => vectorize!(for (((theta, &g), a), b) in pairs.zip(a).zip(b) {
            *a = keep * *a + g;
            *b = keep * *b + g;
            *theta -= rate * (*a + *b);
        }),
        [a] => vectorize!(for ((theta, &g), a) in pairs.zip(a) {
            *a = keep * *a + g;
            *theta -= rate * *a;
        }),
        [] => vectorize!(for (theta, &g) in pairs {
            *theta -= rate * g;
        }),
    }
}
