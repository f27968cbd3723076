//! PNG files (ISO/IEC 15948), just enough for small images.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// A PNG file of 8-bit grey or RGB pixels, as an address that holds it.
pub(crate) fn uri(width: usize, height: usize, bytes: &[u8]) -> String {
    format!("data:image/png;base64,{}", base64(&encode(width, height, bytes)))
}

fn encode(width: usize, height: usize, bytes: &[u8]) -> Vec<u8> {
    let row = bytes.len() / height.max(1);
    let (grey, rgb) = (0, 2);
    let colour = if row == width { grey } else { rgb };
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend((width as u32).to_be_bytes());
    header.extend((height as u32).to_be_bytes());
    header.extend([8, colour, 0, 0, 0]);
    chunk(&mut png, b"IHDR", &header);
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    for row in bytes.chunks(row.max(1)) {
        // Each row begins with its filter: none. Writing to memory cannot fail.
        let _ = encoder.write_all(&[0]).and_then(|()| encoder.write_all(row));
    }
    chunk(&mut png, b"IDAT", &encoder.finish().unwrap_or_default());
    chunk(&mut png, b"IEND", &[]);
    png
}

fn chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    png.extend((data.len() as u32).to_be_bytes());
    let start = png.len();
    png.extend(kind);
    png.extend(data);
    let mut crc = flate2::Crc::new();
    crc.update(&png[start..]);
    png.extend(crc.sum().to_be_bytes());
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * i) & 63) as usize];
            text.push(if i <= three.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads() {
        // RFC 4648, section 10.
        for (bytes, expected) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), expected);
        }
    }

    #[test]
    fn a_png_has_its_parts() {
        let png = encode(2, 1, &[0, 255, 0, 9, 8, 7]);
        assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
        // Of the end, which has no data, the checksum is known.
        assert_eq!(png[png.len() - 12..], [0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82]);
        assert_eq!(png[25], 2, "colour");
    }
}
