//! A network's numbers.

use downhill_autodiff::tensor::Layout;
use downhill_autodiff::{Real, Tape, Tensor};
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

/// A declared buffer: which part of the network's buffers it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buffer {
    pub(crate) part: usize,
}

/// A buffer not yet declared.
impl Default for Buffer {
    fn default() -> Buffer {
        Buffer { part: usize::MAX }
    }
}

/// All the numbers of a network: its parameters, one flat vector θ and the names of its parts, and its buffers, which
/// do not learn (running statistics) and are another such vector.
///
/// Names and shapes are PyTorch's: `0.weight` is `[out, in]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(bound(serialize = "T: Serialize"))]
pub struct Params<T: Real = f32> {
    theta: Tensor<T>,
    layout: Layout,
    buffers: Tensor<T>,
    buffer_layout: Layout,
}

impl<T: Real> Params<T> {
    pub(crate) fn new(
        theta: Tensor<T>,
        layout: Layout,
        buffers: Tensor<T>,
        buffer_layout: Layout,
    ) -> Params<T> {
        Params { theta, layout, buffers, buffer_layout }
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

    /// The buffers, of shape `[b]`: numbers that do not learn.
    pub fn buffers(&self) -> &Tensor<T> {
        &self.buffers
    }

    /// The names, shapes and places of the parts of [`buffers`](Params::buffers).
    pub fn buffer_layout(&self) -> &Layout {
        &self.buffer_layout
    }

    /// Gives buffers the values that layers set ([`Context::set_buffer`](crate::Context::set_buffer)) in the computation
    /// that ended when the tape was cleared last: what a training loop of one's own does after each step. Values that do
    /// not fit are left out.
    pub fn update_buffers(&mut self, tape: &Tape<T>) {
        tape.posted(|start, value| {
            let buffers = self.buffers.as_mut_slice();
            if let Some(buffer) = buffers.get_mut(start..start.saturating_add(value.len())) {
                buffer.copy_from_slice(value);
            }
        });
    }

    /// The numbers of one parameter or buffer, shared.
    ///
    /// # Errors
    /// [`Error::UnknownName`].
    pub fn get(&self, name: &str) -> Result<Tensor<T>> {
        let (numbers, part) = match (self.layout.part(name), self.buffer_layout.part(name)) {
            (Some(part), _) => (&self.theta, part),
            (None, Some(part)) => (&self.buffers, part),
            (None, None) => return Err(self.unknown_number(name)),
        };
        Ok(numbers.window(part.start, part.shape).map_err(downhill_autodiff::Error::from)?)
    }

    /// Sets the numbers of one parameter or buffer.
    ///
    /// # Errors
    /// [`Error::UnknownName`]; [`Error::ParameterShape`] if the shape differs.
    pub fn set(&mut self, name: &str, value: &Tensor<T>) -> Result<()> {
        let (numbers, part) = match (self.layout.part(name), self.buffer_layout.part(name)) {
            (Some(part), _) => (&mut self.theta, part),
            (None, Some(part)) => (&mut self.buffers, part),
            (None, None) => return Err(self.unknown_number(name)),
        };
        if part.shape != value.shape() {
            let (expected, given) = (Box::new(part.shape), Box::new(value.shape()));
            return Err(Error::ParameterShape { name: name.into(), expected, given });
        }
        let range = part.range();
        numbers.as_mut_slice()[range].copy_from_slice(value.as_slice());
        Ok(())
    }

    /// Every parameter by name, in order, and then every buffer: PyTorch's state dict.
    pub fn state_dict(&self) -> impl Iterator<Item = (&str, Tensor<T>)> {
        let parameters = self.layout.parts().iter().map(|part| (&self.theta, part));
        let buffers = self.buffer_layout.parts().iter().map(|part| (&self.buffers, part));
        parameters.chain(buffers).map(|(numbers, part)| {
            let value = numbers.window(part.start, part.shape);
            (part.name.as_str(), value.unwrap_or_else(|_| Tensor::zeros(part.shape)))
        })
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

    /// The same numbers in another number type.
    pub fn cast<U: Real>(&self) -> Params<U> {
        self.with_theta(self.theta.cast())
    }

    /// The same layout and buffers with another θ, of which there must be as many numbers.
    pub(crate) fn with_theta<U: Real>(&self, theta: Tensor<U>) -> Params<U> {
        debug_assert_eq!(theta.len(), self.len());
        let (layout, buffer_layout) = (self.layout.clone(), self.buffer_layout.clone());
        Params { theta, layout, buffers: self.buffers.cast(), buffer_layout }
    }

    fn unknown(&self, name: &str) -> Error {
        let known: Vec<&str> = self.layout.parts().iter().map(|part| part.name.as_str()).collect();
        Error::UnknownName { name: name.into(), known: known.join(", ") }
    }

    fn unknown_number(&self, name: &str) -> Error {
        let parts = self.layout.parts().iter().chain(self.buffer_layout.parts());
        let known: Vec<&str> = parts.map(|part| part.name.as_str()).collect();
        Error::UnknownName { name: name.into(), known: known.join(", ") }
    }
}

/// Parameters as they were written, which may not fit each other.
#[derive(Deserialize)]
#[serde(rename = "Params", bound(deserialize = "T: Deserialize<'de>"))]
struct Unchecked<T: Real> {
    theta: Tensor<T>,
    layout: Layout,
    buffers: Tensor<T>,
    buffer_layout: Layout,
}

impl<'de, T: Real + Deserialize<'de>> Deserialize<'de> for Params<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Params<T>, D::Error> {
        let Unchecked { theta, layout, buffers, buffer_layout } = Unchecked::deserialize(deserializer)?;
        for (what, numbers, layout) in
            [("θ has", &theta, &layout), ("the buffers have", &buffers, &buffer_layout)]
        {
            if numbers.shape() != [layout.len()] {
                let (shape, len) = (numbers.shape(), layout.len());
                return Err(de::Error::custom(format!("{what} shape {shape}, its layout {len} elements")));
            }
        }
        if let Some(part) = buffer_layout.parts().iter().find(|part| layout.part(&part.name).is_some()) {
            return Err(de::Error::custom(format!("two parts are named {:?}", part.name)));
        }
        Ok(Params { theta, layout, buffers, buffer_layout })
    }
}
