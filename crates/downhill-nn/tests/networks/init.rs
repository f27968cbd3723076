//! How parameters start.

use downhill_nn::autodiff::tensor::random::generator;
use downhill_nn::autodiff::{Shape, Tensor};
use downhill_nn::{Error, Init, Linear, Network, Params, Sequential};
use proptest::prelude::*;

/// An initialiser with the mean and the variance that it should have for a fan-in and a fan-out.
type Row = (Init, fn(f64, f64) -> (f64, f64));

const ROWS: [Row; 10] = [
    (Init::Zeros, |_, _| (0.0, 0.0)),
    (Init::Constant(-0.75), |_, _| (-0.75, 0.0)),
    (Init::Normal { mean: 0.5, std: 0.2 }, |_, _| (0.5, 0.04)),
    (Init::Uniform { low: -1.0, high: 3.0 }, |_, _| (1.0, 16.0 / 12.0)),
    (Init::GlorotNormal, |fan_in, fan_out| (0.0, 2.0 / (fan_in + fan_out))),
    (Init::GlorotUniform, |fan_in, fan_out| (0.0, 2.0 / (fan_in + fan_out))),
    (Init::HeNormal, |fan_in, _| (0.0, 2.0 / fan_in)),
    (Init::HeUniform, |fan_in, _| (0.0, 2.0 / fan_in)),
    (Init::LecunNormal, |fan_in, _| (0.0, 1.0 / fan_in)),
    (Init::LecunUniform, |fan_in, _| (0.0, 1.0 / fan_in)),
];

fn draw(init: Init, shape: Shape, seed: u64) -> Vec<f64> {
    init.draw(shape, &mut generator(seed, 0))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn mean_and_variance(out in 40_usize..90, inputs in 40_usize..90, kernel in 1_usize..4, seed: u64) {
        let shape = Shape::from([out, inputs, kernel, kernel]);
        let (fan_in, fan_out) = ((inputs * kernel * kernel) as f64, (out * kernel * kernel) as f64);
        for (init, expected) in ROWS {
            let (mean, variance) = expected(fan_in, fan_out);
            let x = draw(init, shape, seed);
            prop_assert_eq!(x.len(), shape.elements());
            let n = x.len() as f64;
            let found = x.iter().sum::<f64>() / n;
            let spread = x.iter().map(|x| (x - found).powi(2)).sum::<f64>() / n;
            // Six standard deviations of each estimate; those of a normal variance are √(2/n) of it.
            prop_assert!((found - mean).abs() <= 6.0 * (variance / n).sqrt(), "{:?}: mean {}", init, found);
            let off = 6.0 * (2.0 / n).sqrt() * variance;
            prop_assert!((spread - variance).abs() <= off, "{:?}: variance {}, not {}", init, spread, variance);
        }
    }

    #[test]
    fn uniform_stays_within_its_bounds(out in 1_usize..50, inputs in 1_usize..50, seed: u64) {
        let shape = Shape::from([out, inputs]);
        let (fan_in, fan_out) = (inputs as f64, out as f64);
        for (init, variance) in [
            (Init::GlorotUniform, 2.0 / (fan_in + fan_out)),
            (Init::HeUniform, 2.0 / fan_in),
            (Init::LecunUniform, 1.0 / fan_in),
        ] {
            let bound = (3.0 * variance).sqrt();
            prop_assert!(draw(init, shape, seed).iter().all(|x| x.abs() <= bound), "{:?}", init);
        }
    }

    #[test]
    fn orthogonal_is_orthogonal(out in 0_usize..12, inputs in 0_usize..12, kernel in 1_usize..3, seed: u64) {
        let gain = 1.5;
        for shape in [Shape::from([out, inputs]), Shape::from([out, inputs, kernel, kernel])] {
            let width: usize = shape[1..].iter().product();
            let x = draw(Init::Orthogonal { gain }, shape, seed);
            prop_assert_eq!(x.len(), shape.elements());
            let x = Tensor::new([out, width], x).unwrap();
            let t = x.permute(&[1, 0]).unwrap();
            // The shorter side's vectors are orthonormal, but for the gain.
            let products = if out <= width { x.matmul(&t) } else { t.matmul(&x) }.unwrap();
            let side = out.min(width);
            for (place, &product) in products.as_slice().iter().enumerate() {
                let expected = if place / side == place % side { gain * gain } else { 0.0 };
                prop_assert!((product - expected).abs() < 1e-12, "{} at {} of {}", product, place, shape);
            }
        }
    }

    #[test]
    fn same_seed_same_bits(seed: u64) {
        let inits = ROWS.map(|(init, _)| init).into_iter().chain([Init::Orthogonal { gain: 1.0 }]);
        let layers = inits.fold(Sequential::new(), |layers, init| {
            layers.then(Linear::new(7).weight_init(init).bias_init(Init::Uniform { low: -1.0, high: 1.0 }))
        });
        let network = Network::build(layers, [5]).unwrap();
        let exact: Params<f64> = network.init(seed);
        prop_assert_eq!(&exact, &network.init(seed));
        prop_assert_ne!(&exact, &network.init(seed ^ 1));
        let rounded: Params<f32> = network.init(seed);
        prop_assert_eq!(rounded.theta(), &exact.theta().map(|x| x as f32));
        // Parameters of one shape do not start alike.
        prop_assert_ne!(exact.get("0.bias").unwrap(), exact.get("1.bias").unwrap());
    }
}

/// Uniformly distributed orthogonal matrices have no preferred sign, as the Q of a QR by reflections has.
#[test]
fn orthogonal_has_no_preferred_sign() {
    let shape = Shape::from([2, 2]);
    let positive =
        (0..400).filter(|&seed| draw(Init::Orthogonal { gain: 1.0 }, shape, seed)[0] > 0.0).count();
    assert!((150..250).contains(&positive), "{positive} of 400");
}

#[test]
fn linear_starts_as_in_pytorch() {
    let network = Network::build(Linear::new(1000), [16]).unwrap();
    let params: Params<f64> = network.init(3);
    for name in ["weight", "bias"] {
        let x = params.get(name).unwrap();
        let largest = x.as_slice().iter().fold(0.0_f64, |max, x| max.max(x.abs()));
        assert!(largest <= 0.25 && largest > 0.24, "{name}: {largest} for 1/√16");
    }
}

#[test]
fn settings_that_make_no_sense() {
    for (init, reason) in [
        (Init::Constant(f64::NAN), "the constant is NaN"),
        (Init::Normal { mean: f64::INFINITY, std: 1.0 }, "the mean is inf"),
        (Init::Normal { mean: 0.0, std: -1.0 }, "the standard deviation is -1"),
        (Init::Uniform { low: 1.0, high: 0.0 }, "the range from 1 to 0 is empty or infinite"),
        (Init::Uniform { low: f64::MIN, high: f64::MAX }, "is empty or infinite"),
        (Init::Uniform { low: f64::NAN, high: 1.0 }, "is empty or infinite"),
        (Init::Orthogonal { gain: f64::NAN }, "the gain is NaN"),
    ] {
        let layers = Sequential::new().then(Linear::new(3).weight_init(init));
        let error = Network::build(layers, [4]).unwrap_err();
        assert!(matches!(&error, Error::Build { layer, .. } if layer == "0 (Linear)"), "{error:?}");
        let error = error.to_string();
        assert!(error.contains("parameter 0.weight [3, 4]: ") && error.contains(reason), "{error}");
    }
    let error = Network::build(Linear::new(3).bias_init(Init::Orthogonal { gain: 1.0 }), [4]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "layer Linear: cannot take input of shape [4]: parameter bias [3]: \
         an orthogonal initialiser needs at least two axes"
    );
}
