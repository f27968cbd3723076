//! Settings of some parts of θ.

use downhill_tensor::{Layout, Real};

use crate::{Error, Optimizer, Result, StateVisitor, lengths, setting};

/// How the parts of a group differ from the others.
///
/// ```
/// use downhill_optim::{AdamW, Group, Optimizer};
///
/// // Half the rate for the first layer, no weight decay for what is named a scale.
/// let optimizer: &dyn Optimizer = &AdamW::new(1e-3)?
///     .group("0.*", Group::new().rate(0.5)?)
///     .group("*.scale", Group::new().decay(0.0)?);
/// # Ok::<(), downhill_optim::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Group {
    rate: f64,
    decay: Option<f64>,
    frozen: bool,
}

impl Default for Group {
    fn default() -> Group {
        Group { rate: 1.0, decay: None, frozen: false }
    }
}

impl Group {
    /// A group that does not differ.
    pub fn new() -> Group {
        Group::default()
    }

    /// Sets the factor on the learning rate.
    ///
    /// # Errors
    /// [`Error::Setting`] unless it is finite and at least 0.
    pub fn rate(self, factor: f64) -> Result<Group> {
        Ok(Group { rate: setting::at_least_zero("rate", factor)?, ..self })
    }

    /// Sets the factor on the weight decay, which acts on these parts unless it is 0, whatever the layout
    /// says.
    ///
    /// # Errors
    /// [`Error::Setting`] unless it is finite and at least 0.
    pub fn decay(self, factor: f64) -> Result<Group> {
        Ok(Group { decay: Some(setting::at_least_zero("decay", factor)?), ..self })
    }

    /// Keeps these parts as they are.
    #[must_use]
    pub fn frozen(self) -> Group {
        Group { frozen: true, ..self }
    }

    fn apply(self, pattern: &str, layout: &mut Layout) -> Result<()> {
        let members = layout.scale(pattern, self.rate, self.decay.unwrap_or(1.0));
        if members == 0 && !layout.parts().is_empty() {
            return Err(Error::NoPart { pattern: pattern.to_owned() });
        }
        if let Some(decay) = self.decay {
            layout.set_decay(pattern, decay != 0.0);
        }
        if self.frozen {
            layout.set_trainable(pattern, false);
        }
        Ok(())
    }
}

/// What an optimizer changes in the layout of θ.
#[derive(Debug, Clone)]
enum Change {
    /// What a group says of the parts whose name matches a pattern.
    Group(String, Group),
    /// Parts of at most one axis do not decay.
    SpareVectors,
}

impl Change {
    fn apply(&self, layout: &mut Layout) -> Result<()> {
        match self {
            Change::Group(pattern, group) => group.apply(pattern, layout)?,
            Change::SpareVectors => {
                let vectors = layout.parts().iter().filter(|part| part.shape.len() < 2);
                for name in vectors.map(|part| part.name.clone()).collect::<Vec<_>>() {
                    layout.set_decay(&name, false);
                }
            }
        }
        Ok(())
    }
}

/// An optimizer with settings of their own for some parts of θ: made by [`Optimizer::group`] and
/// [`Optimizer::decay_matrices_only`].
///
/// Groups add up: of two that a part belongs to, the rates are multiplied. A step is an error, and moves nothing,
/// if there are parts and none belongs to the group.
#[derive(Debug, Clone)]
pub struct Grouped<O> {
    inner: O,
    change: Change,
    /// The layout of the last step, and that with the group's settings.
    layouts: Option<[Layout; 2]>,
}

impl<O> Grouped<O> {
    pub(crate) fn new(inner: O, pattern: String, group: Group) -> Grouped<O> {
        Grouped { inner, change: Change::Group(pattern, group), layouts: None }
    }

    pub(crate) fn sparing_vectors(inner: O) -> Grouped<O> {
        Grouped { inner, change: Change::SpareVectors, layouts: None }
    }
}

impl<T: Real, O: Optimizer<T>> Optimizer<T> for Grouped<O> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        if let Some([given, grouped]) = &self.layouts
            && given == layout
        {
            return self.inner.step(theta, gradient, grouped);
        }
        let mut grouped = layout.clone();
        self.change.apply(&mut grouped)?;
        let [_, grouped] = self.layouts.insert([layout.clone(), grouped]);
        self.inner.step(theta, gradient, grouped)
    }

    setting::hand_on!(rate, threads, momentum, report, halfway);

    fn average(&self, theta: &mut [T], layout: &Layout) -> Result<()> {
        match &self.layouts {
            Some([given, grouped]) if given == layout => self.inner.average(theta, grouped),
            _ => self.inner.average(theta, layout),
        }
    }

    setting::hand_on!(state);
}

#[cfg(test)]
mod tests {
    use downhill_tensor::Shape;

    use super::*;
    use crate::{AdamW, Sgd};

    #[test]
    fn each_part_by_its_groups() {
        let mut layout = Layout::default();
        for (name, decay) in [("0.weight", true), ("0.bias", false), ("1.weight", true), ("1.bias", false)] {
            layout.push(name, Shape::from([1]), decay);
        }
        let sgd = Sgd::new(0.5).unwrap().weight_decay(0.5).unwrap();
        let mut optimizer = Optimizer::<f64>::group(sgd, "0.*", Group::new().rate(0.5).unwrap());
        let mut theta = [1.0; 4];
        optimizer.step(&mut theta, &mut [1.0; 4], &layout).unwrap();
        assert_eq!(theta, [0.625, 0.75, 0.25, 0.5]);
        let more = Group::new().rate(2.0).unwrap().decay(2.0).unwrap();
        let optimizer = Optimizer::<f64>::group(optimizer, "*.bias", more);
        let mut optimizer = Optimizer::<f64>::group(optimizer, "1.weight", Group::new().frozen());
        // Twice, the second time with the layout known.
        for _ in 0..2 {
            let mut theta = [1.0; 4];
            optimizer.step(&mut theta, &mut [1.0; 4], &layout).unwrap();
            assert_eq!(theta, [0.625, 0.0, 1.0, -1.0]);
        }
        layout.set_trainable("0.weight", false);
        let mut theta = [1.0; 4];
        optimizer.step(&mut theta, &mut [1.0; 4], &layout).unwrap();
        assert_eq!(theta, [1.0, 0.0, 1.0, -1.0]);
    }

    #[test]
    fn vectors_are_spared() {
        let mut layout = Layout::default();
        layout.push("weight", Shape::from([1, 1]), true);
        layout.push("bias", Shape::from([1]), true);
        layout.push("scale", Shape::SCALAR, true);
        let sgd = Sgd::new(0.5).unwrap().weight_decay(0.5).unwrap();
        let mut optimizer = Optimizer::<f64>::decay_matrices_only(sgd);
        let mut theta = [1.0; 3];
        optimizer.step(&mut theta, &mut [0.0; 3], &layout).unwrap();
        assert_eq!(theta, [0.75, 1.0, 1.0]);
    }

    #[test]
    fn a_group_without_parts_is_an_error() {
        let adamw = AdamW::new(0.5).unwrap();
        let mut optimizer = Optimizer::<f64>::group(adamw, "*.bias", Group::new());
        let mut theta = [1.0];
        let error = optimizer.step(&mut theta, &mut [1.0], &Layout::flat(1)).unwrap_err();
        assert_eq!((error, theta), (Error::NoPart { pattern: "*.bias".into() }, [1.0]));
    }
}
