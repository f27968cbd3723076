//! Arrays in the files that others read.

use std::path::Path;

#[cfg(not(all(feature = "gzip", feature = "safetensors")))]
use crate::Error;
#[cfg(feature = "gzip")]
use crate::npz;
#[cfg(feature = "safetensors")]
use crate::safetensors;
use crate::{Arrays, Result};

impl Arrays {
    /// Reads all arrays of a file: NPZ if its name ends in `.npz` (feature `gzip`, there by default), else safetensors
    /// (feature `safetensors`).
    ///
    /// # Errors
    /// As [`npz::read`](crate::npz::read) and `safetensors::read`; [`Error::Feature`](crate::Error::Feature) in a build without the feature.
    pub fn read(path: impl AsRef<Path>) -> Result<Arrays> {
        let path = path.as_ref();
        (Format::of(path)?.read)(path)
    }

    /// What a file of this name holds, of the same kinds.
    ///
    /// # Errors
    /// As [`npz::to_bytes`](crate::npz::to_bytes) and `safetensors::to_bytes`; [`Error::Feature`](crate::Error::Feature) in a build without the feature.
    pub fn to_bytes(&self, path: impl AsRef<Path>) -> Result<Vec<u8>> {
        (Format::of(path.as_ref())?.to_bytes)(self)
    }
}

/// How a kind of file is read and written.
struct Format {
    read: fn(&Path) -> Result<Arrays>,
    to_bytes: fn(&Arrays) -> Result<Vec<u8>>,
}

impl Format {
    /// What a file's name says.
    fn of(path: &Path) -> Result<Format> {
        #[cfg(not(all(feature = "gzip", feature = "safetensors")))]
        let missing = |kind, feature| Error::Feature { name: path.display().to_string(), kind, feature };
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npz")) {
            #[cfg(feature = "gzip")]
            return Ok(Format { read: |path| npz::read(path), to_bytes: npz::to_bytes });
            #[cfg(not(feature = "gzip"))]
            return Err(missing("an NPZ archive", "gzip"));
        }
        #[cfg(feature = "safetensors")]
        return Ok(Format { read: |path| safetensors::read(path), to_bytes: safetensors::to_bytes });
        #[cfg(not(feature = "safetensors"))]
        Err(missing("a safetensors file by its name, which is not .npz", "safetensors"))
    }
}
