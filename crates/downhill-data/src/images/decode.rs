//! PNG and JPEG.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use png::{ColorType, Transformations};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::check_channels;
use crate::gzip::read_error;
use crate::{Error, Result};

/// The most pixels that an image may have.
const MOST: usize = 64 << 20;

/// An image, channel after channel, row after row.
pub(super) struct Pixels {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) planes: Vec<u8>,
}

impl Pixels {
    pub(super) fn read(path: &Path, channels: usize) -> Result<Pixels> {
        let name = path.display().to_string();
        Pixels::decode(&fs::read(path).map_err(|source| read_error(&name, source))?, &name, channels)
    }

    pub(super) fn decode(bytes: &[u8], name: &str, channels: usize) -> Result<Pixels> {
        check_channels(channels)?;
        if bytes.starts_with(b"\x89PNG") {
            png(bytes, channels).map_err(|problem| Error::malformed(name, "a PNG", problem))
        } else if bytes.starts_with(&[0xff, 0xd8]) {
            jpeg(bytes, channels).map_err(|problem| Error::malformed(name, "a JPEG", problem))
        } else {
            let problem = format!("it starts with {:02x?}", &bytes[..bytes.len().min(4)]);
            Err(Error::malformed(name, "a PNG or JPEG", problem))
        }
    }

    /// Of pixels whose channels, `from` of them and perhaps a transparency, lie together.
    fn new(
        interleaved: &[u8],
        (height, width): (usize, usize),
        step: usize,
        from: usize,
        to: usize,
    ) -> Pixels {
        let pixels = interleaved.chunks_exact(step);
        let planes = match (from, to) {
            // Rec. 601's luma, in steps of 2^-16, as most programs reckon it.
            (3, 1) => pixels
                .map(|p| {
                    ((19595 * u32::from(p[0]) + 38470 * u32::from(p[1]) + 7471 * u32::from(p[2]) + 0x8000)
                        >> 16) as u8
                })
                .collect(),
            _ => (0..to).flat_map(|channel| pixels.clone().map(move |p| p[channel.min(from - 1)])).collect(),
        };
        Pixels { height, width, planes }
    }
}

/// Refuses sizes that no file of this length holds: both formats need at least a byte for a thousand pixels.
fn check_size(height: usize, width: usize, bytes: usize) -> Result<(), String> {
    let pixels = height.saturating_mul(width);
    if pixels == 0 || pixels > MOST.min(bytes.saturating_mul(4096)) {
        return Err(format!("{height} x {width} pixels cannot be in {bytes} bytes, or are more than {MOST}"));
    }
    Ok(())
}

fn png(bytes: &[u8], channels: usize) -> Result<Pixels, String> {
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: 4 * MOST });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
    let (height, width) = (reader.info().height as usize, reader.info().width as usize);
    check_size(height, width, bytes.len())?;
    let size = reader.output_buffer_size().ok_or("it is too large")?;
    let mut buffer = vec![0; size];
    let frame = reader.next_frame(&mut buffer).map_err(|error| error.to_string())?;
    let (step, from) = match frame.color_type {
        ColorType::Grayscale => (1, 1),
        ColorType::GrayscaleAlpha => (2, 1),
        ColorType::Rgb => (3, 3),
        ColorType::Rgba => (4, 3),
        ColorType::Indexed => return Err("its palette is missing".into()),
    };
    Ok(Pixels::new(&buffer[..frame.buffer_size()], (height, width), step, from, channels))
}

fn jpeg(bytes: &[u8], channels: usize) -> Result<Pixels, String> {
    let options =
        DecoderOptions::default().set_strict_mode(true).set_max_width(1 << 16).set_max_height(1 << 16);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| error.to_string())?;
    let info = decoder.info().ok_or("it has no header")?;
    let (height, width) = (usize::from(info.height), usize::from(info.width));
    check_size(height, width, bytes.len())?;
    let grey = info.components == 1;
    let colours = if grey { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(options.jpeg_set_out_colorspace(colours));
    let pixels = decoder.decode().map_err(|error| error.to_string())?;
    let from = if grey { 1 } else { 3 };
    if pixels.len() != height * width * from {
        return Err("it has another number of pixels than its header says".into());
    }
    Ok(Pixels::new(&pixels, (height, width), from, from, channels))
}
