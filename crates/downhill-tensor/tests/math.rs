//! The vectorised functions against the standard library's, over the whole range of their arguments.

use downhill_tensor::{Math, Real, vectorize};

/// The ways to compute: with fused multiply-adds and without.
const WAYS: [Math; 2] = [Math::PORTABLE, Math::FUSED];

/// A function in both precisions, what it should be, and how far off it may be in each, in units in the
/// last place.
#[derive(Clone, Copy)]
struct Function {
    name: &'static str,
    single: fn(f32, Math) -> f32,
    double: fn(f64, Math) -> f64,
    reference: fn(f64) -> f64,
    bounds: [f64; 2],
}

fn functions() -> [Function; 7] {
    let function =
        |name, single, double, reference, bounds| Function { name, single, double, reference, bounds };
    [
        function("exp", f32::exp_kernel, f64::exp_kernel, f64::exp, [1.0, 1.0]),
        function("exp_m1", f32::exp_m1_kernel, f64::exp_m1_kernel, f64::exp_m1, [2.0, 2.0]),
        function("ln", f32::ln_kernel, f64::ln_kernel, f64::ln, [1.0, 1.0]),
        function("ln_1p", f32::ln_1p_kernel, f64::ln_1p_kernel, f64::ln_1p, [1.0, 2.0]),
        function("tanh", f32::tanh_kernel, f64::tanh_kernel, f64::tanh, [2.0, 3.0]),
        function("sigmoid", f32::sigmoid_kernel, f64::sigmoid_kernel, sigmoid, [3.0, 3.0]),
        function("erf", f32::erf_kernel, f64::erf_kernel, downhill_tensor::math::erf_rational, [2.0, 2.0]),
    ]
}

fn sigmoid(x: f64) -> f64 {
    let e = (-x.abs()).exp();
    if x < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) }
}

/// The distance in units in the last place of numbers with so many digits and such a smallest exponent;
/// infinite if one is special and the other is not the same.
fn distance(got: f64, want: f64, digits: i32, smallest: i32) -> f64 {
    if got == want || got.is_nan() && want.is_nan() {
        return 0.0;
    }
    if !got.is_finite() || !want.is_finite() {
        return f64::INFINITY;
    }
    let exponent = (want.abs().to_bits() >> 52) as i32 - 1023;
    let unit = (exponent - digits + 1).max(smallest);
    // In two steps, since the unit itself may be subnormal.
    (got - want).abs() * 2f64.powi(-unit / 2) * 2f64.powi(-unit - -unit / 2)
}

fn distance_of_singles(got: f32, want: f64) -> f64 {
    let rounded = f64::from(want as f32);
    // Where the reference overflows single precision, infinity is right.
    let want = if got.is_infinite() || rounded.is_infinite() { rounded } else { want };
    distance(f64::from(got), want, 24, -149)
}

#[test]
fn single_precision_everywhere() {
    for function in functions() {
        let mut worst = (0.0, 0.0, Math::PORTABLE);
        for bits in (0..=u32::MAX).step_by(2_003) {
            let x = f32::from_bits(bits);
            let want = (function.reference)(f64::from(x));
            for math in WAYS {
                let error = distance_of_singles((function.single)(x, math), want);
                if error > worst.0 {
                    worst = (error, x, math);
                }
            }
        }
        let (error, x, math) = worst;
        assert!(error <= function.bounds[0], "{}: {error} units off at {x}, {math:?}", function.name);
    }
}

#[test]
fn double_precision_everywhere() {
    for function in functions() {
        let mut worst = (0.0, 0.0, Math::PORTABLE);
        let mut state = 1_u64;
        for round in 0..400_000 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let unit = (state >> 11) as f64 / (1_u64 << 53) as f64;
            let x = match round % 5 {
                0 => f64::from_bits(state),
                1 => (unit - 0.5) * 1_500.0,
                2 => (unit - 0.5) * 40.0,
                3 => (unit - 0.5) * 4.0,
                _ => (unit - 0.5) * 0.2,
            };
            let want = (function.reference)(x);
            for math in WAYS {
                let error = distance((function.double)(x, math), want, 53, -1074);
                if error > worst.0 {
                    worst = (error, x, math);
                }
            }
        }
        let (error, x, math) = worst;
        assert!(error <= function.bounds[1], "{}: {error} units off at {x}, {math:?}", function.name);
    }
}

#[test]
fn special_arguments() {
    let arguments = [
        0.0,
        f64::INFINITY,
        f64::NAN,
        f64::MIN_POSITIVE,
        5e-324,
        1e-310,
        f64::from(f32::MIN_POSITIVE),
        1e-40,
        1e-45,
        f64::MAX,
        f64::from(f32::MAX),
        1.0,
        88.7,
        88.8,
        103.9,
        104.1,
        708.3,
        709.7,
        709.8,
        745.1,
        745.2,
    ];
    for (function, math) in functions().into_iter().flat_map(|function| WAYS.map(|math| (function, math))) {
        for x in arguments.into_iter().flat_map(|x| [x, -x]) {
            let (got, want) = ((function.double)(x, math), (function.reference)(x));
            let far = distance(got, want, 53, -1074) > function.bounds[1];
            let other_zero = want == 0.0 && got.is_sign_negative() != want.is_sign_negative();
            assert!(!far && !other_zero, "f64 {}({x:e}): {got:e}, not {want:e}", function.name);

            let x = x as f32;
            let (got, want) = ((function.single)(x, math), (function.reference)(f64::from(x)));
            let far = distance_of_singles(got, want) > function.bounds[0];
            let other_zero = want == 0.0 && got.is_sign_negative() != want.is_sign_negative();
            assert!(!far && !other_zero, "f32 {}({x:e}): {got:e}, not {want:e}", function.name);
        }
    }
}

/// By mpmath, to 40 digits.
#[test]
fn erf_values() {
    for (x, want) in [
        (1e-300, 1.1283791670955126e-300),
        (1e-10, 1.1283791670955126e-10),
        (0.1, 0.1124629160182849),
        (0.5, 0.5204998778130465),
        (0.84, 0.7651427114549945),
        (0.85, 0.7706680576083526),
        (1.0, 0.8427007929497149),
        (1.24, 0.9205051842990297),
        (1.26, 0.9252359418101295),
        (2.0, 0.9953222650189527),
        (2.8, 0.9999249868053346),
        (2.9, 0.9999589021219005),
        (4.0, 0.9999999845827421),
        (5.5, 0.9999999999999927),
        (5.9, 0.9999999999999999),
    ] {
        for (x, want) in [(x, want), (-x, -want)] {
            for math in WAYS {
                assert!(distance(x.erf_kernel(math), want, 53, -1074) <= 2.0, "erf({x}), {math:?}");
            }
        }
    }
}

/// Whole vectors give the bits that single numbers give, at every length.
#[test]
fn vectors_do_not_change_a_bit() {
    for length in 0..70 {
        let xs: Vec<f64> = (0..length).map(|i| f64::from(i) * 0.37 - 11.0).collect();
        let mut ys = xs.clone();
        let math = vectorize!(|math| {
            for y in &mut ys {
                *y = y.tanh_kernel(math) + y.erf_kernel(math) * y.exp_kernel(math);
            }
            math
        });
        for (x, y) in xs.iter().zip(&ys) {
            let alone = std::hint::black_box(*x);
            let alone = alone.tanh_kernel(math) + alone.erf_kernel(math) * alone.exp_kernel(math);
            assert_eq!(alone.to_bits(), y.to_bits(), "{x}");
        }
    }
}

/// Small exponents are spelled out, to the same bits as the general power.
#[test]
fn whole_powers() {
    for exponent in (-6..8).chain([i32::MIN, i32::MAX]) {
        for x in [-2.5, -1.0, -0.0, 0.0, 0.3, 1.0, 7.7, 1e30, 1e-30, f64::INFINITY, f64::NAN] {
            let (got, want) = (x.powi_kernel(exponent), x.powi(exponent));
            assert!(
                got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(),
                "{x}^{exponent}: {got}"
            );
            let (got, want) = ((x as f32).powi_kernel(exponent), (x as f32).powi(exponent));
            assert!(
                got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(),
                "{x}^{exponent}: {got}"
            );
        }
    }
}

#[cfg(feature = "dual")]
#[test]
fn derivatives_by_dual_numbers() {
    use downhill_tensor::num_dual::Dual64;
    for x in [-30.0, -2.0, -1e-9, 0.0, 1e-9, 0.7, 30.0] {
        let at = Dual64::new(x, 1.0);
        let s = sigmoid(x);
        let slope = s * sigmoid(-x);
        for (name, got, want) in [
            ("sigmoid", at.sigmoid_kernel(Math::PORTABLE), (s, slope)),
            ("tanh", at.tanh_kernel(Math::PORTABLE), (x.tanh(), 1.0 / x.cosh().powi(2))),
            ("exp_m1", at.exp_m1_kernel(Math::PORTABLE), (x.exp_m1(), x.exp())),
            (
                "erf",
                at.erf_kernel(Math::PORTABLE),
                (x.erf_kernel(Math::PORTABLE), std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp()),
            ),
        ] {
            assert!((got.re - want.0).abs() <= 1e-14 * want.0.abs(), "{name}({x}): {got}");
            // tanh' is 1 - tanh², which cancels far out.
            assert!((got.eps - want.1).abs() <= 1e-12 * want.1.abs() + 1e-15, "{name}'({x}): {got}");
        }
    }
}
