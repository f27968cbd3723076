//! Files of models and checkpoints: a header with magic number, version, kind, length and checksum, then bincode.

use std::fs::{self, File};
use std::io::{self, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use bincode::Options;
use serde::de::{self, DeserializeOwned};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{Error, Result};

const MAGIC: [u8; 8] = *b"downhill";
const VERSION: u32 = 3;
const HEADER: usize = 8 + 4 + 4 + 8 + 8;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Model = 1,
    Checkpoint = 2,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Model => "model",
            Kind::Checkpoint => "checkpoint",
        }
    }
}

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

/// Writes a value whose numbers are of type `T` to a temporary file, syncs it and moves it to its place, so that whatever
/// happens the place holds a whole file: the old one or the new one.
pub(crate) fn write<T>(kind: Kind, path: &Path, value: &impl Serialize) -> Result<()> {
    let body = encoding(u64::MAX)
        .serialize(&(std::any::type_name::<T>(), value))
        .map_err(|error| Error::Format { path: path.into(), reason: error.to_string() })?;
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((kind as u32).to_le_bytes());
    bytes.extend((body.len() as u64).to_le_bytes());
    bytes.extend(checksum(&body).to_le_bytes());
    bytes.extend(body);
    replace(path, &bytes).map_err(|source| Error::File { path: path.into(), source })
}

/// Writes a file under another name, syncs it and moves it to its place.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
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
pub(crate) fn read<T, V: DeserializeOwned>(kind: Kind, path: &Path) -> Result<V> {
    let bytes = fs::read(path).map_err(|source| Error::File { path: path.into(), source })?;
    let decoded = decode(kind, &bytes).map(|(Number(_), value): (Number<T>, V)| value);
    decoded.map_err(|reason| Error::Format { path: path.into(), reason })
}

fn decode<V: DeserializeOwned>(kind: Kind, bytes: &[u8]) -> Result<V, String> {
    let Some((header, body)) =
        bytes.split_at_checked(HEADER).filter(|(header, _)| header.starts_with(&MAGIC))
    else {
        return Err(format!("this is no downhill {} file", kind.name()));
    };
    let number = |from: usize, bytes: usize| {
        header[from..from + bytes].iter().rev().fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte))
    };
    let (version, found) = (number(8, 4), number(12, 4));
    if version != u64::from(VERSION) {
        return Err(format!("it has format version {version}, this library reads version {VERSION}"));
    }
    if found != kind as u64 {
        let other = [Kind::Model, Kind::Checkpoint].into_iter().find(|&kind| kind as u64 == found);
        let (found, wanted) =
            (other.map_or("thing that this library does not know", Kind::name), kind.name());
        return Err(format!("this is no {wanted} file, it holds a {found}"));
    }
    let (length, expected) = (number(16, 8), number(24, 8));
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

/// The name of the number type in front of a file's content.
struct Number<T>(PhantomData<T>);

impl<'de, T> Deserialize<'de> for Number<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number<T>, D::Error> {
        let (found, expected) = (String::deserialize(deserializer)?, std::any::type_name::<T>());
        if found == expected {
            return Ok(Number(PhantomData));
        }
        Err(de::Error::custom(format!("it holds numbers of type {found}, not {expected}")))
    }
}
