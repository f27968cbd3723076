//! A network's numbers.

use downhill_autodiff::tensor::Layout;
use downhill_autodiff::{Real, Tensor};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{Error, Result};

/// A declared parameter: which part of θ it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    pub(crate) part: usize,
}

/// A parameter not yet declared.
impl Default for Param {
    fn default() -> Param {
        Param { part: usize::MAX }
    }
}

/// All the parameters of a network: one flat vector θ and the names of its parts.
///
/// Names and shapes are PyTorch's: `0.weight` is `[out, in]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(bound(serialize = "T: Serialize"))]
pub struct Params<T: Real = f32> {
    theta: Tensor<T>,
    layout: Layout,
}

impl<T: Real> Params<T> {
    pub(crate) fn new(theta: Tensor<T>, layout: Layout) -> Params<T> {
        Params { theta, layout }
    }

    /// The number of parameters.
    pub fn len(&self) -> usize {
        self.theta.len()
    }

    /// Whether the network has no parameters.
    pub fn is_empty(&self) -> bool {
        self.theta.is_empty()
    }

    /// θ, of shape `[p]`. [`Tensor::as_vector`] shows it as an nalgebra vector.
    pub fn theta(&self) -> &Tensor<T> {
        &self.theta
    }

    /// θ to be written, with its layout. If a tape still reads θ, it is copied first: clear the tape before.
    pub fn theta_mut(&mut self) -> (&mut [T], &Layout) {
        (self.theta.as_mut_slice(), &self.layout)
    }

    /// The names, shapes and places of the parts of θ.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The numbers of one parameter, shared with θ.
    ///
    /// # Errors
    /// [`Error::UnknownName`].
    pub fn get(&self, name: &str) -> Result<Tensor<T>> {
        let part = self.layout.part(name).ok_or_else(|| self.unknown(name))?;
        Ok(self.theta.window(part.start, part.shape).map_err(downhill_autodiff::Error::from)?)
    }

    /// Sets the numbers of one parameter.
    ///
    /// # Errors
    /// [`Error::UnknownName`]; [`Error::ParameterShape`] if the shape differs.
    pub fn set(&mut self, name: &str, value: &Tensor<T>) -> Result<()> {
        let part = self.layout.part(name).ok_or_else(|| self.unknown(name))?;
        if part.shape != value.shape() {
            let (expected, given) = (Box::new(part.shape), Box::new(value.shape()));
            return Err(Error::ParameterShape { name: name.into(), expected, given });
        }
        let range = part.range();
        self.theta.as_mut_slice()[range].copy_from_slice(value.as_slice());
        Ok(())
    }

    /// Every parameter by name, in order: PyTorch's state dict.
    pub fn state_dict(&self) -> impl Iterator<Item = (&str, Tensor<T>)> {
        let window = |start, shape| self.theta.window(start, shape).unwrap_or_else(|_| Tensor::zeros(shape));
        self.layout.parts().iter().map(move |part| (part.name.as_str(), window(part.start, part.shape)))
    }

    /// Keeps the parameters whose name matches `pattern` from learning; `*` stands for any characters.
    ///
    /// # Errors
    /// [`Error::UnknownName`] if no name matches.
    pub fn freeze(&mut self, pattern: &str) -> Result<()> {
        self.change(pattern, |layout| layout.set_trainable(pattern, false))
    }

    /// Lets the parameters whose name matches `pattern` learn again.
    ///
    /// # Errors
    /// [`Error::UnknownName`] if no name matches.
    pub fn unfreeze(&mut self, pattern: &str) -> Result<()> {
        self.change(pattern, |layout| layout.set_trainable(pattern, true))
    }

    /// Sets whether weight decay acts on the parameters whose name matches `pattern`. At first it acts
    /// on all of them.
    ///
    /// # Errors
    /// [`Error::UnknownName`] if no name matches.
    pub fn set_decay(&mut self, pattern: &str, decay: bool) -> Result<()> {
        self.change(pattern, |layout| layout.set_decay(pattern, decay))
    }

    fn change(&mut self, pattern: &str, change: impl FnOnce(&mut Layout) -> usize) -> Result<()> {
        if change(&mut self.layout) == 0 { Err(self.unknown(pattern)) } else { Ok(()) }
    }

    /// The same parameters in another number type.
    pub fn cast<U: Real>(&self) -> Params<U> {
        self.with_theta(self.theta.cast())
    }

    /// Parameters of the same layout with other numbers, of which there must be as many.
    pub(crate) fn with_theta<U: Real>(&self, theta: Tensor<U>) -> Params<U> {
        debug_assert_eq!(theta.len(), self.len());
        Params { theta, layout: self.layout.clone() }
    }

    fn unknown(&self, name: &str) -> Error {
        let known: Vec<&str> = self.layout.parts().iter().map(|part| part.name.as_str()).collect();
        Error::UnknownName { name: name.into(), known: known.join(", ") }
    }
}

/// Parameters as they were written, which may not fit each other.
#[derive(Deserialize)]
#[serde(rename = "Params", bound(deserialize = "T: Deserialize<'de>"))]
struct Unchecked<T: Real> {
    theta: Tensor<T>,
    layout: Layout,
}

impl<'de, T: Real + Deserialize<'de>> Deserialize<'de> for Params<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Params<T>, D::Error> {
        let Unchecked { theta, layout } = Unchecked::deserialize(deserializer)?;
        if theta.shape() != [layout.len()] {
            let (shape, len) = (theta.shape(), layout.len());
            return Err(de::Error::custom(format!("θ has shape {shape}, its layout {len} elements")));
        }
        Ok(Params { theta, layout })
    }
}
