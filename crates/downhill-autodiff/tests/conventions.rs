//! Values and derivatives where a formula has several or none: PyTorch's.

use downhill_autodiff::{Tape, Tensor, Var};

const INF: f64 = f64::INFINITY;

#[test]
fn single_points() {
    type Function = for<'t> fn(Var<'t, f64>) -> Var<'t, f64>;
    type Numbers = &'static [f64];
    // The function, x, the value, and the derivative of its sum.
    let cases: [(&str, Function, Numbers, Numbers, Numbers); 24] = [
        ("equals share a maximum", |x| x.max(), &[3.0, 1.0, 3.0], &[3.0], &[0.5, 0.0, 0.5]),
        (
            "equals share a minimum",
            |x| x.min(),
            &[3.0, 1.0, 1.0, 1.0],
            &[1.0],
            &[0.0, 1. / 3., 1. / 3., 1. / 3.],
        ),
        ("norm 2 of zeros", |x| x.norm(2.0), &[0.0, 0.0], &[0.0], &[0.0, 0.0]),
        ("norm 3 of zeros", |x| x.norm(3.0), &[0.0, 0.0], &[0.0], &[0.0, 0.0]),
        ("norm 1 at a zero", |x| x.norm(1.0), &[0.0, -2.0], &[2.0], &[0.0, -1.0]),
        ("norm ∞ of equals", |x| x.norm(INF), &[2.0, -2.0, 1.0], &[2.0], &[0.5, -0.5, 0.0]),
        ("norm ∞ of zeros", |x| x.norm(INF), &[0.0, 0.0], &[0.0], &[0.0, 0.0]),
        ("norm ∞ of nothing", |x| x.norm(INF), &[], &[0.0], &[]),
        ("deviation of equals", |x| x.std(0), &[2.0, 2.0], &[0.0], &[0.0, 0.0]),
        ("variance of one", |x| x.var(0), &[2.0], &[0.0], &[0.0]),
        ("logsumexp of −∞", |x| x.logsumexp(), &[-INF, -INF], &[-INF], &[0.0, 0.0]),
        ("logsumexp with a −∞", |x| x.logsumexp(), &[-INF, 1.0], &[1.0], &[0.0, 1.0]),
        ("logsumexp of large numbers", |x| x.logsumexp(), &[1e4, 0.0], &[1e4], &[1.0, 0.0]),
        ("logsumexp of nothing", |x| x.logsumexp(), &[], &[-INF], &[]),
        ("sum of nothing", |x| x.sum(), &[], &[0.0], &[]),
        ("product of nothing", |x| x.prod(), &[], &[1.0], &[]),
        ("product with a zero", |x| x.prod(), &[2.0, 0.0, 3.0], &[0.0], &[0.0, 6.0, 0.0]),
        ("product with two zeros", |x| x.prod(), &[2.0, 0.0, 0.0], &[0.0], &[0.0, 0.0, 0.0]),
        ("softmax of large numbers", |x| x.softmax(0), &[1e4, 0.0], &[1.0, 0.0], &[0.0, 0.0]),
        ("softmax with a −∞", |x| x.softmax(0), &[0.0, -INF], &[1.0, 0.0], &[0.0, 0.0]),
        ("running sums", |x| x.cumsum(-1), &[1.0, 2.0, 4.0], &[1.0, 3.0, 7.0], &[3.0, 2.0, 1.0]),
        ("equals share maximum", |x| x.maximum(x.detach()), &[1.0], &[1.0], &[0.5]),
        ("relu at its kink", |x| x.relu(), &[0.0], &[0.0], &[0.0]),
        ("abs at its kink", |x| x.abs(), &[0.0], &[0.0], &[0.0]),
    ];
    for (name, f, x, value, derivative) in cases {
        let tape = Tape::new();
        let x = tape.variable(Tensor::vector(x));
        let y = f(x);
        assert_eq!(y.value().unwrap().as_slice(), value, "{name}");
        assert_eq!(y.sum().backward().unwrap().wrt(x).unwrap().as_slice(), derivative, "{name}");
    }
}

#[test]
fn a_mean_of_nothing_is_not_a_number() {
    let tape = Tape::<f64>::new();
    let nothing = tape.constant(Tensor::zeros([0, 2]));
    assert!(nothing.mean().value().unwrap().item().unwrap().is_nan());
    assert_eq!(nothing.mean_axes(&[1], true).value().unwrap().shape(), [0, 1]);
    assert!(nothing.max_axes(&[1], false).value().is_ok());
    assert!(nothing.max_axes(&[0], false).value().is_err());
}
