//! The optimizers alone, on a function of two numbers: `cargo run --release --example minimise`.

use std::error::Error;

use downhill::optim::minimise;
use downhill::prelude::*;

/// Rosenbrock's valley (1 − x)² + 100 (y − x²)²: narrow, bent, and lowest at (1, 1), with the value 0.
fn rosenbrock(at: &[f64], gradient: &mut [f64]) -> f64 {
    let (slope, bend) = (1.0 - at[0], at[1] - at[0] * at[0]);
    gradient[0] = -2.0 * slope - 400.0 * at[0] * bend;
    gradient[1] = 200.0 * bend;
    slope * slope + 100.0 * bend * bend
}

fn main() -> Result<(), Box<dyn Error>> {
    const STEPS: usize = 20_000;
    const LOW: f64 = 1e-6;
    // A rate that falls to 0 at the last step.
    let falling = || schedule::Cosine::new(STEPS as u64);
    let optimizers: [(&str, Box<dyn Optimizer<f64>>); 8] = [
        ("gradient descent", Box::new(GradientDescent::new(0.001)?)),
        ("with momentum 0.9", Box::new(GradientDescent::new(0.001)?.momentum(0.9)?)),
        ("with Nesterov's", Box::new(Sgd::new(0.001)?.nesterov_momentum(0.9)?)),
        ("RMSprop", Box::new(RmsProp::new(0.001)?)),
        ("Adam", Box::new(Adam::new(0.01)?)),
        ("AMSGrad", Box::new(Adam::new(0.01)?.amsgrad())),
        ("RMSprop, falling", Box::new(RmsProp::new(0.001)?.schedule(falling()?))),
        ("Adam, falling", Box::new(Adam::new(0.01)?.schedule(falling()?))),
    ];
    println!("from (-1.2, 1)     steps to {LOW:e}  value after {STEPS}  at");
    for (name, mut optimizer) in optimizers {
        let (mut at, mut value, mut steps) = ([-1.2, 1.0], f64::INFINITY, None);
        for step in 1..=STEPS {
            value = minimise(&mut *optimizer, &mut at, 1, rosenbrock)?;
            steps = steps.or((value < LOW).then_some(step));
        }
        let steps = steps.map_or("-".into(), |steps| steps.to_string());
        println!("{name:18} {steps:>13}  {value:>17.1e}  ({:.4}, {:.4})", at[0], at[1]);
    }
    Ok(())
}
