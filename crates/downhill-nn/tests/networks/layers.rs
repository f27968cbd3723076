//! Every layer, proved; and layers that are wrong, found out.

use downhill_nn::autodiff::tensor::Result as TensorResult;
use downhill_nn::autodiff::{Forward, Operands, Pullback, Real, Rule, Shape, Sink, Tensor, Var};
use downhill_nn::check::{self, Flaw};
use downhill_nn::{
    Activation, AnyLayer, Context, Dropout, Error, Init, Layer, Linear, Network, Param, Params, Residual,
    Result, Scalar, Scope, Sequential,
};
use proptest::prelude::*;

use crate::table::{built_in, own};
use crate::{between, numbers};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn derivatives_are_those_of_the_value(n in 0_usize..4, seed: u64) {
        for (layer, sample) in built_in().into_iter().chain(own()) {
            let x = numbers(sample.prepend(n).unwrap(), seed);
            for seed in [None, Some(seed)] {
                if let Err(flaw) = check::layer(layer.clone(), &x, seed) {
                    panic!("{layer:?} on {x:?}, seed {seed:?}: {flaw}");
                }
            }
        }
    }

    #[test]
    fn dropout_keeps_the_mean(p in 0.0_f64..0.9, seed: u64) {
        let network = Network::build(Dropout::new(p).unwrap(), [20_000]).unwrap();
        let params: Params<f64> = network.init(0);
        let x = between([1, 20_000], 1.0, 1.0, 0);
        let tape = downhill_nn::autodiff::Tape::new();
        let y = network.forward(&tape, &params, tape.constant(x.clone()), Some(seed)).value().unwrap();
        let zeros = y.as_slice().iter().filter(|&&y| y == 0.0).count() as f64 / 20_000.0;
        // Five standard deviations.
        prop_assert!((zeros - p).abs() <= 5.0 * (p * (1.0 - p) / 20_000.0).sqrt(), "{zeros} for {p}");
        let kept = 1.0 / (1.0 - p);
        prop_assert!(y.as_slice().iter().all(|&y| y == 0.0 || y == kept));
        prop_assert_eq!(network.predict(&params, &x).unwrap(), x);
    }
}

#[test]
fn dropout_draws_anew_in_each_layer_and_step() {
    let dropout = Dropout::new(0.5).unwrap();
    let network = Network::build(Sequential::new().then(dropout).then(dropout), [64]).unwrap();
    let single = Network::build(dropout, [64]).unwrap();
    let params: Params<f64> = network.init(0);
    let run = |network: &Network, seed| {
        let tape = downhill_nn::autodiff::Tape::new();
        network.forward(&tape, &params, tape.constant(Tensor::ones([4, 64])), Some(seed)).value().unwrap()
    };
    assert_eq!(run(&network, 1), run(&network, 1));
    assert_ne!(run(&network, 1), run(&network, 2));
    // The same mask twice would leave no 0 where a single layer has none.
    let zeros = |y: Tensor<f64>| y.as_slice().iter().filter(|&&y| y == 0.0).count();
    assert!(zeros(run(&network, 1)) > zeros(run(&single, 1)));
}

/// Declares two parameters and uses one.
#[derive(Clone, Default)]
struct Forgetful {
    used: Param,
}

impl Layer for Forgetful {
    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        self.used = scope.parameter("used", input, Init::HeNormal)?;
        scope.parameter("forgotten", input, Init::Zeros)?;
        Ok(input)
    }

    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x * cx.param(&self.used)
    }
}

/// Promises what it does not keep.
#[derive(Clone)]
struct Promising;

impl Layer for Promising {
    fn build(&mut self, _: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        Ok(input)
    }

    fn forward<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.sum_axes(&[-1], true)
    }
}

/// x², with a derivative of x.
#[derive(Debug, Clone)]
struct WrongSquare;

impl<T: Real> Rule<T> for WrongSquare {
    fn name(&self) -> &'static str {
        "wrong_square"
    }

    fn forward(&self, x: &Operands<'_, T>, _: &mut Forward<'_, T>) -> TensorResult<Tensor<T>> {
        Ok(x.value(0).map(|x| x * x))
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if let Some(mut dx) = sink.destination(0) {
            dx.zip2(at.cotangent(), at.slice(0), |g, x| g * x);
        }
    }
}

#[derive(Clone)]
struct Square;

impl Layer for Square {
    fn forward<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.apply(WrongSquare)
    }
}

/// Uses a parameter that it never declared.
#[derive(Clone, Default)]
struct Undeclared(Param);

impl Layer for Undeclared {
    fn build(&mut self, _: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        Ok(input)
    }

    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x * cx.param(&self.0)
    }
}

#[test]
fn wrong_layers_are_found_out() {
    let x = numbers([2, 3], 1);
    let inside = |layer: AnyLayer| Sequential::new().then(Linear::new(3)).then(layer);
    for (layer, prefix) in [
        (AnyLayer::new(Forgetful::default()), ""),
        (AnyLayer::new(inside(AnyLayer::new(Forgetful::default()))), "1."),
    ] {
        let name = format!("{prefix}forgotten");
        assert_eq!(check::layer(layer, &x, None), Err(Flaw::Failed(Error::Unreached { name })));
    }
    let flaw = check::layer(Promising, &x, None).unwrap_err();
    let (given, promised) = (Box::new([2, 1].into()), Box::new([3].into()));
    assert_eq!(flaw, Flaw::Shape { batch: 2, given, promised });
    assert_eq!(flaw.to_string(), "a batch of 2 gives [2, 1], but `build` promised samples of [3]");

    let flaw = check::layer(Square, &x, None).unwrap_err();
    assert!(matches!(&flaw, Flaw::Derivative { of, element: 0, .. } if of == "input"), "{flaw}");
    let flaw = check::layer(inside(AnyLayer::new(Square)), &x, None).unwrap_err();
    assert!(matches!(&flaw, Flaw::Derivative { of, .. } if of == "input" || of == "0.weight"), "{flaw}");

    let flaw = check::layer(Undeclared::default(), &x, None).unwrap_err().to_string();
    assert!(flaw.starts_with("layer Undeclared: ") && flaw.contains("was not declared in `build`"), "{flaw}");

    let flaw = check::layer(Activation::Relu, &Tensor::scalar(1.0), None).unwrap_err();
    assert!(matches!(flaw, Flaw::Failed(Error::Input { .. })), "{flaw}");
}

#[test]
fn a_residual_connection_adds_its_input() {
    let network = Network::build(Residual::new(Activation::Relu), [2]).unwrap();
    let y = network.predict(&network.init(0), &Tensor::from_rows(&[[1.0, -2.0]])).unwrap();
    assert_eq!(y.as_slice(), [2.0, -2.0]);
}
