//! An array in a file of which rows are read.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use downhill_tensor::{Real, Shape};

use crate::array::{Storage, byte_size};
use crate::gzip::read_error;
use crate::{Error, Result, idx, npy};

/// An array in an NPY or IDX file that stays there: rows are read when they are asked for, at their places, through the
/// system's cache. (Not by mapping the file into memory: a file that another program cuts off would end this one.)
#[derive(Debug, Clone)]
pub struct DiskArray {
    file: Arc<File>,
    name: String,
    /// Where the elements begin.
    start: u64,
    storage: Storage,
    shape: Shape,
}

impl DiskArray {
    /// Opens an array in an NPY file: in C order, and not compressed.
    ///
    /// # Errors
    /// [`Error::Read`]; [`Error::Malformed`] with what is wrong and where, also for Fortran order;
    /// [`Error::ArraySize`], [`Error::ArrayLength`]; [`Error::ArrayAxes`] for a scalar.
    pub fn npy(path: impl AsRef<Path>) -> Result<DiskArray> {
        DiskArray::open(path.as_ref(), |file, name| {
            let header = npy::Header::read(file, name)?;
            if header.storage.fortran && header.shape.len() > 1 {
                let problem = "its columns, not its rows, lie together (Fortran order): write it in C order";
                return Err(Error::malformed(name, "an NPY", problem));
            }
            Ok((header.length, header.storage, header.shape))
        })
    }

    /// Opens an array in an IDX file that is not compressed.
    ///
    /// # Errors
    /// As [`npy`](DiskArray::npy).
    pub fn idx(path: impl AsRef<Path>) -> Result<DiskArray> {
        DiskArray::open(path.as_ref(), |file, name| {
            let header = idx::Header::read(file, name)?;
            Ok((header.length, header.storage, header.shape))
        })
    }

    fn open(
        path: &Path,
        header: impl Fn(&mut File, &str) -> Result<(usize, Storage, Shape)>,
    ) -> Result<DiskArray> {
        let name = path.display().to_string();
        let mut file = File::open(path).map_err(|source| read_error(&name, source))?;
        let (length, storage, shape) = header(&mut file, &name)?;
        if shape.is_empty() {
            return Err(Error::ArrayAxes { name, what: "rows", axes: 1, shape });
        }
        let expected = byte_size(shape, storage.dtype).and_then(|size| size.checked_add(length));
        let expected = expected.ok_or_else(|| Error::ArraySize { name: name.clone(), shape })?;
        let found = file.metadata().map_err(|source| read_error(&name, source))?.len() as usize;
        if found != expected {
            return Err(Error::ArrayLength { name, expected, found });
        }
        Ok(DiskArray { file: Arc::new(file), name, start: length as u64, storage, shape })
    }

    /// The shape of the whole, `[n, …]`.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.shape[0]
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads the numbers of rows, which must be there, in this order, behind those in `into`; `buffer` is for use again.
    pub(super) fn read_rows<T: Real>(
        &self,
        rows: &[usize],
        buffer: &mut Vec<u8>,
        into: &mut Vec<T>,
    ) -> Result<()> {
        self.read_bytes(rows, buffer)?;
        self.storage.dtype.decode(self.storage.big_endian, buffer, into);
        Ok(())
    }

    /// Reads labels the same way.
    pub(super) fn read_labels(&self, rows: &[usize], buffer: &mut Vec<u8>) -> Result<Vec<usize>> {
        self.read_bytes(rows, buffer)?;
        let labels = self.storage.dtype.decode_whole(self.storage.big_endian, buffer);
        labels.map_err(|(place, value)| Error::Label { name: self.name.clone(), index: rows[place], value })
    }

    fn read_bytes(&self, rows: &[usize], buffer: &mut Vec<u8>) -> Result<()> {
        let width = self.shape.sample().elements() * self.storage.dtype.size();
        buffer.resize(rows.len() * width, 0);
        if width == 0 {
            return Ok(());
        }
        // Neighbours in the file that are neighbours in the batch are read at once.
        let mut into = &mut buffer[..];
        for run in rows.chunk_by(|a, b| a + 1 == *b) {
            let (now, later) = into.split_at_mut(run.len() * width);
            let place = self.start + (run[0] * width) as u64;
            read_exact_at(&self.file, now, place).map_err(|source| read_error(&self.name, source))?;
            into = later;
        }
        Ok(())
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, buffer: &mut [u8], place: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, place)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut buffer: &mut [u8], mut place: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, buffer, place)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer = &mut buffer[read..];
        place += read as u64;
    }
    Ok(())
}

#[cfg(not(any(unix, windows)))]
fn read_exact_at(_: &File, _: &mut [u8], _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
