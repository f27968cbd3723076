//! Comparing what was computed with what a case wants.

use std::error::Error;

use downhill::prelude::{Scalar, Tensor};

use crate::json::Json;

/// The numbers that the cases run in.
pub(crate) trait Precision: Scalar {
    const NAME: &'static str;

    /// One of two, for `f64` or for `f32`.
    fn choose<V>(in_f64: V, in_f32: V) -> V;
}

impl Precision for f64 {
    const NAME: &'static str = "f64";

    fn choose<V>(in_f64: V, _: V) -> V {
        in_f64
    }
}

impl Precision for f32 {
    const NAME: &'static str = "f32";

    fn choose<V>(_: V, in_f32: V) -> V {
        in_f32
    }
}

/// How far a number may be from the one wanted: `absolute` + `relative`·|wanted|.
#[derive(Clone, Copy)]
pub(crate) struct Tolerance {
    pub(crate) absolute: f64,
    pub(crate) relative: f64,
}

impl Tolerance {
    /// That of a single operation, given the largest error of PyTorch's own `f32` result.
    pub(crate) fn of_operation<T: Precision>(f32_error: f64) -> Tolerance {
        let (absolute, relative) = T::choose((1e-11, 1e-9), (10.0 * f32_error + 1e-6, 1e-5));
        Tolerance { absolute, relative }
    }

    /// That of an output or a gradient of a case with an `op`.
    pub(crate) fn of_output<T: Precision>(case: Json<'_>, name: &str) -> Tolerance {
        let f32_error = case.get("f32_err").map_or(0.0, |errors| errors.number_or(name, 0.0));
        let Tolerance { absolute, relative } = Tolerance::of_operation::<T>(f32_error);
        // Constants that PyTorch's f64 kernels have in f32 only.
        let least = match (case.text("op"), name) {
            // The slope 1/6, 3e-8 above.
            ("hardsigmoid", "d_x") => 5e-8,
            // The floor 1e-12 under p (1 - p), 4e-9 below.
            ("bce", "d_x") if case.text("name").contains("log_clamped") => 5e-9,
            _ => 0.0,
        };
        Tolerance { absolute, relative: relative.max(least) }
    }

    fn allowed(self, want: f64) -> f64 {
        self.absolute + self.relative * want.abs()
    }
}

/// What became of a case.
pub(crate) enum Verdict {
    /// It ran; its [`Checks`] say how well.
    Ran,
    /// It did not: the library lacks these.
    Lacks(Vec<String>),
}

pub(crate) type Outcome = Result<Verdict, Box<dyn Error>>;

/// The comparisons of one case.
#[derive(Default)]
pub(crate) struct Checks {
    pub(crate) failures: Vec<String>,
}

impl Checks {
    /// Compares an output or a gradient, and notes the element that is farthest past what is allowed.
    pub(crate) fn compare<T: Precision>(
        &mut self,
        what: &str,
        got: &Tensor<T>,
        want: &Tensor<f64>,
        tolerance: Tolerance,
    ) {
        let what = format!("{what} in {}", T::NAME);
        if got.shape() != want.shape() {
            return self.failures.push(format!("{what}: shape {}, not {}", got.shape(), want.shape()));
        }
        let numbers = got.as_slice().iter().map(|x| x.as_f64()).zip(want.as_slice().iter().copied());
        let excess = |(got, want): (f64, f64)| {
            // Infinities of the same sign are equal; NaN is what the case wants where it says so.
            if got == want || got.is_nan() && want.is_nan() {
                0.0
            } else if got.is_finite() && want.is_finite() {
                (got - want).abs() / tolerance.allowed(want)
            } else {
                f64::INFINITY
            }
        };
        let worst = numbers.enumerate().map(|(i, pair)| (excess(pair), i, pair));
        if let Some((excess, i, (got, want))) = worst.max_by(|a, b| a.0.total_cmp(&b.0))
            && excess > 1.0
        {
            let (error, allowed) = ((got - want).abs(), tolerance.allowed(want));
            let numbers = format!("{got:e}, not {want:e}: off by {error:.2e}, allowed {allowed:.2e}");
            self.failures.push(format!("{what}, element {i}: {numbers}"));
        }
    }
}
