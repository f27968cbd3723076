//! The numbers that everything is computed in.

use nalgebra::RealField;

use crate::gemm::{
    Gemm, Matrix, NestedGemm, PackedMatrix, Store, Windows, check, gemm_generic, gemm_packed,
    nested_by_kernels, nested_generic, pack_channels, packed, weights_of_windows, weights_of_windows_generic,
    windows_by_weights, windows_by_weights_generic,
};
use crate::math::{self, Math};

/// A real number to compute with: `f32`, `f64`, and anything else that behaves like one.
///
/// nalgebra's [`RealField`] gives the arithmetic. On top of it stand the kernels that most of the
/// time goes into, as hooks with a generic default that `f32` and `f64` override. Dual numbers are
/// `Real`s too (`num_dual::Dual64`, feature `dual`): a forward pass over them gives exact
/// directional derivatives, a backward pass exact Hessian-vector products, with no further code.
///
/// A type of your own needs an empty `impl`:
///
/// ```ignore
/// impl Real for MyNumber {}
/// ```
pub trait Real: RealField + Copy {
    /// The number nearest to `value`.
    #[inline(always)]
    fn of(value: f64) -> Self {
        nalgebra::convert(value)
    }

    /// This number as an `f64`; a dual number's real part.
    #[inline(always)]
    fn as_f64(self) -> f64 {
        self.to_subset_unchecked()
    }

    /// Whether this number is neither infinite nor NaN; of a dual number, both of its parts.
    #[inline(always)]
    fn finite(self) -> bool {
        // x - x is 0 for finite numbers alone.
        self.is_finite()
    }

    /// A product of strided slices, by a B that may have been [packed](Real::pack) before: see
    /// [`gemm`](crate::gemm::gemm).
    ///
    /// # Panics
    /// As [`gemm_by`](crate::gemm::gemm_by).
    fn gemm(product: Gemm<'_, Self>, packed: Option<&PackedMatrix<Self>>) {
        check(&product, packed);
        gemm_generic(product);
    }

    /// A product by a matrix whose rows lie as windows see them: see [`NestedGemm`].
    ///
    /// # Panics
    /// If an operand or the destination is too short for the sizes.
    fn nested_gemm(product: NestedGemm<'_, Self>) {
        nested_generic(product);
    }

    /// The products of windows and weights: writes a row of all windows for each channel out, into `c`. The weights are
    /// [packed](Real::pack_channels), one for each step and channel.
    ///
    /// # Panics
    /// If the operands have other sizes than the windows say.
    fn windows_by_weights(windows: Windows<'_, Self>, weight: &[Self], c: &mut [Self]) {
        windows_by_weights_generic(windows, weight, c);
    }

    /// The adjoint with respect to the weights: the products of what windows see and `delta`, the derivatives of what came of
    /// them, packed like weights, one for each window and channel. For turns j and k of the last loops of `windows`, and then
    /// i of the first, `dw` has a row of all channels.
    ///
    /// # Panics
    /// If the operands have other sizes than the windows say.
    fn weights_of_windows(windows: Windows<'_, Self>, delta: &[Self], dw: (Store, &mut [Self])) {
        weights_of_windows_generic(windows, delta, dw);
    }

    /// Packs the rows of as many channels as `to` has room for, `steps` numbers each, and `apart` from one to the next: a
    /// multiple of [`PANEL`](crate::gemm::PANEL).
    ///
    /// # Panics
    /// If `from` is too short.
    fn pack_channels(to: &mut [Self], from: &[Self], apart: usize, steps: usize) {
        for (to, from) in to.chunks_exact_mut(steps.max(1)).zip(from.chunks(apart.max(1))) {
            to.copy_from_slice(&from[..steps]);
        }
    }

    /// A `rows`×`columns` matrix as the kernels read it: see [`PackedMatrix`].
    fn pack(_matrix: Matrix<'_, Self>, rows: usize, columns: usize) -> PackedMatrix<Self> {
        PackedMatrix::unpacked(rows, columns)
    }

    /// e to the power of `self`.
    #[inline(always)]
    fn exp_kernel(self, _: Math) -> Self {
        self.exp()
    }

    /// The natural logarithm.
    #[inline(always)]
    fn ln_kernel(self, _: Math) -> Self {
        self.ln()
    }

    /// eˣ − 1, accurate near 0.
    #[inline(always)]
    fn exp_m1_kernel(self, _: Math) -> Self {
        self.exp_m1()
    }

    /// ln(1 + x), accurate near 0.
    #[inline(always)]
    fn ln_1p_kernel(self, _: Math) -> Self {
        self.ln_1p()
    }

    /// The hyperbolic tangent.
    #[inline(always)]
    fn tanh_kernel(self, _: Math) -> Self {
        self.tanh()
    }

    /// The logistic function 1/(1 + e⁻ˣ), without overflow.
    #[inline(always)]
    fn sigmoid_kernel(self, math: Math) -> Self {
        if self < Self::zero() {
            let e = self.exp_kernel(math);
            e / (Self::one() + e)
        } else {
            Self::one() / (Self::one() + (-self).exp_kernel(math))
        }
    }

    /// The error function, to `f64`'s precision.
    #[inline(always)]
    fn erf_kernel(self, _: Math) -> Self {
        math::erf_rational(self)
    }

    /// `self` to the power of an integer, by multiplications. (nalgebra's `powi` is the general power of two real
    /// numbers unless its feature `std` is on.)
    #[inline(always)]
    fn powi_kernel(self, exponent: i32) -> Self {
        self.powi(exponent)
    }
}

impl Real for f32 {
    #[inline(always)]
    fn of(value: f64) -> f32 {
        value as f32
    }

    #[inline(always)]
    fn as_f64(self) -> f64 {
        f64::from(self)
    }

    fn gemm(product: Gemm<'_, f32>, packed: Option<&PackedMatrix<f32>>) {
        gemm_packed(product, packed);
    }

    fn nested_gemm(product: NestedGemm<'_, f32>) {
        nested_by_kernels(product);
    }

    fn windows_by_weights(windows: Windows<'_, f32>, weight: &[f32], c: &mut [f32]) {
        windows_by_weights(windows, weight, c);
    }

    fn weights_of_windows(windows: Windows<'_, f32>, delta: &[f32], dw: (Store, &mut [f32])) {
        weights_of_windows(windows, delta, dw);
    }

    fn pack_channels(to: &mut [f32], from: &[f32], apart: usize, steps: usize) {
        pack_channels(to, from, apart, steps);
    }

    fn pack(matrix: Matrix<'_, f32>, rows: usize, columns: usize) -> PackedMatrix<f32> {
        packed(matrix, rows, columns)
    }

    #[inline(always)]
    fn exp_kernel(self, math: Math) -> f32 {
        math::exp(self, math)
    }

    #[inline(always)]
    fn ln_kernel(self, math: Math) -> f32 {
        math::ln(self, math)
    }

    #[inline(always)]
    fn exp_m1_kernel(self, math: Math) -> f32 {
        math::exp_m1(self, math)
    }

    #[inline(always)]
    fn ln_1p_kernel(self, math: Math) -> f32 {
        math::ln_1p(self, math)
    }

    #[inline(always)]
    fn tanh_kernel(self, math: Math) -> f32 {
        math::tanh(self, math)
    }

    #[inline(always)]
    fn sigmoid_kernel(self, math: Math) -> f32 {
        math::sigmoid(self, math)
    }

    #[inline(always)]
    fn erf_kernel(self, math: Math) -> f32 {
        math::erf_f32(self, math)
    }

    #[inline(always)]
    fn powi_kernel(self, exponent: i32) -> f32 {
        math::whole_power(self, exponent, f32::powi)
    }
}

impl Real for f64 {
    #[inline(always)]
    fn of(value: f64) -> f64 {
        value
    }

    #[inline(always)]
    fn as_f64(self) -> f64 {
        self
    }

    fn gemm(product: Gemm<'_, f64>, packed: Option<&PackedMatrix<f64>>) {
        gemm_packed(product, packed);
    }

    fn nested_gemm(product: NestedGemm<'_, f64>) {
        nested_by_kernels(product);
    }

    fn windows_by_weights(windows: Windows<'_, f64>, weight: &[f64], c: &mut [f64]) {
        windows_by_weights(windows, weight, c);
    }

    fn weights_of_windows(windows: Windows<'_, f64>, delta: &[f64], dw: (Store, &mut [f64])) {
        weights_of_windows(windows, delta, dw);
    }

    fn pack_channels(to: &mut [f64], from: &[f64], apart: usize, steps: usize) {
        pack_channels(to, from, apart, steps);
    }

    fn pack(matrix: Matrix<'_, f64>, rows: usize, columns: usize) -> PackedMatrix<f64> {
        packed(matrix, rows, columns)
    }

    #[inline(always)]
    fn exp_kernel(self, math: Math) -> f64 {
        math::exp(self, math)
    }

    #[inline(always)]
    fn ln_kernel(self, math: Math) -> f64 {
        math::ln(self, math)
    }

    #[inline(always)]
    fn exp_m1_kernel(self, math: Math) -> f64 {
        math::exp_m1(self, math)
    }

    #[inline(always)]
    fn ln_1p_kernel(self, math: Math) -> f64 {
        math::ln_1p(self, math)
    }

    #[inline(always)]
    fn tanh_kernel(self, math: Math) -> f64 {
        math::tanh(self, math)
    }

    #[inline(always)]
    fn sigmoid_kernel(self, math: Math) -> f64 {
        math::sigmoid(self, math)
    }

    #[inline(always)]
    fn erf_kernel(self, math: Math) -> f64 {
        math::erf_f64(self, math)
    }

    #[inline(always)]
    fn powi_kernel(self, exponent: i32) -> f64 {
        math::whole_power(self, exponent, f64::powi)
    }
}

/// Dual numbers: exact first derivatives along one direction.
#[cfg(feature = "dual")]
mod dual {
    use num_dual::Dual;

    use super::{Math, Real};

    macro_rules! dual {
        ($($float:ty),*) => {$(
            impl Real for Dual<$float> {
                #[inline(always)]
                fn of(value: f64) -> Self {
                    Dual::from_re(value as $float)
                }

                #[inline(always)]
                fn as_f64(self) -> f64 {
                    f64::from(self.re)
                }

                #[inline(always)]
                fn finite(self) -> bool {
                    self.re.is_finite() && self.eps.is_finite()
                }

                #[inline(always)]
                fn erf_kernel(self, math: Math) -> Self {
                    let slope = std::f64::consts::FRAC_2_SQRT_PI as $float * (-self.re * self.re).exp();
                    Dual::new(self.re.erf_kernel(math), self.eps * slope)
                }
            }
        )*};
    }

    dual!(f32, f64);
}
