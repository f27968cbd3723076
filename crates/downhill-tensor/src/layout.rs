//! The named parts of a flat vector of parameters.

use std::collections::HashSet;
use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::Shape;

/// One named part of a flat vector θ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Its name, as in a state dict: `"0.weight"`.
    pub name: String,
    /// The place of its first element in θ.
    pub start: usize,
    /// Its shape.
    pub shape: Shape,
    /// Whether it learns. An optimizer leaves a part that does not as it is.
    pub trainable: bool,
    /// Whether weight decay acts on it.
    pub decay: bool,
    /// A factor on the learning rate of this part; 1 unless set. A setting of a training: it is not serialised.
    #[serde(skip, default = "one")]
    pub rate_factor: f64,
    /// A factor on the weight decay of this part, where [`decay`](Part::decay) lets it act; 1 unless set.
    /// Not serialised either.
    #[serde(skip, default = "one")]
    pub decay_factor: f64,
}

/// The factor that changes nothing.
fn one() -> f64 {
    1.0
}

impl Part {
    /// Its elements' places in θ.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start.saturating_add(self.shape.elements())
    }

    /// Whether its name matches a pattern, in which `*` stands for any characters: `"0.*"`, `"*.bias"`.
    pub fn matches(&self, pattern: &str) -> bool {
        matches(pattern, &self.name)
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.shape)
    }
}

/// The layout of a flat vector θ: its named parts in order, without gaps.
///
/// ```
/// use downhill_tensor::{Layout, Shape};
/// let mut layout = Layout::default();
/// layout.push("0.weight", Shape::from([16, 4]), true);
/// layout.push("0.bias", Shape::from([16]), false);
/// assert_eq!(layout.len(), 80);
/// assert_eq!(layout.part("0.bias").unwrap().range(), 64..80);
/// assert_eq!(layout.name_at(70), Some("0.bias"));
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Layout {
    parts: Vec<Part>,
    len: usize,
}

impl Layout {
    /// The layout of a vector of `len` numbers that are one part, named `theta`: what an optimizer
    /// of a plain function needs.
    pub fn flat(len: usize) -> Layout {
        let mut layout = Layout::default();
        layout.push("theta", Shape::from([len]), true);
        layout
    }

    /// Adds a trainable part at the end and answers its first place. `decay` says whether weight
    /// decay is to act on it.
    pub fn push(&mut self, name: impl Into<String>, shape: Shape, decay: bool) -> usize {
        let start = self.len;
        // Saturating, since a file may ask for any shape; such a vector cannot be made, and is not.
        self.len = self.len.saturating_add(shape.elements());
        let (rate_factor, decay_factor) = (one(), one());
        let name = name.into();
        self.parts.push(Part { name, start, shape, trainable: true, decay, rate_factor, decay_factor });
        start
    }

    /// The number of elements of θ.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether θ has no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The parts in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The part of this name.
    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// The name of the part that an element belongs to.
    pub fn name_at(&self, element: usize) -> Option<&str> {
        self.parts.iter().find(|part| part.range().contains(&element)).map(|part| part.name.as_str())
    }

    /// Whether every part learns.
    pub fn all_trainable(&self) -> bool {
        self.parts.iter().all(|part| part.trainable)
    }

    /// The number of elements that learn.
    pub fn trainable_len(&self) -> usize {
        self.parts.iter().filter(|part| part.trainable).map(|part| part.shape.elements()).sum()
    }

    /// Sets whether the parts whose name matches `pattern` learn, and answers how many there are.
    /// In a pattern `*` stands for any characters: `"0.*"`, `"*.bias"`.
    pub fn set_trainable(&mut self, pattern: &str, trainable: bool) -> usize {
        self.set(pattern, |part| part.trainable = trainable)
    }

    /// Sets whether weight decay acts on the parts whose name matches `pattern`, and answers how
    /// many there are.
    pub fn set_decay(&mut self, pattern: &str, decay: bool) -> usize {
        self.set(pattern, |part| part.decay = decay)
    }

    /// Multiplies the factors on the learning rate and on the weight decay of the parts whose name matches
    /// `pattern` by these, and answers how many there are.
    pub fn scale(&mut self, pattern: &str, rate: f64, decay: f64) -> usize {
        self.set(pattern, |part| {
            part.rate_factor *= rate;
            part.decay_factor *= decay;
        })
    }

    fn set(&mut self, pattern: &str, change: impl FnMut(&mut Part)) -> usize {
        self.parts.iter_mut().filter(|part| part.matches(pattern)).map(change).count()
    }
}

/// A layout as it was written, which may hold anything.
#[derive(Deserialize)]
#[serde(rename = "Layout")]
struct Unchecked {
    parts: Vec<Part>,
    len: usize,
}

impl<'de> Deserialize<'de> for Layout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Layout, D::Error> {
        let Unchecked { parts, len } = Unchecked::deserialize(deserializer)?;
        let (mut end, mut names) = (0_usize, HashSet::new());
        for part in &parts {
            if part.start != end {
                return Err(de::Error::custom(format!("{part} begins at {}, not at {end}", part.start)));
            }
            if !names.insert(&part.name) {
                return Err(de::Error::custom(format!("two parts are named {:?}", part.name)));
            }
            let too_large = || de::Error::custom(format!("{part} is too large"));
            end = end.checked_add(part.shape.elements()).ok_or_else(too_large)?;
        }
        if end != len {
            return Err(de::Error::custom(format!("the parts have {end} elements, not {len}")));
        }
        Ok(Layout { parts, len })
    }
}

/// Whether `name` matches `pattern`, in which `*` stands for any characters.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => name.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len()).any(|at| rest.is_char_boundary(at) && matches(tail, &rest[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("0.weight", "0.weight", true),
            ("0.weight", "10.weight", false),
            ("0.*", "0.weight", true),
            ("*.bias", "3.body.0.bias", true),
            ("*.bias", "3.bias.weight", false),
            ("*", "", true),
            ("a*b*c", "a..b..c", true),
            ("a*b*c", "a..c..b", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
