//! Random operands for proofs.

use downhill_autodiff::tensor::random::{Generator, generator, permutation};
use downhill_autodiff::{Shape, Tensor};

/// A shape that proptest has drawn, and a source of numbers to go with it.
pub(crate) struct Draw {
    pub(crate) shape: Shape,
    rng: Generator,
}

impl Draw {
    pub(crate) fn new(lengths: &[usize], seed: u64) -> Draw {
        Draw { shape: Shape::new(lengths).unwrap(), rng: generator(seed, 0) }
    }

    /// A whole number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.order(end)[0]
    }

    pub(crate) fn chance(&mut self) -> bool {
        self.below(2) == 0
    }

    /// The numbers below `end` in a random order.
    pub(crate) fn order(&mut self, end: usize) -> Vec<usize> {
        permutation(end, &mut self.rng)
    }

    /// Numbers within bounds.
    pub(crate) fn between(&mut self, shape: impl Into<Shape>, low: f64, high: f64) -> Tensor<f64> {
        Tensor::uniform(shape, low, high, &mut self.rng).unwrap()
    }

    /// Numbers between −2 and 2.
    pub(crate) fn any(&mut self, shape: impl Into<Shape>) -> Tensor<f64> {
        self.between(shape, -2.0, 2.0)
    }

    /// Numbers within bounds and not near a kink.
    pub(crate) fn away(
        &mut self,
        shape: impl Into<Shape>,
        kinks: &[f64],
        low: f64,
        high: f64,
    ) -> Tensor<f64> {
        let mut drawn = self.between(shape, low, high);
        for x in drawn.as_mut_slice() {
            while kinks.iter().any(|kink| (*x - kink).abs() < 0.01) {
                *x = self.between([], low, high).item().unwrap();
            }
        }
        drawn
    }

    /// Numbers of which no two are near each other or opposites, and none is near 0.
    pub(crate) fn spaced<const N: usize>(&mut self, shapes: [Shape; N]) -> [Tensor<f64>; N] {
        let count = shapes.iter().map(Shape::elements).sum();
        let places = self.order(count);
        let mut places = places.iter().map(|&place| 0.05 + 0.13 * (place as f64 - (count / 2) as f64));
        shapes.map(|shape| Tensor::from_fn(shape, |_| places.next().unwrap()))
    }

    /// Indices below `end`; none if that is 0.
    pub(crate) fn indices(&mut self, shape: Shape, end: usize) -> Tensor<usize> {
        Tensor::from_fn(shape, |_| self.below(end))
    }

    /// The shape with some axes shortened to 1 and some in front left out.
    pub(crate) fn shrunk(&mut self) -> Shape {
        let mut shape = self.shape;
        for axis in 0..shape.len() {
            if self.below(3) == 0 {
                shape = shape.with(axis, 1);
            }
        }
        let lead = self.below(shape.len() + 1) * self.below(2);
        Shape::new(&shape[lead..]).unwrap()
    }

    /// The shape with its axes of length below `least` brought to it.
    pub(crate) fn at_least(&self, least: usize) -> Shape {
        let shape = self.shape;
        (0..shape.len()).fold(shape, |longer, axis| longer.with(axis, shape[axis].max(least)))
    }

    /// The shape, or `[least]` if it has no axes, and one of its axes.
    pub(crate) fn axis(&mut self, least: usize) -> (Shape, usize) {
        let shape = if self.shape.is_empty() { Shape::from([least]) } else { self.at_least(least) };
        (shape, self.below(shape.len()))
    }

    /// Some axes of a shape.
    pub(crate) fn axes(&mut self, shape: Shape) -> Vec<isize> {
        (0..shape.len() as isize).filter(|_| self.chance()).collect()
    }
}
