//! Event files for TensorBoard.
//!
//! A file is a sequence of TFRecords: a length, a checksum of it, the data, a checksum of them. The data of each is an
//! `Event` in protobuf's encoding, of which a scalar needs but six fields (`tensorflow/core/util/event.proto`,
//! `tensorflow/core/framework/summary.proto`).

use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use downhill::train::{Callback, EpochRecord, Result as TrainResult};

use crate::error::{Error, Result};
use crate::live::score;

/// Writes the curves of a training into an event file.
pub(crate) struct EventFile {
    path: PathBuf,
    file: File,
}

impl EventFile {
    /// Begins a file in this folder, which is made if it is missing.
    pub(crate) fn create(folder: &Path) -> Result<EventFile> {
        fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
        let name = format!("events.out.tfevents.{:010}.downhill.{}", now() as u64, std::process::id());
        let path = folder.join(name);
        let mut file = File::create(&path).map_err(|error| Error::file(&path, error))?;
        file.write_all(&record(&version())).map_err(|error| Error::file(&path, error))?;
        Ok(EventFile { path, file })
    }

    fn write(&mut self, step: u64, scalars: &[(&str, f64)]) -> io::Result<()> {
        self.file.write_all(&record(&event(now(), step, scalars)))
    }
}

impl Callback for EventFile {
    fn on_epoch(&mut self, epoch: &EpochRecord) -> TrainResult<ControlFlow<()>> {
        let mut scalars = vec![("loss/train", epoch.loss), ("rate", epoch.rate)];
        scalars.extend(epoch.validation_loss.map(|loss| ("loss/validation", loss)));
        if let Some(metrics) = &epoch.validation {
            let (name, score) = score(metrics);
            scalars.push((if name == "accuracy" { "validation/accuracy" } else { "validation/r2" }, score));
        }
        let written = self.write(epoch.epoch as u64, &scalars);
        written.map_err(|source| downhill::train::Error::File { path: self.path.clone(), source })?;
        Ok(ControlFlow::Continue(()))
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}

/// The event that a file begins with.
fn version() -> Vec<u8> {
    let mut event = vec![0x09];
    event.extend(now().to_le_bytes());
    field(&mut event, 3, b"brain.Event:2");
    event
}

/// An event of scalars: `wall_time` = 1, `step` = 2, `summary` = 5; in that `value` = 1 repeatedly, each of `tag` = 1
/// and `simple_value` = 2.
fn event(time: f64, step: u64, scalars: &[(&str, f64)]) -> Vec<u8> {
    let mut summary = Vec::new();
    for (tag, number) in scalars {
        let mut value = Vec::new();
        field(&mut value, 1, tag.as_bytes());
        value.push(0x15);
        value.extend((*number as f32).to_le_bytes());
        field(&mut summary, 1, &value);
    }
    let mut event = vec![0x09];
    event.extend(time.to_le_bytes());
    event.push(0x10);
    varint(&mut event, step);
    field(&mut event, 5, &summary);
    event
}

/// A field of bytes: its number and wire type 2, the length, the bytes.
fn field(message: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    message.push(number << 3 | 2);
    varint(message, bytes.len() as u64);
    message.extend(bytes);
}

/// Seven bits to a byte, the lowest first; the top bit says that more follow.
fn varint(message: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        message.push(number as u8 | 0x80);
        number >>= 7;
    }
    message.push(number as u8);
}

fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut record = length.to_vec();
    record.extend(masked(crc32c(&length)).to_le_bytes());
    record.extend(data);
    record.extend(masked(crc32c(data)).to_le_bytes());
    record
}

/// A checksum of data that may hold checksums themselves.
fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// The checksum CRC-32C (Castagnoli), bit by bit: an event is short.
fn crc32c(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_rfc_3720() {
        // Appendix B.4.
        let ascending: Vec<u8> = (0..32).collect();
        for (bytes, expected) in
            [(&[0; 32][..], 0x8a91_36aa), (&[0xff; 32], 0x62a8_ab43), (&ascending, 0x46dd_794e)]
        {
            assert_eq!(crc32c(bytes), expected);
        }
    }

    #[test]
    fn an_event_by_hand() {
        let expected = [
            [0x09].as_slice(),
            &1.5_f64.to_le_bytes(),
            &[0x10, 0xac, 0x02], // step 300
            &[0x2a, 0x0a, 0x0a, 0x08, 0x0a, 0x01, b'a', 0x15],
            &0.25_f32.to_le_bytes(),
        ];
        assert_eq!(event(1.5, 300, &[("a", 0.25)]), expected.concat());
        let record = record(b"abc");
        assert_eq!(record.len(), 8 + 4 + 3 + 4);
        assert_eq!(record[..8], 3_u64.to_le_bytes());
    }
}
