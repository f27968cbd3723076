//! Optimizers that PyTorch does not have, against the algorithms of their papers, whose quantities are kept apart here.

// The functions that tests share may unwrap like the tests themselves.
#![allow(clippy::unwrap_used)]

use downhill_optim::{Adan, Lars, Layout, Objective, Optimizer, Result, ScheduleFreeAdamW, Sophia};
use downhill_tensor::random::{add_normal, generator};

const LENGTH: usize = 4;

type Vector = [f64; LENGTH];

/// Numbers of every sign and size, different in each step.
fn gradient(step: i32) -> Vector {
    std::array::from_fn(|i| 2.0 * (f64::from(step) * 1.7 + i as f64 * 2.3).sin() + 0.3)
}

/// L is gᵀθ + ½Σhθ², of which an optimizer is only shown g as the gradient: what it makes of that is the question.
struct Slope {
    g: Vector,
    h: Vector,
}

impl Objective<f64> for Slope {
    fn gradient(&mut self, _: &[f64], gradient: &mut [f64]) -> Result<f64> {
        gradient.copy_from_slice(&self.g);
        Ok(0.0)
    }

    fn value(&mut self, _: &[f64]) -> Result<f64> {
        Ok(0.0)
    }

    fn hessian_product(&mut self, _: &[f64], v: &[f64], product: &mut [f64]) -> Result<()> {
        product.iter_mut().zip(v).zip(self.h).for_each(|((product, v), h)| *product = h * v);
        Ok(())
    }
}

const CURVATURES: Vector = [4.0, 0.5, -1.0, 0.02];

/// Compares θ after each of 25 steps, t = 1, 2, .., at changing rates with what the formula makes of θ, g, η and t.
fn compare(mut optimizer: impl Optimizer<f64>, mut formula: impl FnMut(&mut Vector, Vector, f64, i32)) {
    let mut theta: Vector = [1.0, -0.5, 0.25, 2.0];
    let (mut expected, mut room) = (theta, theta);
    for t in 1..=25 {
        let (g, rate) = (gradient(t), 0.02 * f64::from(1 + t % 5));
        optimizer.set_rate(rate).unwrap();
        optimizer
            .step_on(&mut theta, &mut room, &mut Slope { g, h: CURVATURES }, &Layout::flat(LENGTH))
            .unwrap();
        formula(&mut expected, g, rate, t);
        for (got, want) in theta.iter().zip(expected) {
            assert!((got - want).abs() < 1e-12, "step {t}: {got} for {want}");
        }
    }
}

/// By the authors' code, whose β are 1 minus the paper's.
#[test]
fn adan() {
    let optimizer = Adan::new(0.1).unwrap().beta1(0.9).unwrap().beta2(0.8).unwrap().beta3(0.95).unwrap();
    let (mut m, mut w, mut n) = ([0.0; LENGTH], [0.0; LENGTH], [0.0; LENGTH]);
    compare(optimizer.eps(1e-3).unwrap().weight_decay(0.1).unwrap(), |theta, g, rate, t| {
        let before = gradient(t - 1);
        for i in 0..LENGTH {
            let difference = if t == 1 { 0.0 } else { g[i] - before[i] };
            m[i] = 0.9 * m[i] + (1.0 - 0.9) * g[i];
            w[i] = 0.8 * w[i] + (1.0 - 0.8) * difference;
            n[i] = 0.95 * n[i] + (1.0 - 0.95) * (g[i] + 0.8 * difference).powi(2);
            let unbiased = |x: f64, beta: f64| x / (1.0 - beta.powi(t));
            let along = unbiased(m[i], 0.9) + 0.8 * unbiased(w[i], 0.8);
            let step = rate * along / (unbiased(n[i], 0.95).sqrt() + 1e-3);
            theta[i] = (theta[i] - step) / (1.0 + rate * 0.1);
        }
    });
}

#[test]
fn lars() {
    let optimizer = Lars::new(0.1).unwrap().momentum(0.9).unwrap().trust(0.5).unwrap();
    let mut v = [0.0; LENGTH];
    compare(optimizer.weight_decay(0.2).unwrap(), |theta, g, rate, _| {
        let norm = |x: &Vector| x.iter().map(|x| x * x).sum::<f64>().sqrt();
        let local = 0.5 * norm(theta) / (norm(&g) + 0.2 * norm(theta));
        for i in 0..LENGTH {
            v[i] = 0.9 * v[i] + rate * local * (g[i] + 0.2 * theta[i]);
            theta[i] -= v[i];
        }
    });
}

/// x, y and z apart; θ is y, where the gradient is taken.
#[test]
fn schedule_free_adamw() {
    let optimizer = ScheduleFreeAdamW::new(0.1).unwrap().beta1(0.8).unwrap().beta2(0.9).unwrap().warmup(4);
    let (mut x, mut z, mut v) = ([1.0, -0.5, 0.25, 2.0], [1.0, -0.5, 0.25, 2.0], [0.0; LENGTH]);
    let (mut largest, mut sum) = (0.0_f64, 0.0);
    compare(optimizer.weight_decay(0.3).unwrap(), |y, g, rate, t| {
        let rate = rate * f64::from(t.min(4)) / 4.0;
        largest = largest.max(rate);
        sum += largest * largest;
        let share = largest * largest / sum;
        for i in 0..LENGTH {
            v[i] = 0.9 * v[i] + (1.0 - 0.9) * g[i] * g[i];
            let scaled = g[i] / ((v[i] / (1.0 - 0.9_f64.powi(t))).sqrt() + 1e-8);
            z[i] -= rate * (scaled + 0.3 * y[i]);
            x[i] = (1.0 - share) * x[i] + share * z[i];
            y[i] = (1.0 - 0.8) * z[i] + 0.8 * x[i];
        }
    });
}

/// Algorithm 3 with Hutchinson's estimator, from the same random numbers.
#[test]
fn sophia() {
    let optimizer = Sophia::new(0.1).unwrap().beta1(0.9).unwrap().beta2(0.7).unwrap().gamma(0.4).unwrap();
    let optimizer = optimizer.every(3).unwrap().seed(5).weight_decay(0.2).unwrap();
    let (mut m, mut h) = ([0.0; LENGTH], [0.0; LENGTH]);
    let mut clipped = [false; 2];
    compare(optimizer, |theta, g, rate, t| {
        if (t - 1) % 3 == 0 {
            let mut u = [0.0; LENGTH];
            add_normal(&mut u, 1.0, &mut generator(5, t as u64 - 1));
            (0..LENGTH).for_each(|i| h[i] = 0.7 * h[i] + (1.0 - 0.7) * u[i] * (CURVATURES[i] * u[i]));
        }
        for i in 0..LENGTH {
            m[i] = 0.9 * m[i] + (1.0 - 0.9) * g[i];
            let step = (m[i] / f64::max(0.4 * h[i], 1e-12)).clamp(-1.0, 1.0);
            clipped[usize::from(step.abs() == 1.0)] = true;
            theta[i] -= rate * 0.2 * theta[i];
            theta[i] -= rate * step;
        }
    });
    assert_eq!(clipped, [true; 2]);
}
