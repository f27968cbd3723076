//! Parameters that do not learn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use downhill_nn::autodiff::tensor::Result as TensorResult;
use downhill_nn::autodiff::{Forward, Operands, Pullback, Real, Rule, Sink, Tape, Tensor, Var};
use downhill_nn::{Activation, Context, Error, Layer, Linear, Network, Params, Residual, Scalar, Sequential};

use crate::numbers;

/// The identity, which counts how often a derivative passes.
#[derive(Clone, Default)]
struct Gauge(Arc<AtomicUsize>);

impl<T: Real> Rule<T> for Gauge {
    fn name(&self) -> &'static str {
        "gauge"
    }

    fn forward(&self, x: &Operands<'_, T>, _: &mut Forward<'_, T>) -> TensorResult<Tensor<T>> {
        Ok(x.value(0).clone())
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        self.0.fetch_add(1, Ordering::Relaxed);
        sink.add(0, at.cotangent_tensor().clone());
    }
}

impl Layer for Gauge {
    fn forward<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.apply(self.clone())
    }
}

#[test]
fn backward_stops_above_what_is_frozen() {
    let gauges = [Gauge::default(), Gauge::default(), Gauge::default()];
    let [bottom, middle, top] = gauges.clone();
    let layers = Sequential::new()
        .then(bottom)
        .then(Linear::new(3))
        .then(Activation::Tanh)
        .then(middle)
        .then(Linear::new(3))
        .then(top)
        .then(Residual::new(Linear::new(3)));
    let network = Network::build(layers, [2]).unwrap();
    // The gauges below the lowest layer that learns see nothing.
    for (frozen, passed) in [
        (&[][..], [0, 1, 1]),
        (&["1.*"], [0, 0, 1]),
        (&["1.*", "4.weight"], [0, 0, 1]),
        (&["1.weight", "4.*"], [0, 1, 1]),
        (&["1.*", "4.*"], [0, 0, 0]),
        (&["*"], [0, 0, 0]),
    ] {
        let mut params: Params<f64> = network.init(1);
        frozen.iter().for_each(|pattern| params.freeze(pattern).unwrap());
        let tape = Tape::new();
        let y = network.forward(&tape, &params, tape.constant(numbers([4, 2], 1)), None);
        // Whatever was there before must not remain.
        let mut gradient = vec![f64::NAN; params.len()];
        let gradients = y.square().sum().backward_into(&mut gradient).unwrap();
        network.check_reached(&params, &gradients).unwrap();
        for part in params.layout().parts() {
            let zero = gradient[part.range()].iter().all(|&g| g == 0.0);
            assert_eq!(zero, !part.trainable, "{} with {frozen:?} frozen", part.name);
        }
        assert_eq!(gauges.each_ref().map(|gauge| gauge.0.swap(0, Ordering::Relaxed)), passed, "{frozen:?}");
    }
}

#[test]
fn what_still_learns_has_the_same_gradient() {
    let network = Network::build(Sequential::new().then(Linear::new(3)).then(Linear::new(2)), [2]).unwrap();
    let gradient = |params: &Params<f64>| {
        let tape = Tape::new();
        let mut gradient = vec![0.0; params.len()];
        let y = network.forward(&tape, params, tape.constant(numbers([4, 2], 1)), None);
        y.square().sum().backward_into(&mut gradient).unwrap();
        gradient
    };
    let mut params = network.init(1);
    let full = gradient(&params);
    params.freeze("0.weight").unwrap();
    assert_eq!(gradient(&params)[6..], full[6..]);
    params.unfreeze("*").unwrap();
    assert_eq!(gradient(&params), full);
}

#[test]
fn patterns_and_names() {
    let network = Network::build(Sequential::new().then(Linear::new(3)).then(Linear::new(2)), [2]).unwrap();
    let mut params: Params = network.init(0);
    let trainable = |params: &Params| -> Vec<bool> {
        params.layout().parts().iter().map(|part| part.trainable).collect()
    };
    params.freeze("*.bias").unwrap();
    assert_eq!(trainable(&params), [true, false, true, false]);
    params.unfreeze("1.*").unwrap();
    assert_eq!(trainable(&params), [true, false, true, true]);
    params.set_decay("*.bias", false).unwrap();
    let decay: Vec<bool> = params.layout().parts().iter().map(|part| part.decay).collect();
    assert_eq!(decay, [true, false, true, false]);

    let unknown = |name: &str| Error::UnknownName {
        name: name.into(),
        known: "0.weight, 0.bias, 1.weight, 1.bias".into(),
    };
    assert_eq!(params.freeze("2.*"), Err(unknown("2.*")));
    assert_eq!(params.get("weight"), Err(unknown("weight")));
    assert_eq!(params.set("2.bias", &Tensor::zeros([1])), Err(unknown("2.bias")));
    let error = unknown("2.*").to_string();
    assert_eq!(error, "no parameter is named \"2.*\"; there are 0.weight, 0.bias, 1.weight, 1.bias");

    let given = Tensor::from_rows(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    params.set("1.weight", &given).unwrap();
    assert_eq!(params.get("1.weight").unwrap(), given);
    let transposed = given.reshape([3, 2]).unwrap();
    let error = params.set("1.weight", &transposed).unwrap_err().to_string();
    assert_eq!(error, "parameter \"1.weight\" has shape [2, 3], got [3, 2]");
}
