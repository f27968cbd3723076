//! Every rule of the crate, proved by one checker on shapes and numbers that proptest draws.

// A panic is a failure report.
#![allow(clippy::unwrap_used)]

mod convolution;
mod draw;
mod elementwise;
mod fused;
mod normalize;
mod pairwise;
mod rearrange;
mod reduce;
mod resize;
mod sequence;

use downhill_autodiff::check::{self, Disagreement, Tolerance};
use downhill_autodiff::tensor::num_dual::Dual64;
use downhill_autodiff::{Rule, Tensor};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use draw::Draw;

/// A rule, and a proof of it on drawn operands.
struct Row {
    name: &'static str,
    prove: Box<Proof>,
}

type Proof = dyn Fn(&mut Draw) -> Result<(), Disagreement>;

/// A rule whose operands stay away from its kinks.
fn smooth<R>(name: &'static str, draw: impl Fn(&mut Draw) -> (R, Vec<Tensor<f64>>) + 'static) -> Row
where
    R: Rule<f64> + Rule<Dual64> + Clone,
{
    proved_within(name, Tolerance::default(), draw)
}

/// A rule whose operands may come near a kink, where differences are no measure.
fn kinked<R>(name: &'static str, draw: impl Fn(&mut Draw) -> (R, Vec<Tensor<f64>>) + 'static) -> Row
where
    R: Rule<f64> + Rule<Dual64> + Clone,
{
    proved_within(name, Tolerance { differences: None, ..Tolerance::default() }, draw)
}

fn proved_within<R>(
    name: &'static str,
    tolerance: Tolerance,
    draw: impl Fn(&mut Draw) -> (R, Vec<Tensor<f64>>) + 'static,
) -> Row
where
    R: Rule<f64> + Rule<Dual64> + Clone,
{
    let prove = move |drawn: &mut Draw| {
        let (rule, operands) = draw(drawn);
        check::rule_within(&rule, &operands, tolerance)
    };
    Row { name, prove: Box::new(prove) }
}

/// A test for each of these modules' rows.
macro_rules! every_pullback_is_the_derivative_of_its_value {
    ($($module:ident)*) => {
        mod every_pullback_is_the_derivative_of_its_value {
            $(#[test]
            fn $module() {
                super::prove(super::$module::rows());
            })*
        }
    };
}

every_pullback_is_the_derivative_of_its_value! {
    elementwise pairwise fused reduce rearrange normalize sequence convolution resize
}

fn prove(rows: Vec<Row>) {
    for Row { name, prove } in rows {
        let config = Config { cases: 256, failure_persistence: None, ..Config::default() };
        let length = prop_oneof![1 => Just(0), 2 => Just(1), 5 => 2..=3_usize];
        let proved = TestRunner::new(config).run(&(vec(length, 0..=3), any::<u64>()), |(lengths, seed)| {
            prove(&mut Draw::new(&lengths, seed)).map_err(|wrong| TestCaseError::fail(wrong.to_string()))
        });
        assert!(proved.is_ok(), "{name}: {}", proved.unwrap_err());
    }
}
