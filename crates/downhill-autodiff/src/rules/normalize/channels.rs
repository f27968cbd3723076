//! Channels and their parameters.

use downhill_tensor::kernel::ChannelNorm;
use downhill_tensor::{Error, Real, Result, Shape, Threads};

use crate::rule::Operands;
use crate::sink::Sink;

/// Which of the operands behind x are there: weight, then bias, with an element for each channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parameters {
    /// Whether there is a weight.
    pub weight: bool,
    /// Whether there is a bias.
    pub bias: bool,
}

impl Parameters {
    /// Their places among the operands.
    fn places(self) -> [Option<usize>; 2] {
        [self.weight.then_some(1), self.bias.then_some(1 + usize::from(self.weight))]
    }

    pub(super) fn slices<'a, T: Real>(self, operands: &Operands<'a, T>) -> [Option<&'a [T]>; 2] {
        self.places().map(|place| place.map(|place| operands.slice(place)))
    }

    /// Adds to their derivatives.
    pub(super) fn put<T: Real>(self, weight: &[T], bias: &[T], sink: &mut Sink<'_, T>) {
        for (place, derivative) in self.places().into_iter().zip([weight, bias]) {
            if let Some(mut destination) = place.and_then(|place| sink.destination(place)) {
                destination.zip1(derivative, |d| d);
            }
        }
    }
}

/// A shape as `[n, channels, inner]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Channels {
    pub(super) n: usize,
    pub(super) channels: usize,
    pub(super) inner: usize,
}

impl Channels {
    /// Those of the first operand; all others must have an element for each channel.
    pub(super) fn of<T: Real>(operation: &'static str, operands: &Operands<'_, T>) -> Result<Channels> {
        let shape = operands.shape(0);
        if shape.len() < 2 {
            return Err(Error::Operand { operation, rule: "needs x [n, channels, …]", shape });
        }
        for operand in 1..operands.len() {
            if operands.shape(operand) != [shape[1]] {
                let rule = "needs x [n, channels, …] and everything else [channels]";
                return Err(Error::mismatch(operation, rule, shape, operands.shape(operand)));
            }
        }
        Ok(Channels::known(shape))
    }

    /// Those of a shape that was found to have them.
    pub(super) fn known(shape: Shape) -> Channels {
        let (n, channels, inner) = shape.around(1);
        Channels { n, channels, inner }
    }

    /// The number of elements of a channel.
    pub(super) fn elements(self) -> usize {
        self.n * self.inner
    }

    pub(super) fn shape(self) -> Shape {
        [self.channels].into()
    }

    pub(super) fn norm<'a, T: Real>(self, x: &'a [T], threads: &'a Threads) -> ChannelNorm<'a, T> {
        ChannelNorm { x, channels: self.channels, inner: self.inner, threads }
    }
}
