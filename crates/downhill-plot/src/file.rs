//! Files that are written.

use std::path::Path;

use crate::{Error, Result};

pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|source| Error::File { path: path.into(), source })
}
