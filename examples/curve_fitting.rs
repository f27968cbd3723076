//! How many steps and seconds each optimizer needs to the same loss: `cargo run --release --example curve_fitting`.
//!
//! Two small regressions, with all data in each step and in double precision: ten measurements of 442 patients and how far
//! their diabetes went on (Efron et al. 2004), down to a loss where it begins to fit noise, and a curve without noise.
//! Methods that know how the loss curves take few steps, each of which costs more. Where a rough answer is enough the
//! cheap steps of Adam are as quick; to a precise one the others are quicker by orders of magnitude.

use std::error::Error;
use std::time::Instant;

use downhill::optim::{Conjugacy, ConjugateGradient, NewtonCg, Sophia};
use downhill::prelude::*;

/// A method gives up after so many seconds.
const SECONDS: f64 = 10.0;

type Boxed = Box<dyn Optimizer<f64>>;

fn main() -> Result<(), Box<dyn Error>> {
    let diabetes: Dataset<f64> = Bundled::Diabetes.load()?;
    let scaled = |x: &Tensor<f64>| Transform::Standardize.fit(x)?.apply(x);
    let (x, y) = (scaled(diabetes.inputs())?, scaled(diabetes.values()?)?);
    compare("diabetes, 10-8-1, to a mean squared error of 0.35 (variance 1)", &x, &y, 8, 0.35)?;

    let x = Tensor::from_fn([200, 1], |i| i as f64 / 100.0 - 1.0);
    let y = x.map(|x| (5.0 * x).sin() * (-x).exp());
    compare("a curve, 1-16-1, to a mean squared error of 1e-6", &x, &y, 16, 1e-6)
}

/// Methods at their best of a few rates.
fn optimizers() -> Result<[(&'static str, Boxed); 9], downhill::optim::Error> {
    Ok([
        ("gradient descent, momentum 0.9", Box::new(GradientDescent::new(0.05)?.momentum(0.9)?)),
        ("RMSprop", Box::new(RmsProp::new(0.003)?)),
        ("Adam", Box::new(Adam::new(0.02)?)),
        ("Sophia", Box::new(Sophia::new(0.02)?.gamma(0.1)?)),
        ("conjugate gradient, PR+", Box::new(ConjugateGradient::new())),
        ("conjugate gradient, HZ", Box::new(ConjugateGradient::new().conjugacy(Conjugacy::HagerZhang))),
        ("L-BFGS", Box::new(Lbfgs::new().pairs(20)?)),
        ("Newton-CG", Box::new(NewtonCg::new())),
        ("Levenberg-Marquardt", Box::new(LevenbergMarquardt::new())),
    ])
}

fn compare(
    title: &str,
    x: &Tensor<f64>,
    y: &Tensor<f64>,
    hidden: usize,
    goal: f64,
) -> Result<(), Box<dyn Error>> {
    println!("{title}\n\n| | steps | seconds | loss |\n|---|---|---|---|");
    let target = Target::Values(y.clone());
    for (name, optimizer) in optimizers()? {
        let layers = Sequential::new().then(Linear::new(hidden)).then(Activation::Tanh).then(Linear::new(1));
        let network = Network::build(layers, x.shape().sample())?;
        let mut learner = Learner::<f64>::new(network, Mse::new(), optimizer, 1).curvature(Mse::new());
        let start = Instant::now();
        // The loss before a step is that after the one before.
        let mut loss = learner.step(x, &target)?;
        while loss > goal && start.elapsed().as_secs_f64() < SECONDS {
            loss = learner.step(x, &target)?;
        }
        let (steps, seconds) = (learner.steps() - 1, start.elapsed().as_secs_f64());
        let steps = if loss > goal { format!("> {steps}") } else { steps.to_string() };
        println!("| {name} | {steps} | {seconds:.3} | {loss:.2e} |");
    }
    println!();
    Ok(())
}
