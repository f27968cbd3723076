//! NumPy's format of several arrays, `.npz`: a ZIP archive of [`.npy`](crate::npy) files.
//!
//! Both `numpy.savez` and `numpy.savez_compressed` are read; an entry's checksum and length are held against
//! what it holds, and nothing is unpacked beyond what its header promises or beyond a limit. See
//! [`Arrays`] for an example.

mod zip;

use std::fs;
use std::path::Path;

use crate::gzip::{read_error, write_error};
use crate::{Arrays, Error, Result, npy};

/// The most bytes that a file's arrays may have together once they are unpacked, unless it is told otherwise:
/// 4 GiB.
pub const MAX_BYTES: u64 = 4 << 30;

/// Reads all arrays of a file.
///
/// # Errors
/// [`Error::Read`]; [`Error::Malformed`] with the entry and what is wrong, also beyond [`MAX_BYTES`]; as
/// [`npy::read`] with an entry's name.
pub fn read(path: impl AsRef<Path>) -> Result<Arrays> {
    let name = path.as_ref().display().to_string();
    let bytes = fs::read(path).map_err(|source| read_error(&name, source))?;
    from_bytes(&bytes, &name, MAX_BYTES)
}

/// Reads all arrays of a file in memory, if they have together at most `max_bytes`; `name` stands for it in error
/// messages.
///
/// # Errors
/// As [`read`].
pub fn from_bytes(bytes: &[u8], name: &str, max_bytes: u64) -> Result<Arrays> {
    let malformed = |problem| Error::malformed(name, "an NPZ", problem);
    let entries = zip::entries(bytes).map_err(malformed)?;
    // An archive of a few kilobytes can hold gigabytes of zeros: what it declares is bounded first.
    let total = entries.iter().map(|entry| entry.unpacked).fold(0, u64::saturating_add);
    if total > max_bytes {
        return Err(malformed(format!("it unpacks to {total} bytes, more than {max_bytes}")));
    }
    let mut arrays = Arrays::of_file(name);
    for entry in entries {
        let Some(array) = entry.name.strip_suffix(".npy") else {
            return Err(malformed(format!("entry {:?} is no .npy file", entry.name)));
        };
        let mut reader = entry.reader();
        let read = npy::from_reader(&mut reader, &format!("{name}: {array:?}"));
        reader.check().map_err(|problem| malformed(format!("entry {:?} {problem}", entry.name)))?;
        arrays.insert(array, read?)?;
    }
    Ok(arrays)
}

/// Writes arrays to a file that `numpy.load` reads, uncompressed.
///
/// # Errors
/// [`Error::Write`]; [`Error::Malformed`] for more than 65 535 arrays or more than 4 GiB, which the simple form of
/// ZIP archives cannot hold.
pub fn write(path: impl AsRef<Path>, arrays: &Arrays) -> Result<()> {
    let name = path.as_ref().display().to_string();
    fs::write(path, to_bytes(arrays)?).map_err(|source| write_error(&name, source))
}

/// The file that [`write()`] writes.
///
/// # Errors
/// As there, but for the writing.
pub fn to_bytes(arrays: &Arrays) -> Result<Vec<u8>> {
    let malformed = |problem| Error::malformed(&arrays.name, "an NPZ", problem);
    let mut archive = zip::Writer::default();
    for (name, array) in arrays.iter() {
        archive.add(&format!("{name}.npy"), &npy::to_bytes(array)).map_err(malformed)?;
    }
    archive.finish().map_err(malformed)
}
