//! Model files: a header with magic number, version, length and checksum, then bincode.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bincode::Options;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Result};

const MAGIC: [u8; 8] = *b"downhill";
const VERSION: u32 = 2;
const HEADER: usize = 8 + 4 + 8 + 8;

/// Numbers little-endian and of fixed size; nothing longer than the file; nothing behind the end.
fn encoding(limit: u64) -> impl Options {
    bincode::DefaultOptions::new().with_fixint_encoding().with_limit(limit).reject_trailing_bytes()
}

/// The 64-bit FNV-1a hash (Fowler, Noll and Vo): enough to tell a damaged file from a sound one.
fn checksum(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Writes a value to a temporary file, syncs it and moves it to its place, so that whatever happens the
/// place holds a whole file: the old one or the new one.
pub(crate) fn write(path: &Path, value: &impl Serialize) -> Result<()> {
    let body = encoding(u64::MAX)
        .serialize(value)
        .map_err(|error| Error::Format { path: path.into(), reason: error.to_string() })?;
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((body.len() as u64).to_le_bytes());
    bytes.extend(checksum(&body).to_le_bytes());
    bytes.extend(body);
    replace(path, &bytes).map_err(|source| Error::File { path: path.into(), source })
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (temporary, mut file) = create_beside(path)?;
    let written =
        file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written?;
    // The new name is safe once the folder is; where a folder cannot be opened that is up to the system.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).map_or(Ok(()), |folder| folder.sync_all())
}

/// Creates a file next to `path` that nobody else writes, be it another thread that saves there too.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let name =
        path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "this names no file"))?;
    let mut attempt = 0;
    loop {
        let mut temporary = name.to_os_string();
        temporary.push(format!(".{}.{attempt}.tmp", std::process::id()));
        let temporary = path.with_file_name(temporary);
        match File::create_new(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => attempt += 1,
            created => return created.map(|file| (temporary, file)),
        }
    }
}

/// Reads a value that [`write`] has written.
pub(crate) fn read<V: DeserializeOwned>(path: &Path) -> Result<V> {
    let bytes = fs::read(path).map_err(|source| Error::File { path: path.into(), source })?;
    decode(&bytes).map_err(|reason| Error::Format { path: path.into(), reason })
}

fn decode<V: DeserializeOwned>(bytes: &[u8]) -> Result<V, String> {
    let Some((header, body)) =
        bytes.split_at_checked(HEADER).filter(|(header, _)| header.starts_with(&MAGIC))
    else {
        return Err("this is no downhill model file".into());
    };
    let number = |from: usize| {
        header[from..from + 8].iter().rev().fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte))
    };
    let version = number(8) as u32;
    if version != VERSION {
        return Err(format!("it has format version {version}, this library reads version {VERSION}"));
    }
    let (length, expected) = (number(12), number(20));
    if length != body.len() as u64 {
        return Err(format!(
            "it should have {length} bytes behind its header and has {}: it was cut off or added to",
            body.len()
        ));
    }
    if checksum(body) != expected {
        return Err("its checksum is wrong: it is damaged".into());
    }
    encoding(length).deserialize(body).map_err(|error| format!("its content makes no sense: {error}"))
}
