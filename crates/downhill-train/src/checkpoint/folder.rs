//! The files of checkpoints.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use downhill_nn::Scalar;

use super::{Checkpoints, Codec, Course, Training};
use crate::{Error, Learner, Model, Result};

const PREFIX: &str = "step-";
const SUFFIX: &str = ".checkpoint";
const BEST: &str = "best.downhill";

/// A folder that checkpoints are written to while training runs.
pub(crate) struct Folder<T: Scalar> {
    settings: Checkpoints,
    codec: Codec<T>,
    /// The files of this training, the oldest first.
    files: Vec<PathBuf>,
    last: Instant,
}

impl<T: Scalar> Folder<T> {
    /// Makes the folder, and removes what a killed process left half written. `steps` is where the training goes on
    /// from: 0 if it is new.
    ///
    /// # Errors
    /// [`Error::Occupied`] if there are checkpoints of a later step, which would be mistaken for this training's.
    pub(crate) fn open(settings: Checkpoints, codec: Codec<T>, steps: u64) -> Result<Folder<T>> {
        let folder = &settings.folder;
        fs::create_dir_all(folder).map_err(|source| Error::File { path: folder.clone(), source })?;
        let (mut files, mut left_over) = (Vec::new(), Vec::new());
        for path in list(folder)? {
            match step(&path) {
                Some(found) if found > steps || steps == 0 => return Err(Error::Occupied { path }),
                Some(found) => files.push((found, path)),
                None if is_temporary(&path) => left_over.push(path),
                None => {}
            }
        }
        for path in left_over {
            // Whatever keeps it from being removed, it does no harm.
            let _ = fs::remove_file(path);
        }
        files.sort();
        let files = files.into_iter().map(|(_, path)| path).collect();
        Ok(Folder { settings, codec, files, last: Instant::now() })
    }

    /// Whether a checkpoint is due after a step, of which there were so many.
    pub(crate) fn due_step(&self, steps: u64) -> bool {
        let Checkpoints { steps: every, interval, .. } = self.settings;
        (every > 0 && steps.is_multiple_of(every))
            || interval.is_some_and(|interval| self.last.elapsed() >= interval)
    }

    /// Whether a checkpoint is due after this epoch, counted from 1.
    pub(crate) fn due_epoch(&self, epoch: usize) -> bool {
        self.settings.epochs > 0 && epoch.is_multiple_of(self.settings.epochs)
    }

    /// Whether the model of the best epoch is wanted.
    pub(crate) fn wants_best(&self) -> bool {
        self.settings.best
    }

    /// Writes the model of the best epoch so far.
    pub(crate) fn save_best(&self, model: &Model<T>) -> Result<()> {
        (self.codec.model)(model, &self.settings.folder.join(BEST))
    }

    /// Writes a checkpoint, and removes the oldest ones if there are too many.
    pub(crate) fn save(
        &mut self,
        training: &Training,
        course: &Course<T>,
        learner: &mut Learner<T>,
    ) -> Result<()> {
        let path = self.settings.folder.join(format!("{PREFIX}{:010}{SUFFIX}", learner.steps()));
        (self.codec.write)(&path, training, course, learner)?;
        self.last = Instant::now();
        if self.files.last() != Some(&path) {
            self.files.push(path);
        }
        let surplus = self.files.len().saturating_sub(self.settings.keep.max(1));
        for path in self.files.drain(..surplus) {
            match fs::remove_file(&path) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::File { path, source });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The checkpoint that `path` stands for: itself, or the newest one in it if it is a folder. `None` if the folder has none,
/// or is still to be made.
///
/// # Errors
/// [`Error::File`].
pub(crate) fn find(path: &Path) -> Result<Option<PathBuf>> {
    if path.is_dir() {
        let files = list(path)?;
        return Ok(files
            .into_iter()
            .filter_map(|path| Some((step(&path)?, path)))
            .max()
            .map(|(_, path)| path));
    }
    let is_file = path.exists() || step(path).is_some();
    Ok(is_file.then(|| path.into()))
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |source| Error::File { path: folder.into(), source };
    fs::read_dir(folder).map_err(failed)?.map(|entry| Ok(entry.map_err(failed)?.path())).collect()
}

/// The number of steps in a checkpoint's name.
fn step(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.parse().ok()
}

/// Whether this is a file of ours that was never finished.
fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let ours = name.starts_with(BEST) || (name.starts_with(PREFIX) && name.contains(SUFFIX));
    ours && name.ends_with(".tmp")
}
