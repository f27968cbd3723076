//! A differentiation rule of your own, proved and put to use: `cargo run --release --example own_rule`.
//!
//! The rule is the snake y = x + sin² x (Ziyin, Hartwig & Ueda 2020), with which a network can learn what
//! is periodic and go on with it where it has seen nothing.

use std::error::Error;
use std::f32::consts::TAU;

use downhill::autodiff::tensor;
use downhill::autodiff::{Forward, Operands, Pullback, Real, Rule, Sink, check};
use downhill::nn::lambda;
use downhill::prelude::*;

#[derive(Debug, Clone)]
struct Snake;

impl<T: Real> Rule<T> for Snake {
    fn name(&self) -> &'static str {
        "snake"
    }

    /// y = x + sin² x
    fn forward(&self, x: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> tensor::Result<Tensor<T>> {
        let mut y = cx.take(x.shape(0));
        for (y, &x) in y.as_mut_slice().iter_mut().zip(x.slice(0)) {
            *y = x + x.sin() * x.sin();
        }
        Ok(y)
    }

    /// ∂L/∂x = (1 + sin 2x) ∂L/∂y, if anybody wants it
    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if let Some(mut dx) = sink.destination(0) {
            dx.zip2(at.cotangent(), at.slice(0), |g, x| g * (T::one() + (x + x).sin()));
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // The pullback against dual numbers, which are exact, and against central differences.
    check::rule(&Snake, &[Tensor::from_fn([3, 4], |i| i as f64 - 5.5)])?;
    println!("snake: the pullback is the derivative\n");

    // Four periods of a sine on a slope to learn from, the two after them to be tested on.
    let wave = |from: f32, to: f32| -> Result<Dataset, Box<dyn Error>> {
        let x = Tensor::from_fn([400, 1], |i| from + (to - from) * i as f32 / 400.0);
        let y = x.map(|x| x.sin() + 0.1 * x);
        Ok(Dataset::new(x, y)?)
    };
    let (seen, unseen) = (wave(-2.0 * TAU, 2.0 * TAU)?, wave(2.0 * TAU, 4.0 * TAU)?);

    let hidden = || Sequential::new().then(Linear::new(32));
    let networks =
        [("snake", hidden().then(lambda!(|x| x.apply(Snake)))), ("tanh", hidden().then(Activation::Tanh))];
    for (name, layers) in networks {
        let fit = Trainer::new(layers.then(Linear::new(1)), Mse::new())
            .optimizer(Adam::new(0.01)?)
            .schedule(schedule::Cosine::new)
            .epochs(400)
            .seed(1)
            .fit(&seen)?;
        println!("{name:5}  seen   {}", fit.model.evaluate(&seen)?);
        println!("       unseen {}", fit.model.evaluate(&unseen)?);
    }
    Ok(())
}
