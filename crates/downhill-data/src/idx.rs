//! The IDX format of MNIST: images, labels and other arrays of numbers.
//!
//! A file holds two zero bytes, a byte for the number type, a byte for the number of axes, the length
//! of each axis as a big-endian `u32`, and the elements, big-endian and row-major (Y. LeCun, C. Cortes,
//! C. Burges, The MNIST database of handwritten digits). It may be compressed with gzip.
//!
//! A file's length is held against its header, and never more is read or allocated than the file
//! holds and the header promises.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use downhill_tensor::{Real, Shape, Tensor};

use crate::gzip::{plain, read_error};
use crate::{Dataset, Error, Result};

/// Reads an array of numbers, in the shape that the file says.
///
/// # Errors
/// [`Error::Read`], [`Error::NotIdx`], [`Error::IdxAxes`], [`Error::IdxShape`], [`Error::IdxLength`].
///
/// ```no_run
/// let images = downhill_data::idx::read::<f32>("train-images-idx3-ubyte.gz")?;
/// assert_eq!(images.shape(), [60_000, 28, 28]);
/// # Ok::<(), downhill_data::Error>(())
/// ```
pub fn read<T: Real>(path: impl AsRef<Path>) -> Result<Tensor<T>> {
    Array::open(path.as_ref())?.numbers()
}

/// Reads an array of labels `[n]`: of whole numbers that are not negative.
///
/// # Errors
/// As [`read`], [`Error::IdxRank`] for more than one axis, and [`Error::Label`].
pub fn read_labels(path: impl AsRef<Path>) -> Result<Tensor<usize>> {
    Array::open(path.as_ref())?.labels()
}

/// Like [`read`] from anything; `name` stands for it in error messages.
///
/// # Errors
/// As [`read`].
pub fn from_reader<T: Real>(reader: impl Read, name: &str) -> Result<Tensor<T>> {
    Array::new(reader, name)?.numbers()
}

/// Like [`read_labels`] from anything; `name` stands for it in error messages.
///
/// # Errors
/// As [`read_labels`].
pub fn labels_from_reader(reader: impl Read, name: &str) -> Result<Tensor<usize>> {
    Array::new(reader, name)?.labels()
}

/// Reads MNIST, or a data set in its form such as Fashion-MNIST, from the folder that holds its four
/// files under their usual names (`train-images-idx3-ubyte` and so on, with or without `.gz`): the
/// training part and the test part. Inputs are images `[n, 1, height, width]` of 0 to 255.
///
/// # Errors
/// [`Error::Missing`] if a file is not there, otherwise as [`read`] and [`read_labels`],
/// [`Error::IdxRank`] if the images have not three axes, [`Error::Lengths`].
pub fn mnist<T: Real>(folder: impl AsRef<Path>) -> Result<(Dataset<T>, Dataset<T>)> {
    let folder = folder.as_ref();
    let part = |images: &'static str, labels: &'static str| -> Result<Dataset<T>> {
        let array = find(folder, images)?;
        let &[count, height, width] = &*array.shape else {
            let Array { name, shape, .. } = array;
            return Err(Error::IdxRank { name, what: "images", axes: 3, shape });
        };
        let images = array.numbers()?.reshape([count, 1, height, width])?;
        Ok(Dataset::new(images, find(folder, labels)?.labels()?)?.with_name(folder.display().to_string()))
    };
    let train = part("train-images-idx3-ubyte", "train-labels-idx1-ubyte")?;
    let test = part("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")?;
    // A part need not have a sample of every class.
    let classes = train.classes().max(test.classes()).unwrap_or(0);
    let names: Vec<String> = (0..classes).map(|class| class.to_string()).collect();
    Ok((train.with_class_names(names.clone())?, test.with_class_names(names)?))
}

fn find(folder: &Path, file: &'static str) -> Result<Array> {
    match [folder.join(file), folder.join(format!("{file}.gz"))].iter().find(|path| path.exists()) {
        Some(path) => Array::open(path),
        None => Err(Error::Missing { folder: folder.display().to_string(), file }),
    }
}

/// A file's contents, with the elements as they are stored.
struct Array {
    name: String,
    kind: Kind,
    shape: Shape,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Kind {
    U8,
    I8,
    I16,
    I32,
    F32,
    F64,
}

impl Kind {
    fn of(code: u8) -> Option<Kind> {
        Some(match code {
            0x08 => Kind::U8,
            0x09 => Kind::I8,
            0x0b => Kind::I16,
            0x0c => Kind::I32,
            0x0d => Kind::F32,
            0x0e => Kind::F64,
            _ => return None,
        })
    }

    fn size(self) -> usize {
        match self {
            Kind::U8 | Kind::I8 => 1,
            Kind::I16 => 2,
            Kind::I32 | Kind::F32 => 4,
            Kind::F64 => 8,
        }
    }
}

impl Array {
    fn open(path: &Path) -> Result<Array> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|source| read_error(&name, source))?;
        Array::new(file, &name)
    }

    fn new(reader: impl Read, name: &str) -> Result<Array> {
        let mut reader = plain(reader, name)?;
        let start = take(&mut reader, 4, name)?;
        let (kind, axes) = match *start {
            [0, 0, code, axes] => (Kind::of(code), axes),
            _ => (None, 0),
        };
        let Some(kind) = kind else {
            return Err(Error::NotIdx { name: name.to_owned(), start });
        };
        if !(1..=Shape::MAX_AXES).contains(&usize::from(axes)) {
            return Err(Error::IdxAxes { name: name.to_owned(), axes });
        }
        let header = 4 + 4 * usize::from(axes);
        let lengths = take(&mut reader, header - 4, name)?;
        if lengths.len() < header - 4 {
            let found = 4 + lengths.len();
            return Err(Error::IdxLength { name: name.to_owned(), expected: header, found });
        }
        let lengths: Vec<usize> = decode(&lengths, |bytes| u32::from_be_bytes(bytes) as usize);
        let shape = Shape::new(&lengths)?;
        let size = lengths.iter().try_fold(kind.size(), |size, &length| size.checked_mul(length));
        let Some(size) = size.filter(|&size| size < isize::MAX as usize - header) else {
            return Err(Error::IdxShape { name: name.to_owned(), shape });
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
            return Err(Error::IdxLength { name: name.to_owned(), expected, found });
        }
        Ok(Array { name: name.to_owned(), kind, shape, bytes })
    }

    fn numbers<T: Real>(&self) -> Result<Tensor<T>> {
        let bytes = &self.bytes;
        let numbers = match self.kind {
            Kind::U8 => decode(bytes, |[byte]| T::of(f64::from(byte))),
            Kind::I8 => decode(bytes, |bytes| T::of(f64::from(i8::from_be_bytes(bytes)))),
            Kind::I16 => decode(bytes, |bytes| T::of(f64::from(i16::from_be_bytes(bytes)))),
            Kind::I32 => decode(bytes, |bytes| T::of(f64::from(i32::from_be_bytes(bytes)))),
            Kind::F32 => decode(bytes, |bytes| T::of(f64::from(f32::from_be_bytes(bytes)))),
            Kind::F64 => decode(bytes, |bytes| T::of(f64::from_be_bytes(bytes))),
        };
        Ok(Tensor::new(self.shape, numbers)?)
    }

    fn labels(&self) -> Result<Tensor<usize>> {
        if self.shape.len() != 1 {
            let (name, shape) = (self.name.clone(), self.shape);
            return Err(Error::IdxRank { name, what: "labels", axes: 1, shape });
        }
        // All whole numbers of the format are exact in f64.
        let numbers = self.numbers::<f64>()?;
        let label = |(index, &value): (usize, &f64)| {
            let label = value as usize;
            let problem = || Error::Label { name: self.name.clone(), index, value };
            (label as f64 == value).then_some(label).ok_or_else(problem)
        };
        Ok(Tensor::vector(numbers.as_slice().iter().enumerate().map(label).collect::<Result<Vec<usize>>>()?))
    }
}

/// The next `count` bytes, or fewer if the file ends before.
fn take(reader: &mut impl Read, count: usize, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match reader.take(count as u64).read_to_end(&mut bytes) {
        // A compressed file that was cut off: what it holds is too short, too.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(bytes),
        Err(error) => Err(read_error(name, error)),
        Ok(_) => Ok(bytes),
    }
}

fn decode<const N: usize, U>(bytes: &[u8], element: impl Fn([u8; N]) -> U) -> Vec<U> {
    bytes.as_chunks().0.iter().map(|&bytes| element(bytes)).collect()
}
