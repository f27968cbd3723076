//! NumPy's format of one array, `.npy`.
//!
//! A file holds a magic number, a version, the length of the header, a header that is a Python dictionary, and
//! the elements (NumPy Enhancement Proposal 1). Every integer and floating-point type is read, in either byte
//! order and in C or Fortran order, versions 1 to 3, plain or compressed with gzip; structured types, complex
//! numbers, text and Python objects are refused by name.
//!
//! ```
//! use downhill_data::npy;
//! use downhill_tensor::Tensor;
//!
//! let path = std::env::temp_dir().join("downhill-doc.npy");
//! let x = Tensor::from_rows(&[[1.0_f32, 2.0], [3.0, 4.0]]);
//! npy::write(&path, &x)?; // np.load("x.npy") reads it
//! assert_eq!(npy::read::<f32>(&path)?, x);
//! # std::fs::remove_file(path).unwrap();
//! # Ok::<(), downhill_data::Error>(())
//! ```

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use downhill_tensor::{Real, Shape, Tensor};

use crate::array::{Storage, take};
use crate::gzip::{plain, read_error, write_error};
use crate::{Array, Dtype, Error, Result};

const MAGIC: &[u8] = b"\x93NUMPY";

/// A header is a line of a hundred characters; NumPy itself reads no more than 10 000.
const LONGEST_HEADER: usize = 1 << 16;

/// Reads an array of numbers, in the shape that the file says.
///
/// # Errors
/// [`Error::Read`]; [`Error::Malformed`] with what is wrong and where; [`Error::ArraySize`],
/// [`Error::ArrayLength`].
pub fn read<T: Real>(path: impl AsRef<Path>) -> Result<Tensor<T>> {
    open(path)?.numbers()
}

/// Reads an array of labels `[n]`: of whole numbers that are not negative.
///
/// # Errors
/// As [`read`], [`Error::ArrayAxes`] for more than one axis, and [`Error::Label`].
pub fn read_labels(path: impl AsRef<Path>) -> Result<Tensor<usize>> {
    open(path)?.with_axes(1, "labels")?.labels()
}

/// Reads an array as it is stored.
///
/// # Errors
/// As [`read`].
pub fn open(path: impl AsRef<Path>) -> Result<Array> {
    let name = path.as_ref().display().to_string();
    from_reader(File::open(path).map_err(|source| read_error(&name, source))?, &name)
}

/// Like [`open`] from anything; `name` stands for it in error messages.
///
/// # Errors
/// As [`read`].
pub fn from_reader(reader: impl Read, name: &str) -> Result<Array> {
    let mut reader = plain(reader, name)?;
    let header = Header::read(&mut reader, name)?;
    Array::read_elements(reader, header.length, header.storage, header.shape, name)
}

/// Writes an array that `numpy.load` reads: of type `<f4` if the numbers are `f32`, else `<f8`.
///
/// # Errors
/// [`Error::Write`].
pub fn write<T: Real>(path: impl AsRef<Path>, tensor: &Tensor<T>) -> Result<()> {
    write_array(path, &Array::new(tensor))
}

/// Writes an array of labels, of type `<i8`.
///
/// # Errors
/// [`Error::Write`].
pub fn write_labels(path: impl AsRef<Path>, labels: &Tensor<usize>) -> Result<()> {
    write_array(path, &Array::of_labels(labels))
}

fn write_array(path: impl AsRef<Path>, array: &Array) -> Result<()> {
    let path = path.as_ref();
    fs::write(path, to_bytes(array)).map_err(|source| write_error(&path.display().to_string(), source))
}

/// The whole file.
pub(crate) fn to_bytes(array: &Array) -> Vec<u8> {
    let Storage { dtype, big_endian, fortran } = array.storage;
    let kind = match dtype {
        Dtype::Bool => 'b',
        Dtype::U8 | Dtype::U16 | Dtype::U32 | Dtype::U64 => 'u',
        Dtype::I8 | Dtype::I16 | Dtype::I32 | Dtype::I64 => 'i',
        Dtype::F16 | Dtype::F32 | Dtype::F64 => 'f',
        // NumPy has no such type: its numbers are written as f32, which holds them all.
        Dtype::BF16 => return array.numbers::<f32>().map_or(Vec::new(), |x| to_bytes(&Array::new(&x))),
    };
    let order = match (dtype.size(), big_endian) {
        (1, _) => '|',
        (_, true) => '>',
        (_, false) => '<',
    };
    let lengths: String = array.shape.iter().map(|length| format!("{length}, ")).collect();
    let lengths = if array.shape.len() == 1 { lengths.trim_end() } else { lengths.trim_end_matches(", ") };
    let order_of_axes = if fortran { "True" } else { "False" };
    let size = dtype.size();
    let mut header = format!(
        "{{'descr': '{order}{kind}{size}', 'fortran_order': {order_of_axes}, 'shape': ({lengths}), }}"
    );
    // The elements begin at a multiple of 64.
    let length = (MAGIC.len() + 4 + header.len() + 1).next_multiple_of(64) - MAGIC.len() - 4;
    header.extend(std::iter::repeat_n(' ', length - 1 - header.len()));
    header.push('\n');
    let mut bytes = Vec::with_capacity(MAGIC.len() + 4 + length + array.bytes().len());
    bytes.extend(MAGIC);
    bytes.extend([1, 0]);
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(array.bytes());
    bytes
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
        let malformed = |problem: String| Error::malformed(name, "an NPY", problem);
        let start = take(reader, MAGIC.len() + 2, name)?;
        let version = match start.strip_prefix(MAGIC) {
            Some(&[major @ 1..=3, 0]) => major,
            Some(&[major, minor]) => return Err(malformed(format!("version {major}.{minor} is unknown"))),
            _ => return Err(malformed(format!("it starts with {:02x?}", &start[..start.len().min(6)]))),
        };
        let digits = take(reader, if version == 1 { 2 } else { 4 }, name)?;
        let length = digits.iter().rev().fold(0, |length, &byte| length << 8 | usize::from(byte));
        if length > LONGEST_HEADER {
            return Err(malformed(format!("the header has {length} bytes, more than {LONGEST_HEADER}")));
        }
        let text = take(reader, length, name)?;
        if text.len() < length || digits.len() < 2 {
            return Err(malformed("it ends in the header".into()));
        }
        // Versions 1 and 2 are Latin-1, but what we read of them is ASCII anyway.
        let text = str::from_utf8(&text).map_err(|_| malformed("the header is no text".into()))?;
        let mut parser = Parser { rest: text };
        let (storage, shape) = parser.dictionary().map_err(|problem| {
            let offset = start.len() + digits.len() + (text.len() - parser.rest.len());
            malformed(format!("{problem} at byte {offset}"))
        })?;
        Ok(Header { length: start.len() + digits.len() + length, storage, shape })
    }
}

/// Reads the literal of a Python dictionary of the three known keys.
struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn dictionary(&mut self) -> Result<(Storage, Shape), String> {
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        self.expect("{")?;
        while !self.eat("}") {
            let key = self.quoted()?;
            self.expect(":")?;
            let twice = match key {
                "descr" => descr.replace(self.descr()?).is_some(),
                "fortran_order" => fortran.replace(self.truth()?).is_some(),
                "shape" => shape.replace(self.shape()?).is_some(),
                _ => return Err(format!("unknown key {key:?}")),
            };
            if twice {
                return Err(format!("key {key:?} occurs twice"));
            }
            if !self.eat(",") {
                self.expect("}")?;
                break;
            }
        }
        if !self.rest.trim_start().is_empty() {
            return Err("there is more behind the dictionary".into());
        }
        let missing = |key| format!("key {key:?} is missing");
        let (dtype, big_endian) = descr.ok_or_else(|| missing("descr"))?;
        let fortran = fortran.ok_or_else(|| missing("fortran_order"))?;
        let shape = shape.ok_or_else(|| missing("shape"))?;
        Ok((Storage { dtype, big_endian, fortran }, shape))
    }

    fn descr(&mut self) -> Result<(Dtype, bool), String> {
        let before = self.rest;
        let Ok(text) = self.quoted() else {
            self.rest = before;
            return Err("the elements are no plain numbers but records".into());
        };
        let (big_endian, kind) = match text.split_at_checked(1) {
            Some(("<" | "|", kind)) => (false, kind),
            Some((">", kind)) => (true, kind),
            _ => (false, ""),
        };
        let dtype = match kind {
            "b1" => Dtype::Bool,
            "u1" => Dtype::U8,
            "i1" => Dtype::I8,
            "u2" => Dtype::U16,
            "i2" => Dtype::I16,
            "u4" => Dtype::U32,
            "i4" => Dtype::I32,
            "u8" => Dtype::U64,
            "i8" => Dtype::I64,
            "f2" => Dtype::F16,
            "f4" => Dtype::F32,
            "f8" => Dtype::F64,
            _ => {
                let what = match text.trim_start_matches(['<', '>', '|', '=']).chars().next() {
                    Some('c') => "complex numbers",
                    Some('O') => "Python objects",
                    Some('U' | 'S' | 'a') => "text",
                    Some('M' | 'm') => "dates or times",
                    _ => "of an unknown type",
                };
                return Err(format!("the elements are {what}, {text:?}"));
            }
        };
        if text.starts_with('|') && dtype.size() > 1 {
            return Err(format!("{text:?} has no byte order"));
        }
        Ok((dtype, big_endian))
    }

    fn truth(&mut self) -> Result<bool, String> {
        if self.eat("True") {
            Ok(true)
        } else if self.eat("False") {
            Ok(false)
        } else {
            Err("neither True nor False".into())
        }
    }

    fn shape(&mut self) -> Result<Shape, String> {
        self.expect("(")?;
        let mut lengths = Vec::new();
        while !self.eat(")") {
            if lengths.len() == Shape::MAX_AXES {
                return Err(format!("there are more than {} axes", Shape::MAX_AXES));
            }
            let rest = self.rest.trim_start();
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let length = rest[..digits].parse();
            lengths.push(length.map_err(|_| "an axis has no length that can be".to_owned())?);
            self.rest = &rest[digits..];
            // NumPy under Python 2 wrote 3L.
            self.eat("L");
            if !self.eat(",") {
                self.expect(")")?;
                break;
            }
        }
        Shape::new(&lengths).map_err(|error| error.to_string())
    }

    fn quoted(&mut self) -> Result<&'a str, String> {
        let rest = self.rest.trim_start();
        let quote = rest.chars().next().filter(|&c| c == '\'' || c == '"');
        let inside = quote.and_then(|quote| rest[1..].split_once(quote));
        let (text, rest) = inside.ok_or("quotes are missing")?;
        self.rest = rest;
        Ok(text)
    }

    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) { Ok(()) } else { Err(format!("{token:?} is missing")) }
    }
}
