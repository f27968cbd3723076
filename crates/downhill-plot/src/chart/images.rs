//! Images of samples.

use crate::svg::Anchor;
use crate::{Drawing, Error, Result, png};

/// A small image: grey or red, green and blue.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    width: usize,
    height: usize,
    /// Grey, or three numbers a pixel.
    bytes: Vec<u8>,
}

impl Image {
    /// An image from numbers, `channels` planes of `height` rows: 1 channel of grey, or 3 of red, green and blue. The
    /// lowest number is black and the highest white.
    ///
    /// # Errors
    /// [`Error::Count`] if there are not as many numbers as pixels; [`Error::Setting`] for another number of channels
    /// or sides beyond 4096.
    pub fn from_planes(channels: usize, height: usize, width: usize, values: &[f64]) -> Result<Image> {
        if channels != 1 && channels != 3 {
            return Err(Error::Setting { setting: "an image's channels", rule: "1 or 3", value: channels });
        }
        if let Some(&value) = [height, width].iter().find(|&&side| !(1..=4096).contains(&side)) {
            return Err(Error::Setting { setting: "an image's side", rule: "from 1 to 4096", value });
        }
        let pixels = height * width;
        if values.len() != channels * pixels {
            return Err(Error::Count { what: "an image", expected: channels * pixels, found: values.len() });
        }
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let range = if high > low { high - low } else { 1.0 };
        let byte = |value: f64| ((value - low) / range * 255.0).round() as u8;
        let bytes =
            (0..pixels * channels).map(|i| byte(values[i % channels * pixels + i / channels])).collect();
        Ok(Image { width, height, bytes })
    }

    /// An image from red, green and blue bytes, row by row.
    pub(crate) fn from_rgb(width: usize, height: usize, bytes: Vec<u8>) -> Image {
        debug_assert_eq!(bytes.len(), width * height * 3);
        Image { width, height, bytes }
    }

    /// A PNG file as an address that holds it.
    pub fn uri(&self) -> String {
        png::uri(self.width, self.height, &self.bytes)
    }
}

/// Images with a line below each.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageGrid {
    title: String,
    images: Vec<(Image, String)>,
}

impl ImageGrid {
    /// Images and what is written below them.
    pub fn new(title: impl Into<String>, images: Vec<(Image, String)>) -> ImageGrid {
        ImageGrid { title: title.into(), images }
    }

    /// Draws it, six images a row.
    pub fn draw(&self) -> Drawing {
        const COLUMNS: usize = 6;
        const SIDE: f64 = 100.0;
        let rows = self.images.len().div_ceil(COLUMNS);
        let size = [16.0 + (SIDE + 12.0) * COLUMNS as f64, 36.0 + (SIDE + 28.0) * rows as f64];
        Drawing::new(size, &self.title, |svg| {
            svg.text("title", [8.0, 20.0], Anchor::Start, &self.title);
            for (i, (image, caption)) in self.images.iter().enumerate() {
                let x = 14.0 + (SIDE + 12.0) * (i % COLUMNS) as f64;
                let y = 36.0 + (SIDE + 28.0) * (i / COLUMNS) as f64;
                svg.image([x, y], [SIDE, SIDE], &image.uri(), false);
                svg.text("tick", [x + SIDE / 2.0, y + SIDE + 15.0], Anchor::Middle, caption);
            }
        })
    }
}
