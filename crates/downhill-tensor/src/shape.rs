//! The lengths of a tensor's axes.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Error, Result};

/// The lengths of a tensor's axes, outermost first; at most [`Shape::MAX_AXES`] of them.
///
/// A shape is a small `Copy` value that reads like a slice. The shape `[]` is that of a scalar and
/// has one element; an axis of length 0 makes a tensor without elements.
///
/// ```
/// use downhill_tensor::Shape;
/// let shape = Shape::from([32, 3, 8, 8]);
/// assert_eq!(shape.len(), 4);
/// assert_eq!(shape.elements(), 32 * 3 * 8 * 8);
/// assert_eq!(shape.to_string(), "[32, 3, 8, 8]");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    axes: u8,
    // Unused places are 0, so that the derived comparisons hold.
    lengths: [usize; Shape::MAX_AXES],
}

impl Shape {
    /// The largest number of axes.
    pub const MAX_AXES: usize = 8;

    /// The shape `[]`, with one element.
    pub const SCALAR: Shape = Shape { axes: 0, lengths: [0; Shape::MAX_AXES] };

    /// The shape with these lengths.
    ///
    /// # Errors
    /// [`Error::TooManyAxes`] for more than [`Shape::MAX_AXES`] lengths.
    pub fn new(lengths: &[usize]) -> Result<Shape> {
        if lengths.len() > Shape::MAX_AXES {
            return Err(Error::TooManyAxes { axes: lengths.len() });
        }
        Ok(Shape::from_short(lengths))
    }

    fn from_short(lengths: &[usize]) -> Shape {
        let mut shape = Shape { axes: lengths.len() as u8, ..Shape::SCALAR };
        shape.lengths[..lengths.len()].copy_from_slice(lengths);
        shape
    }

    /// The number of elements: the product of the lengths, saturating at `usize::MAX`.
    #[inline]
    pub fn elements(&self) -> usize {
        self.iter().fold(1, |product, &length| product.saturating_mul(length))
    }

    /// The distance in elements from one index of each axis to the next, in row-major order.
    pub fn strides(&self) -> [usize; Shape::MAX_AXES] {
        let mut strides = [0; Shape::MAX_AXES];
        let mut step = 1usize;
        for axis in (0..self.len()).rev() {
            strides[axis] = step;
            step = step.saturating_mul(self[axis]);
        }
        strides
    }

    /// The place of `axis`, which may count from the end (`-1` is the last axis).
    ///
    /// # Errors
    /// [`Error::Axis`] if there is no such axis.
    pub fn axis(&self, axis: isize) -> Result<usize> {
        let place = if axis < 0 { axis + self.len() as isize } else { axis };
        if (0..self.len() as isize).contains(&place) {
            Ok(place as usize)
        } else {
            Err(Error::Axis { axis, shape: *self })
        }
    }

    /// This shape with an axis of this length put in front: the shape of `length` such samples.
    ///
    /// # Errors
    /// [`Error::TooManyAxes`] if there is no room for another axis.
    pub fn prepend(&self, length: usize) -> Result<Shape> {
        let mut shape = Shape { axes: self.axes + 1, lengths: [0; Shape::MAX_AXES] };
        if self.len() == Shape::MAX_AXES {
            return Err(Error::TooManyAxes { axes: self.len() + 1 });
        }
        shape.lengths[0] = length;
        shape.lengths[1..=self.len()].copy_from_slice(self);
        Ok(shape)
    }

    /// This shape without its first axis: the shape of one sample of a batch.
    #[must_use]
    pub fn sample(&self) -> Shape {
        Shape::from_short(self.get(1..).unwrap_or(&[]))
    }

    /// This shape with the length of one axis changed.
    ///
    /// # Panics
    /// If there is no such axis.
    #[must_use]
    pub fn with(mut self, axis: usize, length: usize) -> Shape {
        assert!(axis < self.len(), "axis {axis} of shape {self}");
        self.lengths[axis] = length;
        self
    }

    /// This shape without one axis.
    ///
    /// # Panics
    /// If there is no such axis.
    #[must_use]
    pub fn without(self, axis: usize) -> Shape {
        assert!(axis < self.len(), "axis {axis} of shape {self}");
        let mut shape = Shape { axes: self.axes - 1, ..Shape::SCALAR };
        shape.lengths[..axis].copy_from_slice(&self[..axis]);
        shape.lengths[axis..self.len() - 1].copy_from_slice(&self[axis + 1..]);
        shape
    }

    /// The shape that NumPy's broadcasting gives two operands: aligned at the last axis, a missing
    /// axis or one of length 1 stretches to the other's length.
    ///
    /// # Errors
    /// [`Error::Broadcast`] if two lengths differ and neither is 1.
    pub fn broadcast(&self, other: &Shape) -> Result<Shape> {
        if self == other {
            return Ok(*self);
        }
        let (long, short) = if self.len() >= other.len() { (self, other) } else { (other, self) };
        let lead = long.len() - short.len();
        let mut shape = *long;
        for (axis, &length) in short.iter().enumerate() {
            let there = &mut shape.lengths[lead + axis];
            *there = match (*there, length) {
                (a, b) if a == b => a,
                (1, b) => b,
                (a, 1) => a,
                _ => return Err(Error::Broadcast { shapes: Box::new([*self, *other]) }),
            };
        }
        Ok(shape)
    }

    /// Whether broadcasting makes a tensor of this shape one of shape `to`.
    pub fn stretches_to(&self, to: &Shape) -> bool {
        self.len() <= to.len() && self.iter().rev().zip(to.iter().rev()).all(|(&a, &b)| a == b || a == 1)
    }

    /// This shape with an axis of length 1 put in, and that axis's place; a negative `axis` counts from
    /// the end of the result.
    ///
    /// # Errors
    /// [`Error::Axis`] if the result has no such axis, [`Error::TooManyAxes`] if there is no room for it.
    pub fn insert(&self, axis: isize) -> Result<(Shape, usize)> {
        let mut shape = self.prepend(1)?;
        let place = shape.axis(axis).map_err(|_| Error::Axis { axis, shape: *self })?;
        shape.lengths[..=place].rotate_left(1);
        Ok((shape, place))
    }

    /// The elements before, along and after `axis`: a row-major tensor is `outer` blocks of
    /// `length` rows of `inner` elements.
    ///
    /// # Panics
    /// If there is no such axis.
    pub fn around(&self, axis: usize) -> (usize, usize, usize) {
        (self[..axis].iter().product(), self[axis], self[axis + 1..].iter().product())
    }
}

impl Default for Shape {
    fn default() -> Shape {
        Shape::SCALAR
    }
}

impl Deref for Shape {
    type Target = [usize];

    #[inline]
    fn deref(&self) -> &[usize] {
        &self.lengths[..self.axes as usize]
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(lengths: [usize; N]) -> Shape {
        const { assert!(N <= Shape::MAX_AXES, "a shape has at most 8 axes") };
        Shape::from_short(&lengths)
    }
}

impl From<&Shape> for Shape {
    fn from(shape: &Shape) -> Shape {
        *shape
    }
}

impl TryFrom<&[usize]> for Shape {
    type Error = Error;

    fn try_from(lengths: &[usize]) -> Result<Shape> {
        Shape::new(lengths)
    }
}

impl<const N: usize> PartialEq<[usize; N]> for Shape {
    fn eq(&self, other: &[usize; N]) -> bool {
        **self == *other
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &**self)
    }
}

impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Shape, D::Error> {
        let lengths = Vec::<usize>::deserialize(deserializer)?;
        Shape::new(&lengths).map_err(de::Error::custom)
    }
}
