//! Where data come from.

use std::path::Path;

use downhill::data::{Array, Arrays, Bundled, Split, TableOptions, idx, npy, npz};
use downhill::prelude::{Dataset, Table, Tensor};

use crate::error::{Error, Result};
use crate::file_kind::FileKind;

/// Data as they were found.
pub(crate) enum Source {
    /// Named columns, of which the target is one; of a bundled set also the target's name and the split.
    Table(Table, Option<(&'static str, Split)>),
    /// Arrays: inputs and, if they are there, their targets.
    Arrays(Parts),
    /// A training part and a test part.
    Split(Dataset, Dataset),
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
    pub(crate) fn open(name: &str, delimiter: Option<char>, labels: Option<&Path>) -> Result<Source> {
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
            let (train, test) = idx::mnist(path)?;
            return Ok(Source::Split(train, test));
        }
        let labels = labels.map(open_array).transpose()?;
        let name = name.to_owned();
        Ok(match FileKind::of(path)? {
            FileKind::Table => Source::Table(table(path, delimiter)?, None),
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
            FileKind::Downhill | FileKind::Safetensors => {
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

fn bundled(name: &str) -> Option<Bundled> {
    let plain = name.replace('-', "_");
    Bundled::ALL.into_iter().find(|set| set.name() == plain)
}
