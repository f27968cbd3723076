//! What a tape does beyond the rules: errors, leaves, backward passes.

// A panic is a failure report.
#![allow(clippy::panic)]

use std::cell::Cell;
use std::rc::Rc;

use downhill_autodiff::rules::elementwise::Identity;
use downhill_autodiff::{Error, Forward, Operands, Pullback, Real, Rule, Shape, Sink, Tape, Tensor, Var};

/// y = x, and how often it was computed and differentiated.
#[derive(Debug, Clone, Default)]
struct Probe {
    forwards: Rc<Cell<usize>>,
    recorded: Rc<Cell<bool>>,
    pullbacks: Rc<Cell<usize>>,
}

impl<T: Real> Rule<T> for Probe {
    fn name(&self) -> &'static str {
        "probe"
    }

    fn forward(
        &self,
        operands: &Operands<'_, T>,
        cx: &mut Forward<'_, T>,
    ) -> downhill_autodiff::tensor::Result<Tensor<T>> {
        self.forwards.set(self.forwards.get() + 1);
        self.recorded.set(cx.recording());
        Ok(operands.value(0).clone())
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        self.pullbacks.set(self.pullbacks.get() + 1);
        sink.add(0, at.cotangent_tensor().clone());
    }
}

fn ones(shape: impl Into<Shape>) -> Tensor<f64> {
    Tensor::ones(shape)
}

/// What went wrong where.
#[track_caller]
fn operation(error: &Error) -> (&'static str, Vec<Shape>, u32, &'static str) {
    match error {
        Error::Operation { origin, .. } | Error::NotFinite { origin } => {
            (origin.operation, origin.shapes.clone(), origin.location.line(), origin.location.file())
        }
        other => panic!("{other}"),
    }
}

#[test]
fn an_error_says_what_and_where() {
    type Wrong = for<'t> fn(&'t Tape<f64>, Var<'t, f64>) -> u32;
    // The operation applied to x [2, 3], the shapes of its operands, and what answers the line it is on.
    let cases: [(&str, &[Shape], Wrong); 17] = [
        ("matmul", &[[2, 3].into(), [2, 3].into()], |_, x| (x.matmul(x), line!()).1),
        ("add", &[[2, 3].into(), [4].into()], |t, x| (x + t.constant(ones([4])), line!()).1),
        ("mul", &[[2, 3].into(), [4].into()], |_, x| (x * &ones([4]), line!()).1),
        ("linear", &[[2, 3].into(), [2, 3].into(), [2, 3].into()], |_, x| {
            (x.linear(x, Some(x), Identity), line!()).1
        }),
        ("sum", &[[2, 3].into()], |_, x| (x.sum_axes(&[2], false), line!()).1),
        ("max", &[[2, 0].into()], |t, _| (t.constant(ones([2, 0])).max(), line!()).1),
        ("norm", &[[2, 3].into()], |_, x| (x.norm(0.5), line!()).1),
        ("softmax", &[[2, 3].into()], |_, x| (x.softmax(-3), line!()).1),
        ("reshape", &[[2, 3].into()], |_, x| (x.reshape([5]), line!()).1),
        ("squeeze", &[[2, 3].into()], |_, x| (x.squeeze(0), line!()).1),
        ("permute", &[[2, 3].into()], |_, x| (x.permute(&[0, 0]), line!()).1),
        ("slice", &[[2, 3].into()], |_, x| (x.slice(1, 1..4, 1), line!()).1),
        ("concat", &[[2, 3].into(), [3].into()], |t, x| {
            (t.concat(&[x, t.constant(ones([3]))], 0), line!()).1
        }),
        ("stack", &[], |t, _| (t.stack(&[], 0), line!()).1),
        ("pad", &[[2, 3].into()], |_, x| (x.pad(&[1], &[1], 0.0), line!()).1),
        ("index_select", &[[2, 3].into()], |_, x| (x.index_select(0, &Tensor::vector([0, 2])), line!()).1),
        ("parameter", &[[6].into(), [4].into()], |t, _| (t.parameter(&ones([6]), 3, [4]), line!()).1),
    ];
    for (name, shapes, wrong) in cases {
        let tape = Tape::new();
        let x = tape.variable(ones([2, 3]));
        assert_eq!(tape.status(), Ok(()));
        let line = wrong(&tape, x);
        let error = tape.status().unwrap_err();
        assert_eq!(operation(&error), (name, shapes.to_vec(), line, file!()), "{error}");
        let said = error.to_string();
        assert!(said.contains(&format!("{}:{line}", file!())) && said.contains(name), "{said}");
        assert!(shapes.iter().all(|shape| said.contains(&shape.to_string())), "{said}");
    }
}

#[test]
fn after_an_error_nothing_happens() {
    let mut tape = Tape::<f64>::new();
    let probe = Probe::default();
    let x = tape.variable(ones([2, 3]));
    let wrong = x.matmul(x);
    let first = tape.status().unwrap_err();
    let later = (wrong.apply(probe.clone()) + x.reshape([7])).sum_axes(&[9], true).squeeze(4).detach();
    let _ = tape.concat(&[later, tape.parameter(&ones([1]), 0, [2])], 5);
    assert_eq!(probe.forwards.get(), 0);
    for error in [later.value().unwrap_err(), x.value().unwrap_err(), x.sum().backward().unwrap_err()] {
        assert_eq!(error, first);
    }
    assert_eq!(x.pullback(&ones([2, 3]), &mut []).unwrap_err(), first);

    tape.clear();
    let x = tape.variable(ones([2, 3]));
    assert_eq!(x.sum().backward().unwrap().wrt(x), Ok(ones([2, 3])));
}

#[test]
fn variables_of_two_tapes_do_not_mix() {
    let (one, other) = (Tape::new(), Tape::new());
    let (a, b) = (one.variable(ones([2])), other.variable(ones([2])));
    let (sum, line) = (a + b, line!());
    match sum.value() {
        Err(Error::ForeignVariable { operation: "add", location }) => assert_eq!(location.line(), line),
        other => panic!("{other:?}"),
    }
    assert_eq!(other.status(), Ok(()));
}

#[test]
fn inference_keeps_nothing() {
    let tape = Tape::inference();
    let probe = Probe::default();
    let (x, w) = (tape.variable(ones([2])), tape.parameter(&ones([2]), 0, [2]));
    let y = (x * w).apply(probe.clone()).sum();
    assert_eq!(y.value().unwrap().item(), Ok(2.0));
    assert!(!probe.recorded.get());
    let found = y.backward_into(&mut [7.0; 2]).unwrap();
    assert_eq!(probe.pullbacks.get(), 0);
    assert_eq!(found.wrt(x), Err(Error::NotVariable));
}

#[test]
fn weights_that_are_kept_are_those_that_are_there() {
    let mut theta = Tensor::from_fn([24], |i| (i as f32).sin());
    let x = Tensor::from_fn([8, 3], |i| (i as f32).cos());
    let product = |tape: &Tape, theta: &Tensor| {
        // Two windows that begin alike, and one that lies elsewhere.
        let parts = [(0, [4, 3]), (0, [5, 3]), (6, [4, 3])];
        parts.map(|(start, shape)| {
            let w = tape.parameter(theta, start, shape);
            tape.constant(x.clone()).linear(w, None, Identity).value().unwrap()
        })
    };
    let mut tape = Tape::inference().keep_weights(&theta);
    for _ in 0..2 {
        assert_eq!(product(&tape, &theta), product(&Tape::new(), &theta));
        tape.clear();
    }
    theta.as_mut_slice().iter_mut().for_each(|w| *w += 1.0);
    assert_eq!(product(&tape, &theta), product(&Tape::new(), &theta));
}

#[test]
fn backward_stops_at_the_first_layer_that_learns() {
    /// Must not be differentiated.
    struct Below;

    impl<T: Real> Rule<T> for Below {
        fn name(&self) -> &'static str {
            "below"
        }

        fn forward(
            &self,
            operands: &Operands<'_, T>,
            cx: &mut Forward<'_, T>,
        ) -> downhill_autodiff::tensor::Result<Tensor<T>> {
            assert!(!cx.recording());
            Ok(operands.value(0).clone())
        }

        fn pullback(&self, _: &Pullback<'_, T>, _: &mut Sink<'_, T>) {
            panic!("nothing below learns");
        }
    }

    let tape = Tape::new();
    let theta = ones([6]);
    let x = tape.constant(ones([1, 3])).apply(Below).tanh().apply(Below);
    let y = x.linear(tape.parameter(&theta, 0, [2, 3]), None, Identity).apply(Probe::default()).sum();
    let mut gradient = [0.0; 6];
    y.backward_into(&mut gradient).unwrap();
    assert_eq!(gradient, [1.0_f64.tanh(); 6]);

    // Nor does anything go through a detached value.
    let w = tape.variable(ones([]));
    let y = w.tanh().detach() * w;
    assert_eq!(y.backward_into(&mut gradient).unwrap().wrt(w).unwrap().item(), Ok(1.0_f64.tanh()));
}

#[test]
fn derivatives_of_parameters_lie_where_the_parameters_do() {
    let theta = Tensor::from_fn([8], |i| i as f64);
    // NaN shows what was not written, or added to.
    let nan = [f64::NAN; 9];

    // Elements 1 and 2, used twice; 4 to 6, used once; the rest, unreached, becomes 0.
    let tape = Tape::new();
    let a = tape.parameter(&theta, 1, [2]);
    let b = tape.parameter(&theta, 4, [3]);
    let unused = tape.parameter(&theta, 3, [1]);
    let y = (a * tape.parameter(&theta, 1, [2])).sum() + b.sum();
    let mut gradient = nan;
    let found = y.backward_into(&mut gradient).unwrap();
    assert_eq!(gradient, [0.0, 2.0, 4.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
    assert!(found.reached(1) && found.reached(4) && !found.reached(3) && !found.reached(0));
    assert_eq!(unused.value().unwrap().as_slice(), [3.0]);

    // Tied in two shapes.
    let tape = Tape::new();
    let (w, flat) = (tape.parameter(&theta, 0, [2, 3]), tape.parameter(&theta, 0, [6]));
    let y = w.sum() + flat.square().sum();
    let mut gradient = nan;
    y.backward_into(&mut gradient).unwrap();
    assert_eq!(gradient, [1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 0.0, 0.0, 0.0]);

    // Overlapping in part, with one of them unreached.
    let tape = Tape::new();
    let (a, b) = (tape.parameter(&theta, 0, [4]), tape.parameter(&theta, 2, [4]));
    tape.parameter(&theta, 3, [5]);
    let y = a.sum() + b.sum() * 10.0;
    let mut gradient = nan;
    y.backward_into(&mut gradient).unwrap();
    assert_eq!(gradient, [1.0, 1.0, 11.0, 11.0, 10.0, 10.0, 0.0, 0.0, 0.0]);

    // A parameter is what is differentiated.
    let tape = Tape::new();
    let mut gradient = nan;
    tape.parameter(&theta, 2, []).backward_into(&mut gradient).unwrap();
    assert_eq!(gradient, [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn a_gradient_that_is_too_short_is_an_error() {
    let tape = Tape::new();
    let y = tape.parameter(&ones([8]), 2, [4]).sum();
    for given in [0, 5] {
        let error = y.backward_into(&mut vec![0.0; given]).unwrap_err();
        assert_eq!(error, Error::GradientLength { given, needed: 6 });
    }
    assert_eq!(y.backward().unwrap_err(), Error::GradientLength { given: 0, needed: 6 });
    assert!(y.backward_into(&mut [0.0; 6]).is_ok());
}

#[test]
fn derivatives_are_kept_for_variables_alone() {
    let (tape, other) = (Tape::new(), Tape::new());
    let x = tape.variable(ones([2]));
    let unused = tape.variable(ones([2, 2]));
    let constant = tape.constant(ones([2]));
    let square = x * x;
    let found = (square * constant).sum().backward().unwrap();
    assert_eq!(found.wrt(x).unwrap().as_slice(), [2.0, 2.0]);
    assert_eq!(found.wrt(unused), Ok(Tensor::zeros([2, 2])));
    for not_variable in [square, constant, other.variable(ones([2]))] {
        assert_eq!(found.wrt(not_variable), Err(Error::NotVariable));
    }
}

#[test]
fn backward_starts_from_one_number_or_a_cotangent_of_the_same_shape() {
    let tape = Tape::new();
    let x = tape.variable(ones([2]));
    assert!(matches!(x.backward(), Err(Error::NotScalar { .. })));
    assert!(matches!(x.pullback(&ones([3]), &mut []), Err(Error::Cotangent { .. })));
    // The value is the variable itself; the cotangent remains the caller's.
    let u = Tensor::vector([3.0, 4.0]);
    let once = x.pullback(&u, &mut []).unwrap().wrt(x).unwrap();
    assert_eq!(once, u);
    // One element in any shape will do.
    assert_eq!(x.sum().reshape([1, 1]).backward().unwrap().wrt(x), Ok(ones([2])));
}

#[test]
fn a_tape_can_be_walked_again() {
    let tape = Tape::new();
    let x = tape.variable(Tensor::vector([1.0, 2.0]));
    let (squares, theta) = (x.square(), tape.parameter(&ones([2]), 0, [2]));
    let (y, z) = ((squares * theta).sum(), squares.exp().sum());
    let mut gradient = [f64::NAN; 2];
    let first = y.backward_into(&mut gradient).unwrap().wrt(x).unwrap();
    for _ in 0..2 {
        let again = y.backward_into(&mut gradient).unwrap().wrt(x).unwrap();
        assert_eq!((&again, gradient), (&first, [1.0, 4.0]));
        // From elsewhere: nothing of the pass before remains, nor changes what it gave.
        let found = z.backward_into(&mut gradient).unwrap();
        let expected = [2.0 * 1_f64.exp(), 4.0 * 4_f64.exp()];
        for (&g, expected) in found.wrt(x).unwrap().as_slice().iter().zip(expected) {
            assert!((g - expected).abs() < 1e-12 * expected, "{g} {expected}");
        }
        assert_eq!(gradient, [0.0; 2]);
        assert!(!found.reached(0));
    }
    assert_eq!(first.as_slice(), [2.0, 4.0]);
}

#[test]
fn a_value_used_in_many_ways_gets_the_sum() {
    // Through rules that hand the cotangent on as it is, so that it is shared between several values.
    let tape = Tape::new();
    let x = tape.variable(Tensor::vector([1.0, 2.0, 3.0, 4.0]));
    let (a, b) = (x.apply(Probe::default()), x.reshape([2, 2]).flatten_from(0));
    let sum = tape.stack(&[a, b, x], 0).sum_axes(&[0], false);
    let y = (sum.apply(Probe::default()) + sum.reshape([4]) * x).sum();
    // Σ 3x + 3x²
    assert_eq!(y.backward().unwrap().wrt(x).unwrap().as_slice(), [9.0, 15.0, 21.0, 27.0]);
}

#[test]
fn what_is_not_finite_is_found() {
    let mut tape = Tape::new();
    let x = tape.variable(Tensor::vector([1.0, 0.0]));
    tape.set_section(Some(3));
    let y = x.ln();
    assert_eq!(tape.set_section(Some(4)), Some(3));
    let _ = y.exp() - y;
    assert_eq!(tape.status(), Ok(()));
    assert_eq!(tape.first_not_finite(), Some((Some(3), "ln")));

    tape.clear();
    tape.look_for_not_finite(true);
    let x = tape.variable(Tensor::vector([1.0, 0.0]));
    let y = x * 2.0;
    assert_eq!((tape.status(), tape.first_not_finite()), (Ok(()), None));
    tape.set_section(Some(7));
    let (_, line) = (y.ln().sum(), line!());
    let error = tape.status().unwrap_err();
    assert_eq!(operation(&error), ("ln", vec![[2].into()], line, file!()));
    assert!(matches!(error, Error::NotFinite { .. }) && error.section() == Some(7));
}

#[test]
fn a_rule_box_is_filled_anew_with_a_rule_of_its_type_only() {
    let mut tape = Tape::new();
    let mut derivatives = Vec::new();
    for step in 0..6 {
        let x = tape.variable(Tensor::scalar(0.5));
        let y = match step % 3 {
            0 => x.mul_scalar(f64::from(step)),
            1 => x.tanh(),
            _ => x,
        };
        derivatives.push(y.powi(2 + step / 3).backward().unwrap().wrt(x).unwrap().item().unwrap());
        tape.clear();
    }
    let t = 0.5_f64.tanh();
    let slope = 1.0 - t * t;
    let expected = [0.0, 2.0 * t * slope, 1.0, 3.0 * 0.25 * 27.0, 3.0 * t * t * slope, 0.75];
    for (step, (found, expected)) in derivatives.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() < 1e-14 * (1.0 + expected), "step {step}: {found}, not {expected}");
    }
}
