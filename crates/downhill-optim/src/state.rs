//! Saving and restoring what an optimizer remembers.

use downhill_tensor::Real;
use serde::{Deserialize, Serialize};

use crate::{Error, Optimizer, Result};

/// Someone to whom an optimizer shows its state, entry by entry: see [`Optimizer::state`].
pub trait StateVisitor<T: Real = f32> {
    /// Visits a count, such as that of the steps taken.
    fn counter(&mut self, name: &'static str, value: &mut u64);

    /// Visits a single number.
    fn number(&mut self, name: &'static str, value: &mut f64);

    /// Visits a vector: as long as θ, or of another length that the layout decides; empty as long as no step
    /// needed it.
    fn vector(&mut self, name: &'static str, value: &mut Vec<T>);
}

/// What an optimizer remembers from step to step: named entries in the optimizer's order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct State<T: Real = f32> {
    entries: Vec<(String, Value<T>)>,
}

/// One entry of a [`State`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value<T: Real = f32> {
    /// A count.
    Counter(u64),
    /// A single number.
    Number(f64),
    /// A vector, as long as θ or of another length that the layout decides, or an empty one.
    Vector(Vec<T>),
}

impl<T: Real> State<T> {
    /// The state with these entries.
    pub fn new(entries: Vec<(String, Value<T>)>) -> State<T> {
        State { entries }
    }

    /// The entries, in the optimizer's order.
    pub fn entries(&self) -> &[(String, Value<T>)] {
        &self.entries
    }
}

/// Copies the state of an optimizer.
pub fn save_state<T: Real>(optimizer: &mut dyn Optimizer<T>) -> State<T> {
    let mut saver = Saver { entries: Vec::new() };
    optimizer.state(&mut saver);
    State { entries: saver.entries }
}

/// Gives an optimizer the state that [`save_state`] copied from one of its kind. The steps that follow
/// are, to the bit, those that would have followed then.
///
/// # Errors
/// [`Error::Missing`] or [`Error::Unexpected`] if the entries are not the optimizer's,
/// [`Error::Length`] if a vector is not as long as the one that the optimizer already has; then the
/// optimizer is unchanged.
pub fn load_state<T: Real>(optimizer: &mut dyn Optimizer<T>, state: &State<T>) -> Result<()> {
    // First a visit that only compares, so that an error leaves the optimizer whole.
    for write in [false, true] {
        let mut loader = Loader { entries: &state.entries, write, error: None };
        optimizer.state(&mut loader);
        match (loader.error, loader.entries) {
            (Some(error), _) => return Err(error),
            (None, [(name, _), ..]) => return Err(Error::Unexpected { name: name.clone() }),
            (None, []) => {}
        }
    }
    Ok(())
}

struct Saver<T: Real> {
    entries: Vec<(String, Value<T>)>,
}

impl<T: Real> StateVisitor<T> for Saver<T> {
    fn counter(&mut self, name: &'static str, value: &mut u64) {
        self.entries.push((name.to_owned(), Value::Counter(*value)));
    }

    fn number(&mut self, name: &'static str, value: &mut f64) {
        self.entries.push((name.to_owned(), Value::Number(*value)));
    }

    fn vector(&mut self, name: &'static str, value: &mut Vec<T>) {
        self.entries.push((name.to_owned(), Value::Vector(value.clone())));
    }
}

struct Loader<'s, T: Real> {
    /// Those not visited yet.
    entries: &'s [(String, Value<T>)],
    write: bool,
    error: Option<Error>,
}

impl<'s, T: Real> Loader<'s, T> {
    /// The next entry, if it has this name and `read` understands it.
    fn next<V>(
        &mut self,
        name: &'static str,
        kind: &'static str,
        read: impl Fn(&'s Value<T>) -> Option<V>,
    ) -> Option<V> {
        if self.error.is_some() {
            return None;
        }
        let entries = self.entries;
        if let [(found, value), rest @ ..] = entries
            && found == name
            && let Some(value) = read(value)
        {
            self.entries = rest;
            return Some(value);
        }
        self.error = Some(Error::Missing { name, kind });
        None
    }
}

impl<T: Real> StateVisitor<T> for Loader<'_, T> {
    fn counter(&mut self, name: &'static str, value: &mut u64) {
        let saved = self.next(name, "counter", |entry| match entry {
            Value::Counter(saved) => Some(*saved),
            _ => None,
        });
        if let (true, Some(saved)) = (self.write, saved) {
            *value = saved;
        }
    }

    fn number(&mut self, name: &'static str, value: &mut f64) {
        let saved = self.next(name, "number", |entry| match entry {
            Value::Number(saved) => Some(*saved),
            _ => None,
        });
        if let (true, Some(saved)) = (self.write, saved) {
            *value = saved;
        }
    }

    fn vector(&mut self, name: &'static str, value: &mut Vec<T>) {
        let Some(saved) = self.next(name, "vector", |entry| match entry {
            Value::Vector(saved) => Some(saved),
            _ => None,
        }) else {
            return;
        };
        let (expected, length) = (value.len(), saved.len());
        if self.write {
            value.clone_from(saved);
        } else if expected != length && expected != 0 && length != 0 {
            self.error = Some(Error::Length { name, expected, length });
        }
    }
}
