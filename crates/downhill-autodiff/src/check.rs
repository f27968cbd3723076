//! Proofs that a rule's pullback is the derivative of its value.

use downhill_tensor::num_dual::Dual64;

use crate::derivative::along;
use crate::{Error, Real, Result, Rule, Tape, Tensor, Var};

/// How a rule fails its proof.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Disagreement {
    /// The rule refused the operands.
    #[error(transparent)]
    Failed(#[from] Error),
    /// The value computed with dual numbers has another real part.
    #[error("element {element} of the value is {value} in f64 and {dual} in dual numbers")]
    Value {
        /// The element's row-major place.
        element: usize,
        /// In f64.
        value: f64,
        /// In dual numbers.
        dual: f64,
    },
    /// The pullback is not the derivative.
    #[error("d operand {operand}[{element}]: the pullback gives {pullback}, {method} {expected}")]
    Derivative {
        /// The operand differentiated with respect to.
        operand: usize,
        /// The element's row-major place.
        element: usize,
        /// What the rule's pullback gives.
        pullback: f64,
        /// What it should give.
        expected: f64,
        /// How that was found.
        method: &'static str,
    },
    /// The derivative of an operand depends on whether that of another is wanted.
    #[error("the derivative of operand {operand} changes when no other is wanted")]
    Entangled {
        /// The operand.
        operand: usize,
    },
    /// The pullback overwrote its destination instead of adding to it.
    #[error("the derivative of operand {operand} is not added to what was there")]
    Overwritten {
        /// The operand.
        operand: usize,
    },
}

/// How closely a pullback has to agree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// Relative to dual numbers, which are exact but for rounding.
    pub dual: f64,
    /// Relative to central differences, or `None` to leave them out: near a kink they are wrong.
    pub differences: Option<f64>,
}

impl Default for Tolerance {
    /// 1e-12 to dual numbers, 1e-6 to central differences.
    fn default() -> Tolerance {
        Tolerance { dual: 1e-12, differences: Some(1e-6) }
    }
}

/// Something differentiable of one or more operands, written once for every number type: what
/// [`formula`] proves.
pub trait Formula {
    /// The value, from operands on one tape.
    fn value<'t, T: Real>(&self, operands: &[Var<'t, T>]) -> Var<'t, T>;
}

/// Proves a rule at these operands, with the default [`Tolerance`].
///
/// Every element of every operand's derivative is compared with dual numbers and with central
/// differences, for a cotangent that differs from element to element. Operands that are not wanted
/// must change nothing, and destinations must be added to.
///
/// # Errors
/// The first [`Disagreement`].
pub fn rule<R>(rule: &R, operands: &[Tensor<f64>]) -> Result<(), Disagreement>
where
    R: Rule<f64> + Rule<Dual64> + Clone,
{
    rule_within(rule, operands, Tolerance::default())
}

/// Proves a rule at these operands: see [`rule`].
///
/// # Errors
/// The first [`Disagreement`].
pub fn rule_within<R>(rule: &R, operands: &[Tensor<f64>], tolerance: Tolerance) -> Result<(), Disagreement>
where
    R: Rule<f64> + Rule<Dual64> + Clone,
{
    function(
        |tape, x| tape.apply(rule.clone(), x),
        |tape, x| tape.apply(rule.clone(), x),
        operands,
        tolerance,
    )
}

/// Proves the derivative of a whole formula at these operands: see [`rule`].
///
/// # Errors
/// The first [`Disagreement`].
pub fn formula<F: Formula>(
    formula: &F,
    operands: &[Tensor<f64>],
    tolerance: Tolerance,
) -> Result<(), Disagreement> {
    function(|_, x| formula.value(x), |_, x| formula.value(x), operands, tolerance)
}

/// A cotangent without symmetries that a wrong derivative could hide behind.
pub fn cotangent(shape: crate::Shape) -> Tensor<f64> {
    Tensor::from_fn(shape, |i| 0.3 + ((i as f64 + 1.0) * 1.7).sin())
}

/// Proves the derivative of a function given once in `f64` and once in dual numbers: see [`rule`].
///
/// # Errors
/// The first [`Disagreement`].
pub fn function(
    real: impl for<'t> Fn(&'t Tape<f64>, &[Var<'t, f64>]) -> Var<'t, f64>,
    dual: impl for<'t> Fn(&'t Tape<Dual64>, &[Var<'t, Dual64>]) -> Var<'t, Dual64>,
    operands: &[Tensor<f64>],
    tolerance: Tolerance,
) -> Result<(), Disagreement> {
    let value_at = |operands: &[Tensor<f64>]| -> Result<Tensor<f64>> {
        let tape = Tape::inference();
        let x: Vec<_> = operands.iter().map(|x| tape.constant(x.clone())).collect();
        real(&tape, &x).value()
    };
    // Derivatives with respect to the operands that `wanted` names, with the value used `uses` times.
    let gradients = |wanted: &dyn Fn(usize) -> bool, uses: usize| -> Result<Vec<Option<Tensor<f64>>>> {
        let tape = Tape::new();
        let leaf = |(i, x): (usize, &Tensor<f64>)| {
            if wanted(i) { tape.variable(x.clone()) } else { tape.constant(x.clone()) }
        };
        let x: Vec<_> = operands.iter().enumerate().map(leaf).collect();
        let y = (1..uses).fold(real(&tape, &x), |sum, _| sum + real(&tape, &x));
        let found = y.pullback(&cotangent(y.shape()), &mut [])?;
        x.iter().enumerate().map(|(i, &x)| wanted(i).then(|| found.wrt(x)).transpose()).collect()
    };

    let value = value_at(operands)?;
    let u = cotangent(value.shape());
    let (all, twice) = (gradients(&|_| true, 1)?, gradients(&|_| true, 2)?);
    for (operand, x) in operands.iter().enumerate() {
        let Some(gradient) = &all[operand] else { continue };
        for element in 0..x.len() {
            let pullback = gradient.as_slice()[element];

            let direction = Tensor::from_fn(x.shape(), |i| if i == element { 1.0 } else { 0.0 });
            let tape = Tape::inference();
            let lift = |(i, x): (usize, &Tensor<f64>)| -> Result<_> {
                Ok(tape.constant(if i == operand { along(x, &direction)? } else { x.cast() }))
            };
            let lifted = operands.iter().enumerate().map(lift).collect::<Result<Vec<_>>>()?;
            let y = dual(&tape, &lifted).value()?;
            for (i, (y, &value)) in y.as_slice().iter().zip(value.as_slice()).enumerate() {
                if !close(y.re, value, value.abs(), tolerance.dual) {
                    return Err(Disagreement::Value { element: i, value, dual: y.re });
                }
            }
            let terms = || y.as_slice().iter().zip(u.as_slice()).map(|(y, u)| y.eps * u);
            let (expected, size): (f64, f64) = (terms().sum(), terms().map(f64::abs).sum());
            if !close(pullback, expected, size, tolerance.dual) {
                let method = "dual numbers give";
                return Err(Disagreement::Derivative { operand, element, pullback, expected, method });
            }

            if let Some(relative) = tolerance.differences {
                let moved = |by: f64| -> Result<Tensor<f64>> {
                    let mut operands = operands.to_vec();
                    operands[operand].as_mut_slice()[element] += by;
                    value_at(&operands)
                };
                let step = 1e-5 * x.as_slice()[element].abs().max(1.0);
                let (up, down) = (moved(step)?, moved(-step)?);
                let pairs = up.as_slice().iter().zip(down.as_slice()).zip(u.as_slice());
                let terms = pairs.map(|((up, down), u)| (up - down) / (2.0 * step) * u);
                let expected: f64 = terms.sum();
                let scale = value.as_slice().iter().fold(1.0, |max: f64, y| max.max(y.abs()));
                if !close(pullback, expected, size.max(scale), relative) {
                    let method = "central differences give";
                    return Err(Disagreement::Derivative { operand, element, pullback, expected, method });
                }
            }
        }
        let alone = gradients(&|i| i == operand, 1)?;
        if !same(alone[operand].as_ref(), Some(gradient), 1.0) {
            return Err(Disagreement::Entangled { operand });
        }
        if !same(twice[operand].as_ref(), Some(gradient), 2.0) {
            return Err(Disagreement::Overwritten { operand });
        }
    }
    Ok(())
}

/// What is smaller than this is compared as if it were as large: a small derivative is mostly the
/// difference of larger numbers, and carries their rounding.
const SMALL: f64 = 1e-2;

/// Whether a number is the expected one, within a tolerance relative to the size of what it was summed from.
pub fn close(got: f64, expected: f64, size: f64, relative: f64) -> bool {
    got == expected
        || (got - expected).abs() <= relative * size.max(expected.abs()).max(SMALL)
        || (got.is_nan() && expected.is_nan())
}

/// Whether `a` is `factor` times `b`, up to the rounding of a few sums in another order.
fn same(a: Option<&Tensor<f64>>, b: Option<&Tensor<f64>>, factor: f64) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return false };
    let size = b.as_slice().iter().fold(0.0, |max: f64, b| max.max(b.abs()));
    a.as_slice().iter().zip(b.as_slice()).all(|(&a, &b)| close(a, factor * b, size, 1e-13))
}
