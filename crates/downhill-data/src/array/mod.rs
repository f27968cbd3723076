//! Arrays as files store them.

mod dtype;
mod file;
mod named;

use std::any::TypeId;
use std::io::{ErrorKind, Read};
use std::ops::Range;
use std::sync::Arc;

use downhill_tensor::{Element, Real, Shape, Tensor};

use crate::gzip::read_error;
use crate::{Error, Result};

pub use dtype::Dtype;
pub use named::Arrays;

/// An array as a file stores it: what it becomes is decided by who reads it, as
/// [`numbers`](Array::numbers) or as [`labels`](Array::labels).
///
/// ```
/// use downhill_data::{Array, Dtype};
/// use downhill_tensor::Tensor;
///
/// let array = Array::new(&Tensor::from_rows(&[[1.5_f32, 2.5]]));
/// assert_eq!((array.dtype(), array.shape()), (Dtype::F32, [1, 2].into()));
/// assert_eq!(array.numbers::<f64>()?.as_slice(), [1.5, 2.5]);
/// # Ok::<(), downhill_data::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Array {
    /// For error messages: the file's name, with the array's in a file of several.
    pub(crate) name: String,
    pub(crate) storage: Storage,
    pub(crate) shape: Shape,
    pub(crate) bytes: Arc<Vec<u8>>,
    /// Where in `bytes` it lies: as many as shape and type say.
    pub(crate) range: Range<usize>,
}

/// How numbers become bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Storage {
    pub(crate) dtype: Dtype,
    pub(crate) big_endian: bool,
    /// Column-major, as Fortran and MATLAB store arrays.
    pub(crate) fortran: bool,
}

impl Storage {
    /// Little-endian and row-major.
    pub(crate) fn plain(dtype: Dtype) -> Storage {
        Storage { dtype, big_endian: false, fortran: false }
    }
}

impl Array {
    /// The array that holds these numbers: of type [`Dtype::F32`] if they are `f32`, else [`Dtype::F64`].
    pub fn new<T: Real>(tensor: &Tensor<T>) -> Array {
        let elements = tensor.as_slice();
        if TypeId::of::<T>() == TypeId::of::<f32>() {
            // Exact: they are.
            Array::in_memory(
                Dtype::F32,
                tensor.shape(),
                encode(elements, |x| (x.as_f64() as f32).to_le_bytes()),
            )
        } else {
            Array::in_memory(Dtype::F64, tensor.shape(), encode(elements, |x| x.as_f64().to_le_bytes()))
        }
    }

    /// The array that holds these whole numbers, of type [`Dtype::I64`], which is NumPy's and PyTorch's for
    /// labels.
    pub fn of_labels(labels: &Tensor<usize>) -> Array {
        let bytes = encode(labels.as_slice(), |label| (label as u64).to_le_bytes());
        Array::in_memory(Dtype::I64, labels.shape(), bytes)
    }

    fn in_memory(dtype: Dtype, shape: Shape, bytes: Vec<u8>) -> Array {
        let range = 0..bytes.len();
        Array { name: "array".into(), storage: Storage::plain(dtype), shape, bytes: Arc::new(bytes), range }
    }

    /// How each number is stored.
    pub fn dtype(&self) -> Dtype {
        self.storage.dtype
    }

    /// The lengths of the axes.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The numbers, each rounded to `T`.
    ///
    /// # Errors
    /// [`Error::ArraySize`] if memory cannot hold them.
    pub fn numbers<T: Real>(&self) -> Result<Tensor<T>> {
        let Storage { dtype, big_endian, .. } = self.storage;
        let mut numbers = Vec::new();
        let too_large = || Error::ArraySize { name: self.name.clone(), shape: self.shape };
        numbers.try_reserve_exact(self.shape.elements()).map_err(|_| too_large())?;
        dtype.decode(big_endian, self.bytes(), &mut numbers);
        self.row_major(numbers)
    }

    /// The whole numbers, none of them negative: classes or indices, exact whatever their type.
    ///
    /// # Errors
    /// [`Error::Label`] for any other number.
    pub fn labels(&self) -> Result<Tensor<usize>> {
        let Storage { dtype, big_endian, .. } = self.storage;
        let labels = dtype.decode_whole(big_endian, self.bytes());
        let labels =
            labels.map_err(|(index, value)| Error::Label { name: self.name.clone(), index, value })?;
        self.row_major(labels)
    }

    /// The same array, which must have this number of axes to be read as `what`.
    pub(crate) fn with_axes(self, axes: usize, what: &'static str) -> Result<Array> {
        if self.shape.len() == axes {
            return Ok(self);
        }
        Err(Error::ArrayAxes { name: self.name, what, axes, shape: self.shape })
    }

    /// The same numbers, little-endian and row-major.
    #[cfg(feature = "safetensors")]
    pub(crate) fn plain(&self) -> Result<Array> {
        let Storage { dtype, big_endian, .. } = self.storage;
        if self.storage == Storage::plain(dtype) {
            return Ok(self.clone());
        }
        let order = self.row_major((0..self.shape.elements()).collect())?;
        let mut bytes = Vec::with_capacity(self.range.len());
        for &place in order.as_slice() {
            bytes.extend_from_slice(&self.bytes()[place * dtype.size()..][..dtype.size()]);
        }
        if big_endian {
            bytes.chunks_exact_mut(dtype.size()).for_each(<[u8]>::reverse);
        }
        Ok(Array { name: self.name.clone(), ..Array::in_memory(dtype, self.shape, bytes) })
    }

    /// The elements as they are stored.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[self.range.clone()]
    }

    fn row_major<E: Element>(&self, elements: Vec<E>) -> Result<Tensor<E>> {
        if !self.storage.fortran || self.shape.len() < 2 {
            return Ok(Tensor::new(self.shape, elements)?);
        }
        // Column-major is row-major with the axes reversed.
        let reversed: Vec<usize> = self.shape.iter().rev().copied().collect();
        let axes: Vec<isize> = (0..self.shape.len() as isize).rev().collect();
        Ok(Tensor::new(Shape::new(&reversed)?, elements)?.permute(&axes)?)
    }

    /// Reads the elements, which are the rest of `reader`, behind a header of so many bytes. No more is
    /// allocated than there is.
    pub(crate) fn read_elements(
        mut reader: impl Read,
        header: usize,
        storage: Storage,
        shape: Shape,
        name: &str,
    ) -> Result<Array> {
        let Some(size) = byte_size(shape, storage.dtype).filter(|&size| size < isize::MAX as usize - header)
        else {
            return Err(Error::ArraySize { name: name.to_owned(), shape });
        };
        let bytes = take(&mut reader, size, name)?;
        // Only at its end does a compressed file's checksum get compared.
        let mut beyond = Vec::new();
        if bytes.len() == size {
            reader.take(1).read_to_end(&mut beyond).map_err(|source| read_error(name, source))?;
        }
        let found = bytes.len() + beyond.len();
        if found != size {
            let (expected, found) = (header + size, header + found);
            return Err(Error::ArrayLength { name: name.to_owned(), expected, found });
        }
        Ok(Array { name: name.to_owned(), storage, shape, bytes: Arc::new(bytes), range: 0..size })
    }
}

fn encode<E: Copy, const N: usize>(elements: &[E], bytes: impl Fn(E) -> [u8; N]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(N * elements.len());
    for &element in elements {
        encoded.extend_from_slice(&bytes(element));
    }
    encoded
}

/// The number of bytes of such an array; none if it is beyond `usize`.
pub(crate) fn byte_size(shape: Shape, dtype: Dtype) -> Option<usize> {
    let size = shape.iter().try_fold(dtype.size(), |size, &length| size.checked_mul(length));
    // An axis of length 0 makes nothing of the others, but their product is asked for elsewhere.
    let others = shape.iter().filter(|&&length| length > 0);
    others.copied().try_fold(dtype.size(), usize::checked_mul).and(size)
}

/// The next `count` bytes, or fewer if the file ends before.
pub(crate) fn take(reader: &mut impl Read, count: usize, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match reader.take(count as u64).read_to_end(&mut bytes) {
        // A compressed file that was cut off: what it holds is too short, too.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(bytes),
        Err(error) => Err(read_error(name, error)),
        Ok(_) => Ok(bytes),
    }
}
