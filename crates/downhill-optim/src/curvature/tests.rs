//! What these methods are for: functions that plain gradients take long on.

use downhill_tensor::Layout;

use super::*;
use crate::{Optimizer, Result};

/// Rosenbrock's valley, ½((10(y − x²))² + (1 − x)²), with all its derivatives.
struct Valley;

impl Valley {
    fn squares() -> impl Objective<f64> {
        LeastSquares::new(2, |at: &[f64], residuals: &mut [f64], jacobian: Option<&mut [f64]>| {
            residuals.copy_from_slice(&[10.0 * (at[1] - at[0] * at[0]), 1.0 - at[0]]);
            if let Some(jacobian) = jacobian {
                jacobian.copy_from_slice(&[-20.0 * at[0], 10.0, -1.0, 0.0]);
            }
        })
    }
}

impl Objective<f64> for Valley {
    fn gradient(&mut self, theta: &[f64], gradient: &mut [f64]) -> Result<f64> {
        Valley::squares().gradient(theta, gradient)
    }

    fn value(&mut self, theta: &[f64]) -> Result<f64> {
        Valley::squares().value(theta)
    }

    fn hessian_product(&mut self, at: &[f64], v: &[f64], product: &mut [f64]) -> Result<()> {
        let beside = -200.0 * at[0];
        product[0] = (600.0 * at[0] * at[0] - 200.0 * at[1] + 1.0) * v[0] + beside * v[1];
        product[1] = beside * v[0] + 100.0 * v[1];
        Ok(())
    }

    fn gauss_newton(&mut self, theta: &[f64], model: &mut GaussNewton<f64>) -> Result<()> {
        Valley::squares().gauss_newton(theta, model)
    }
}

/// The steps until the value is below 1e-20.
fn steps(mut optimizer: Box<dyn Optimizer<f64>>) -> usize {
    let (mut theta, mut gradient, layout) = ([-1.2, 1.0], [0.0; 2], Layout::flat(2));
    let start = Valley.value(&theta).unwrap();
    let mut before = start;
    for step in 1..1000 {
        let value = optimizer.step_on(&mut theta, &mut gradient, &mut Valley, &layout).unwrap();
        assert!(value <= before, "step {step} went up from {before} to {value}");
        before = value;
        if Valley.value(&theta).unwrap() < 1e-20 {
            return step;
        }
    }
    panic!("at {theta:?}");
}

#[test]
fn down_a_bent_valley() {
    let conjugate = |conjugacy| Box::new(ConjugateGradient::new().conjugacy(conjugacy));
    let methods: [(&str, Box<dyn Optimizer<f64>>, usize); 8] = [
        ("l-bfgs", Box::new(Lbfgs::new()), 60),
        ("polak-ribiere", conjugate(Conjugacy::PolakRibiere), 60),
        ("fletcher-reeves", conjugate(Conjugacy::FletcherReeves), 200),
        ("hestenes-stiefel", conjugate(Conjugacy::HestenesStiefel), 60),
        ("dai-yuan", conjugate(Conjugacy::DaiYuan), 200),
        ("hager-zhang", conjugate(Conjugacy::HagerZhang), 60),
        ("newton-cg", Box::new(NewtonCg::new()), 40),
        ("levenberg-marquardt", Box::new(LevenbergMarquardt::new()), 40),
    ];
    for (name, optimizer, most) in methods {
        let steps = steps(optimizer);
        assert!(steps <= most, "{name} took {steps} steps");
    }
}

/// x² + (y² − 1)²: a saddle at 0, minima at y = ±1.
#[test]
fn newton_leaves_a_saddle() {
    struct Saddle;
    impl Objective<f64> for Saddle {
        fn gradient(&mut self, at: &[f64], gradient: &mut [f64]) -> Result<f64> {
            gradient.copy_from_slice(&[2.0 * at[0], 4.0 * at[1] * (at[1] * at[1] - 1.0)]);
            self.value(at)
        }

        fn value(&mut self, at: &[f64]) -> Result<f64> {
            Ok(at[0] * at[0] + (at[1] * at[1] - 1.0).powi(2))
        }

        fn hessian_product(&mut self, at: &[f64], v: &[f64], product: &mut [f64]) -> Result<()> {
            product.copy_from_slice(&[2.0 * v[0], (12.0 * at[1] * at[1] - 4.0) * v[1]]);
            Ok(())
        }
    }
    let (mut theta, mut gradient, layout) = ([0.3, 1e-9], [0.0; 2], Layout::flat(2));
    let mut optimizer = NewtonCg::new();
    for _ in 0..15 {
        optimizer.step_on(&mut theta, &mut gradient, &mut Saddle, &layout).unwrap();
    }
    assert!(theta[0].abs() < 1e-12 && (theta[1].abs() - 1.0).abs() < 1e-12, "{theta:?}");
}

/// One exact step on a linear least-squares problem, with hardly any damping, and only in what learns.
#[test]
fn levenberg_marquardt_solves_a_linear_problem() {
    let rows = [[1.0, 0.0, 2.0], [1.0, 1.0, -1.0], [1.0, 2.0, 0.5], [1.0, 3.0, 1.0]];
    let truth = [0.5, -2.0, 3.0];
    let mut layout = Layout::default();
    for name in ["a", "b", "c"] {
        layout.push(name, downhill_tensor::Shape::from([1]), true);
    }
    for frozen in [false, true] {
        layout.set_trainable("b", !frozen);
        let mut objective =
            LeastSquares::new(4, |theta: &[f64], residuals: &mut [f64], jacobian: Option<&mut [f64]>| {
                for (residual, row) in residuals.iter_mut().zip(rows) {
                    *residual = row.iter().zip(theta).zip(truth).map(|((x, b), t)| x * (b - t)).sum();
                }
                if let Some(jacobian) = jacobian {
                    jacobian.copy_from_slice(rows.as_flattened());
                }
            });
        // What is frozen is already right.
        let (mut theta, mut gradient) = ([0.0, if frozen { -2.0 } else { 7.0 }, 0.0], [0.0; 3]);
        let mut optimizer = LevenbergMarquardt::new().first_damping(1e-12).unwrap();
        let value = optimizer.step_on(&mut theta, &mut gradient, &mut objective, &layout).unwrap();
        assert!(value > 1.0);
        for (found, truth) in theta.iter().zip(truth) {
            assert!((found - truth).abs() < 1e-9, "{theta:?}");
        }
        assert!(!frozen || theta[1] == -2.0);
    }
}

#[test]
fn eigenvalues_at_both_ends() {
    // A diagonal matrix between two mirrors.
    let n = 60;
    let eigenvalue = |i: usize| if i == 0 { -7.0 } else { (i as f64 / 10.0).powi(2) };
    let mirror: Vec<f64> = (0..n).map(|i| (1.0 + i as f64).sin()).collect();
    let size: f64 = mirror.iter().map(|m| m * m).sum();
    let reflect = |v: &mut [f64]| {
        let along: f64 = v.iter().zip(&mirror).map(|(v, m)| v * m).sum();
        v.iter_mut().zip(&mirror).for_each(|(v, m)| *v -= 2.0 * along / size * m);
    };
    for products in [30, 60, 1000] {
        let mut count = 0;
        let found = lanczos(n, products, 3, |v, product| {
            count += 1;
            product.copy_from_slice(v);
            reflect(product);
            product.iter_mut().enumerate().for_each(|(i, x)| *x *= eigenvalue(i));
            reflect(product);
            Ok(())
        })
        .unwrap();
        assert_eq!((found.len(), count), (products.min(n), products.min(n)));
        assert!((found[0] + 7.0).abs() < 1e-6, "{found:?}");
        assert!((found[found.len() - 1] - eigenvalue(n - 1)).abs() < 1e-6, "{found:?}");
        if products >= n {
            let mut expected: Vec<f64> = (0..n).map(eigenvalue).collect();
            expected.sort_by(f64::total_cmp);
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
        }
    }
    assert_eq!(lanczos(0, 5, 1, |_, _| Ok(())), Ok(vec![]));
    // A matrix that is 0 has one dimension that matters.
    assert_eq!(
        lanczos(5, 5, 1, |_, product| {
            product.fill(0.0);
            Ok(())
        }),
        Ok(vec![0.0])
    );
}
