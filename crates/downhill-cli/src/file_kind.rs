//! What kind of file a file is.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result};

/// The kinds of files that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileKind {
    /// A model or a checkpoint of this library.
    Downhill,
    Npy,
    Npz,
    Safetensors,
    Idx,
    /// Text in columns.
    Table,
}

impl FileKind {
    /// By how a file begins; a compressed one by its name.
    pub(crate) fn of(path: &Path) -> Result<FileKind> {
        let mut start = Vec::new();
        File::open(path)
            .and_then(|file| file.take(9).read_to_end(&mut start))
            .map_err(|error| Error::file(path, error))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let inner = name.strip_suffix(".gz").unwrap_or(&name);
        let compressed = start.starts_with(&[0x1f, 0x8b]);
        Ok(match start.as_slice() {
            bytes if bytes.starts_with(b"downhill") => FileKind::Downhill,
            bytes if bytes.starts_with(b"\x93NUMPY") => FileKind::Npy,
            bytes if bytes.starts_with(b"PK") => FileKind::Npz,
            [0, 0, 0x08..=0x0e, ..] => FileKind::Idx,
            [.., b'{'] if start.len() == 9 && !inner.ends_with(".csv") => FileKind::Safetensors,
            // A damaged file is what its name says.
            _ if inner.ends_with(".downhill") => FileKind::Downhill,
            _ if inner.ends_with(".npy") => FileKind::Npy,
            _ if inner.ends_with(".npz") => FileKind::Npz,
            _ if inner.ends_with(".safetensors") => FileKind::Safetensors,
            _ if inner.ends_with("ubyte") || inner.ends_with(".idx") => FileKind::Idx,
            _ if compressed || !start.contains(&0) => FileKind::Table,
            _ => {
                return Err(Error::Input(format!(
                    "{}: this is no kind of file that is read",
                    path.display()
                )));
            }
        })
    }

    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            FileKind::Downhill => "a model",
            FileKind::Npy => "an NPY array",
            FileKind::Npz => "NPZ arrays",
            FileKind::Safetensors => "safetensors",
            FileKind::Idx => "an IDX array",
            FileKind::Table => "a table",
        }
    }
}
