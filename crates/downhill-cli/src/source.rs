//! Where data come from.

use std::path::Path;

use downhill::data::images::ImageFolder;
use downhill::data::{Array, Arrays, Bundled, Split, TableOptions, idx, npy, npz};
use downhill::prelude::{Dataset, Model, Table, Tensor};

use crate::error::{Error, Result};
use crate::file_kind::FileKind;

/// Data as they were found.
pub(crate) enum Source {
    /// Named columns, of which the target is one; of a bundled set also the target's name and the split.
    Table(Table, Option<(&'static str, Split)>),
    /// Arrays: inputs and, if they are there, their targets.
    Arrays(Parts),
    /// A data set as it is and, if there is one, a test part.
    Ready(Dataset, Option<Dataset>),
}

/// How data are opened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Opening<'a> {
    /// The character between a table's cells.
    pub(crate) delimiter: Option<char>,
    /// The file with the targets of an array.
    pub(crate) labels: Option<&'a Path>,
    /// The height and width that the images of a folder are brought to.
    pub(crate) size: Option<[usize; 2]>,
    /// Whether images have colours.
    pub(crate) colour: bool,
}

impl Opening<'_> {
    /// For a model: images in the size that it knows.
    pub(crate) fn for_model(mut self, model: &Model) -> Self {
        if let [channels, height, width] = *model.input() {
            (self.size, self.colour) = (Some([height, width]), channels == 3);
        }
        self
    }
}

/// Inputs and their targets.
pub(crate) struct Parts {
    pub(crate) name: String,
    pub(crate) inputs: Tensor,
    pub(crate) target: Option<Array>,
    /// The same of a test part that is in the same file.
    pub(crate) test: Option<(Tensor, Array)>,
}

impl Source {
    /// Opens a file, a folder, or a bundled set by its name.
    pub(crate) fn open(name: &str, opening: &Opening<'_>) -> Result<Source> {
        let path = Path::new(name);
        if !path.is_file()
            && let Some(set) = bundled(name)
        {
            let target = match set {
                Bundled::Iris => "species",
                Bundled::Wine => "cultivar",
                Bundled::BreastCancer => "diagnosis",
                Bundled::Digits => "digit",
                _ => "progression",
            };
            return Ok(Source::Table(set.table()?, Some((target, set.split()))));
        }
        if !path.exists() {
            let names: Vec<&str> = Bundled::ALL.into_iter().map(Bundled::name).collect();
            return Err(Error::Input(format!(
                "there is no file \"{name}\", and no bundled data set of this name: there are {}",
                names.join(", ")
            )));
        }
        if path.is_dir() {
            return folder(path, opening);
        }
        let labels = opening.labels.map(open_array).transpose()?;
        let name = name.to_owned();
        Ok(match FileKind::of(path)? {
            FileKind::Table => Source::Table(table(path, opening.delimiter)?, None),
            FileKind::Parquet => Source::Table(parquet(path)?, None),
            FileKind::Arrow => Source::Table(arrow(path)?, None),
            FileKind::Npy => {
                let inputs = npy::open(path)?.numbers()?;
                Source::Arrays(Parts { name, inputs, target: labels, test: None })
            }
            FileKind::Idx => {
                let inputs: Tensor = idx::read(path)?;
                // Images have one channel.
                let inputs = match *inputs.shape() {
                    [count, height, width] => inputs.reshape([count, 1, height, width])?,
                    _ => inputs,
                };
                Source::Arrays(Parts { name, inputs, target: labels, test: None })
            }
            FileKind::Image => unlabelled(path, opening)?,
            FileKind::Npz => {
                let arrays = npz::read(path)?;
                let inputs = find(&arrays, &["x", "X", "x_train", "inputs", "images", "data"])
                    .ok_or_else(|| unnamed(&name, &arrays, "inputs: x, x_train, inputs, images or data"))?
                    .numbers()?;
                let target = labels
                    .or_else(|| find(&arrays, &["y", "y_train", "targets", "labels", "target"]).cloned());
                let test = match (find(&arrays, &["x_test"]), find(&arrays, &["y_test"])) {
                    (Some(inputs), Some(target)) => Some((inputs.numbers()?, target.clone())),
                    _ => None,
                };
                Source::Arrays(Parts { name, inputs, target, test })
            }
            FileKind::Model | FileKind::Checkpoint | FileKind::Safetensors => {
                return Err(Error::Input(format!("{name}: this is a model, not data")));
            }
        })
    }
}

/// Reads a table.
pub(crate) fn table(path: &Path, delimiter: Option<char>) -> Result<Table> {
    let name = path.to_string_lossy();
    let usual = if name.trim_end_matches(".gz").ends_with(".tsv") { '\t' } else { ',' };
    let delimiter = delimiter.unwrap_or(usual);
    let byte = u8::try_from(delimiter).ok().filter(u8::is_ascii);
    let byte =
        byte.ok_or_else(|| Error::Usage(format!("--delimiter: '{delimiter}' is not one ASCII character")))?;
    Ok(TableOptions::new().delimiter(byte).read(path)?)
}

/// Reads a table that is stored column by column.
#[cfg(feature = "parquet")]
pub(crate) fn parquet(path: &Path) -> Result<Table> {
    Ok(downhill::data::parquet::read(path)?)
}

/// Says why it cannot be read.
#[cfg(not(feature = "parquet"))]
pub(crate) fn parquet(path: &Path) -> Result<Table> {
    Err(without(path, "Parquet", "parquet"))
}

/// The same of Arrow's files and streams.
#[cfg(feature = "arrow")]
pub(crate) fn arrow(path: &Path) -> Result<Table> {
    Ok(downhill::data::arrow::read(path)?)
}

/// Says why they cannot be read.
#[cfg(not(feature = "arrow"))]
pub(crate) fn arrow(path: &Path) -> Result<Table> {
    Err(without(path, "Arrow", "arrow"))
}

#[cfg(not(all(feature = "arrow", feature = "parquet")))]
fn without(path: &Path, format: &str, feature: &str) -> Error {
    Error::Input(format!(
        "{}: this command was built without {format}; cargo install --path crates/downhill-cli --features {feature} \
         builds one that reads it",
        path.display()
    ))
}

/// Reads an array from a file of one.
fn open_array(path: &Path) -> Result<Array> {
    match FileKind::of(path)? {
        FileKind::Npy => Ok(npy::open(path)?),
        FileKind::Idx => Ok(Array::of_labels(&idx::read_labels(path)?)),
        _ => Err(Error::Input(format!("{}: labels are read from NPY and IDX files", path.display()))),
    }
}

fn find<'a>(arrays: &'a Arrays, names: &[&str]) -> Option<&'a Array> {
    names.iter().find_map(|name| arrays.get(name).ok())
}

fn unnamed(file: &str, arrays: &Arrays, wanted: &str) -> Error {
    let names: Vec<&str> = arrays.names().collect();
    Error::Input(format!("{file}: none of its arrays is named like {wanted}; it holds {}", names.join(", ")))
}

/// MNIST's files, or images in folders named like their classes.
fn folder(path: &Path, opening: &Opening<'_>) -> Result<Source> {
    let is_idx = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().contains("-ubyte");
    let entries: Vec<_> =
        std::fs::read_dir(path).map_err(|error| Error::file(path, error))?.flatten().collect();
    if entries.iter().any(is_idx) {
        let (train, test) = idx::mnist(path)?;
        return Ok(Source::Ready(train, Some(test)));
    }
    let has_folders = entries.iter().any(|entry| entry.path().is_dir());
    if !has_folders && ImageFolder::unlabelled(path).is_ok() {
        return unlabelled(path, opening);
    }
    Ok(Source::Ready(brought(ImageFolder::open(path)?, opening)?.read()?, None))
}

/// Images whose class nobody knows, in the order of their names.
fn unlabelled(path: &Path, opening: &Opening<'_>) -> Result<Source> {
    let inputs = brought(ImageFolder::unlabelled(path)?, opening)?.inputs()?;
    Ok(Source::Arrays(Parts { name: path.display().to_string(), inputs, target: None, test: None }))
}

/// Images in the colours and the size asked for.
fn brought(images: ImageFolder, opening: &Opening<'_>) -> Result<ImageFolder> {
    let images = images.channels(if opening.colour { 3 } else { 1 })?;
    Ok(match opening.size {
        Some([height, width]) => images.size(height, width),
        None => images,
    })
}

fn bundled(name: &str) -> Option<Bundled> {
    let plain = name.replace('-', "_");
    Bundled::ALL.into_iter().find(|set| set.name() == plain)
}
