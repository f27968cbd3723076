//! Sums, products and powers, and the operators.

use std::ops;

use downhill_tensor::{Math, Real, Tensor};

use super::{Pairwise, Zip};
use crate::Var;
use crate::rules::elementwise::{AddScalar, Map, MulScalar, Neg, Recip};

/// a + b; both slopes are 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Add;

impl<T: Real> Pairwise<T> for Add {
    const NAME: &'static str = "add";

    #[inline(always)]
    fn value(self, a: T, b: T, _: Math) -> T {
        a + b
    }

    #[inline(always)]
    fn slope_left(self, _: T, _: T, _: Math) -> T {
        T::one()
    }

    #[inline(always)]
    fn slope_right(self, _: T, _: T, _: Math) -> T {
        T::one()
    }
}

/// a − b; slopes 1 and −1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sub;

impl<T: Real> Pairwise<T> for Sub {
    const NAME: &'static str = "sub";

    #[inline(always)]
    fn value(self, a: T, b: T, _: Math) -> T {
        a - b
    }

    #[inline(always)]
    fn slope_left(self, _: T, _: T, _: Math) -> T {
        T::one()
    }

    #[inline(always)]
    fn slope_right(self, _: T, _: T, _: Math) -> T {
        -T::one()
    }
}

/// a·b; slopes b and a.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mul;

impl<T: Real> Pairwise<T> for Mul {
    const NAME: &'static str = "mul";

    #[inline(always)]
    fn value(self, a: T, b: T, _: Math) -> T {
        a * b
    }

    #[inline(always)]
    fn slope_left(self, _: T, b: T, _: Math) -> T {
        b
    }

    #[inline(always)]
    fn slope_right(self, a: T, _: T, _: Math) -> T {
        a
    }
}

/// a/b; slopes 1/b and −a/b².
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Div;

impl<T: Real> Pairwise<T> for Div {
    const NAME: &'static str = "div";

    #[inline(always)]
    fn value(self, a: T, b: T, _: Math) -> T {
        a / b
    }

    #[inline(always)]
    fn slope_left(self, _: T, b: T, _: Math) -> T {
        b.recip()
    }

    #[inline(always)]
    fn slope_right(self, a: T, b: T, _: Math) -> T {
        -a / (b * b)
    }
}

/// aᵇ; slopes b aᵇ⁻¹ (0 where b = 0) and aᵇ ln a (0 where a = 0 and b ≥ 0, as in PyTorch).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pow;

impl<T: Real> Pairwise<T> for Pow {
    const NAME: &'static str = "pow";

    #[inline(always)]
    fn value(self, a: T, b: T, _: Math) -> T {
        a.powf(b)
    }

    #[inline(always)]
    fn slope_left(self, a: T, b: T, _: Math) -> T {
        if b == T::zero() { T::zero() } else { b * a.powf(b - T::one()) }
    }

    #[inline(always)]
    fn slope_right(self, a: T, b: T, math: Math) -> T {
        if a == T::zero() && b >= T::zero() { T::zero() } else { a.powf(b) * a.ln_kernel(math) }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Each element to the power of the other's.
    #[track_caller]
    pub fn pow(self, exponent: Var<'t, T>) -> Var<'t, T> {
        self.apply2(Zip(Pow), exponent)
    }
}

/// An operator between two variables, a variable and a tensor, and a variable and a number.
macro_rules! operator {
    ($operator:ident, $method:ident, $rule:expr, |$x:ident, $number:ident| $with_number:expr) => {
        impl<'t, T: Real> ops::$operator for Var<'t, T> {
            type Output = Var<'t, T>;

            #[track_caller]
            fn $method(self, other: Var<'t, T>) -> Var<'t, T> {
                self.apply2(Zip($rule), other)
            }
        }

        impl<'t, T: Real> ops::$operator<&Tensor<T>> for Var<'t, T> {
            type Output = Var<'t, T>;

            #[track_caller]
            fn $method(self, other: &Tensor<T>) -> Var<'t, T> {
                self.apply2(Zip($rule), self.tape().constant(other.clone()))
            }
        }

        impl<'t, T: Real> ops::$operator<f64> for Var<'t, T> {
            type Output = Var<'t, T>;

            #[track_caller]
            fn $method(self, $number: f64) -> Var<'t, T> {
                let $x = self;
                $with_number
            }
        }
    };
}

operator!(Add, add, Add, |x, number| x.apply(Map(AddScalar { by: number })));
operator!(Sub, sub, Sub, |x, number| x.apply(Map(AddScalar { by: -number })));
operator!(Mul, mul, Mul, |x, number| x.apply(Map(MulScalar { by: number })));
operator!(Div, div, Div, |x, number| x.apply(Map(MulScalar { by: number.recip() })));

impl<'t, T: Real> ops::Neg for Var<'t, T> {
    type Output = Var<'t, T>;

    #[track_caller]
    fn neg(self) -> Var<'t, T> {
        self.apply(Map(Neg))
    }
}

/// A number with a variable behind it: `2.0 * x`, `1.0 - x`.
macro_rules! number_operator {
    ($operator:ident, $method:ident, |$number:ident, $x:ident| $result:expr) => {
        impl<'t, T: Real> ops::$operator<Var<'t, T>> for f64 {
            type Output = Var<'t, T>;

            #[track_caller]
            fn $method(self, $x: Var<'t, T>) -> Var<'t, T> {
                let $number = self;
                $result
            }
        }
    };
}

number_operator!(Add, add, |number, x| x + number);
number_operator!(Sub, sub, |number, x| -x + number);
number_operator!(Mul, mul, |number, x| x * number);
number_operator!(Div, div, |number, x| x.apply(Map(Recip)).mul_scalar(number));
