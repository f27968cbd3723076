//! Recurrences over a sequence, a whole sequence as one operation.

mod gru;
mod lstm;
mod rnn;

pub use gru::Gru;
pub use lstm::Lstm;
pub use rnn::Rnn;

use downhill_tensor::gemm::{Gemm, Matrix, Start, gemm};
use downhill_tensor::kernel::{self, View};
use downhill_tensor::{AxisOrder, Error, Math, Real, Result, Shape, Tensor, vectorize};

use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// A recurrence's step: what becomes of the state h of one sample, and the step's derivative.
///
/// The slices hold h numbers for each gate, one gate behind the other in PyTorch's order. Loops here run inside
/// [`vectorize!`](downhill_tensor::vectorize!): the methods are to be `#[inline(always)]`.
pub trait Cell<T: Real>: Copy + Send + Sync + 'static {
    /// The operation's name.
    const NAME: &'static str;
    /// The gates: rows of the weights for each unit.
    const GATES: usize;
    /// Whether there is a cell state c beside the state h.
    const HAS_CELL: bool = false;
    /// Whether something beside the gates is kept for the pullback, a number for each unit.
    const KEEPS: bool = Self::HAS_CELL;
    /// Whether the derivative of the recurrent product differs from that of the input's.
    const APART: bool = false;

    /// Moves one sample a step on.
    fn step(self, at: Step<'_, T>);

    /// Carries the derivative of one sample a step back.
    fn back(self, at: Back<'_, T>);
}

/// One sample's part of a step.
#[derive(Debug)]
pub struct Step<'a, T> {
    /// How the loop around computes functions.
    pub math: Math,
    /// The input's product with its bias; afterwards what the pullback needs of the gates.
    pub gates: &'a mut [T],
    /// The state's product with its bias.
    pub recurrent: &'a [T],
    /// The state h.
    pub state: &'a mut [T],
    /// The cell state c, or nothing.
    pub cell: &'a mut [T],
    /// What is kept beside the gates, or nothing.
    pub kept: &'a mut [T],
}

/// One sample's part of a step back.
#[derive(Debug)]
pub struct Back<'a, T> {
    /// How the loop around computes functions.
    pub math: Math,
    /// What the step left of the gates.
    pub gates: &'a [T],
    /// What it kept beside them, or nothing.
    pub kept: &'a [T],
    /// The state before the step.
    pub state: &'a [T],
    /// The cell state before the step, or nothing.
    pub cell: &'a [T],
    /// ∂L/∂h after the step; afterwards the part of ∂L/∂h before it that does not pass the weights.
    pub d_state: &'a mut [T],
    /// ∂L/∂c after the step; afterwards before it; or nothing.
    pub d_cell: &'a mut [T],
    /// For the derivative with respect to the input's product.
    pub d_gates: &'a mut [T],
    /// For that with respect to the state's product, if it is another.
    pub d_recurrent: &'a mut [T],
}

/// A recurrence over the steps of x `[n, t, f]`: the states h after each, `[n, t, h]`.
///
/// The operands are x, W_ih `[gates·h, f]`, W_hh `[gates·h, h]`, with `bias` b_ih and b_hh `[gates·h]`, and then, or
/// not, the initial state h `[n, h]`, for an LSTM followed by the initial c `[n, h]`; else they are zeros. Layouts and
/// the order of the gates are PyTorch's.
///
/// The input's products of all steps are one matrix product; each step adds one with W_hh. Backward the same, and
/// the derivatives of the weights are one product over all steps each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recurrence<C> {
    /// What happens in a step.
    pub cell: C,
    /// Whether the last step comes first. Outputs stay in the place of their inputs.
    pub reverse: bool,
    /// Whether there are b_ih and b_hh.
    pub bias: bool,
    /// For an LSTM, whether the result has one row more, `[n, t + 1, h]`: the cell state after the last step.
    pub final_cell: bool,
}

/// At least so many samples are taken through the steps together, and at least one for each so many recurrent weights: every
/// task reads all of these at each step.
const LEAST_SAMPLES: usize = 16;
const WEIGHTS_OF_A_SAMPLE: usize = 1 << 12;

/// Sizes that have been found to fit each other.
#[derive(Clone, Copy)]
struct Plan {
    n: usize,
    t: usize,
    f: usize,
    h: usize,
    /// The rows of a sample's output.
    rows: usize,
    /// The place of the initial state among the operands, if there is one.
    initial: Option<usize>,
}

impl Plan {
    fn new<T: Real, C: Cell<T>>(rule: &Recurrence<C>, x: &Operands<'_, T>) -> Result<Plan> {
        let refuse = |rule, a, b| Err(Error::mismatch(C::NAME, rule, a, b));
        let shape = |operand: usize| x.shape(operand);
        let states = if C::HAS_CELL { 2 } else { 1 };
        let weights = if rule.bias { 5 } else { 3 };
        if x.len() != weights && x.len() != weights + states {
            return refuse(
                "needs x, two weights, two biases if any, and initial states if any",
                shape(0),
                shape(1),
            );
        }
        let (&[n, t, f], &[gates, inputs]) = (&shape(0)[..], &shape(1)[..]) else {
            return refuse("needs x [n, t, f] and W_ih [gates·h, f]", shape(0), shape(1));
        };
        if f != inputs {
            return refuse("needs x [n, t, f] and W_ih [gates·h, f]", shape(0), shape(1));
        }
        let h = gates / C::GATES;
        if gates != C::GATES * h || shape(2) != [gates, h] {
            return refuse("needs W_ih [gates·h, f] and W_hh [gates·h, h]", shape(1), shape(2));
        }
        for bias in 3..weights {
            if shape(bias) != [gates] {
                return refuse("needs W_ih [gates·h, f] and biases [gates·h]", shape(1), shape(bias));
            }
        }
        for state in weights..x.len() {
            if shape(state) != [n, h] {
                return refuse("needs x [n, t, f] and initial states [n, h]", shape(0), shape(state));
            }
        }
        let rows = if C::HAS_CELL && rule.final_cell { t + 1 } else { t };
        Ok(Plan { n, t, f, h, rows, initial: (x.len() > weights).then_some(weights) })
    }

    /// The samples that a task takes through all steps: no other one waits for it. Whatever the number of threads, since bits
    /// may depend on it.
    fn samples_of_a_task(&self, width: usize) -> usize {
        let least = LEAST_SAMPLES.max(self.h * width / WEIGHTS_OF_A_SAMPLE);
        self.n.div_ceil((self.n / least).max(1)).max(1)
    }

    /// The step that is done as number `i` of all.
    fn step(&self, reverse: bool, i: usize) -> usize {
        if reverse { self.t - 1 - i } else { i }
    }
}

/// The numbers of one sample and one step in `[n, rows, width]`.
#[inline(always)]
fn places(sample: usize, rows: usize, row: usize, width: usize) -> std::ops::Range<usize> {
    let start = (sample * rows + row) * width;
    start..start + width
}

/// The same, or nothing where nothing is kept.
#[inline(always)]
fn places_if(wanted: bool, sample: usize, rows: usize, row: usize, width: usize) -> std::ops::Range<usize> {
    if wanted { places(sample, rows, row, width) } else { 0..0 }
}

/// A state to begin with: the operand's, or zeros.
fn begin<T: Real>(state: &mut [T], operand: Option<&[T]>) {
    match operand {
        Some(initial) => state.copy_from_slice(initial),
        None => state.fill(T::zero()),
    }
}

impl<T: Real, C: Cell<T>> Rule<T> for Recurrence<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let plan = Plan::new(self, operands)?;
        let Plan { n, t, f, h, rows, initial } = plan;
        let (width, step) = (C::GATES * h, self.cell);
        let shape = |a: usize, b: usize| Shape::from([a, b]);
        let with_cell = if C::HAS_CELL { n } else { 0 };

        let mut gates = cx.take([n, t, width].into());
        gemm(Gemm {
            m: n * t,
            k: f,
            n: width,
            a: Matrix::row_major(operands.slice(0), f),
            b: Matrix::row_major(operands.slice(1), f).transposed(),
            c: gates.as_mut_slice(),
            start: if self.bias { Start::Row(operands.slice(3)) } else { Start::Zero },
            threads: cx.threads(),
        });
        // Turned once, so that no step has to.
        let mut weight = cx.take(shape(h, width));
        let turned = AxisOrder::transposed(operands.shape(2), 0, 1)?;
        kernel::permute(weight.as_mut_slice(), operands.value(2).view(), turned, kernel::write);
        let mut recurrent = cx.take(shape(n, width));
        let (mut state, mut cell) = (cx.take(shape(n, h)), cx.take(shape(with_cell, h)));
        begin(state.as_mut_slice(), initial.map(|place| operands.slice(place)));
        begin(cell.as_mut_slice(), initial.filter(|_| C::HAS_CELL).map(|place| operands.slice(place + 1)));
        let mut kept = cx.take([if C::KEEPS { n } else { 0 }, t, h].into());
        let mut y = cx.take([n, rows, h].into());

        let (threads, reverse) = (cx.threads(), self.reverse);
        let weight_of_state = Matrix::row_major(weight.as_slice(), width);
        let bias_of_state = if self.bias { Start::Row(operands.slice(4)) } else { Start::Zero };
        kernel::for_groups(
            threads,
            n,
            plan.samples_of_a_task(width),
            [
                (gates.as_mut_slice(), t * width),
                (recurrent.as_mut_slice(), width),
                (state.as_mut_slice(), h),
                (cell.as_mut_slice(), if C::HAS_CELL { h } else { 0 }),
                (kept.as_mut_slice(), if C::KEEPS { t * h } else { 0 }),
                (y.as_mut_slice(), rows * h),
            ],
            |samples, [gates, recurrent, state, cell, kept, y]| {
                let n = samples.len();
                for i in 0..t {
                    let row = plan.step(reverse, i);
                    gemm(Gemm {
                        m: n,
                        k: h,
                        n: width,
                        a: Matrix::row_major(state, h),
                        b: weight_of_state,
                        c: recurrent,
                        start: bias_of_state,
                        threads,
                    });
                    vectorize!(|math| for sample in 0..n {
                        let state = &mut state[places(sample, 1, 0, h)];
                        step.step(Step {
                            math,
                            gates: &mut gates[places(sample, t, row, width)],
                            recurrent: &recurrent[places(sample, 1, 0, width)],
                            state: &mut *state,
                            cell: &mut cell[places_if(C::HAS_CELL, sample, 1, 0, h)],
                            kept: &mut kept[places_if(C::KEEPS, sample, t, row, h)],
                        });
                        y[places(sample, rows, row, h)].copy_from_slice(state);
                    });
                }
            },
        );
        if rows > t {
            for sample in 0..n {
                y.as_mut_slice()[places(sample, rows, t, h)]
                    .copy_from_slice(&cell.as_slice()[places(sample, 1, 0, h)]);
            }
        }
        for spent in [weight, recurrent, state, cell] {
            cx.give(spent);
        }
        cx.save(gates);
        cx.save(kept);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        // The shapes fit: the forward pass has made this plan.
        let Ok(plan) = Plan::new(self, &at.operands) else { return };
        let Plan { n, t, f, h, rows, initial } = plan;
        let (width, step) = (C::GATES * h, self.cell);
        let (y, g) = (at.output().as_slice(), at.cotangent());
        let (gates, kept) = (at.saved(0).as_slice(), at.saved(1).as_slice());
        let workspace = sink.workspace();
        let mut d_gates = workspace.take([n, t, width].into());
        let mut d_recurrent = workspace.take([if C::APART { n } else { 0 }, t, width].into());
        let mut d_state = workspace.take_full([n, h].into(), T::zero());
        let mut d_cell = workspace.take_full([if C::HAS_CELL { n } else { 0 }, h].into(), T::zero());
        // The state before each step.
        let mut before = workspace.take([n, t, h].into());
        for i in 0..t {
            let row = plan.step(self.reverse, i);
            for sample in 0..n {
                let to = &mut before.as_mut_slice()[places(sample, t, row, h)];
                match (i, initial) {
                    (0, None) => to.fill(T::zero()),
                    (0, Some(place)) => to.copy_from_slice(&at.slice(place)[places(sample, 1, 0, h)]),
                    _ => {
                        let earlier = plan.step(self.reverse, i - 1);
                        to.copy_from_slice(&y[places(sample, rows, earlier, h)]);
                    }
                }
            }
        }
        // And the cell state before the first one.
        let mut first_cell = workspace.take([if C::HAS_CELL { n } else { 0 }, h].into());
        let initial_cell = initial.filter(|_| C::HAS_CELL).map(|place| at.slice(place + 1));
        begin(first_cell.as_mut_slice(), initial_cell);
        if rows > t {
            for sample in 0..n {
                d_cell.as_mut_slice()[places(sample, 1, 0, h)]
                    .copy_from_slice(&g[places(sample, rows, t, h)]);
            }
        }

        let (threads, reverse, states) = (at.threads(), self.reverse, before.as_slice());
        let (first_cell_of, weight_of_state) = (first_cell.as_slice(), Matrix::row_major(at.slice(2), h));
        kernel::for_groups(
            threads,
            n,
            plan.samples_of_a_task(width),
            [
                (d_gates.as_mut_slice(), t * width),
                (d_recurrent.as_mut_slice(), if C::APART { t * width } else { 0 }),
                (d_state.as_mut_slice(), h),
                (d_cell.as_mut_slice(), if C::HAS_CELL { h } else { 0 }),
            ],
            |samples, [d_gates, d_recurrent, d_state, d_cell]| {
                for i in (0..t).rev() {
                    let row = plan.step(reverse, i);
                    let earlier = i.checked_sub(1).map(|i| plan.step(reverse, i));
                    vectorize!(|math| for (own, sample) in samples.clone().enumerate() {
                        let d_state = &mut d_state[places(own, 1, 0, h)];
                        for (d, &g) in d_state.iter_mut().zip(&g[places(sample, rows, row, h)]) {
                            *d += g;
                        }
                        let cell = match earlier {
                            Some(earlier) => &kept[places_if(C::HAS_CELL, sample, t, earlier, h)],
                            None => &first_cell_of[places_if(C::HAS_CELL, sample, 1, 0, h)],
                        };
                        step.back(Back {
                            math,
                            gates: &gates[places(sample, t, row, width)],
                            kept: &kept[places_if(C::KEEPS, sample, t, row, h)],
                            state: &states[places(sample, t, row, h)],
                            cell,
                            d_state,
                            d_cell: &mut d_cell[places_if(C::HAS_CELL, own, 1, 0, h)],
                            d_gates: &mut d_gates[places(own, t, row, width)],
                            d_recurrent: &mut d_recurrent[places_if(C::APART, own, t, row, width)],
                        });
                    });
                    let deltas = if C::APART { &*d_recurrent } else { &*d_gates };
                    let elements = deltas.get(row * width..).unwrap_or(&[]);
                    gemm(Gemm {
                        m: samples.len(),
                        k: width,
                        n: h,
                        a: Matrix { elements, row_stride: t * width, column_stride: 1 },
                        b: weight_of_state,
                        c: d_state,
                        start: Start::Destination,
                        threads,
                    });
                }
            },
        );

        let deltas = if C::APART { &d_recurrent } else { &d_gates };
        if let Some(mut dx) = sink.destination(0) {
            let (store, c) = dx.parts();
            let (a, b) = (Matrix::row_major(d_gates.as_slice(), width), Matrix::row_major(at.slice(1), f));
            gemm(Gemm { m: n * t, k: width, n: f, a, b, c, start: store.into(), threads: at.threads() });
        }
        for (operand, deltas, x, inputs) in [(1, &d_gates, at.slice(0), f), (2, deltas, before.as_slice(), h)]
        {
            if let Some(mut dw) = sink.destination(operand) {
                let (store, c) = dw.parts();
                let a = Matrix::row_major(deltas.as_slice(), width).transposed();
                let b = Matrix::row_major(x, inputs);
                gemm(Gemm {
                    m: width,
                    k: n * t,
                    n: inputs,
                    a,
                    b,
                    c,
                    start: store.into(),
                    threads: at.threads(),
                });
            }
        }
        for (operand, deltas) in [(3, &d_gates), (4, deltas)].into_iter().filter(|_| self.bias) {
            if let Some(mut db) = sink.destination(operand) {
                let (store, db) = db.parts();
                let deltas = View::new([n * t, width].into(), deltas.as_slice());
                kernel::sum_to(db, [width].into(), deltas, store);
            }
        }
        if let Some(place) = initial {
            for (operand, derivative) in [(place, &d_state), (place + 1, &d_cell)] {
                if operand < at.len()
                    && let Some(mut d) = sink.destination(operand)
                {
                    d.zip1(derivative.as_slice(), |d| d);
                }
            }
        }
        for spent in [d_gates, d_recurrent, d_state, d_cell, before, first_cell] {
            sink.workspace().give(spent);
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// A recurrence over the steps of this `[n, t, f]`: `[n, t, h]`. The weights are W_ih `[gates·h, f]` and W_hh
    /// `[gates·h, h]`, the biases b_ih and b_hh `[gates·h]`, and the states, of which there may be none, the initial h
    /// and, for an LSTM, c `[n, h]`. See [`Recurrence`]; whether there are biases is found here.
    #[track_caller]
    pub fn recurrence<C: Cell<T>>(
        self,
        weights: [Var<'t, T>; 2],
        biases: Option<[Var<'t, T>; 2]>,
        states: &[Var<'t, T>],
        rule: Recurrence<C>,
    ) -> Var<'t, T> {
        let rule = Recurrence { bias: biases.is_some(), ..rule };
        let mut operands = [self; 7];
        let given = weights.iter().chain(biases.iter().flatten()).chain(states.iter().take(2));
        let mut count = 1;
        for (place, &operand) in operands[1..].iter_mut().zip(given) {
            *place = operand;
            count += 1;
        }
        self.tape.apply(rule, &operands[..count])
    }
}
