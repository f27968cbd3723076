//! The tensor operations, each held against a loop over indices that computes the same by definition.

// Clippy lets tests unwrap, but not the functions that they share.
#![allow(clippy::unwrap_used)]

mod broadcast;
mod errors;
mod linalg;
mod matmul;
mod random;
mod rearrange;
mod reduce;
mod serde;

use downhill_tensor::{Shape, Tensor};
use proptest::prelude::*;

/// Shapes of 0 to 6 axes, some of length 0 or 1.
fn shapes() -> impl Strategy<Value = Shape> {
    let length = prop_oneof![1 => Just(0usize), 5 => Just(1), 20 => 2..=4usize];
    prop::collection::vec(length, 0..=6).prop_map(|lengths| Shape::new(&lengths).unwrap())
}

/// Shapes that have an axis, and the axis, counted from either end.
fn shapes_and_axis() -> impl Strategy<Value = (Shape, isize)> {
    shapes().prop_filter("needs an axis", |shape| !shape.is_empty()).prop_flat_map(|shape| {
        let axes = shape.len() as isize;
        (Just(shape), -axes..axes)
    })
}

/// Small whole numbers, so that sums and products are exact and there are ties.
fn whole(shape: Shape, seed: usize) -> Tensor<f64> {
    Tensor::from_fn(shape, |place| (place.wrapping_mul(7919).wrapping_add(seed) % 11) as f64 - 5.0)
}

/// All indices of a shape, in row-major order.
fn indices(shape: Shape) -> impl Iterator<Item = Vec<usize>> {
    (0..shape.elements()).map(move |mut place| {
        let mut index = vec![0; shape.len()];
        for axis in (0..shape.len()).rev() {
            index[axis] = place % shape[axis];
            place /= shape[axis];
        }
        index
    })
}

/// A tensor whose elements are computed from their indices.
fn by_index<T: downhill_tensor::Element>(shape: Shape, mut f: impl FnMut(&[usize]) -> T) -> Tensor<T> {
    Tensor::new(shape, indices(shape).map(|index| f(&index)).collect()).unwrap()
}

/// The element that broadcasting puts at an index.
fn stretched<T: downhill_tensor::Element>(x: &Tensor<T>, index: &[usize]) -> T {
    let index = &index[index.len() - x.shape().len()..];
    let own: Vec<usize> =
        index.iter().zip(x.shape().iter()).map(|(&i, &n)| if n == 1 { 0 } else { i }).collect();
    x.at(&own).unwrap()
}

fn assert_close(a: &Tensor<f64>, b: &Tensor<f64>, tolerance: f64) {
    assert_eq!(a.shape(), b.shape());
    for (place, (&a, &b)) in a.as_slice().iter().zip(b.as_slice()).enumerate() {
        let close = a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * b.abs().max(1.0);
        assert!(close, "place {place}: {a} is not {b}");
    }
}
