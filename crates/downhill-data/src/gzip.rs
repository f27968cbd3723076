//! Files that may be compressed.

use std::io::{self, Cursor, Read};

use crate::{Error, Result};

/// What `reader` holds, decompressed if it starts like a gzip file.
pub(crate) fn plain<'a>(reader: impl Read + 'a, name: &str) -> Result<Box<dyn Read + 'a>> {
    const MAGIC: [u8; 2] = [0x1f, 0x8b];
    let (start, whole) = peek(reader, MAGIC.len(), name)?;
    if start == MAGIC { decompressed(whole, name) } else { Ok(Box::new(whole)) }
}

/// The first `count` bytes, or fewer if there are not as many, and a reader of the whole.
pub(crate) fn peek<R: Read>(
    mut reader: R,
    count: usize,
    name: &str,
) -> Result<(Vec<u8>, impl Read + use<R>)> {
    let mut start = Vec::new();
    let read = reader.by_ref().take(count as u64).read_to_end(&mut start);
    read.map_err(|source| read_error(name, source))?;
    Ok((start.clone(), Cursor::new(start).chain(reader)))
}

#[cfg(feature = "gzip")]
fn decompressed<'a>(reader: impl Read + 'a, _: &str) -> Result<Box<dyn Read + 'a>> {
    Ok(Box::new(flate2::read::MultiGzDecoder::new(reader)))
}

#[cfg(not(feature = "gzip"))]
fn decompressed<'a>(_: impl Read + 'a, name: &str) -> Result<Box<dyn Read + 'a>> {
    Err(Error::Compressed { name: name.to_owned() })
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
