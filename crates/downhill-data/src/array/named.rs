//! Several arrays with their names.

use std::collections::BTreeMap;

use downhill_tensor::{Real, Tensor};

use crate::nearest::nearest;
use crate::{Array, Error, Result};

/// Arrays with their names, in order: what [`npz`](crate::npz) and [`safetensors`](crate::safetensors) files hold.
///
/// ```
/// # #[cfg(feature = "gzip")]
/// # {
/// use downhill_data::{Array, Arrays, npz};
/// use downhill_tensor::Tensor;
///
/// let path = std::env::temp_dir().join("downhill-doc.npz");
/// let x = Tensor::from_rows(&[[5.1_f32, 3.5], [4.9, 3.0]]);
/// let mut arrays = Arrays::new();
/// arrays.insert("x", Array::new(&x))?;
/// arrays.insert("y", Array::of_labels(&Tensor::vector([1, 0])))?;
/// npz::write(&path, &arrays)?;
///
/// let read = npz::read(&path)?;
/// assert_eq!(read.names().collect::<Vec<_>>(), ["x", "y"]);
/// assert_eq!(read.numbers::<f32>("x")?, x);
/// assert_eq!(read.labels("y")?.as_slice(), [1, 0]);
/// # std::fs::remove_file(path).unwrap();
/// # }
/// # Ok::<(), downhill_data::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Arrays {
    /// For error messages: the file's name.
    pub(crate) name: String,
    arrays: Vec<(String, Array)>,
    /// The place of each name in `arrays`.
    places: BTreeMap<String, usize>,
    metadata: BTreeMap<String, String>,
}

impl Arrays {
    /// No arrays yet.
    pub fn new() -> Arrays {
        Arrays { name: "arrays".into(), ..Arrays::default() }
    }

    #[cfg(any(feature = "gzip", feature = "safetensors"))]
    pub(crate) fn of_file(name: &str) -> Arrays {
        Arrays { name: name.into(), ..Arrays::default() }
    }

    /// Adds an array behind the last.
    ///
    /// # Errors
    /// [`Error::DuplicateArray`] if there is one of this name.
    pub fn insert(&mut self, name: impl Into<String>, array: Array) -> Result<()> {
        let array_name = name.into();
        if self.places.contains_key(&array_name) {
            return Err(Error::DuplicateArray { name: self.name.clone(), array: array_name });
        }
        let name = format!("{}: {array_name:?}", self.name);
        self.places.insert(array_name.clone(), self.arrays.len());
        self.arrays.push((array_name, Array { name, ..array }));
        Ok(())
    }

    /// The arrays with their names, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Array)> {
        self.arrays.iter().map(|(name, array)| (name.as_str(), array))
    }

    /// The names, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    /// The number of arrays.
    pub fn len(&self) -> usize {
        self.arrays.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.arrays.is_empty()
    }

    /// The array of this name.
    ///
    /// # Errors
    /// [`Error::NoArray`].
    pub fn get(&self, name: &str) -> Result<&Array> {
        self.places.get(name).map(|&place| &self.arrays[place].1).ok_or_else(|| Error::NoArray {
            name: self.name.clone(),
            array: name.to_owned(),
            nearest: nearest(name, self.names()).map(str::to_owned),
        })
    }

    /// The numbers of the array of this name.
    ///
    /// # Errors
    /// [`Error::NoArray`], and as [`Array::numbers`].
    pub fn numbers<T: Real>(&self, name: &str) -> Result<Tensor<T>> {
        self.get(name)?.numbers()
    }

    /// The labels in the array of this name.
    ///
    /// # Errors
    /// [`Error::NoArray`], and as [`Array::labels`].
    pub fn labels(&self, name: &str) -> Result<Tensor<usize>> {
        self.get(name)?.labels()
    }

    /// What else the file says, by name. Of the formats here only [`safetensors`](crate::safetensors) has it.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// The same, to be changed.
    pub fn metadata_mut(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.metadata
    }
}
