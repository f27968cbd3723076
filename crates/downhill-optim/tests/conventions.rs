//! Optimizers with the options of `CONVENTIONS.md` are those of Keras and ONNX: each against the formula of its source,
//! element by element, along random gradients and while the rate changes.

// The functions that tests share may unwrap like the tests themselves.
#![allow(clippy::unwrap_used)]

use downhill_optim::{
    Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, BiasCorrection, Epsilon, GradientDescent, Lamb,
    Layout, Lion, NAdam, Optimizer, Result, RmsProp, Sgd,
};
use downhill_tensor::Shape;
use proptest::prelude::*;

/// What a formula is given of a step: its number, counted from 0, the rate and the gradient.
struct Step {
    number: i32,
    rate: f64,
    g: f64,
}

/// The next x of an element; what is remembered of it are three numbers, 0 at first.
type Formula = fn(Step, x: f64, memory: &mut [f64; 3]) -> f64;

type Row = (&'static str, Box<dyn Optimizer<f64>>, Formula);

/// Keras 3, `keras/src/optimizers/`, with its defaults where an option has no number.
fn keras() -> Result<Vec<Row>> {
    Ok(vec![
        ("SGD, momentum", Box::new(GradientDescent::new(0.1)?.momentum(0.9)?), |step, x, [m, ..]| {
            *m = 0.9 * *m - step.g * step.rate;
            x + *m
        }),
        (
            "SGD, nesterov",
            Box::new(GradientDescent::new(0.1)?.nesterov_momentum(0.9)?),
            |step, x, [m, ..]| {
                *m = 0.9 * *m - step.g * step.rate;
                x + 0.9 * *m - step.g * step.rate
            },
        ),
        (
            "Adam",
            Box::new(Adam::new(0.1)?.eps(1e-7)?.epsilon(Epsilon::Uncorrected)),
            |Step { number, rate, g }, x, [m, v, _]| adam(x, g, [m, v], number + 1, rate),
        ),
        (
            "AdamW",
            Box::new(AdamW::new(0.1)?.eps(1e-7)?.epsilon(Epsilon::Uncorrected).weight_decay(0.004)?),
            |Step { number, rate, g }, x, [m, v, _]| adam(x - x * 0.004 * rate, g, [m, v], number + 1, rate),
        ),
        (
            "Adam, amsgrad",
            Box::new(Adam::new(0.1)?.eps(1e-7)?.epsilon(Epsilon::Uncorrected).amsgrad()),
            |Step { number, rate, g }, x, [m, v, largest]| {
                *m += (g - *m) * (1.0 - 0.9);
                *v += (g * g - *v) * (1.0 - 0.999);
                *largest = largest.max(*v);
                let t = number + 1;
                let alpha = rate * (1.0 - 0.999_f64.powi(t)).sqrt() / (1.0 - 0.9_f64.powi(t));
                x - *m * alpha / (largest.sqrt() + 1e-7)
            },
        ),
        ("Adamax", Box::new(Adamax::new(0.1)?.eps(1e-2)?.eps_outside()), |step, x, [m, u, _]| {
            *m += (step.g - *m) * (1.0 - 0.9);
            *u = (0.999 * *u).max(step.g.abs());
            x - step.rate * *m / ((1.0 - 0.9_f64.powi(step.number + 1)) * (*u + 1e-2))
        }),
        ("Nadam", Box::new(NAdam::new(0.1)?.eps(1e-7)?.momentum_decay(1.0)?), |step, x, [m, v, product]| {
            let t = step.number + 1;
            let momentum = |t| 0.9 * (1.0 - 0.5 * 0.96_f64.powi(t));
            *product = if t == 1 { 1.0 } else { *product } * momentum(t);
            let ahead = *product * momentum(t + 1);
            *m += (step.g - *m) * (1.0 - 0.9);
            *v += (step.g * step.g - *v) * (1.0 - 0.999);
            let mean = momentum(t + 1) * *m / (1.0 - ahead) + (1.0 - momentum(t)) * step.g / (1.0 - *product);
            x - mean * step.rate / ((*v / (1.0 - 0.999_f64.powi(t))).sqrt() + 1e-7)
        }),
        (
            "RMSprop",
            Box::new(RmsProp::new(0.1)?.alpha(0.9)?.eps(1e-2)?.epsilon(Epsilon::Inside)),
            |step, x, [v, ..]| {
                *v = 0.9 * *v + (1.0 - 0.9) * step.g * step.g;
                x - step.rate * step.g / (*v + 1e-2).sqrt()
            },
        ),
        (
            "RMSprop, momentum",
            Box::new(
                RmsProp::new(0.1)?
                    .alpha(0.9)?
                    .eps(1e-2)?
                    .epsilon(Epsilon::Inside)
                    .momentum(0.7)?
                    .rate_inside(),
            ),
            |step, x, [v, momentum, _]| {
                *v = 0.9 * *v + (1.0 - 0.9) * step.g * step.g;
                *momentum = 0.7 * *momentum + step.rate * step.g / (*v + 1e-2).sqrt();
                x - *momentum
            },
        ),
        (
            "RMSprop, centered, momentum",
            Box::new(
                RmsProp::new(0.1)?
                    .alpha(0.9)?
                    .eps(1e-2)?
                    .epsilon(Epsilon::Inside)
                    .momentum(0.7)?
                    .centred()
                    .rate_inside(),
            ),
            |step, x, [v, momentum, average]| {
                *v = 0.9 * *v + (1.0 - 0.9) * step.g * step.g;
                *average = 0.9 * *average + (1.0 - 0.9) * step.g;
                let denominator = *v - *average * *average + 1e-2;
                *momentum = 0.7 * *momentum + step.rate * step.g / denominator.sqrt();
                x - *momentum
            },
        ),
        (
            "Adagrad",
            Box::new(Adagrad::new(0.1)?.initial(0.1)?.eps(1e-7)?.epsilon(Epsilon::Inside)),
            |step, x, [sum, ..]| {
                *sum += step.g * step.g;
                x - step.rate * step.g / (0.1 + *sum + 1e-7).sqrt()
            },
        ),
        (
            "Adadelta",
            Box::new(Adadelta::new(0.1)?.rho(0.95)?.eps(1e-7)?),
            |step, x, [squares, changes, _]| {
                *squares = 0.95 * *squares + (1.0 - 0.95) * step.g * step.g;
                let change = -(*changes + 1e-7).sqrt() * step.g / (*squares + 1e-7).sqrt();
                *changes = 0.95 * *changes + (1.0 - 0.95) * change * change;
                x + step.rate * change
            },
        ),
        ("Lion", Box::new(Lion::new(0.1)?), |step, x, [m, ..]| {
            let step_along = (*m * 0.9 + step.g * (1.0 - 0.9)).signum();
            *m = *m * 0.99 + step.g * (1.0 - 0.99);
            x - step.rate * step_along
        }),
        (
            "weight_decay",
            Box::new(GradientDescent::new(0.1)?.momentum(0.9)?.decoupled_decay(0.3)?),
            |step, x, [m, ..]| {
                *m = 0.9 * *m - step.g * step.rate;
                x - x * 0.3 * step.rate + *m
            },
        ),
    ])
}

/// Keras's `Adam.update_step` with ε = 1e-7; t is counted from 1.
fn adam(x: f64, g: f64, [m, v]: [&mut f64; 2], t: i32, rate: f64) -> f64 {
    let alpha = rate * (1.0 - 0.999_f64.powi(t)).sqrt() / (1.0 - 0.9_f64.powi(t));
    *m += (g - *m) * (1.0 - 0.9);
    *v += (g * g - *v) * (1.0 - 0.999);
    x - *m * alpha / (v.sqrt() + 1e-7)
}

/// `ai.onnx.preview.training`, by the reference implementation in `onnx/reference/ops/aionnx_preview_training/`; T begins
/// at 0, `norm_coefficient` is 0.2.
fn onnx() -> Result<Vec<Row>> {
    Ok(vec![
        (
            "Momentum",
            Box::new(Sgd::new(0.1)?.dampened_momentum(0.8, 0.25)?.weight_decay(0.2)?),
            |step, x, [v, ..]| {
                let g = 0.2 * x + step.g;
                *v = 0.8 * *v + if step.number > 0 { 0.75 } else { 1.0 } * g;
                x - step.rate * *v
            },
        ),
        (
            "Momentum, nesterov",
            Box::new(Sgd::new(0.1)?.dampened_nesterov_momentum(0.8, 0.25)?.weight_decay(0.2)?),
            |step, x, [v, ..]| {
                let g = 0.2 * x + step.g;
                *v = 0.8 * *v + if step.number > 0 { 0.75 } else { 1.0 } * g;
                x - step.rate * (g + 0.8 * *v)
            },
        ),
        (
            "Adagrad",
            Box::new(Adagrad::new(0.1)?.rate_decay(0.3)?.eps(1e-6)?.coupled_decay(0.2)?),
            |step, x, [h, ..]| {
                let (rate, g) = (step.rate / (1.0 + f64::from(step.number) * 0.3), 0.2 * x + step.g);
                *h += g * g;
                x - rate * g / (h.sqrt() + 1e-6)
            },
        ),
        (
            "Adam",
            Box::new(
                Adam::new(0.1)?
                    .betas(0.8, 0.95)?
                    .eps(1e-6)?
                    .epsilon(Epsilon::Uncorrected)
                    .correction(BiasCorrection::Late)
                    .weight_decay(0.2)?
                    .final_decay(0.01)?,
            ),
            |Step { number, rate, g }, x, [v, h, _]| {
                let g = 0.2 * x + g;
                *v = 0.8 * *v + (1.0 - 0.8) * g;
                *h = 0.95 * *h + (1.0 - 0.95) * (g * g);
                let rate = if number > 0 {
                    rate * (1.0 - 0.95_f64.powi(number)).sqrt() / (1.0 - 0.8_f64.powi(number))
                } else {
                    rate
                };
                (1.0 - 0.01) * (x - rate * (*v / (h.sqrt() + 1e-6)))
            },
        ),
    ])
}

/// Without correction the means are the formula's own.
fn uncorrected() -> Result<Row> {
    let adam = AdamW::new(0.1)?.weight_decay(0.0)?.eps(1e-6)?.correction(BiasCorrection::Off);
    Ok(("no correction", Box::new(adam), |step, x, [m, v, _]| {
        *m = 0.9 * *m + (1.0 - 0.9) * step.g;
        *v = 0.999 * *v + (1.0 - 0.999) * step.g * step.g;
        x - step.rate * *m / (v.sqrt() + 1e-6)
    }))
}

fn steps(length: usize) -> impl Strategy<Value = Vec<(f64, Vec<f64>)>> {
    prop::collection::vec((0.01..0.5, prop::collection::vec(-2.0..2.0, length)), 1..12)
}

proptest! {
    #[test]
    fn element_by_element(steps in steps(3)) {
        let rows = keras().unwrap().into_iter().chain(onnx().unwrap()).chain([uncorrected().unwrap()]);
        for (name, mut optimizer, formula) in rows {
            let mut theta = [1.0, -0.5, 0.25];
            let (mut expected, mut memory) = (theta, [[0.0; 3]; 3]);
            for (number, (rate, gradient)) in (0..).zip(&steps) {
                optimizer.set_rate(*rate).unwrap();
                optimizer.step(&mut theta, &mut gradient.clone(), &Layout::flat(3)).unwrap();
                for ((x, &g), memory) in expected.iter_mut().zip(gradient).zip(&mut memory) {
                    *x = formula(Step { number, rate: *rate, g }, *x, memory);
                }
                // `NAdam` keeps one number in single precision.
                let tolerance = if name == "Nadam" { 1e-5 } else { 1e-9 };
                for (got, want) in theta.iter().zip(expected) {
                    prop_assert!((got - want).abs() < tolerance, "{name}, step {number}: {got} for {want}");
                }
            }
        }
    }

    /// Keras's `Lamb`, whose norms are those of a whole variable.
    #[test]
    fn lamb(steps in steps(3)) {
        let mut optimizer = Lamb::new(0.1).unwrap().eps(1e-7).unwrap();
        let mut theta = vec![1.0, -0.5, 0.25];
        let (mut expected, mut m, mut v) = (theta.clone(), [0.0; 3], [0.0; 3]);
        for (t, (rate, gradient)) in (1..).zip(steps) {
            let mut update = [0.0; 3];
            for i in 0..3 {
                m[i] += (gradient[i] - m[i]) * (1.0 - 0.9);
                v[i] += (gradient[i] * gradient[i] - v[i]) * (1.0 - 0.999);
                let (mean, square) = (m[i] / (1.0 - 0.9_f64.powi(t)), v[i] / (1.0 - 0.999_f64.powi(t)));
                update[i] = mean / (square.sqrt() + 1e-7);
            }
            let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
            let ratio = norm(&expected) / norm(&update);
            expected.iter_mut().zip(update).for_each(|(x, update)| *x -= ratio * rate * update);
            Optimizer::<f64>::set_rate(&mut optimizer, rate).unwrap();
            optimizer.step(&mut theta, &mut gradient.clone(), &Layout::flat(3)).unwrap();
            for (got, want) in theta.iter().zip(&expected) {
                prop_assert!((got - want).abs() < 1e-9, "step {t}: {got} for {want}");
            }
        }
    }

    /// Keras's `Adafactor`, of a matrix of 2×3 and of a vector.
    #[test]
    fn adafactor(steps in steps(6)) {
        let eps = 1e-3;
        for rows in [2, 1] {
            let mut optimizer = Adafactor::new(0.1).unwrap().eps_inside(eps).unwrap();
            let mut layout = Layout::default();
            layout.push("x", if rows == 2 { Shape::from([2, 3]) } else { Shape::from([6]) }, true);
            let mut theta = vec![1.0, -0.5, 0.25, 0.75, -1.0, 0.1];
            let (mut expected, mut r, mut c, mut v) = (theta.clone(), [0.0; 2], [0.0; 3], [0.0; 6]);
            for (t, (rate, gradient)) in (1..).zip(&steps) {
                let enter = f64::from(t).powf(-0.8);
                let square: Vec<f64> = gradient.iter().map(|g| g * g + eps).collect();
                if rows == 2 {
                    for (i, r) in r.iter_mut().enumerate() {
                        *r = (1.0 - enter) * *r + enter * square[3 * i..][..3].iter().sum::<f64>() / 3.0;
                    }
                    for (j, c) in c.iter_mut().enumerate() {
                        *c = (1.0 - enter) * *c + enter * (square[j] + square[3 + j]) / 2.0;
                    }
                    let mean = (r[0] + r[1]) / 2.0;
                    (0..6).for_each(|i| v[i] = r[i / 3] / mean * c[i % 3]);
                } else {
                    v.iter_mut().zip(&square).for_each(|(v, s)| *v = (1.0 - enter) * *v + enter * s);
                }
                let rms = |x: &[f64]| (x.iter().map(|x| x * x).sum::<f64>() / 6.0).sqrt();
                let u: Vec<f64> = gradient.iter().zip(v).map(|(g, v)| g / v.sqrt()).collect();
                let along = rms(&expected).max(1e-3) * rate.min(1.0 / f64::from(t).sqrt()) / rms(&u).max(1.0);
                expected.iter_mut().zip(u).for_each(|(x, u)| *x -= along * u);
                Optimizer::<f64>::set_rate(&mut optimizer, *rate).unwrap();
                optimizer.step(&mut theta, &mut gradient.clone(), &layout).unwrap();
                for (got, want) in theta.iter().zip(&expected) {
                    prop_assert!((got - want).abs() < 1e-9, "{rows} rows, step {t}: {got} for {want}");
                }
            }
        }
    }
}
