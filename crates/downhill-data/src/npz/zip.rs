//! What NumPy uses of ZIP archives (PKWARE's APPNOTE, section 4.3): stored and deflated entries, 64-bit sizes.

use std::collections::HashSet;
use std::io::{self, Read};

use flate2::Crc;
use flate2::read::DeflateDecoder;

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const END_64: [u8; 4] = *b"PK\x06\x06";
const LOCATOR_64: [u8; 4] = *b"PK\x06\x07";

/// The flag of an encrypted entry.
const ENCRYPTED: u16 = 1;
/// The extra field that holds 64-bit sizes.
const EXTRA_64: u16 = 1;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// An entry of an archive.
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    /// The length of what it holds, as the archive says.
    pub(super) unpacked: u64,
    method: u16,
    crc: u32,
    data: &'a [u8],
}

/// The entries in the order of the archive's directory, which do not overlap.
pub(super) fn entries(archive: &[u8]) -> Result<Vec<Entry<'_>>, String> {
    let (count, start) = directory(archive)?;
    let mut directory = Fields { bytes: archive, at: start };
    let (mut entries, mut places, mut names) = (Vec::new(), Vec::new(), HashSet::new());
    for _ in 0..count {
        let (entry, place) = entry(archive, &mut directory)?;
        if !names.insert(entry.name) {
            return Err(format!("entry {:?} occurs twice", entry.name));
        }
        places.push((place, entry.name));
        entries.push(entry);
    }
    places.sort();
    match places.windows(2).find(|pair| pair[0].0.1 > pair[1].0.0) {
        Some(pair) => Err(format!("entries {:?} and {:?} overlap", pair[0].1, pair[1].1)),
        None => Ok(entries),
    }
}

/// The number of entries and where their directory begins.
fn directory(archive: &[u8]) -> Result<(u64, usize), String> {
    const LENGTH: usize = 22;
    // It ends with a comment of at most 65 535 bytes.
    let first = archive.len().saturating_sub(LENGTH + usize::from(u16::MAX));
    let end = archive.len().checked_sub(LENGTH);
    let is_end = |&at: &usize| {
        let comment = archive[at + LENGTH - 2..].first_chunk().map(|&bytes| u16::from_le_bytes(bytes));
        archive[at..].starts_with(&END) && comment.map(usize::from) == Some(archive.len() - at - LENGTH)
    };
    let end = end.and_then(|end| (first..=end).rev().find(is_end)).ok_or("its directory is missing")?;
    let mut fields = Fields { bytes: archive, at: end + 4 };
    let (disk, directory_disk) = (fields.u16()?, fields.u16()?);
    let (here, count) = (fields.u16()?, fields.u16()?);
    let (_, start) = (fields.u32()?, fields.u32()?);
    let wide = count == u16::MAX || start == u32::MAX;
    if let Some(locator) = end.checked_sub(20).filter(|&at| wide && archive[at..].starts_with(&LOCATOR_64)) {
        let mut fields = Fields { bytes: archive, at: locator + 8 };
        let mut fields = Fields { bytes: archive, at: fields.place()? };
        if fields.array()? != END_64 {
            return Err("its 64-bit directory is missing".into());
        }
        fields.skip(20)?;
        let (here, count) = (fields.u64()?, fields.u64()?);
        fields.skip(8)?;
        return if here == count {
            Ok((count, fields.place()?))
        } else {
            Err("it has several volumes".into())
        };
    }
    if disk != 0 || directory_disk != 0 || here != count {
        return Err("it has several volumes".into());
    }
    Ok((count.into(), start as usize))
}

/// The next entry of the directory, and from where to where it lies in the archive.
fn entry<'a>(archive: &'a [u8], directory: &mut Fields<'a>) -> Result<(Entry<'a>, (usize, usize)), String> {
    if directory.array()? != CENTRAL {
        return Err(format!("there is no directory entry at byte {}", directory.at - 4));
    }
    directory.skip(4)?;
    let (flags, method) = (directory.u16()?, directory.u16()?);
    directory.skip(4)?;
    let crc = directory.u32()?;
    let (mut packed, mut unpacked) = (u64::from(directory.u32()?), u64::from(directory.u32()?));
    let (name, extra, comment) = (directory.u16()?, directory.u16()?, directory.u16()?);
    directory.skip(8)?;
    let mut local = u64::from(directory.u32()?);
    let name = directory.bytes(name.into())?;
    let name = str::from_utf8(name).map_err(|_| format!("entry {name:02x?} has a name that is not UTF-8"))?;
    let mut extra = Fields { bytes: directory.bytes(extra.into())?, at: 0 };
    directory.skip(comment.into())?;
    while extra.at < extra.bytes.len() {
        let (kind, length) = (extra.u16()?, extra.u16()?);
        let mut field = Fields { bytes: extra.bytes(length.into())?, at: 0 };
        if kind == EXTRA_64 {
            for size in [&mut unpacked, &mut packed, &mut local] {
                if *size == u64::from(u32::MAX) {
                    *size = field.u64()?;
                }
            }
        }
    }
    let problem = |problem: &str| format!("entry {name:?} {problem}");
    if flags & ENCRYPTED != 0 {
        return Err(problem("is encrypted"));
    }
    if method != STORED && method != DEFLATED {
        return Err(problem(&format!("is compressed by method {method}, not by deflate")));
    }
    let outside = |_| problem("is not where the directory says");
    let start = usize::try_from(local).map_err(|_| problem("is not where the directory says"))?;
    let mut fields = Fields { bytes: archive, at: start };
    if fields.array().map_err(outside)? != LOCAL {
        return Err(problem("is not where the directory says"));
    }
    fields.skip(22).map_err(outside)?;
    let (local_name, local_extra) = (fields.u16().map_err(outside)?, fields.u16().map_err(outside)?);
    if fields.bytes(local_name.into()).map_err(outside)? != name.as_bytes() {
        return Err(problem("has another name where it lies"));
    }
    fields.skip(local_extra.into()).map_err(outside)?;
    let data = usize::try_from(packed).map_err(|_| String::new()).and_then(|packed| fields.bytes(packed));
    let data = data.map_err(|_| problem("ends behind the file's end"))?;
    if method == STORED && packed != unpacked {
        return Err(problem("has two lengths"));
    }
    Ok((Entry { name, unpacked, method, crc, data }, (start, fields.at)))
}

impl<'a> Entry<'a> {
    pub(super) fn reader(&self) -> EntryReader<'a> {
        let data = match self.method {
            STORED => Data::Stored(self.data),
            _ => Data::Deflated(DeflateDecoder::new(self.data)),
        };
        EntryReader { data, left: self.unpacked, expected: self.crc, crc: Crc::new() }
    }
}

/// What an entry holds, no longer than the archive says.
pub(super) struct EntryReader<'a> {
    data: Data<'a>,
    left: u64,
    expected: u32,
    crc: Crc,
}

enum Data<'a> {
    Stored(&'a [u8]),
    Deflated(DeflateDecoder<&'a [u8]>),
}

impl EntryReader<'_> {
    /// Whether there is nothing left, as long as was said and of the checksum said.
    pub(super) fn check(mut self) -> Result<(), String> {
        let rest = io::copy(&mut self, &mut io::sink());
        rest.map_err(|error| format!("cannot be unpacked: {error}"))?;
        if self.left > 0 {
            return Err(format!("is {} bytes shorter than its archive says", self.left));
        }
        if self.data.read(&mut [0]).is_ok_and(|read| read > 0) {
            return Err("is longer than its archive says".into());
        }
        if self.crc.sum() != self.expected {
            return Err("has a wrong checksum".into());
        }
        Ok(())
    }
}

impl Read for Data<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Data::Stored(data) => data.read(buffer),
            Data::Deflated(data) => data.read(buffer),
        }
    }
}

impl Read for EntryReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).map_or(buffer.len(), |left| buffer.len().min(left));
        let read = self.data.read(&mut buffer[..most])?;
        self.crc.update(&buffer[..read]);
        self.left -= read as u64;
        Ok(read)
    }
}

/// Little-endian numbers, one after the other.
struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(count);
        let bytes = end.and_then(|end| self.bytes.get(self.at..end));
        let bytes = bytes.ok_or_else(|| format!("it ends at byte {}", self.bytes.len()))?;
        self.at += count;
        Ok(bytes)
    }

    fn skip(&mut self, count: usize) -> Result<(), String> {
        self.bytes(count).map(|_| ())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    fn u16(&mut self) -> Result<u16, String> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, String> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, String> {
        self.array().map(u64::from_le_bytes)
    }

    /// A place in the archive.
    fn place(&mut self) -> Result<usize, String> {
        usize::try_from(self.u64()?).map_err(|_| "its directory lies behind its end".to_owned())
    }
}

/// Writes an archive of stored entries.
#[derive(Default)]
pub(super) struct Writer {
    archive: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Writer {
    pub(super) fn add(&mut self, name: &str, data: &[u8]) -> Result<(), String> {
        let too_large = |_| "an archive holds at most 4 GiB".to_owned();
        let start = u32::try_from(self.archive.len()).map_err(too_large)?;
        let size = u32::try_from(data.len()).map_err(too_large)?;
        let length = u16::try_from(name.len()).map_err(|_| "a name has at most 65535 bytes")?;
        self.count = self.count.checked_add(1).ok_or("an archive holds at most 65535 arrays")?;
        let mut crc = Crc::new();
        crc.update(data);
        // Version 2.0, a name in UTF-8, stored, 1980-01-01 00:00, checksum and lengths.
        let mut common = Vec::new();
        for number in [20_u16, 1 << 11, STORED, 0, 0x21] {
            common.extend(number.to_le_bytes());
        }
        for number in [crc.sum(), size, size] {
            common.extend(number.to_le_bytes());
        }
        common.extend(length.to_le_bytes());
        common.extend([0; 2]);

        self.archive.extend(LOCAL);
        self.archive.extend(&common);
        self.archive.extend(name.as_bytes());
        self.archive.extend(data);

        self.directory.extend(CENTRAL);
        self.directory.extend(20_u16.to_le_bytes());
        self.directory.extend(&common);
        self.directory.extend([0; 10]);
        self.directory.extend(start.to_le_bytes());
        self.directory.extend(name.as_bytes());
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Vec<u8>, String> {
        let too_large = |_| "an archive holds at most 4 GiB".to_owned();
        let start = u32::try_from(self.archive.len()).map_err(too_large)?;
        let length = u32::try_from(self.directory.len()).map_err(too_large)?;
        self.archive.append(&mut self.directory);
        self.archive.extend(END);
        self.archive.extend([0; 4]);
        self.archive.extend(self.count.to_le_bytes());
        self.archive.extend(self.count.to_le_bytes());
        self.archive.extend(length.to_le_bytes());
        self.archive.extend(start.to_le_bytes());
        self.archive.extend([0; 2]);
        Ok(self.archive)
    }
}
