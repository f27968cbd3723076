//! The IDX format of MNIST: images, labels and other arrays of numbers.
//!
//! A file holds two zero bytes, a byte for the number type, a byte for the number of axes, the length
//! of each axis as a big-endian `u32`, and the elements, big-endian and row-major (Y. LeCun, C. Cortes,
//! C. Burges, The MNIST database of handwritten digits). It may be compressed with gzip.
//!
//! A file's length is held against its header, and never more is read or allocated than the file
//! holds and the header promises.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use downhill_tensor::{Real, Shape, Tensor};

use crate::array::{Storage, take};
use crate::gzip::{plain, read_error};
use crate::{Array, Dataset, Dtype, Error, Result};

/// Reads an array of numbers, in the shape that the file says.
///
/// # Errors
/// [`Error::Read`], [`Error::Malformed`], [`Error::ArraySize`], [`Error::ArrayLength`].
///
/// ```no_run
/// let images = downhill_data::idx::read::<f32>("train-images-idx3-ubyte.gz")?;
/// assert_eq!(images.shape(), [60_000, 28, 28]);
/// # Ok::<(), downhill_data::Error>(())
/// ```
pub fn read<T: Real>(path: impl AsRef<Path>) -> Result<Tensor<T>> {
    open(path.as_ref())?.numbers()
}

/// Reads an array of labels `[n]`: of whole numbers that are not negative.
///
/// # Errors
/// As [`read`], [`Error::ArrayAxes`] for more than one axis, and [`Error::Label`].
pub fn read_labels(path: impl AsRef<Path>) -> Result<Tensor<usize>> {
    open(path.as_ref())?.with_axes(1, "labels")?.labels()
}

/// Like [`read`] from anything; `name` stands for it in error messages.
///
/// # Errors
/// As [`read`].
pub fn from_reader<T: Real>(reader: impl Read, name: &str) -> Result<Tensor<T>> {
    array(reader, name)?.numbers()
}

/// Like [`read_labels`] from anything; `name` stands for it in error messages.
///
/// # Errors
/// As [`read_labels`].
pub fn labels_from_reader(reader: impl Read, name: &str) -> Result<Tensor<usize>> {
    array(reader, name)?.with_axes(1, "labels")?.labels()
}

/// Reads MNIST, or a data set in its form such as Fashion-MNIST, from the folder that holds its four
/// files under their usual names (`train-images-idx3-ubyte` and so on, with or without `.gz`): the
/// training part and the test part. Inputs are images `[n, 1, height, width]` of 0 to 255.
///
/// # Errors
/// [`Error::Missing`] if a file is not there, otherwise as [`read`] and [`read_labels`],
/// [`Error::ArrayAxes`] if the images have not three axes, [`Error::Lengths`].
pub fn mnist<T: Real>(folder: impl AsRef<Path>) -> Result<(Dataset<T>, Dataset<T>)> {
    let folder = folder.as_ref();
    let part = |images: &'static str, labels: &'static str| -> Result<Dataset<T>> {
        let images: Tensor<T> = find(folder, images)?.with_axes(3, "images")?.numbers()?;
        let images = images.unsqueeze(1)?;
        let labels = find(folder, labels)?.with_axes(1, "labels")?.labels()?;
        Ok(Dataset::new(images, labels)?.with_name(folder.display().to_string()))
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
        Some(path) => open(path),
        None => Err(Error::Missing { folder: folder.display().to_string(), file }),
    }
}

fn open(path: &Path) -> Result<Array> {
    let name = path.display().to_string();
    array(File::open(path).map_err(|source| read_error(&name, source))?, &name)
}

fn array(reader: impl Read, name: &str) -> Result<Array> {
    let mut reader = plain(reader, name)?;
    let header = Header::read(&mut reader, name)?;
    Array::read_elements(reader, header.length, header.storage, header.shape, name)
}

/// What stands before the elements.
pub(crate) struct Header {
    /// The number of bytes up to the first element.
    pub(crate) length: usize,
    pub(crate) storage: Storage,
    pub(crate) shape: Shape,
}

impl Header {
    pub(crate) fn read(reader: &mut impl Read, name: &str) -> Result<Header> {
        let start = take(reader, 4, name)?;
        let (dtype, axes) = match *start {
            [0, 0, code, axes] => (dtype(code), axes),
            _ => (None, 0),
        };
        let Some(dtype) = dtype else {
            return Err(Error::malformed(name, "an IDX", format!("it starts with {start:02x?}")));
        };
        if !(1..=Shape::MAX_AXES).contains(&usize::from(axes)) {
            let problem = format!("it has {axes} axes, not 1 to {}", Shape::MAX_AXES);
            return Err(Error::malformed(name, "an IDX", problem));
        }
        let length = 4 + 4 * usize::from(axes);
        let lengths = take(reader, length - 4, name)?;
        if lengths.len() < length - 4 {
            let found = 4 + lengths.len();
            return Err(Error::ArrayLength { name: name.to_owned(), expected: length, found });
        }
        let lengths = lengths.as_chunks().0.iter().map(|&bytes| u32::from_be_bytes(bytes) as usize);
        let shape = Shape::new(&lengths.collect::<Vec<usize>>())?;
        Ok(Header { length, storage: Storage { big_endian: true, ..Storage::plain(dtype) }, shape })
    }
}

fn dtype(code: u8) -> Option<Dtype> {
    Some(match code {
        0x08 => Dtype::U8,
        0x09 => Dtype::I8,
        0x0b => Dtype::I16,
        0x0c => Dtype::I32,
        0x0d => Dtype::F32,
        0x0e => Dtype::F64,
        _ => return None,
    })
}
