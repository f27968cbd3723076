//! The safetensors format of named tensors, PyTorch's among others.
//!
//! A file holds the length of the header, a header in JSON that gives each tensor's type, shape and place, and
//! the elements, little-endian and row-major. The places must fill the file without holes or overlaps, and
//! agree with the shapes.
//!
//! ```
//! use downhill_data::{Array, Arrays, safetensors};
//! use downhill_tensor::Tensor;
//!
//! let path = std::env::temp_dir().join("downhill-doc.safetensors");
//! let weight = Tensor::from_rows(&[[0.5_f32, -0.5], [0.25, 1.0]]);
//! let mut state = Arrays::new();
//! state.insert("0.weight", Array::new(&weight))?;
//! safetensors::write(&path, &state)?; // safetensors.torch.load_file reads it
//! assert_eq!(safetensors::read(&path)?.numbers::<f32>("0.weight")?, weight);
//! # std::fs::remove_file(path).unwrap();
//! # Ok::<(), downhill_data::Error>(())
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use downhill_tensor::Shape;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::json;

use crate::array::{Storage, byte_size};
use crate::gzip::{read_error, write_error};
use crate::{Array, Arrays, Dtype, Error, Result};

/// The longest header that is read, like the reference implementation's.
const LONGEST_HEADER: u64 = 100_000_000;

/// The types that are read, by the names that the format has for them.
const DTYPES: [(&str, Dtype); 13] = [
    ("BOOL", Dtype::Bool),
    ("U8", Dtype::U8),
    ("I8", Dtype::I8),
    ("U16", Dtype::U16),
    ("I16", Dtype::I16),
    ("U32", Dtype::U32),
    ("I32", Dtype::I32),
    ("U64", Dtype::U64),
    ("I64", Dtype::I64),
    ("F16", Dtype::F16),
    ("BF16", Dtype::BF16),
    ("F32", Dtype::F32),
    ("F64", Dtype::F64),
];

/// Reads all tensors of a file, in the order of their places in it, and its metadata.
///
/// # Errors
/// [`Error::Read`]; [`Error::Malformed`] with the tensor and what is wrong.
pub fn read(path: impl AsRef<Path>) -> Result<Arrays> {
    let name = path.as_ref().display().to_string();
    from_bytes(fs::read(path).map_err(|source| read_error(&name, source))?, &name)
}

/// Reads all tensors of a file in memory; `name` stands for it in error messages.
///
/// # Errors
/// [`Error::Malformed`].
pub fn from_bytes(bytes: Vec<u8>, name: &str) -> Result<Arrays> {
    tensors(bytes, name).map_err(|problem| Error::malformed(name, "a safetensors", problem))
}

fn tensors(bytes: Vec<u8>, name: &str) -> Result<Arrays, String> {
    let Some((length, rest)) = bytes.split_first_chunk() else {
        return Err(format!("it has {} bytes, fewer than 8", bytes.len()));
    };
    let length = u64::from_le_bytes(*length);
    if length > LONGEST_HEADER || length > rest.len() as u64 {
        return Err(format!("its header of {length} bytes ends behind its end at byte {}", bytes.len()));
    }
    let (header, elements) = rest.split_at(length as usize);
    let start = 8 + header.len();
    if header.first() != Some(&b'{') {
        return Err("its header does not begin with {".into());
    }
    let header: Header = serde_json::from_slice(header).map_err(|error| format!("its header: {error}"))?;

    let mut tensors = header.tensors;
    tensors.sort_by_key(|(_, tensor)| tensor.data_offsets);
    let end = elements.len();
    let mut arrays = Arrays::of_file(name);
    *arrays.metadata_mut() = header.metadata;
    let (bytes, mut expected) = (Arc::new(bytes), 0);
    for (tensor_name, Tensor { dtype, shape, data_offsets: [from, to] }) in tensors {
        let problem = |problem: String| format!("tensor {tensor_name:?} {problem}");
        let Some(&(_, dtype)) = DTYPES.iter().find(|(name, _)| *name == dtype) else {
            return Err(problem(format!("has elements of type {dtype}, which are not read")));
        };
        let shape = Shape::new(&shape).map_err(|error| problem(format!("is too much: {error}")))?;
        if from != expected {
            let what = if from < expected { "overlaps the one before" } else { "leaves a hole before it" };
            return Err(problem(format!("{what}: it begins at {from}, not at {expected}")));
        }
        if to < from || to > end {
            return Err(problem(format!("lies from {from} to {to}, but there are {end} bytes")));
        }
        if byte_size(shape, dtype) != Some(to - from) {
            return Err(problem(format!("has {} bytes, which is not {dtype} of shape {shape}", to - from)));
        }
        expected = to;
        let (bytes, range) = (Arc::clone(&bytes), start + from..start + to);
        let array = Array { name: String::new(), storage: Storage::plain(dtype), shape, bytes, range };
        // The header's names differ from each other.
        arrays.insert(tensor_name, array).map_err(|error| error.to_string())?;
    }
    if expected != end {
        return Err(format!("{} bytes follow the last tensor", end - expected));
    }
    Ok(arrays)
}

/// Writes tensors, in order, with the metadata.
///
/// # Errors
/// [`Error::Write`]; [`Error::Malformed`] if one is named `__metadata__`.
pub fn write(path: impl AsRef<Path>, arrays: &Arrays) -> Result<()> {
    let name = path.as_ref().display().to_string();
    fs::write(path, to_bytes(arrays)?).map_err(|source| write_error(&name, source))
}

/// The file that [`write()`] writes.
///
/// # Errors
/// As there, but for the writing.
pub fn to_bytes(arrays: &Arrays) -> Result<Vec<u8>> {
    encode(arrays).map_err(|problem| Error::malformed(&arrays.name, "a safetensors", problem))
}

fn encode(arrays: &Arrays) -> Result<Vec<u8>, String> {
    let (mut header, mut elements) = (serde_json::Map::new(), Vec::new());
    if !arrays.metadata().is_empty() {
        header.insert(METADATA.into(), json!(arrays.metadata()));
    }
    for (name, array) in arrays.iter() {
        if name == METADATA {
            return Err(format!("no tensor can be named {METADATA}"));
        }
        let plain = array.plain().map_err(|error| error.to_string())?;
        let start = elements.len();
        elements.extend(plain.bytes());
        let dtype = DTYPES.iter().find(|(_, dtype)| *dtype == plain.dtype()).map_or("", |(name, _)| name);
        let entry = json!({
            "dtype": dtype,
            "shape": plain.shape().to_vec(),
            "data_offsets": [start, elements.len()],
        });
        header.insert(name.into(), entry);
    }
    let mut header = serde_json::to_vec(&header).map_err(|error| error.to_string())?;
    // The elements begin at a multiple of 8.
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut bytes = Vec::with_capacity(8 + header.len() + elements.len());
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.append(&mut header);
    bytes.append(&mut elements);
    Ok(bytes)
}

const METADATA: &str = "__metadata__";

/// The header's entries.
#[derive(Default)]
struct Header {
    metadata: BTreeMap<String, String>,
    tensors: Vec<(String, Tensor)>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Tensor {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

/// A map of its own, since a name that occurs twice has to be found.
impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Header, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Header;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("tensors by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
                let mut header = Header::default();
                let mut names = std::collections::HashSet::new();
                while let Some(name) = map.next_key::<String>()? {
                    if !names.insert(name.clone()) {
                        return Err(de::Error::custom(format!("{name:?} occurs twice")));
                    }
                    if name == METADATA {
                        header.metadata = map.next_value()?;
                    } else {
                        header.tensors.push((name, map.next_value()?));
                    }
                }
                Ok(header)
            }
        }

        deserializer.deserialize_map(Entries)
    }
}
