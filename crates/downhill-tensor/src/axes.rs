//! Sets and orders of axes.

use crate::{Error, Result, Shape};

/// A set of axes: those that a reduction runs over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Axes(u8);

impl Axes {
    /// These axes of a shape; negative ones count from the end.
    ///
    /// # Errors
    /// [`Error::Axis`] if there is no such axis, [`Error::Axes`] if one is named twice.
    pub fn new(shape: Shape, axes: &[isize]) -> Result<Axes> {
        let mut set = Axes::default();
        for &axis in axes {
            let axis = Axes::single(shape.axis(axis)?);
            if set.0 & axis.0 != 0 {
                return Err(Error::Axes { axes: axes.to_vec(), shape });
            }
            set.0 |= axis.0;
        }
        Ok(set)
    }

    /// What a reduction runs over, by PyTorch's convention: these axes of a shape, or all of them if
    /// none is named.
    ///
    /// # Errors
    /// As [`Axes::new`].
    pub fn reduced(shape: Shape, axes: &[isize]) -> Result<Axes> {
        if axes.is_empty() { Ok(Axes::first(shape.len())) } else { Axes::new(shape, axes) }
    }

    /// The first `count` axes.
    pub fn first(count: usize) -> Axes {
        Axes(((1_u16 << count.min(Shape::MAX_AXES)) - 1) as u8)
    }

    /// One axis, counted from 0.
    ///
    /// # Panics
    /// If no shape has such an axis.
    pub fn single(axis: usize) -> Axes {
        assert!(axis < Shape::MAX_AXES, "a shape has no axis {axis}");
        Axes(1 << axis)
    }

    /// Whether this axis is one of them.
    #[inline]
    pub fn contains(self, axis: usize) -> bool {
        axis < Shape::MAX_AXES && self.0 & (1 << axis) != 0
    }

    /// The axes along which a tensor of shape `from` is repeated to become one of shape `to`.
    ///
    /// # Panics
    /// If `from` does not broadcast to `to`.
    pub(crate) fn stretched(from: Shape, to: Shape) -> Axes {
        assert!(from.stretches_to(&to), "{from} does not broadcast to {to}");
        let lead = to.len() - from.len();
        let stretched = |&axis: &usize| axis < lead || from[axis - lead] != to[axis];
        (0..to.len()).filter(stretched).fold(Axes::default(), |set, axis| Axes(set.0 | 1 << axis))
    }

    /// The number of elements of a shape that a reduction over these axes makes one of.
    pub fn elements(self, shape: Shape) -> usize {
        (0..shape.len()).filter(|&axis| self.contains(axis)).map(|axis| shape[axis]).product()
    }

    /// A shape as a matrix of `[rows, columns]`, and whether these axes are all that the rows are made of: if
    /// not, they are all that the columns are made of. `None` if they are neither.
    pub(crate) fn as_matrix(self, shape: Shape) -> Option<([usize; 2], bool)> {
        let all = Axes::first(shape.len()).0;
        // Axes that the shape lacks do not count.
        let (reduced, kept) = (self.0 & all, !self.0 & all);
        let matrix = |rows: u32| {
            let (rows, columns) = shape.split_at(rows as usize);
            [rows.iter().product(), columns.iter().product()]
        };
        let (first, last) = (reduced.trailing_ones(), kept.trailing_ones());
        if first == reduced.count_ones() {
            Some((matrix(first), true))
        } else if last == kept.count_ones() {
            Some((matrix(last), false))
        } else {
            None
        }
    }

    /// What a reduction over these axes makes of a shape: they get length 1 if `keep_axes`, and
    /// disappear otherwise.
    pub fn reduce(self, shape: Shape, keep_axes: bool) -> Shape {
        (0..shape.len())
            .rev()
            .filter(|&axis| self.contains(axis))
            .fold(shape, |shape, axis| if keep_axes { shape.with(axis, 1) } else { shape.without(axis) })
    }
}

/// The axes of a shape in another order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxisOrder {
    axes: [u8; Shape::MAX_AXES],
    len: u8,
}

impl AxisOrder {
    /// The order in which axis `i` is what was axis `axes[i]`; negative ones count from the end.
    ///
    /// # Errors
    /// [`Error::Axis`] if there is no such axis, [`Error::Axes`] if not each axis is named once.
    pub fn new(shape: Shape, axes: &[isize]) -> Result<AxisOrder> {
        Axes::new(shape, axes)?;
        if axes.len() != shape.len() {
            return Err(Error::Axes { axes: axes.to_vec(), shape });
        }
        let mut order = AxisOrder::identity(shape);
        for (place, &axis) in order.axes.iter_mut().zip(axes) {
            *place = shape.axis(axis)? as u8;
        }
        Ok(order)
    }

    /// The order in which two axes have changed places.
    ///
    /// # Errors
    /// [`Error::Axis`] if there is no such axis.
    pub fn transposed(shape: Shape, first: isize, second: isize) -> Result<AxisOrder> {
        let mut order = AxisOrder::identity(shape);
        order.axes.swap(shape.axis(first)?, shape.axis(second)?);
        Ok(order)
    }

    fn identity(shape: Shape) -> AxisOrder {
        AxisOrder { axes: std::array::from_fn(|axis| axis as u8), len: shape.len() as u8 }
    }

    /// The order that undoes this one.
    #[must_use]
    pub fn inverse(self) -> AxisOrder {
        let mut inverse = self;
        for (place, axis) in self.iter().enumerate() {
            inverse.axes[axis] = place as u8;
        }
        inverse
    }

    /// What was which axis, in the new order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.axes[..self.len as usize].iter().map(|&axis| usize::from(axis))
    }

    /// A shape with its axes in this order.
    ///
    /// # Panics
    /// If the shape has another number of axes.
    pub fn shape(&self, from: Shape) -> Shape {
        assert_eq!(from.len(), self.len as usize, "the number of axes of {from}");
        self.iter().enumerate().fold(from, |shape, (place, axis)| shape.with(place, from[axis]))
    }
}
