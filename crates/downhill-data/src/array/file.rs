//! Arrays in the files that others read.

use std::path::Path;

#[cfg(not(feature = "safetensors"))]
use crate::Error;
#[cfg(feature = "safetensors")]
use crate::safetensors;
use crate::{Arrays, Result, npz};

impl Arrays {
    /// Reads all arrays of a file: [`npz`] if its name ends in `.npz`, else safetensors (feature `safetensors`).
    ///
    /// # Errors
    /// As [`npz::read`] and `safetensors::read`; [`Error::NoSafetensors`](crate::Error::NoSafetensors) in a build without the feature.
    pub fn read(path: impl AsRef<Path>) -> Result<Arrays> {
        let path = path.as_ref();
        if is_npz(path) {
            return npz::read(path);
        }
        #[cfg(feature = "safetensors")]
        return safetensors::read(path);
        #[cfg(not(feature = "safetensors"))]
        Err(Error::NoSafetensors { name: path.display().to_string() })
    }

    /// What a file of this name holds: NPZ if it ends in `.npz`, else safetensors (feature `safetensors`).
    ///
    /// # Errors
    /// As [`npz::to_bytes`] and `safetensors::to_bytes`; [`Error::NoSafetensors`](crate::Error::NoSafetensors) in a build without the feature.
    pub fn to_bytes(&self, path: impl AsRef<Path>) -> Result<Vec<u8>> {
        let path = path.as_ref();
        if is_npz(path) {
            return npz::to_bytes(self);
        }
        #[cfg(feature = "safetensors")]
        return safetensors::to_bytes(self);
        #[cfg(not(feature = "safetensors"))]
        Err(Error::NoSafetensors { name: path.display().to_string() })
    }
}

fn is_npz(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npz"))
}
