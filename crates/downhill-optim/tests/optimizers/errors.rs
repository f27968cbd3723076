//! What is wrong is an error that says so, and moves nothing.

use downhill_optim::{
    Error, GradientDescent, Layout, Lbfgs, LevenbergMarquardt, NewtonCg, Optimizer, Sophia, minimise,
};

use crate::functions::{run, some, start};
use crate::table::{Boxed, table};

#[test]
fn lengths_that_differ_are_errors_and_move_nothing() {
    for (name, mut optimizer) in table::<f32>() {
        for (theta, gradient, layout) in [(3, 2, 3), (3, 4, 3), (3, 3, 2), (3, 3, 4), (2, 3, 3)] {
            let (mut x, mut g, layout) = (start::<f32>(theta), start(gradient), Layout::flat(layout));
            let errors = [
                optimizer.step(&mut x, &mut g, &layout).unwrap_err(),
                optimizer.step_on(&mut x, &mut g, &mut some(0, theta), &layout).unwrap_err(),
            ];
            for error in errors {
                assert!(matches!(error, Error::Length { .. }), "{name}: {error}");
            }
            assert_eq!(x, start(theta), "{name}");
        }
        run(&mut optimizer, &mut start(3), &Layout::flat(3), 0..2);
        if name != "gradient descent" && name != "sgd" && name != "clip value" {
            let mut x = start::<f32>(4);
            let (gradient, layout) = (&mut start(4), Layout::flat(4));
            let error = optimizer.step_on(&mut x, gradient, &mut some(0, 4), &layout).unwrap_err();
            // A vector of its own may hold several of that length.
            let fits = matches!(error, Error::Length { expected, length, .. } if expected * 3 == length * 4);
            assert!(fits, "{name}: {error}");
            assert_eq!(x, start(4), "{name}");
        }
    }
}

#[test]
fn rates_are_checked() {
    for (name, mut optimizer) in table::<f64>() {
        let before = optimizer.rate();
        for bad in [f64::NAN, -1e-9, f64::INFINITY, f64::NEG_INFINITY] {
            let error = optimizer.set_rate(bad).unwrap_err();
            assert!(matches!(error, Error::Setting { name: "rate", .. }), "{name}: {error}");
        }
        assert_eq!(optimizer.rate(), before, "{name}");
        optimizer.set_rate(0.0).unwrap();
        let mut theta = start(3);
        run(&mut optimizer, &mut theta, &Layout::flat(3), 0..3);
        assert_eq!(optimizer.rate(), 0.0, "{name}");
        // The final decay has no rate.
        assert!(theta == start(3) || name == "final decay", "{name}: {theta:?}");
    }
}

#[test]
fn minimise_hands_out_a_zeroed_gradient() {
    let mut theta = [4.0_f64];
    let mut calls = 0;
    let value = minimise(&mut GradientDescent::new(0.5).unwrap(), &mut theta, 3, |x, gradient| {
        calls += 1;
        assert_eq!(gradient, [0.0]);
        gradient[0] += x[0];
        x[0] * x[0] / 2.0
    });
    assert_eq!((value, theta, calls), (Ok(0.125), [0.5], 4));
}

#[test]
fn those_that_evaluate_the_function_say_so() {
    for (name, mut optimizer) in table::<f32>() {
        let stepped = optimizer.step(&mut start(3), &mut start(3), &Layout::flat(3));
        match optimizer.needs_objective() {
            true => assert!(matches!(stepped, Err(Error::NeedsObjective { .. })), "{name}"),
            false => assert_eq!(stepped, Ok(()), "{name}"),
        }
    }
    let wrapped = Lbfgs::<f32>::new().clip_norm(1.0).unwrap();
    let error = minimise(&mut { wrapped }, &mut [1.0], 1, |x, _| x[0]).unwrap_err();
    assert!(error.to_string().starts_with("L-BFGS evaluates the function itself"), "{error}");
}

#[test]
fn what_the_objective_lacks() {
    let methods: [(Boxed<f64>, &str); 3] = [
        (Box::new(NewtonCg::new()), "Hessian-vector product"),
        (Box::new(Sophia::new(0.1).unwrap()), "Hessian-vector product"),
        (Box::new(LevenbergMarquardt::new()), "Gauss-Newton matrix"),
    ];
    for (mut optimizer, what) in methods {
        let mut theta = [1.0];
        let square = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = 2.0 * x[0];
            x[0] * x[0]
        };
        assert_eq!(minimise(&mut optimizer, &mut theta, 1, square), Err(Error::Lacks { what }));
        assert_eq!(theta, [1.0]);
    }
}
