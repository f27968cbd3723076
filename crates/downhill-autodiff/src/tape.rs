//! The record of a computation.

use std::any::Any;
use std::cell::RefCell;
use std::panic::Location;

use downhill_tensor::{Real, Shape, Tensor, Threads, Workspace};

use crate::rule::{Forward, Operands, Rule};
use crate::weights::Weights;
use crate::{Error, Origin, Result, Var};

/// What becomes of the derivative with respect to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Derivative {
    /// Nobody wants it: backward does not go there.
    None,
    /// It travels on to the operands.
    Pass,
    /// It is kept on the tape: a variable.
    Keep,
    /// It goes into the flat gradient: the tape's parameter of this number.
    Parameter(u32),
}

/// A value on the tape, and how it came about.
pub(crate) struct Node<T: Real> {
    pub(crate) value: Tensor<T>,
    /// Present where the derivative passes on.
    pub(crate) rule: Option<Box<dyn Rule<T>>>,
    /// The ends of this node's part of [`Core::operands`] and [`Core::saved`]; they begin where the
    /// node before ends.
    pub(crate) operands_end: u32,
    pub(crate) saved_end: u32,
    pub(crate) derivative: Derivative,
}

impl<T: Real> std::fmt::Debug for Node<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.rule.as_ref().map(|rule| rule.name());
        f.debug_struct("Node").field("rule", &name).field("value", &self.value).finish_non_exhaustive()
    }
}

/// A part of the flat θ on the tape.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) start: usize,
    pub(crate) end: usize,
    shape: Shape,
    node: u32,
    /// Whether the last backward pass brought a derivative here.
    pub(crate) reached: bool,
}

/// The record of a computation, from which [`Var::backward`] finds its derivative.
///
/// ```
/// use downhill_autodiff::{Tape, Tensor};
///
/// let tape = Tape::new();
/// let x = tape.variable(Tensor::vector([1.0, -1.0, 1.0, 1.0]));
/// let length = (x * x).sum().sqrt();
/// assert_eq!(length.value()?.item()?, 2.0);
/// assert_eq!(length.backward()?.wrt(x)?.as_slice(), [0.5, -0.5, 0.5, 0.5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// **Errors wait.** Mathematics on a [`Var`] never returns a `Result`: the tape keeps the first error
/// with the operation's name, the shapes and the caller's `file:line`, everything after it does
/// nothing, and [`Var::value`] and [`Var::backward`] return it.
///
/// **Buffers are used again.** [`clear`](Tape::clear) makes the tape ready for the next computation and
/// keeps its memory; a computation of the same shapes then allocates nothing.
pub struct Tape<T: Real = f32> {
    pub(crate) core: RefCell<Core<T>>,
}

pub(crate) struct Core<T: Real> {
    pub(crate) nodes: Vec<Node<T>>,
    pub(crate) operands: Vec<u32>,
    pub(crate) saved: Vec<Tensor<T>>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) cotangents: Vec<Option<Tensor<T>>>,
    /// What this computation posted, and what the one before the last `clear` did.
    posts: [Posts<T>; 2],
    /// The place of the sum of all penalties so far.
    penalty: Option<u32>,
    pub(crate) workspace: Workspace<T>,
    weights: Option<Weights<T>>,
    /// The boxes of an earlier computation's rules, by node, to be filled anew.
    spare_rules: Vec<Option<Box<dyn Rule<T>>>>,
    /// The operation and the section of each node.
    origins: Vec<(&'static str, Option<usize>)>,
    section: Option<usize>,
    /// Whether two parameters overlap without being the same: their derivatives then share elements.
    pub(crate) overlapping: bool,
    recording: bool,
    looks_for_not_finite: bool,
    pub(crate) failure: Option<Error>,
}

impl<T: Real> Tape<T> {
    /// An empty tape that computes on the calling thread.
    pub fn new() -> Tape<T> {
        Tape {
            core: RefCell::new(Core {
                nodes: Vec::new(),
                operands: Vec::new(),
                saved: Vec::new(),
                parameters: Vec::new(),
                cotangents: Vec::new(),
                posts: [Posts::default(), Posts::default()],
                penalty: None,
                workspace: Workspace::default(),
                weights: None,
                spare_rules: Vec::new(),
                origins: Vec::new(),
                section: None,
                overlapping: false,
                recording: true,
                looks_for_not_finite: false,
                failure: None,
            }),
        }
    }

    /// A tape that only computes values: nothing is kept for a backward pass, and every leaf is a constant.
    pub fn inference() -> Tape<T> {
        let mut tape = Tape::new();
        tape.core.get_mut().recording = false;
        tape
    }

    /// The same tape, empty, computing on these threads. Results do not depend on their number.
    #[must_use]
    pub fn threads(mut self, threads: Threads) -> Tape<T> {
        self.clear();
        self.core.get_mut().workspace = Workspace::new(threads);
        self
    }

    /// The same tape, for many computations with parts of this θ: what a product needs of them is prepared the first time,
    /// and kept as long as the tape. Results are the same.
    ///
    /// θ is shared as long, too: writing to it copies it. So this is for use, not for training.
    #[must_use]
    pub fn keep_weights(mut self, theta: &Tensor<T>) -> Tape<T> {
        self.core.get_mut().weights = Some(Weights::new(theta.clone()));
        self
    }

    /// Sets whether the first operation whose result is infinite or NaN is an error. It costs a pass
    /// over every result.
    pub fn look_for_not_finite(&mut self, looks: bool) {
        self.core.get_mut().looks_for_not_finite = looks;
    }

    /// Forgets the computation and keeps its memory for the next one.
    pub fn clear(&mut self) {
        let core = self.core.get_mut();
        for tensor in core.saved.drain(..).chain(core.cotangents.drain(..).flatten()) {
            core.workspace.give(tensor);
        }
        core.spare_rules.resize_with(core.spare_rules.len().max(core.nodes.len()), || None);
        // Backwards, so that a value which shares an earlier one's buffer, a reshape, leaves it to that one.
        while let Some(node) = core.nodes.pop() {
            let operands_start = core.nodes.last().map_or(0, |before| before.operands_end);
            // A leaf's buffer came from outside: keeping it would let the stock grow with every step.
            if node.operands_end > operands_start {
                core.workspace.give(node.value);
            }
            if node.rule.is_some() {
                core.spare_rules[core.nodes.len()] = node.rule;
            }
        }
        core.posts.swap(0, 1);
        core.posts[0].clear();
        core.penalty = None;
        core.operands.clear();
        core.parameters.clear();
        core.origins.clear();
        core.section = None;
        core.overlapping = false;
        core.failure = None;
    }

    /// Takes back a value that was computed here and outlived the computation, to use its memory again, unless somebody
    /// else holds it.
    pub fn recycle(&mut self, value: Tensor<T>) {
        self.core.get_mut().workspace.give(value);
    }

    /// A leaf that does not learn: data.
    pub fn constant(&self, value: Tensor<T>) -> Var<'_, T> {
        self.leaf(value, Derivative::None)
    }

    /// A leaf whose derivative is kept: read it with [`Gradients::wrt`](crate::Gradients::wrt).
    pub fn variable(&self, value: Tensor<T>) -> Var<'_, T> {
        self.leaf(value, Derivative::Keep)
    }

    /// A leaf that is the part of a flat θ with this shape that begins at `start`. Its derivative goes
    /// into the same part of the flat gradient given to [`Var::backward_into`].
    ///
    /// θ is shared, not copied. Until the tape is cleared, writing to θ copies it.
    #[track_caller]
    pub fn parameter(&self, theta: &Tensor<T>, start: usize, shape: impl Into<Shape>) -> Var<'_, T> {
        let shape = shape.into();
        let value = match theta.window(start, shape) {
            Ok(value) => value,
            Err(source) => return self.fail("parameter", vec![theta.shape(), shape], source),
        };
        let mut core = self.core.borrow_mut();
        let end = start + value.len();
        let mut overlapping = false;
        for other in &core.parameters {
            if other.start == start && other.shape == shape {
                return Var { tape: self, place: other.node };
            }
            overlapping |= other.start < end && start < other.end;
        }
        core.overlapping |= overlapping;
        let derivative = Derivative::Parameter(core.parameters.len() as u32);
        let node = core.nodes.len() as u32;
        core.parameters.push(Parameter { start, end, shape, node, reached: false });
        drop(core);
        self.leaf(value, derivative)
    }

    /// Adds a single number to what the loss of this computation is to be increased by: see [`penalty`](Tape::penalty).
    #[track_caller]
    pub fn penalize<'t>(&'t self, penalty: Var<'t, T>) {
        let sum = match self.penalty() {
            Some(before) => before + penalty,
            None => penalty,
        };
        self.core.borrow_mut().penalty = Some(sum.place);
    }

    /// What the loss of this computation is to be increased by, if there is anything: the sum of all
    /// [penalties](Tape::penalize).
    pub fn penalty(&self) -> Option<Var<'_, T>> {
        self.core.borrow().penalty.map(|place| Var { tape: self, place })
    }

    /// Leaves a message for whoever owns the numbers of this computation: a value that is to take the place of the
    /// one which begins at `start` in a flat vector of theirs, such as a running mean. It is copied.
    /// [`posted`](Tape::posted) reads it after the tape is cleared.
    pub fn post(&self, start: usize, value: &Tensor<T>) {
        let posts = &mut self.core.borrow_mut().posts[0];
        posts.values.extend_from_slice(value.as_slice());
        posts.places.push((start, value.len()));
    }

    /// Calls `read` with each place and value that were [posted](Tape::post) before the tape was cleared last and
    /// after it was cleared before, in order.
    pub fn posted(&self, mut read: impl FnMut(usize, &[T])) {
        let posts = &self.core.borrow().posts[1];
        let mut values = &posts.values[..];
        for &(start, length) in &posts.places {
            let (value, rest) = values.split_at(length);
            read(start, value);
            values = rest;
        }
    }

    /// Names the part of the computation that what follows belongs to: a number that errors carry, such
    /// as the place of a layer in a network. Answers the number before.
    pub fn set_section(&self, section: Option<usize>) -> Option<usize> {
        std::mem::replace(&mut self.core.borrow_mut().section, section)
    }

    /// The section of the first value on the tape that is infinite or NaN, with the name of its
    /// operation, if there is one.
    pub fn first_not_finite(&self) -> Option<(Option<usize>, &'static str)> {
        let core = self.core.borrow();
        let place = core.nodes.iter().position(|node| !node.value.is_finite())?;
        let (operation, section) = core.origins[place];
        Some((section, operation))
    }

    /// The first error of the computation so far.
    ///
    /// # Errors
    /// That error.
    pub fn status(&self) -> Result<()> {
        self.core.borrow().failure.clone().map_or(Ok(()), Err)
    }

    /// Applies an operation to operands: what every method of [`Var`] does, and the way to use a
    /// [`Rule`] of your own.
    #[track_caller]
    pub fn apply<'t, R: Rule<T>>(&'t self, rule: R, operands: &[Var<'t, T>]) -> Var<'t, T> {
        let (y, keeps_rule) = self.run(&rule, operands, Location::caller());
        if keeps_rule {
            let core = &mut *self.core.borrow_mut();
            let rule = refill(&mut core.spare_rules, y.place as usize, rule);
            core.nodes[y.place as usize].rule = Some(rule);
        }
        y
    }

    /// What [`apply`](Tape::apply) does whatever the type of the rule, so that it is compiled once: the
    /// result, and whether a backward pass will need the rule.
    fn run<'t>(
        &'t self,
        rule: &dyn Rule<T>,
        operands: &[Var<'t, T>],
        location: &'static Location<'static>,
    ) -> (Var<'t, T>, bool) {
        let core = &mut *self.core.borrow_mut();
        // What is answered after an error; the shape of the first operand is the best guess.
        let nothing = operands.first().copied().unwrap_or(Var { tape: self, place: u32::MAX });
        if core.failure.is_some() {
            return (nothing, false);
        }
        if operands.iter().any(|operand| !std::ptr::eq(operand.tape, self)) {
            core.failure = Some(Error::ForeignVariable { operation: rule.name(), location });
            return (nothing, false);
        }
        let first_operand = core.operands.len();
        core.operands.extend(operands.iter().map(|operand| operand.place));
        let places = &core.operands[first_operand..];
        let wanted = core.recording
            && places.iter().any(|&place| core.nodes[place as usize].derivative != Derivative::None);
        let operands = Operands { nodes: &core.nodes, places };
        let mut cx = Forward {
            workspace: &mut core.workspace,
            saved: &mut core.saved,
            weights: core.weights.as_mut(),
            recording: wanted,
        };
        let failure = match rule.forward(&operands, &mut cx) {
            Ok(value) if core.looks_for_not_finite && !value.is_finite() => {
                let (operation, shapes, section) = (rule.name(), operands.shapes(), core.section);
                Error::NotFinite { origin: Box::new(Origin { operation, shapes, location, section }) }
            }
            Ok(value) => {
                let derivative = if wanted { Derivative::Pass } else { Derivative::None };
                core.push(value, derivative, rule.name());
                return (Var { tape: self, place: core.nodes.len() as u32 - 1 }, wanted);
            }
            Err(source) => {
                let (operation, shapes, section) = (rule.name(), operands.shapes(), core.section);
                let origin = Box::new(Origin { operation, shapes, location, section });
                Error::Operation { origin, source: Box::new(source) }
            }
        };
        core.failure = Some(failure);
        (nothing, false)
    }

    fn leaf(&self, value: Tensor<T>, derivative: Derivative) -> Var<'_, T> {
        let core = &mut *self.core.borrow_mut();
        let derivative = if core.recording { derivative } else { Derivative::None };
        core.push(value, derivative, "an input");
        Var { tape: self, place: core.nodes.len() as u32 - 1 }
    }

    /// Records an error that was found before there was a rule to apply, for functions composed of
    /// operations that cannot return it themselves. What it answers is not to be computed with.
    #[track_caller]
    pub fn fail(
        &self,
        operation: &'static str,
        shapes: Vec<Shape>,
        source: downhill_tensor::Error,
    ) -> Var<'_, T> {
        let core = &mut *self.core.borrow_mut();
        let (location, section) = (Location::caller(), core.section);
        let origin = Box::new(Origin { operation, shapes, location, section });
        core.failure.get_or_insert(Error::Operation { origin, source: Box::new(source) });
        Var { tape: self, place: u32::MAX }
    }
}

/// Values, and the place that each is meant for.
struct Posts<T> {
    values: Vec<T>,
    /// Where each begins in the vector that it is meant for, and its length.
    places: Vec<(usize, usize)>,
}

impl<T> Default for Posts<T> {
    fn default() -> Posts<T> {
        Posts { values: Vec::new(), places: Vec::new() }
    }
}

impl<T> Posts<T> {
    fn clear(&mut self) {
        self.values.clear();
        self.places.clear();
    }
}

impl<T: Real> Core<T> {
    fn push(&mut self, value: Tensor<T>, derivative: Derivative, name: &'static str) {
        let (operands_end, saved_end) = (self.operands.len() as u32, self.saved.len() as u32);
        self.nodes.push(Node { value, rule: None, operands_end, saved_end, derivative });
        self.origins.push((name, self.section));
    }
}

/// Puts a rule into the box that a rule of the same type left at this place, if there is one: a steady
/// computation allocates nothing.
fn refill<T: Real, R: Rule<T>>(
    spare: &mut [Option<Box<dyn Rule<T>>>],
    place: usize,
    rule: R,
) -> Box<dyn Rule<T>> {
    if let Some(mut old) = spare.get_mut(place).and_then(Option::take)
        && let Some(same) = (&mut *old as &mut dyn Any).downcast_mut::<R>()
    {
        *same = rule;
        return old;
    }
    Box::new(rule)
}

impl<T: Real> Default for Tape<T> {
    fn default() -> Tape<T> {
        Tape::new()
    }
}

impl<T: Real> std::fmt::Debug for Tape<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let core = self.core.borrow();
        f.debug_struct("Tape")
            .field("nodes", &core.nodes)
            .field("failure", &core.failure)
            .finish_non_exhaustive()
    }
}
