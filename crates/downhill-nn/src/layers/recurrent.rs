//! Recurrent layers.

use downhill_autodiff::rules::elementwise::{Relu, Tanh};
use downhill_autodiff::rules::recurrent as rule;
use downhill_autodiff::tensor::Error as TensorError;
use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use super::Dropout;
use super::position::sequence;
use crate::{AnyLayer, Context, Init, Layer, Param, Result, Scalar, Scope};

/// One or several recurrent layers over sequences: `[n, t, f]` to the states after each step, `[n, t, h]`, or
/// `[n, t, 2·h]` if they run in both directions. [`Rnn`], [`Lstm`] and [`Gru`] are its kinds.
///
/// Parameters have PyTorch's names, shapes and order: for layer k `weight_ih_lk` `[gates·h, f]`, `weight_hh_lk`
/// `[gates·h, h]`, `bias_ih_lk` and `bias_hh_lk` `[gates·h]`, then the same with `_reverse` for the other direction.
/// All start uniform in ±1/√h, as there.
///
/// ```
/// use downhill_nn::{Gru, Linear, Network, Sequential};
/// // Sequences of 20 steps with 3 features each, read to the end before one answer.
/// let layers = Sequential::new().then(Gru::new(32).layers(2).last()).then(Linear::new(5));
/// assert_eq!(Network::build(layers, [20, 3])?.output(), [5]);
/// # Ok::<(), downhill_nn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recurrent<U> {
    unit: U,
    hidden: usize,
    layers: usize,
    bidirectional: bool,
    bias: bool,
    last: bool,
    dropout: Dropout,
    /// For each layer and direction.
    #[serde(skip)]
    weights: Vec<Weights>,
}

/// The simple recurrent layer: h ← tanh(W_ih·x + b_ih + W_hh·h + b_hh), or with the rectifier.
pub type Rnn = Recurrent<RnnUnit>;
/// Long short-term memory: see [`rules::recurrent::Lstm`](downhill_autodiff::rules::recurrent::Lstm) for the formulas.
pub type Lstm = Recurrent<LstmUnit>;
/// The gated recurrent unit: see [`rules::recurrent::Gru`](downhill_autodiff::rules::recurrent::Gru) for the formulas.
pub type Gru = Recurrent<GruUnit>;

/// The most layers on top of each other.
const MAX_LAYERS: usize = 1024;

/// The parameters of one layer and direction.
#[derive(Debug, Clone, PartialEq, Default)]
struct Weights {
    input: Param,
    state: Param,
    biases: Option<[Param; 2]>,
}

/// The states of all layers and directions, each `[layers·directions, n, h]`, in the order of the parameters.
#[derive(Debug, Clone, Copy)]
pub struct States<'t, T: Scalar = f32> {
    /// h.
    pub h: Var<'t, T>,
    /// c, which only an [`Lstm`] has.
    pub c: Option<Var<'t, T>>,
}

/// A kind of [`Recurrent`] layer.
pub trait Unit: Clone + Default + Send + Sync + 'static {
    /// Its name.
    const KIND: &'static str;
    /// The rows of its weights for each hidden unit.
    const GATES: usize;
    /// Whether it has a cell state.
    const HAS_CELL: bool = false;

    /// Runs over a sequence.
    #[doc(hidden)]
    fn run<'t, T: Scalar>(&self, pass: Pass<'_, 't, T>) -> Var<'t, T>;
}

/// One run over a sequence.
#[doc(hidden)]
#[derive(Debug)]
pub struct Pass<'a, 't, T: Scalar> {
    x: Var<'t, T>,
    weights: [Var<'t, T>; 2],
    biases: Option<[Var<'t, T>; 2]>,
    states: &'a [Var<'t, T>],
    reverse: bool,
    final_cell: bool,
}

impl<'t, T: Scalar> Pass<'_, 't, T> {
    #[track_caller]
    fn with<C: rule::Cell<T>>(self, cell: C) -> Var<'t, T> {
        let Pass { x, weights, biases, states, reverse, final_cell } = self;
        x.recurrence(weights, biases, states, rule::Recurrence { cell, reverse, bias: false, final_cell })
    }
}

/// The simple recurrence.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct RnnUnit {
    relu: bool,
}

/// Long short-term memory.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct LstmUnit;

/// The gated recurrent unit.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct GruUnit;

impl Unit for RnnUnit {
    const KIND: &'static str = "Rnn";
    const GATES: usize = 1;

    #[track_caller]
    fn run<'t, T: Scalar>(&self, pass: Pass<'_, 't, T>) -> Var<'t, T> {
        if self.relu {
            pass.with(rule::Rnn { activation: Relu })
        } else {
            pass.with(rule::Rnn { activation: Tanh })
        }
    }
}

impl Unit for LstmUnit {
    const KIND: &'static str = "Lstm";
    const GATES: usize = 4;
    const HAS_CELL: bool = true;

    #[track_caller]
    fn run<'t, T: Scalar>(&self, pass: Pass<'_, 't, T>) -> Var<'t, T> {
        pass.with(rule::Lstm)
    }
}

impl Unit for GruUnit {
    const KIND: &'static str = "Gru";
    const GATES: usize = 3;

    #[track_caller]
    fn run<'t, T: Scalar>(&self, pass: Pass<'_, 't, T>) -> Var<'t, T> {
        pass.with(rule::Gru)
    }
}

impl Rnn {
    /// The same layer with max(x, 0) instead of tanh.
    #[must_use]
    pub fn relu(mut self) -> Rnn {
        self.unit.relu = true;
        self
    }
}

impl<U: Unit> Recurrent<U> {
    /// One layer with so many hidden units.
    pub fn new(hidden: usize) -> Recurrent<U> {
        Recurrent {
            unit: U::default(),
            hidden,
            layers: 1,
            bidirectional: false,
            bias: true,
            last: false,
            dropout: Dropout::default(),
            weights: Vec::new(),
        }
    }

    /// So many layers, each over the outputs of the one before.
    #[must_use]
    pub fn layers(mut self, count: usize) -> Recurrent<U> {
        self.layers = count;
        self
    }

    /// In both directions, with parameters for each; their outputs stand beside each other.
    #[must_use]
    pub fn bidirectional(mut self) -> Recurrent<U> {
        self.bidirectional = true;
        self
    }

    /// The same layers without biases.
    #[must_use]
    pub fn without_bias(mut self) -> Recurrent<U> {
        self.bias = false;
        self
    }

    /// The same layers with dropout between them.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless 0 ≤ p < 1.
    pub fn dropout(mut self, p: f64) -> Result<Recurrent<U>> {
        self.dropout = Dropout::new(p)?;
        Ok(self)
    }

    /// As a layer, answer the last state alone: `[n, h]`, or `[n, 2·h]` with the state of each direction after the step
    /// that it does last.
    #[must_use]
    pub fn last(mut self) -> Recurrent<U> {
        self.last = true;
        self
    }

    fn directions(&self) -> usize {
        if self.bidirectional { 2 } else { 1 }
    }

    /// Runs over sequences `[n, t, f]` from these states, or zeros, and answers the outputs of all steps and the states
    /// behind the last.
    #[track_caller]
    pub fn run<'t, T: Scalar>(
        &self,
        cx: &Context<'t, T>,
        x: Var<'t, T>,
        states: Option<States<'t, T>>,
    ) -> (Var<'t, T>, States<'t, T>) {
        let count = self.layers * self.directions();
        if let Some(refused) = states.and_then(|states| self.refuse(cx, x, &states)) {
            return (refused, States { h: refused, c: None });
        }
        let (mut hs, mut cs) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let samples = x.shape().first().copied().unwrap_or(0);
        let y = self.each(
            cx,
            x,
            U::HAS_CELL,
            |place| {
                // The states of this layer and direction.
                let of = |all: Var<'t, T>| all.slice(0, place..place + 1, 1).reshape([samples, self.hidden]);
                let h = states.map(|states| of(states.h));
                let c = states.and_then(|states| states.c).map(of);
                (h, c)
            },
            |y, steps, reverse, initial| {
                let outputs = if U::HAS_CELL { y.slice(1, 0..steps, 1) } else { y };
                let row = |row: usize| y.slice(1, row..row + 1, 1).reshape([samples, self.hidden]);
                let zeros = || cx.tape().constant(downhill_autodiff::Tensor::zeros([samples, self.hidden]));
                hs.push(match (steps, initial) {
                    (0, Some(h)) => h,
                    (0, None) => zeros(),
                    _ => row(if reverse { 0 } else { steps - 1 }),
                });
                if U::HAS_CELL {
                    cs.push(row(steps));
                }
                outputs
            },
        );
        let h = cx.tape().stack(&hs, 0);
        let c = U::HAS_CELL.then(|| cx.tape().stack(&cs, 0));
        (y, States { h, c })
    }

    /// The error for states that do not fit, recorded on the tape.
    #[track_caller]
    fn refuse<'t, T: Scalar>(
        &self,
        cx: &Context<'t, T>,
        x: Var<'t, T>,
        states: &States<'t, T>,
    ) -> Option<Var<'t, T>> {
        let samples = x.shape().first().copied().unwrap_or(0);
        let expected = [self.layers * self.directions(), samples, self.hidden];
        let given = [Some(states.h), states.c].into_iter().flatten().map(Var::shape);
        let wrong = given.into_iter().find(|shape| *shape != expected);
        let rule = match wrong {
            Some(_) => "its states must be [layers·directions, n, h]",
            None if states.c.is_some() != U::HAS_CELL => "an LSTM has h and c, others h alone",
            None => return None,
        };
        let shape = wrong.unwrap_or(expected.into());
        let error = TensorError::mismatch("states", rule, expected.into(), shape);
        Some(cx.tape().fail("states", vec![expected.into(), shape], error))
    }

    /// All layers and directions: `initial` answers the states that one begins with, `take` what of its result goes
    /// on.
    #[track_caller]
    fn each<'t, T: Scalar>(
        &self,
        cx: &Context<'t, T>,
        mut x: Var<'t, T>,
        final_cell: bool,
        initial: impl Fn(usize) -> (Option<Var<'t, T>>, Option<Var<'t, T>>),
        mut take: impl FnMut(Var<'t, T>, usize, bool, Option<Var<'t, T>>) -> Var<'t, T>,
    ) -> Var<'t, T> {
        let directions = self.directions();
        let steps = x.shape().get(1).copied().unwrap_or(0);
        for layer in 0..self.layers {
            if layer > 0 {
                x = self.dropout.forward(cx, x);
            }
            let mut one = |direction: usize| {
                let place = layer * directions + direction;
                // A layer that was not built has none: its parameters say so.
                let Weights { input, state, biases } = self.weights.get(place).cloned().unwrap_or_default();
                let (h, c) = initial(place);
                let states = [h.unwrap_or(x), c.unwrap_or(x)];
                let given = usize::from(h.is_some()) + usize::from(c.is_some());
                let y = self.unit.run(Pass {
                    x,
                    weights: [cx.param(&input), cx.param(&state)],
                    biases: biases.map(|biases| biases.map(|bias| cx.param(&bias))),
                    states: &states[..given],
                    reverse: direction == 1,
                    final_cell,
                });
                take(y, steps, direction == 1, h)
            };
            let ahead = one(0);
            x = if directions == 2 {
                let back = one(1);
                cx.tape().concat(&[ahead, back], -1)
            } else {
                ahead
            };
        }
        x
    }
}

impl<U: Unit> Layer for Recurrent<U>
where
    AnyLayer: From<Recurrent<U>>,
{
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn kind(&self) -> String {
        U::KIND.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        let (steps, mut features) = sequence(scope, input)?;
        let (hidden, directions) = (self.hidden, self.directions());
        if hidden == 0 || self.layers == 0 {
            return Err(scope.refuse(input, "it needs at least one layer and one hidden unit"));
        }
        // A file may say anything.
        if self.layers > MAX_LAYERS {
            return Err(scope.refuse(input, format!("it has more than {MAX_LAYERS} layers")));
        }
        if self.last && steps == 0 {
            return Err(scope.refuse(input, "a sequence without steps has no last one"));
        }
        // Checked again, since a file may hold anything.
        self.dropout.build(scope, input)?;
        let sizes = (hidden.checked_mul(U::GATES), hidden.checked_mul(directions));
        let (Some(rows), Some(outputs)) = sizes else {
            return Err(scope.refuse(input, "it is too large"));
        };
        let bound = 1.0 / (hidden as f64).sqrt();
        let init = Init::Uniform { low: -bound, high: bound };
        self.weights.clear();
        for layer in 0..self.layers {
            for suffix in ["", "_reverse"].into_iter().take(directions) {
                let name = |of: &str| format!("{of}_l{layer}{suffix}");
                let input = scope.parameter(&name("weight_ih"), [rows, features], init)?;
                let state = scope.parameter(&name("weight_hh"), [rows, hidden], init)?;
                let biases = if self.bias {
                    let input = scope.parameter(&name("bias_ih"), [rows], init)?;
                    Some([input, scope.parameter(&name("bias_hh"), [rows], init)?])
                } else {
                    None
                };
                let products = rows.saturating_mul(features.saturating_add(hidden));
                scope.multiply_adds(products.saturating_mul(steps));
                self.weights.push(Weights { input, state, biases });
            }
            features = outputs;
        }
        Ok(if self.last { [outputs].into() } else { [steps, outputs].into() })
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let y = self.each(cx, x, false, |_| (None, None), |y, _, _, _| y);
        if !self.last {
            return y;
        }
        let (shape, steps) = (y.shape(), x.shape().get(1).copied().unwrap_or(0));
        let (&[samples, _, width], Some(end)) = (&shape[..], steps.checked_sub(1)) else { return y };
        let ahead = y.slice(1, end..steps, 1);
        let last = if self.bidirectional {
            let back = y.slice(1, 0..1, 1).slice(2, self.hidden..width, 1);
            cx.tape().concat(&[ahead.slice(2, 0..self.hidden, 1), back], -1)
        } else {
            ahead
        };
        last.reshape([samples, width])
    }
}
