//! Files that may be compressed.

use std::io::{self, Chain, Cursor, Read};

use crate::{Error, Result};

/// What a file holds, which may be compressed.
pub(crate) enum Plain<R> {
    Stored(Whole<R>),
    #[cfg(feature = "gzip")]
    Compressed(flate2::read::MultiGzDecoder<Whole<R>>),
}

/// A file of which the beginning has been looked at.
pub(crate) type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

/// What `reader` holds, decompressed if it starts like a gzip file.
pub(crate) fn plain<R: Read>(reader: R, name: &str) -> Result<Plain<R>> {
    const MAGIC: [u8; 2] = [0x1f, 0x8b];
    let (start, whole) = peek(reader, MAGIC.len(), name)?;
    if start == MAGIC { decompressed(whole, name) } else { Ok(Plain::Stored(whole)) }
}

/// The first `count` bytes, or fewer if there are not as many, and a reader of the whole.
pub(crate) fn peek<R: Read>(mut reader: R, count: usize, name: &str) -> Result<(Vec<u8>, Whole<R>)> {
    let mut start = Vec::new();
    let read = reader.by_ref().take(count as u64).read_to_end(&mut start);
    read.map_err(|source| read_error(name, source))?;
    Ok((start.clone(), Cursor::new(start).chain(reader)))
}

#[cfg(feature = "gzip")]
fn decompressed<R: Read>(reader: Whole<R>, _: &str) -> Result<Plain<R>> {
    Ok(Plain::Compressed(flate2::read::MultiGzDecoder::new(reader)))
}

#[cfg(not(feature = "gzip"))]
fn decompressed<R: Read>(_: Whole<R>, name: &str) -> Result<Plain<R>> {
    Err(Error::Feature { name: name.to_owned(), kind: "compressed with gzip", feature: "gzip" })
}

impl<R: Read> Read for Plain<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Plain::Stored(reader) => reader.read(buffer),
            #[cfg(feature = "gzip")]
            Plain::Compressed(reader) => reader.read(buffer),
        }
    }
}

pub(crate) fn read_error(name: &str, source: io::Error) -> Error {
    Error::Read { name: name.to_owned(), source }
}

pub(crate) fn write_error(name: &str, source: io::Error) -> Error {
    Error::Write { name: name.to_owned(), source }
}

/// A reader that refuses to give more than a number of bytes: a small compressed file can hold a
/// very long text.
pub(crate) struct Limited<R> {
    reader: R,
    limit: u64,
    left: u64,
}

impl<R: Read> Limited<R> {
    pub(crate) fn new(reader: R, limit: u64) -> Limited<R> {
        Limited { reader, limit, left: limit }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => {
                let problem = format!("it holds more than {} bytes", self.limit);
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
            }
        }
        Ok(read)
    }
}
