//! Scaled dot-product attention.

use downhill_tensor::kernel::{self, AttentionMask, Heads};
use downhill_tensor::{Error, Real, Result, Shape, Store, Tensor};

use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// softmax(Q·Kᵀ·scale + B)·V (Vaswani et al. 2017, equation 1) of queries `[…, l, e]`, keys `[…, s, e]` and values
/// `[…, s, d]`: `[…, l, d]`. B, if there is one, is a fourth operand in a shape that broadcasts to that of the
/// weights, `[…, l, s]`.
///
/// With `heads` the last axes hold that many heads beside each other: queries and keys `heads`·e and values
/// `heads`·d columns; the weights are then `[…, heads, l, s]`. A single operand `[…, l, 3·heads·e]` in place of
/// three holds queries, keys and values beside each other, as one projection makes them.
///
/// The weights P are kept for the pullback. With G = ∂L/∂Y: ∂L/∂V = Pᵀ·G, and with S = P ⊙ (G·Vᵀ − rows' Σ P ⊙ G·Vᵀ):
/// ∂L/∂Q = scale·S·K, ∂L/∂K = scale·Sᵀ·Q, ∂L/∂B = S.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attention {
    /// The heads beside each other in the last axes; without it, one, and no axis for it in masks.
    pub heads: Option<usize>,
    /// Whether a query sees only the keys up to its own place.
    pub causal: bool,
    /// The factor of the scores; 1/√e without it.
    pub scale: Option<f64>,
    /// True where a query sees a key, in a shape that broadcasts to that of the weights. A query that sees none
    /// gives zeros.
    pub mask: Option<Tensor<bool>>,
}

/// Sizes that have been found to fit each other.
struct Plan {
    q: Heads,
    k: Heads,
    v: Heads,
    y: Heads,
    shape: Shape,
    weights: Shape,
    scale: f64,
}

const RULE: &str = "needs queries […, l, e], keys […, s, e] and values […, s, d]";
const HEADS: &str = "the heads must divide the last axis";

impl Attention {
    fn plan(&self, shapes: [Shape; 3], packed: bool) -> Result<Plan> {
        let [q, k, v] = shapes;
        let refuse = |rule, a, b| Err(Error::mismatch("attention", rule, a, b));
        let ([stack @ .., queries, q_columns], [k_stack @ .., keys, k_columns]) = (&q[..], &k[..]) else {
            return refuse(RULE, q, k);
        };
        let [v_stack @ .., values, v_columns] = &v[..] else {
            return refuse(RULE, k, v);
        };
        if stack != k_stack {
            return refuse(RULE, q, k);
        }
        if stack != v_stack || keys != values {
            return refuse(RULE, k, v);
        }
        let parts = if packed { 3 } else { 1 };
        let heads = self.heads.unwrap_or(1);
        if heads == 0 || !q_columns.is_multiple_of(parts * heads) || !v_columns.is_multiple_of(parts * heads)
        {
            return refuse(
                if packed { "the last axis must hold three times the heads" } else { HEADS },
                q,
                v,
            );
        }
        if q_columns != k_columns {
            return refuse(RULE, q, k);
        }
        let of = |positions: usize, columns: usize, part: usize| {
            let width = columns / parts / heads;
            Heads { heads, positions, columns, first: part * heads * width, width }
        };
        let parts_of = |part: usize| if packed { part } else { 0 };
        let (q_heads, k_heads) = (of(*queries, *q_columns, 0), of(*keys, *k_columns, parts_of(1)));
        let v_heads = of(*keys, *v_columns, parts_of(2));
        let columns = heads * v_heads.width;
        let y = Heads { heads, positions: *queries, columns, first: 0, width: v_heads.width };
        let shape = q.with(q.len() - 1, columns);
        let mut weights = q.with(q.len() - 1, *keys);
        if self.heads.is_some() {
            let (with_heads, axis) = weights.insert(weights.len() as isize - 2)?;
            weights = with_heads.with(axis, heads);
        }
        if let Some(mask) = &self.mask
            && !mask.shape().stretches_to(&weights)
        {
            return refuse("the mask must broadcast to the weights", weights, mask.shape());
        }
        let scale = self.scale.unwrap_or(1.0 / (q_heads.width.max(1) as f64).sqrt());
        Ok(Plan { q: q_heads, k: k_heads, v: v_heads, y, shape, weights, scale })
    }
}

/// Whether one operand holds queries, keys and values, and the place of B among so many operands.
fn operands_of(count: usize) -> (bool, usize) {
    if count <= 2 { (true, 1) } else { (false, 3) }
}

impl<T: Real> Rule<T> for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let (packed, bias) = operands_of(operands.len());
        let [q, k, v] = if packed { [0; 3] } else { [0, 1, 2] };
        let plan = self.plan([q, k, v].map(|operand| operands.shape(operand)), packed)?;
        let bias = (operands.len() > bias).then(|| operands.value(bias).view());
        if let Some(bias) = bias.map(|_| operands.shape(operands.len() - 1))
            && !bias.stretches_to(&plan.weights)
        {
            let rule = "what is added to the scores must broadcast to the weights";
            return Err(Error::mismatch("attention", rule, plan.weights, bias));
        }
        let mut weights = cx.take(plan.weights);
        let mut y = cx.take(plan.shape);
        let mut scratch = cx.take(plan.shape);
        let attention = kernel::Attention { shape: plan.weights, threads: cx.threads() };
        let visible = self.mask.as_ref().map(Tensor::view);
        let mask = AttentionMask { causal: self.causal, visible, bias };
        let (q, k) = ((operands.slice(q), plan.q), (operands.slice(k), plan.k));
        attention.weights(weights.as_mut_slice(), q, k, plan.scale, mask);
        let (out, values) = ((y.as_mut_slice(), plan.y, Store::Write), (operands.slice(v), plan.v));
        attention.apply(out, (weights.as_slice(), false), values, 1.0, scratch.as_mut_slice());
        cx.give(scratch);
        cx.save(weights);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        let (packed, bias) = operands_of(at.len());
        let [q, k, v] = if packed { [0; 3] } else { [0, 1, 2] };
        // The shapes fit: the forward pass has made this plan.
        let Ok(plan) = self.plan([q, k, v].map(|operand| at.shape(operand)), packed) else { return };
        let attention = kernel::Attention { shape: plan.weights, threads: at.threads() };
        let weights = at.saved(0).as_slice();
        let g = (at.cotangent(), plan.y);
        let mut slopes = sink.workspace().take(plan.weights);
        attention.score_slopes(slopes.as_mut_slice(), weights, g, (at.slice(v), plan.v));
        // Room for the heads of one operand at a time.
        let longest = [q, k, v].map(|operand| at.shape(operand)).into_iter().max_by_key(Shape::elements);
        let mut scratch = sink.workspace().take(longest.unwrap_or(Shape::SCALAR));
        let room = scratch.as_mut_slice();
        let by_scores = |transposed: bool| (slopes.as_slice(), transposed);
        if packed {
            // The three are written beside each other.
            if let Some(mut d) = sink.destination(0) {
                let (store, d) = d.parts();
                let x = at.slice(0);
                attention.apply((d, plan.q, store), by_scores(false), (x, plan.k), plan.scale, room);
                attention.apply((d, plan.k, store), by_scores(true), (x, plan.q), plan.scale, room);
                attention.apply((d, plan.v, store), (weights, true), g, 1.0, room);
            }
        } else {
            if let Some(mut dq) = sink.destination(0) {
                let (store, dq) = dq.parts();
                let keys = (at.slice(1), plan.k);
                attention.apply((dq, plan.q, store), by_scores(false), keys, plan.scale, room);
            }
            if let Some(mut dk) = sink.destination(1) {
                let (store, dk) = dk.parts();
                let queries = (at.slice(0), plan.q);
                attention.apply((dk, plan.k, store), by_scores(true), queries, plan.scale, room);
            }
            if let Some(mut dv) = sink.destination(2) {
                let (store, dv) = dv.parts();
                attention.apply((dv, plan.v, store), (weights, true), g, 1.0, room);
            }
        }
        if at.len() > bias
            && let Some(mut db) = sink.destination(bias)
        {
            let (store, db) = db.parts();
            kernel::sum_to(db, at.shape(bias), slopes.view(), store);
        }
        sink.workspace().give(scratch);
        sink.workspace().give(slopes);
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Scaled dot-product attention of these queries `[…, l, e]` to keys `[…, s, e]` and values `[…, s, d]`:
    /// `[…, l, d]`. See [`Attention`] for its settings.
    #[track_caller]
    pub fn attention(self, keys: Var<'t, T>, values: Var<'t, T>, attention: Attention) -> Var<'t, T> {
        self.tape.apply(attention, &[self, keys, values])
    }

    /// [`attention`](Var::attention) with something added to the scores before the softmax, such as a mask of 0 and
    /// −∞ or a learned bias, in a shape that broadcasts to `[…, l, s]`.
    #[track_caller]
    pub fn attention_biased(
        self,
        keys: Var<'t, T>,
        values: Var<'t, T>,
        bias: Var<'t, T>,
        attention: Attention,
    ) -> Var<'t, T> {
        self.tape.apply(attention, &[self, keys, values, bias])
    }

    /// [`attention`](Var::attention) of queries, keys and values that are the thirds of the last axis, and
    /// sometimes something added to the scores.
    #[track_caller]
    pub fn self_attention(self, bias: Option<Var<'t, T>>, attention: Attention) -> Var<'t, T> {
        match bias {
            Some(bias) => self.tape.apply(attention, &[self, bias]),
            None => self.tape.apply(attention, &[self]),
        }
    }
}
