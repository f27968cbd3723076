//! Tensors element by element, with NumPy's broadcasting.

use crate::kernel::{self, maximum, minimum};
use crate::{Element, Math, Real, Result, Tensor};

impl<T: Real> Tensor<T> {
    /// The sum of each pair of elements.
    ///
    /// # Errors
    /// [`Error::Broadcast`](crate::Error::Broadcast) if the shapes do not broadcast, as in every
    /// operation on two tensors here.
    pub fn add(&self, other: &Tensor<T>) -> Result<Tensor<T>> {
        self.zip(
            other,
            T::zero(),
            #[inline(always)]
            |a, b| a + b,
        )
    }

    /// The difference of each pair of elements.
    ///
    /// # Errors
    /// As [`add`](Tensor::add).
    pub fn sub(&self, other: &Tensor<T>) -> Result<Tensor<T>> {
        self.zip(
            other,
            T::zero(),
            #[inline(always)]
            |a, b| a - b,
        )
    }

    /// The product of each pair of elements.
    ///
    /// # Errors
    /// As [`add`](Tensor::add).
    pub fn mul(&self, other: &Tensor<T>) -> Result<Tensor<T>> {
        self.zip(
            other,
            T::zero(),
            #[inline(always)]
            |a, b| a * b,
        )
    }

    /// The quotient of each pair of elements.
    ///
    /// # Errors
    /// As [`add`](Tensor::add).
    pub fn div(&self, other: &Tensor<T>) -> Result<Tensor<T>> {
        self.zip(
            other,
            T::zero(),
            #[inline(always)]
            |a, b| a / b,
        )
    }

    /// The elements raised to the power of the other's.
    ///
    /// # Errors
    /// As [`add`](Tensor::add).
    pub fn pow(&self, exponent: &Tensor<T>) -> Result<Tensor<T>> {
        self.zip(
            exponent,
            T::zero(),
            #[inline(always)]
            |a, b| a.powf(b),
        )
    }

    /// The larger of each pair of elements; NaN if either is.
    ///
    /// # Errors
    /// As [`add`](Tensor::add).
    pub fn maximum(&self, other: &Tensor<T>) -> Result<Tensor<T>> {
        self.zip(other, T::zero(), maximum)
    }

    /// The smaller of each pair of elements; NaN if either is.
    ///
    /// # Errors
    /// As [`add`](Tensor::add).
    pub fn minimum(&self, other: &Tensor<T>) -> Result<Tensor<T>> {
        self.zip(other, T::zero(), minimum)
    }

    /// Whether each element is less than the other's.
    ///
    /// # Errors
    /// As [`add`](Tensor::add).
    pub fn less(&self, other: &Tensor<T>) -> Result<Tensor<bool>> {
        self.zip(
            other,
            false,
            #[inline(always)]
            |a, b| a < b,
        )
    }

    /// Whether each element is greater than the other's.
    ///
    /// # Errors
    /// As [`add`](Tensor::add).
    pub fn greater(&self, other: &Tensor<T>) -> Result<Tensor<bool>> {
        self.zip(
            other,
            false,
            #[inline(always)]
            |a, b| a > b,
        )
    }

    /// The negated elements.
    pub fn neg(&self) -> Tensor<T> {
        self.map(|x| -x)
    }

    /// e to the power of each element.
    pub fn exp(&self) -> Tensor<T> {
        self.vectorized(
            #[inline(always)]
            |x, math| x.exp_kernel(math),
        )
    }

    /// The natural logarithms.
    pub fn ln(&self) -> Tensor<T> {
        self.vectorized(
            #[inline(always)]
            |x, math| x.ln_kernel(math),
        )
    }

    /// The square roots.
    pub fn sqrt(&self) -> Tensor<T> {
        self.map(|x| x.sqrt())
    }

    /// The absolute values.
    pub fn abs(&self) -> Tensor<T> {
        self.map(|x| x.abs())
    }

    /// The reciprocals.
    pub fn recip(&self) -> Tensor<T> {
        self.map(|x| x.recip())
    }

    /// The squares.
    pub fn square(&self) -> Tensor<T> {
        self.map(|x| x * x)
    }

    /// The sines.
    pub fn sin(&self) -> Tensor<T> {
        self.map(|x| x.sin())
    }

    /// The cosines.
    pub fn cos(&self) -> Tensor<T> {
        self.map(|x| x.cos())
    }

    /// The hyperbolic tangents.
    pub fn tanh(&self) -> Tensor<T> {
        self.vectorized(
            #[inline(always)]
            |x, math| x.tanh_kernel(math),
        )
    }

    /// The logistic function 1 / (1 + e⁻ˣ).
    pub fn sigmoid(&self) -> Tensor<T> {
        self.vectorized(
            #[inline(always)]
            |x, math| x.sigmoid_kernel(math),
        )
    }

    /// The error function.
    pub fn erf(&self) -> Tensor<T> {
        self.vectorized(
            #[inline(always)]
            |x, math| x.erf_kernel(math),
        )
    }

    /// max(x, 0).
    pub fn relu(&self) -> Tensor<T> {
        self.map(|x| maximum(x, T::zero()))
    }

    /// The elements, each brought to `low` if it is less and to `high` if it is greater; NaN stays.
    pub fn clamp(&self, low: T, high: T) -> Tensor<T> {
        self.map(|x| minimum(maximum(x, low), high))
    }

    /// [`map`](Tensor::map) with vector instructions, for functions that are worth it.
    #[inline(always)]
    fn vectorized(&self, f: impl Fn(T, Math) -> T) -> Tensor<T> {
        let mut out = Tensor::zeros(self.shape());
        kernel::map(
            out.as_mut_slice(),
            self.as_slice(),
            #[inline(always)]
            |out, x, math| *out = f(x, math),
        );
        out
    }
}

impl<T: Element> Tensor<T> {
    /// Whether each pair of elements is equal.
    ///
    /// # Errors
    /// As [`add`](Tensor::add).
    pub fn equal(&self, other: &Tensor<T>) -> Result<Tensor<bool>> {
        self.zip(
            other,
            false,
            #[inline(always)]
            |a, b| a == b,
        )
    }

    /// The elements of `a` where the mask is true and those of `b` where it is not. (NumPy's `where`.)
    ///
    /// # Errors
    /// As [`add`](Tensor::add).
    pub fn select(mask: &Tensor<bool>, a: &Tensor<T>, b: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = mask.shape().broadcast(&a.shape())?.broadcast(&b.shape())?;
        let mut out = Tensor::filled_like(shape, a);
        let (mask, a, b) = (mask.view(), a.view(), b.view());
        kernel::zip3(
            out.as_mut_slice(),
            shape,
            mask,
            a,
            b,
            #[inline(always)]
            |out, mask, a, b, _| *out = if mask { a } else { b },
        );
        Ok(out)
    }

    #[inline(always)]
    fn zip<U: Element>(&self, other: &Tensor<T>, fill: U, f: impl Fn(T, T) -> U) -> Result<Tensor<U>> {
        let shape = self.shape().broadcast(&other.shape())?;
        let mut out = Tensor::full(shape, fill);
        kernel::zip(
            out.as_mut_slice(),
            shape,
            self.view(),
            other.view(),
            #[inline(always)]
            |out, a, b, _| *out = f(a, b),
        );
        Ok(out)
    }
}
