//! N-dimensional arrays with shared, copy-on-write storage.

use std::ops::Range;

use crate::buffer::Buffer;
use crate::{Element, Error, Real, Result, Shape};

/// An N-dimensional array: contiguous, row-major like NumPy's, batch first (`[n, features]`,
/// `[n, channels, height, width]`).
///
/// The storage is shared and copy-on-write: `clone`, [`reshape`](Tensor::reshape) and
/// [`rows`](Tensor::rows) are O(1) windows into the same buffer, and writing through
/// [`as_mut_slice`](Tensor::as_mut_slice) copies first if anyone else holds it.
///
/// `Tensor<f32>` and other [`Real`]s have the mathematics; `Tensor<usize>` holds indices and
/// classes, `Tensor<bool>` masks. Operations return [`Result`]: shapes that do not fit are an error
/// with both shapes in it, never a panic.
///
/// ```
/// use downhill_tensor::Tensor;
/// let a = Tensor::from_rows(&[[1.0, 2.0], [3.0, 4.0]]);
/// let column_means = a.mean(&[0], false)?;
/// assert_eq!(column_means.as_slice(), [2.0, 3.0]);
/// let centred = a.sub(&column_means)?; // broadcasts, like NumPy
/// assert_eq!(centred.as_slice(), [-1.0, -1.0, 1.0, 1.0]);
/// # Ok::<(), downhill_tensor::Error>(())
/// ```
#[derive(Clone)]
pub struct Tensor<T = f32> {
    buffer: Buffer<T>,
    start: usize,
    /// The shape's number of elements, which is asked for all the time.
    len: usize,
    shape: Shape,
}

impl<T: Element> Tensor<T> {
    /// A tensor of this shape with these elements, in row-major order; the vector is not copied.
    ///
    /// # Errors
    /// [`Error::Elements`] if their number is not the shape's.
    pub fn new(shape: impl Into<Shape>, elements: Vec<T>) -> Result<Tensor<T>> {
        let shape = shape.into();
        if shape.elements() != elements.len() {
            return Err(Error::Elements { shape, elements: elements.len() });
        }
        Ok(Tensor::on_buffer(elements.into(), shape))
    }

    /// A tensor filled with one value.
    pub fn full(shape: impl Into<Shape>, value: T) -> Tensor<T> {
        let shape = shape.into();
        Tensor::on_buffer(vec![value; shape.elements()].into(), shape)
    }

    /// A tensor of shape `[]`.
    pub fn scalar(value: T) -> Tensor<T> {
        Tensor::full(Shape::SCALAR, value)
    }

    /// A tensor of shape `[n]`.
    pub fn vector(elements: impl Into<Vec<T>>) -> Tensor<T> {
        let elements = elements.into();
        let shape = Shape::from([elements.len()]);
        Tensor::on_buffer(elements.into(), shape)
    }

    /// A tensor of shape `[rows, N]`, copied from an array or slice of rows.
    pub fn from_rows<const N: usize>(rows: &[[T; N]]) -> Tensor<T> {
        Tensor::on_buffer(rows.concat().into(), Shape::from([rows.len(), N]))
    }

    /// A tensor whose elements are computed from their row-major place.
    pub fn from_fn(shape: impl Into<Shape>, element: impl FnMut(usize) -> T) -> Tensor<T> {
        let shape = shape.into();
        Tensor::on_buffer((0..shape.elements()).map(element).collect::<Vec<T>>().into(), shape)
    }

    /// The lengths of the axes.
    #[inline]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The number of elements.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements: some axis has length 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements in row-major order.
    #[inline]
    pub fn as_slice(&self) -> &[T] {
        &self.buffer[self.start..self.start + self.len]
    }

    /// The elements in row-major order, to be written. If another tensor shares the storage it is
    /// copied first.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        if self.is_shared() {
            self.buffer = self.as_slice().to_vec().into();
            self.start = 0;
        }
        let window = self.start..self.start + self.len;
        // Nobody else holds it by now, and without a second holder there is nobody to share it anew.
        self.buffer.get_mut().map_or(&mut [], |elements| &mut elements[window])
    }

    /// The elements as a vector, without a copy if nobody else shares the whole buffer.
    pub fn into_vec(self) -> Vec<T> {
        let window = self.start..self.start + self.len();
        match self.buffer.try_into_vec() {
            Ok(elements) if window == (0..elements.len()) => elements,
            Ok(elements) => elements[window].to_vec(),
            Err(shared) => shared[window].to_vec(),
        }
    }

    /// The element at these indices, one for each axis.
    ///
    /// # Errors
    /// [`Error::Operand`] if their number is not that of the axes, [`Error::Index`] if one is past the end.
    pub fn at(&self, indices: &[usize]) -> Result<T> {
        if indices.len() != self.shape.len() {
            let rule = "needs an index for each axis";
            return Err(Error::Operand { operation: "at", rule, shape: self.shape });
        }
        let mut place = 0;
        for (axis, (&index, &length)) in indices.iter().zip(self.shape.iter()).enumerate() {
            if index >= length {
                return Err(Error::Index { index, axis, shape: self.shape });
            }
            place = place * length + index;
        }
        Ok(self.as_slice()[place])
    }

    /// The only element of a tensor that has one.
    ///
    /// # Errors
    /// [`Error::Operand`] if there is not exactly one.
    pub fn item(&self) -> Result<T> {
        match self.as_slice() {
            [only] => Ok(*only),
            _ => {
                let rule = "needs exactly one element";
                Err(Error::Operand { operation: "item", rule, shape: self.shape })
            }
        }
    }

    /// The same elements in another shape, in O(1).
    ///
    /// # Errors
    /// [`Error::Elements`] if the number of elements differs.
    pub fn reshape(&self, shape: impl Into<Shape>) -> Result<Tensor<T>> {
        let shape = shape.into();
        if shape.elements() != self.len() {
            return Err(Error::Elements { shape, elements: self.len() });
        }
        Ok(Tensor { buffer: self.buffer.clone(), shape, ..*self })
    }

    /// The part of a tensor between two indices of its first axis, in O(1).
    ///
    /// # Errors
    /// [`Error::Operand`] for a scalar, [`Error::Index`] if the range is reversed or ends past the axis.
    pub fn rows(&self, range: Range<usize>) -> Result<Tensor<T>> {
        let Some(&length) = self.shape.first() else {
            let rule = "needs at least one axis";
            return Err(Error::Operand { operation: "rows", rule, shape: self.shape });
        };
        if range.start > range.end || range.end > length {
            return Err(Error::Index { index: range.end.max(range.start), axis: 0, shape: self.shape });
        }
        let row = self.shape.sample().elements();
        let shape = self.shape.with(0, range.len());
        let (start, len) = (self.start + range.start * row, shape.elements());
        Ok(Tensor { buffer: self.buffer.clone(), start, len, shape })
    }

    /// A window of this shape whose first element is the `start`-th here, in O(1): how a network's
    /// parameters are read out of one flat θ.
    ///
    /// # Errors
    /// [`Error::Elements`] if the window ends past the last element.
    pub fn window(&self, start: usize, shape: impl Into<Shape>) -> Result<Tensor<T>> {
        let shape = shape.into();
        let len = shape.elements();
        if start.saturating_add(len) > self.len {
            return Err(Error::Elements { shape, elements: self.len.saturating_sub(start) });
        }
        Ok(Tensor { buffer: self.buffer.clone(), start: self.start + start, len, shape })
    }

    /// A tensor of the same shape with `f` of each element.
    pub fn map<U: Element>(&self, f: impl FnMut(T) -> U) -> Tensor<U> {
        let elements: Vec<U> = self.as_slice().iter().copied().map(f).collect();
        Tensor::on_buffer(elements.into(), self.shape)
    }

    /// The whole buffer, if this tensor is its only holder: what a [`Workspace`](crate::Workspace) recycles.
    pub(crate) fn into_unique_buffer(self) -> Option<Buffer<T>> {
        (!self.is_shared()).then_some(self.buffer)
    }

    /// A tensor on a buffer that holds exactly the shape's elements.
    pub(crate) fn on_buffer(buffer: Buffer<T>, shape: Shape) -> Tensor<T> {
        debug_assert_eq!(buffer.len(), shape.elements());
        Tensor { start: 0, len: buffer.len(), buffer, shape }
    }

    /// Where in `whole` this tensor begins, if it is a [window](Tensor::window) of it that shares its storage.
    pub fn start_in(&self, whole: &Tensor<T>) -> Option<usize> {
        let start = self.start.checked_sub(whole.start)?;
        (self.buffer.is(&whole.buffer) && start + self.len <= whole.len).then_some(start)
    }

    /// Whether another tensor shares the storage, so that a write would copy.
    pub fn is_shared(&self) -> bool {
        self.buffer.is_shared()
    }
}

impl<T: Real> Tensor<T> {
    /// A tensor of zeros.
    pub fn zeros(shape: impl Into<Shape>) -> Tensor<T> {
        Tensor::full(shape, T::zero())
    }

    /// A tensor of ones.
    pub fn ones(shape: impl Into<Shape>) -> Tensor<T> {
        Tensor::full(shape, T::one())
    }

    /// The same numbers in another type: `f64` to `f32` rounds, a real number becomes a dual number
    /// without a derivative.
    pub fn cast<U: Real>(&self) -> Tensor<U> {
        self.map(|x| U::of(x.as_f64()))
    }

    /// Whether no element is infinite or NaN.
    pub fn is_finite(&self) -> bool {
        crate::kernel::all_finite(self.as_slice(), &crate::Threads::single())
    }
}

impl<T: Element> PartialEq for Tensor<T> {
    fn eq(&self, other: &Tensor<T>) -> bool {
        self.shape == other.shape && self.as_slice() == other.as_slice()
    }
}

impl<T: Element> std::fmt::Debug for Tensor<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const SHOWN: usize = 16;
        write!(f, "Tensor{} ", self.shape)?;
        let elements = self.as_slice();
        f.debug_list().entries(&elements[..elements.len().min(SHOWN)]).finish()?;
        if elements.len() > SHOWN { write!(f, " and {} more", elements.len() - SHOWN) } else { Ok(()) }
    }
}
