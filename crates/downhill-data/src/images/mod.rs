//! Folders of images, PNG and JPEG (feature `images`).
//!
//! A folder holds a folder for each class, as is usual; a class is named like its folder and numbered in ascending order of
//! the names.

mod decode;
mod resize;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use downhill_tensor::{Real, Shape, Tensor};

use crate::gzip::read_error;
use crate::{Dataset, Error, Result};
use decode::Pixels;

/// Reads an image as `[channels, height, width]`, each number from 0 to 255: with 1 channel in shades of grey, with 3 in
/// red, green and blue. Transparency is left out, 16 bits are rounded to 8.
///
/// # Errors
/// [`Error::Read`]; [`Error::Malformed`] for what is neither PNG nor JPEG, is damaged, or is larger than 64 million
/// pixels; [`Error::Channels`] unless 1 or 3 are asked for.
pub fn read<T: Real>(path: impl AsRef<Path>, channels: usize) -> Result<Tensor<T>> {
    let pixels = Pixels::read(path.as_ref(), channels)?;
    let shape = [channels, pixels.height, pixels.width];
    Ok(Tensor::new(shape, pixels.planes.iter().map(|&x| T::of(x.into())).collect())?)
}

/// Reads an image that is in memory, like [`read`]; `name` stands for it in error messages.
///
/// # Errors
/// As [`read`].
pub fn from_bytes<T: Real>(bytes: &[u8], name: &str, channels: usize) -> Result<Tensor<T>> {
    let pixels = Pixels::decode(bytes, name, channels)?;
    let shape = [channels, pixels.height, pixels.width];
    Ok(Tensor::new(shape, pixels.planes.iter().map(|&x| T::of(x.into())).collect())?)
}

/// Images in folders that are named like their classes: what there is, before it is read.
///
/// ```no_run
/// use downhill_data::{Dataset, images::ImageFolder};
///
/// // flowers/daisy/1.jpg, flowers/daisy/2.jpg, flowers/rose/1.jpg, …
/// let folder = ImageFolder::open("flowers")?.channels(3)?.size(64, 64);
/// let flowers: Dataset = folder.read()?;
/// assert_eq!(flowers.sample_shape(), [3, 64, 64]);
/// assert_eq!(flowers.class_names(), ["daisy", "rose"]);
/// # Ok::<(), downhill_data::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ImageFolder {
    name: String,
    classes: Vec<String>,
    files: Arc<[(PathBuf, usize)]>,
    channels: usize,
    /// Height and width.
    size: Option<(usize, usize)>,
}

impl ImageFolder {
    /// Lists the images of a folder: files named `.png`, `.jpg` or `.jpeg` in its folders. Other files are passed over,
    /// and what begins with a dot.
    ///
    /// # Errors
    /// [`Error::Read`]; [`Error::NoImages`] for a folder without images, the whole or a class's.
    pub fn open(path: impl AsRef<Path>) -> Result<ImageFolder> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let (mut classes, mut files) = (Vec::new(), Vec::new());
        for folder in list(path)?.into_iter().filter(|entry| entry.is_dir()) {
            let images: Vec<PathBuf> = list(&folder)?.into_iter().filter(|file| is_image(file)).collect();
            if images.is_empty() {
                return Err(Error::NoImages { folder: folder.display().to_string() });
            }
            files.extend(images.into_iter().map(|file| (file, classes.len())));
            classes
                .push(folder.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned()));
        }
        if files.is_empty() {
            return Err(Error::NoImages { folder: name });
        }
        Ok(ImageFolder { name, classes, files: files.into(), channels: 1, size: None })
    }

    /// Lists images whose class nobody knows: one file, or the images that lie in a folder itself.
    /// [`inputs`](ImageFolder::inputs) reads them.
    ///
    /// # Errors
    /// [`Error::Read`]; [`Error::NoImages`] for a folder without images.
    pub fn unlabelled(path: impl AsRef<Path>) -> Result<ImageFolder> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let files = if path.is_dir() {
            list(path)?.into_iter().filter(|file| is_image(file)).collect()
        } else {
            vec![path.to_owned()]
        };
        if files.is_empty() {
            return Err(Error::NoImages { folder: name });
        }
        let files = files.into_iter().map(|file| (file, 0)).collect();
        Ok(ImageFolder { name, classes: Vec::new(), files, channels: 1, size: None })
    }

    /// Sets whether images are read in shades of grey (1, as at first) or in red, green and blue (3).
    ///
    /// # Errors
    /// [`Error::Channels`] for another number.
    pub fn channels(self, channels: usize) -> Result<ImageFolder> {
        check_channels(channels)?;
        Ok(ImageFolder { channels, ..self })
    }

    /// Brings all images to this size: each pixel is the mean of those it covers, weighted by a triangle. Without it they
    /// must all be of one size.
    #[must_use]
    pub fn size(self, height: usize, width: usize) -> ImageFolder {
        ImageFolder { size: Some((height, width)), ..self }
    }

    /// The number of images.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none, which [`open`](ImageFolder::open) refuses.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The classes' names.
    pub fn class_names(&self) -> &[String] {
        &self.classes
    }

    /// The class of each image.
    pub fn labels(&self) -> Tensor<usize> {
        Tensor::vector(self.files.iter().map(|&(_, class)| class).collect::<Vec<_>>())
    }

    /// Reads all images: inputs `[n, channels, height, width]` of 0 to 255, and their classes.
    ///
    /// # Errors
    /// As [`inputs`](ImageFolder::inputs); [`Error::Class`] for images without classes.
    pub fn read<T: Real>(&self) -> Result<Dataset<T>> {
        Dataset::new(self.inputs()?, self.labels())?
            .with_name(&self.name)
            .with_class_names(self.classes.clone())
    }

    /// Reads all images, `[n, channels, height, width]` of 0 to 255.
    ///
    /// # Errors
    /// As [`read`](read()), [`Error::ImageSize`] for an image of another size than the first, [`Error::TooLarge`].
    pub fn inputs<T: Real>(&self) -> Result<Tensor<T>> {
        let shape = self.sample_shape()?;
        let (rows, columns) = (self.len(), shape.elements());
        let too_large = || Error::TooLarge { what: "a data set of images", rows, columns };
        let mut numbers = Vec::new();
        numbers
            .try_reserve_exact(rows.checked_mul(columns).ok_or_else(too_large)?)
            .map_err(|_| too_large())?;
        for row in 0..rows {
            self.read_image(row, shape, &mut numbers)?;
        }
        Ok(Tensor::new(shape.prepend(rows)?, numbers)?)
    }

    /// The shape of an image as it is read: the size asked for, or that of the first one.
    pub(crate) fn sample_shape(&self) -> Result<Shape> {
        let (height, width) = match self.size {
            Some(size) => size,
            None => {
                let first = Pixels::read(&self.files[0].0, self.channels)?;
                (first.height, first.width)
            }
        };
        Ok([self.channels, height, width].into())
    }

    /// Reads an image, which must be there, behind what is in `into`.
    pub(crate) fn read_image<T: Real>(&self, row: usize, shape: Shape, into: &mut Vec<T>) -> Result<()> {
        let (path, (height, width)) = (&self.files[row].0, (shape[1], shape[2]));
        let pixels = Pixels::read(path, self.channels)?;
        if (pixels.height, pixels.width) == (height, width) {
            into.extend(pixels.planes.iter().map(|&x| T::of(x.into())));
        } else if self.size.is_some() {
            let planes = pixels.planes.chunks_exact((pixels.height * pixels.width).max(1));
            for plane in planes {
                resize::resize(plane, (pixels.height, pixels.width), (height, width), into);
            }
        } else {
            let name = path.display().to_string();
            return Err(Error::ImageSize {
                name,
                found: [pixels.height, pixels.width],
                expected: [height, width],
            });
        }
        Ok(())
    }
}

fn check_channels(channels: usize) -> Result<()> {
    if matches!(channels, 1 | 3) { Ok(()) } else { Err(Error::Channels { channels }) }
}

/// What is in a folder, in ascending order, but for what is hidden.
fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let error = |source| read_error(&folder.display().to_string(), source);
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(error)? {
        let entry = entry.map_err(error)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            entries.push(entry.path());
        }
    }
    entries.sort();
    Ok(entries)
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().map_or(String::new(), |name| name.to_string_lossy().to_lowercase());
    matches!(extension.as_str(), "png" | "jpg" | "jpeg") && path.is_file()
}
