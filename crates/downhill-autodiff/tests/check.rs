//! The checker finds what is wrong with wrong rules.

use downhill_autodiff::check::{self, Disagreement};
use downhill_autodiff::tensor::{Result, Store, kernel};
use downhill_autodiff::{Forward, Operands, Pullback, Real, Rule, Sink, Tensor};

/// y = a/b, with one of these mistakes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Quotient {
    Right,
    Factor,
    Sign,
    Overwrites,
    WritesOnlyOnce,
    Swapped,
    LeavesOneOut,
    OnlyTheFirstElement,
    GivesTheUnwantedToTheOther,
    ForgetsTheDerivativeOfTheValue,
    DependsOnTheNumberType,
}

use Quotient::*;

impl<T: Real> Rule<T> for Quotient {
    fn name(&self) -> &'static str {
        "quotient"
    }

    fn forward(&self, x: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let mut y = cx.take(x.shape(0));
        let (a, b) = (x.value(0).view(), x.value(1).view());
        kernel::zip(y.as_mut_slice(), x.shape(0), a, b, |y, a, b, _| {
            *y = match self {
                ForgetsTheDerivativeOfTheValue => T::of((a / b).as_f64()),
                DependsOnTheNumberType => a / b + T::of(size_of::<T>() as f64),
                _ => a / b,
            }
        });
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        let (left, right) = if *self == Swapped { (1, 0) } else { (0, 1) };
        let right_is_wanted = sink.wants(right);
        if let Some(mut da) = sink.destination(left) {
            let (store, da) = da.parts();
            for (place, da) in da.iter_mut().enumerate() {
                let (g, b) = (at.cotangent()[place], at.slice(1)[place]);
                let slope = match self {
                    Factor => T::of(1.5) * g / b,
                    OnlyTheFirstElement if place > 0 => g,
                    GivesTheUnwantedToTheOther if !right_is_wanted => g,
                    _ => g / b,
                };
                match (self, store) {
                    (Overwrites, _) | (_, Store::Write) => *da = slope,
                    (WritesOnlyOnce, Store::Add) => {}
                    (_, Store::Add) => *da += slope,
                }
            }
        }
        if *self == LeavesOneOut {
            return;
        }
        if let Some(mut db) = sink.destination(right) {
            let sign = if *self == Sign { T::one() } else { -T::one() };
            db.zip3(at.cotangent(), at.slice(0), at.slice(1), |g, a, b| sign * g * a / (b * b));
        }
    }
}

#[test]
fn wrong_rules_are_caught() {
    let operands = [Tensor::vector([1.0, 2.0, -3.0]), Tensor::vector([0.5, -1.5, 2.0])];
    type Finding = fn(&Disagreement) -> bool;
    let cases: [(Quotient, Finding); 10] = [
        (Factor, |wrong| matches!(wrong, Disagreement::Derivative { operand: 0, element: 0, .. })),
        (Sign, |wrong| matches!(wrong, Disagreement::Derivative { operand: 1, element: 0, .. })),
        (Overwrites, |wrong| matches!(wrong, Disagreement::Overwritten { operand: 0 })),
        (WritesOnlyOnce, |wrong| matches!(wrong, Disagreement::Overwritten { operand: 0 })),
        (Swapped, |wrong| matches!(wrong, Disagreement::Derivative { operand: 0, .. })),
        (LeavesOneOut, |wrong| matches!(wrong, Disagreement::Derivative { operand: 1, .. })),
        (OnlyTheFirstElement, |wrong| matches!(wrong, Disagreement::Derivative { element: 1, .. })),
        (GivesTheUnwantedToTheOther, |wrong| matches!(wrong, Disagreement::Entangled { operand: 0 })),
        (ForgetsTheDerivativeOfTheValue, |wrong| matches!(wrong, Disagreement::Derivative { .. })),
        (DependsOnTheNumberType, |wrong| matches!(wrong, Disagreement::Value { element: 0, .. })),
    ];
    for (rule, expected) in cases {
        let found = check::rule(&rule, &operands).unwrap_err();
        assert!(expected(&found), "{rule:?}: {found}");
    }
    check::rule(&Right, &operands).unwrap();
}

#[test]
fn a_derivative_that_dual_numbers_share_is_held_against_differences() {
    /// A wrong derivative in its value too: what differences alone can find.
    #[derive(Debug, Clone)]
    struct Frozen;

    impl<T: Real> Rule<T> for Frozen {
        fn name(&self) -> &'static str {
            "frozen"
        }

        fn forward(&self, x: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
            let mut y = cx.take(x.shape(0));
            kernel::map(y.as_mut_slice(), x.slice(0), |y, x, _| *y = T::of(x.as_f64()));
            Ok(y)
        }

        fn pullback(&self, _: &Pullback<'_, T>, _: &mut Sink<'_, T>) {}
    }

    let found = check::rule(&Frozen, &[Tensor::vector([1.0])]).unwrap_err();
    assert!(matches!(found, Disagreement::Derivative { method: "central differences give", .. }), "{found}");
}

#[test]
fn refused_operands_are_reported() {
    let operands = [Tensor::vector([1.0]), Tensor::vector([1.0, 2.0])];
    let add = downhill_autodiff::rules::matmul::Matmul::default();
    assert!(matches!(check::rule(&add, &operands), Err(Disagreement::Failed(_))));
}
