//! What kind of file a file is.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result};

/// The kinds of files that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileKind {
    /// A model of this library.
    Model,
    /// A training of this library, written down.
    Checkpoint,
    Npy,
    Npz,
    Safetensors,
    Idx,
    /// PNG or JPEG.
    Image,
    /// Text in columns.
    Table,
    /// The same, stored column by column.
    Parquet,
    /// A file, which Feather's are, or a stream.
    Arrow,
}

/// How many bytes tell.
const HEAD: u64 = 16;

impl FileKind {
    /// By how a file begins; a compressed one by its name.
    pub(crate) fn of(path: &Path) -> Result<FileKind> {
        let mut start = Vec::new();
        File::open(path)
            .and_then(|file| file.take(HEAD).read_to_end(&mut start))
            .map_err(|error| Error::file(path, error))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let inner = name.strip_suffix(".gz").unwrap_or(&name);
        let compressed = start.starts_with(&[0x1f, 0x8b]);
        Ok(match start.as_slice() {
            // The magic bytes, the version, and the kind, which is 2 for checkpoints.
            [b'd', b'o', b'w', b'n', b'h', b'i', b'l', b'l', _, _, _, _, 2, ..] => FileKind::Checkpoint,
            bytes if bytes.starts_with(b"downhill") => FileKind::Model,
            bytes if bytes.starts_with(b"PAR1") => FileKind::Parquet,
            bytes if [&b"ARROW1"[..], b"FEA1", &[0xff; 4]].iter().any(|magic| bytes.starts_with(magic)) => {
                FileKind::Arrow
            }
            bytes if bytes.starts_with(b"\x93NUMPY") => FileKind::Npy,
            bytes if bytes.starts_with(b"PK") => FileKind::Npz,
            bytes if bytes.starts_with(b"\x89PNG") || bytes.starts_with(b"\xff\xd8\xff") => FileKind::Image,
            [0, 0, 0x08..=0x0e, ..] => FileKind::Idx,
            // The header's length, and the header.
            [_, _, _, _, _, _, _, _, b'{', ..] if !inner.ends_with(".csv") => FileKind::Safetensors,
            // A damaged file is what its name says.
            _ if inner.ends_with(".downhill") => FileKind::Model,
            _ if inner.ends_with(".checkpoint") => FileKind::Checkpoint,
            _ if inner.ends_with(".parquet") => FileKind::Parquet,
            _ if [".arrow", ".arrows", ".feather"].iter().any(|end| inner.ends_with(end)) => FileKind::Arrow,
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
            FileKind::Model => "a model",
            FileKind::Checkpoint => "a checkpoint",
            FileKind::Npy => "an NPY array",
            FileKind::Npz => "NPZ arrays",
            FileKind::Safetensors => "safetensors",
            FileKind::Idx => "an IDX array",
            FileKind::Image => "an image",
            FileKind::Table => "a table",
            FileKind::Parquet => "a Parquet table",
            FileKind::Arrow => "an Arrow table",
        }
    }
}
