//! Optimizers that evaluate the loss of a batch themselves, and the second derivatives that they are given.

use std::sync::{Arc, Mutex};

use downhill_nn::autodiff::Tensor;
use downhill_nn::autodiff::tensor::num_dual::Dual64;
use downhill_nn::{
    Activation, BatchNorm1d, BinaryCrossEntropyWithLogits, CrossEntropy, Dropout, Huber, Linear, Loss, Mse,
    Network, Scalar, Sequential, Target, WeightPenalty,
};
use downhill_optim::{
    ConjugateGradient, GaussNewton, Layout, Lbfgs, LevenbergMarquardt, NewtonCg, Objective, Optimizer,
    Sophia, StateVisitor,
};
use downhill_train::{Error, Learner};
use proptest::prelude::*;

fn optimizers<T: Scalar>() -> Vec<(&'static str, Box<dyn Optimizer<T>>, usize)> {
    vec![
        ("l-bfgs", Box::new(Lbfgs::new()), 40),
        ("conjugate gradient", Box::new(ConjugateGradient::new()), 60),
        ("newton-cg", Box::new(NewtonCg::new()), 40),
        ("levenberg-marquardt", Box::new(LevenbergMarquardt::new()), 20),
        ("sophia", Box::new(Sophia::new(0.02).unwrap().gamma(0.1).unwrap()), 600),
    ]
}

fn hidden(outputs: usize) -> Sequential {
    Sequential::new().then(Linear::new(6)).then(Activation::Tanh).then(Linear::new(outputs))
}

/// Points, and a class for each: inside or outside of a ring.
fn ring<T: Scalar>() -> (Tensor<T>, Tensor<usize>) {
    let angle = |i: usize| i as f64 * 0.7;
    let radius = |i: usize| 0.2 + (i % 5) as f64 * 0.4;
    let x = Tensor::from_fn([60, 2], |k| {
        let (i, sine) = (k / 2, k % 2 == 0);
        T::of(radius(i) * if sine { angle(i).sin() } else { angle(i).cos() })
    });
    (x, Tensor::from_fn([60], |i| usize::from(i % 5 > 1)))
}

fn learns<T: Scalar>() {
    let (x, classes) = ring::<T>();
    for (name, optimizer, steps) in optimizers::<T>() {
        let network = Network::build(hidden(2), [2]).unwrap();
        let mut learner =
            Learner::new(network, CrossEntropy::new(), optimizer, 3).curvature(CrossEntropy::new());
        let target = Target::Classes(classes.clone());
        let losses: Vec<f64> = (0..steps).map(|_| learner.step(&x, &target).unwrap().as_f64()).collect();
        assert!(losses[steps - 1] < 0.05, "{name}: {losses:?}");
    }
    let values = Target::Values(x.square().sum(&[1], true).unwrap());
    for (name, optimizer, steps) in optimizers::<T>() {
        let network = Network::build(hidden(1), [2]).unwrap();
        let mut learner = Learner::new(network, Mse::new(), optimizer, 3).curvature(Mse::new());
        let losses: Vec<f64> = (0..steps).map(|_| learner.step(&x, &values).unwrap().as_f64()).collect();
        assert!(losses[steps - 1] < 0.02 * losses[0], "{name}: {losses:?}");
    }
}

#[test]
fn all_of_them_learn() {
    learns::<f32>();
    learns::<f64>();
}

/// What an optimizer was shown at the θ it began at.
#[derive(Default)]
struct Seen {
    value: f64,
    gradient: Vec<f64>,
    hessian: Vec<f64>,
    gauss_newton: Option<(f64, Vec<f64>, Vec<f64>)>,
}

/// Looks at everything, and moves nothing.
struct Looks(Arc<Mutex<Seen>>);

impl<T: Scalar> Optimizer<T> for Looks {
    fn step(&mut self, _: &mut [T], _: &mut [T], _: &Layout) -> downhill_optim::Result<()> {
        Ok(())
    }

    fn step_on(
        &mut self,
        theta: &mut [T],
        gradient: &mut [T],
        objective: &mut dyn Objective<T>,
        _: &Layout,
    ) -> downhill_optim::Result<T> {
        let (p, seen) = (theta.len(), &mut *self.0.lock().unwrap());
        let numbers = |numbers: &[T]| numbers.iter().map(|x| x.as_f64()).collect::<Vec<_>>();
        let value = objective.gradient(theta, gradient)?;
        assert_eq!(objective.value(theta)?, value);
        (seen.value, seen.gradient) = (value.as_f64(), numbers(gradient));
        let mut product = vec![T::zero(); p];
        for i in 0..p {
            let unit: Vec<T> = (0..p).map(|j| T::of(f64::from(u8::from(i == j)))).collect();
            objective.hessian_product(theta, &unit, &mut product)?;
            seen.hessian.extend(numbers(&product));
        }
        let mut model = GaussNewton::new(p);
        objective.gauss_newton(theta, &mut model)?;
        let (matrix, gradient) = (numbers(model.matrix()), numbers(model.gradient()));
        seen.gauss_newton = Some((model.value().as_f64(), gradient, matrix));
        Ok(value)
    }

    fn needs_objective(&self) -> bool {
        true
    }

    fn rate(&self) -> f64 {
        1.0
    }

    fn set_rate(&mut self, _: f64) -> downhill_optim::Result<()> {
        Ok(())
    }

    fn state(&mut self, _: &mut dyn StateVisitor<T>) {}
}

fn see<T: Scalar>(
    layers: Sequential,
    loss: impl Loss<T> + Loss<Dual64> + Clone + 'static,
    penalty: Option<&WeightPenalty>,
    x: &Tensor<T>,
    target: &Target<T>,
) -> Seen {
    let network = Network::build(layers, x.shape().sample()).unwrap();
    let seen = Arc::new(Mutex::new(Seen::default()));
    let mut learner = Learner::new(network, loss.clone(), Looks(Arc::clone(&seen)), 5).curvature(loss);
    if let Some(penalty) = penalty {
        learner = learner.penalty(penalty.clone()).unwrap();
    }
    learner.step(x, target).unwrap();
    std::mem::take(&mut *seen.lock().unwrap())
}

fn near(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let size = expected.iter().fold(1.0, |size, x| f64::max(size, x.abs()));
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= tolerance * size, "{what}: {found} and {expected}");
    }
}

/// Where the outputs are linear in θ the Gauss-Newton matrix is the Hessian; also with dropout, whose choice is
/// the same at each evaluation and another one for each sample.
fn agrees<T: Scalar>(n: usize, seed: u64, tolerance: f64) {
    let wave = |i: usize| T::of((i as f64 * 1.3 + seed as f64).sin());
    let x = Tensor::from_fn([n, 3], wave);
    let values = |columns: usize| Target::Values(Tensor::from_fn([n, columns], |i| wave(i + 7)));
    let classes = Target::Classes(Tensor::from_fn([n], |i| i % 3));
    let bits = Target::Values(Tensor::from_fn([n, 1], |i| T::of((i % 2) as f64)));
    let linear = |outputs| Sequential::new().then(Linear::new(outputs));
    let dropped = |outputs| Sequential::new().then(Dropout::new(0.5).unwrap()).then(Linear::new(outputs));
    let penalty = WeightPenalty::new("*.weight", 0.0, 0.3).unwrap();
    let check = |what: &str, seen: Seen| {
        let (value, gradient, matrix) = seen.gauss_newton.unwrap();
        near(what, &[value], &[seen.value], tolerance);
        near(what, &gradient, &seen.gradient, tolerance);
        near(what, &matrix, &seen.hessian, tolerance);
    };
    check("squares", see(linear(2), Mse::new(), None, &x, &values(2)));
    check("squares, penalty", see(linear(2), Mse::new(), Some(&penalty), &x, &values(2)));
    check("classes", see(linear(3), CrossEntropy::new(), None, &x, &classes));
    check("classes, dropout", see(dropped(3), CrossEntropy::new(), Some(&penalty), &x, &classes));
    check("bits", see(linear(1), BinaryCrossEntropyWithLogits::new(), None, &x, &bits));
    check("huber", see(linear(2), Huber::new(0.5).unwrap(), None, &x, &values(2)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn gauss_newton_is_the_hessian_of_a_linear_model(n in 1_usize..6, seed in 0_u64..100) {
        agrees::<f64>(n, seed, 1e-12);
        agrees::<f32>(n, seed, 1e-5);
    }
}

/// Of layers that see the whole batch it is that of the whole batch: positive, and with the right gradient.
#[test]
fn batch_normalisation_is_seen_as_a_whole() {
    let (x, classes) = ring::<f64>();
    let layers = Sequential::new().then(Linear::new(3)).then(BatchNorm1d::new()).then(Linear::new(2));
    let seen = see(layers, CrossEntropy::new(), None, &x, &Target::Classes(classes));
    let (value, gradient, matrix) = seen.gauss_newton.unwrap();
    near("loss", &[value], &[seen.value], 1e-13);
    near("gradient", &gradient, &seen.gradient, 1e-13);
    // The shift before a normalisation changes nothing: neither in the Hessian nor in its approximation.
    let p = gradient.len();
    for bias in 6..9 {
        near("shift", &matrix[bias * p..(bias + 1) * p], &vec![0.0; p], 1e-12);
        near("shift", &seen.hessian[bias * p..(bias + 1) * p], &vec![0.0; p], 1e-12);
    }
}

#[test]
fn what_is_missing_and_what_is_not_finite() {
    let (x, classes) = ring::<f32>();
    let target = Target::Classes(classes);
    let network = || Network::build(hidden(2), [2]).unwrap();
    for (name, optimizer, _) in optimizers::<f32>() {
        let mut learner = Learner::new(network(), CrossEntropy::new(), optimizer, 3);
        let before = learner.params().clone();
        let stepped = learner.step(&x, &target);
        if name == "l-bfgs" || name == "conjugate gradient" {
            stepped.unwrap();
        } else {
            let error = stepped.unwrap_err();
            assert!(matches!(error, Error::Needs { .. }), "{name}: {error}");
            assert_eq!(*learner.params(), before, "{name}");
        }
    }
    let broken = x.map(|x| if x > 1.0 { f32::NAN } else { x });
    for (name, optimizer, _) in optimizers::<f32>() {
        let mut learner =
            Learner::new(network(), CrossEntropy::new(), optimizer, 3).curvature(CrossEntropy::new());
        learner.step(&x, &target).unwrap();
        let before = learner.params().clone();
        let error = learner.step(&broken, &target).unwrap_err();
        assert!(matches!(error, Error::NotFinite { step: 2, .. }), "{name}: {error}");
        assert_eq!(*learner.params(), before, "{name}");
        // And it goes on.
        learner.step(&x, &target).unwrap();
    }
}
