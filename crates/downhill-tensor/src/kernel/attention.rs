//! The parts of attention, each parallel over the heads of all samples.

use super::View;
use super::pieces::{Pieces, TASK};
use super::rows;
use super::softmax::{make_exps, scale};
use super::walk::{Strides, stretched};
use crate::gemm::{Gemm, Matrix, Store, gemm};
use crate::{Math, Real, Shape, Threads, vectorize};

/// The heads of all samples as matrices inside a tensor `[…, positions, columns]`: head h of a sample is the
/// `positions`×`width` matrix whose columns begin at `first` + h·`width`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads {
    /// The number of heads of a sample.
    pub heads: usize,
    /// The rows of a head's matrix.
    pub positions: usize,
    /// The length of the tensor's rows.
    pub columns: usize,
    /// The column where the first head begins.
    pub first: usize,
    /// The columns of a head.
    pub width: usize,
}

impl Heads {
    /// The place of a head's first element; heads are counted through all samples.
    fn start(&self, head: usize) -> usize {
        head / self.heads * self.positions * self.columns + self.first + head % self.heads * self.width
    }

    fn matrix<'a, T>(&self, elements: &'a [T], head: usize) -> Matrix<'a, T> {
        // The heads of no positions may begin past the end.
        Matrix::row_major(elements.get(self.start(head)..).unwrap_or(&[]), self.columns)
    }
}

/// What hides keys from queries, in a shape that broadcasts to that of the weights.
#[derive(Debug, Clone, Copy, Default)]
pub struct AttentionMask<'a, T> {
    /// Whether a query sees only the keys up to its own place.
    pub causal: bool,
    /// True where a query sees a key.
    pub visible: Option<View<'a, bool>>,
    /// What is added to the scores.
    pub bias: Option<View<'a, T>>,
}

/// Attention weights P = softmax(Q·Kᵀ·scale + bias) for every head (Vaswani et al. 2017, equation 1), and what
/// leads to and from them.
///
/// The work is cut by heads, whatever the threads.
#[derive(Debug, Clone, Copy)]
pub struct Attention<'a> {
    /// The shape of the weights: `[…, queries, keys]`, with a matrix for each head of each sample in order.
    pub shape: Shape,
    /// The threads to compute on.
    pub threads: &'a Threads,
}

impl Attention<'_> {
    /// The number of heads of all samples, of queries and of keys.
    fn sizes(&self) -> [usize; 3] {
        match self.shape[..] {
            [ref stack @ .., queries, keys] => [stack.iter().product(), queries, keys],
            _ => [0; 3],
        }
    }

    /// Calls `task` for each head of each sample.
    fn for_heads(&self, task: impl Fn(usize) + Sync) {
        let [heads, queries, keys] = self.sizes();
        let each = (TASK / (queries * keys).max(1)).max(1);
        self.threads.run(heads.div_ceil(each), |group| {
            (group * each..heads.min((group + 1) * each)).for_each(&task);
        });
    }

    /// The weights P. Where a query sees no key at all its weights are 0.
    ///
    /// # Panics
    /// If a slice has the wrong number of elements or the mask does not broadcast.
    pub fn weights<T: Real>(
        &self,
        weights: &mut [T],
        (q, q_heads): (&[T], Heads),
        (k, k_heads): (&[T], Heads),
        scale: f64,
        mask: AttentionMask<'_, T>,
    ) {
        let [_, queries, keys] = self.sizes();
        assert_eq!(weights.len(), self.shape.elements(), "the number of elements of {}", self.shape);
        let strides = |shape: Option<Shape>| shape.map_or([0; Shape::MAX_AXES], |s| stretched(s, self.shape));
        let visible_strides = strides(mask.visible.map(|view| view.shape));
        let bias_strides = strides(mask.bias.map(|view| view.shape));
        let scale = T::of(scale);
        let weights = Pieces::new(weights);
        self.for_heads(|head| {
            let places = head * queries * keys..(head + 1) * queries * keys;
            // SAFETY: each head is one task's.
            let scores = unsafe { weights.piece(places) };
            let (a, b) = (q_heads.matrix(q, head), k_heads.matrix(k, head).transposed());
            multiply([queries, q_heads.width, keys], a, b, scores);
            let place = |strides: &Strides, row: usize| self.row_start(strides, head * queries + row);
            for row in 0..queries {
                let scores = &mut scores[row * keys..][..keys];
                let seen = if mask.causal { keys.min(row + 1) } else { keys };
                let (scores, hidden) = scores.split_at_mut(seen);
                hidden.fill(T::zero());
                vectorize!(for score in scores.iter_mut() {
                    *score *= scale;
                });
                if let Some(bias) = mask.bias {
                    let (start, step) = place(&bias_strides, row);
                    for (column, score) in scores.iter_mut().enumerate() {
                        *score += bias.elements[start + column * step];
                    }
                }
                if let Some(visible) = mask.visible {
                    let (start, step) = place(&visible_strides, row);
                    for (column, score) in scores.iter_mut().enumerate() {
                        if !visible.elements[start + column * step] {
                            *score = T::of(f64::NEG_INFINITY);
                        }
                    }
                }
                vectorize!(|math| softmax_row(scores, math));
            }
        });
    }

    /// The derivative with respect to the scores before the softmax, from that with respect to the output
    /// P·V: P ⊙ (D − rows' Σ P ⊙ D) with D = ∂L/∂output·Vᵀ.
    ///
    /// # Panics
    /// If a slice has the wrong number of elements.
    pub fn score_slopes<T: Real>(
        &self,
        slopes: &mut [T],
        weights: &[T],
        (g, g_heads): (&[T], Heads),
        (v, v_heads): (&[T], Heads),
    ) {
        let [_, queries, keys] = self.sizes();
        assert_eq!(slopes.len(), self.shape.elements(), "the number of elements of {}", self.shape);
        assert_eq!(slopes.len(), weights.len(), "the number of weights");
        let slopes = Pieces::new(slopes);
        self.for_heads(|head| {
            let places = head * queries * keys..(head + 1) * queries * keys;
            // SAFETY: each head is one task's.
            let slopes = unsafe { slopes.piece(places.clone()) };
            let (a, b) = (g_heads.matrix(g, head), v_heads.matrix(v, head).transposed());
            multiply([queries, v_heads.width, keys], a, b, slopes);
            let weights = &weights[places];
            vectorize!(for row in 0..queries {
                let places = row * keys..(row + 1) * keys;
                let (slopes, weights) = (&mut slopes[places.clone()], &weights[places]);
                let sum = rows::sum(
                    [slopes, weights, weights],
                    #[inline(always)]
                    |[d, p, _]| d * p,
                );
                for (slope, &p) in slopes.iter_mut().zip(weights) {
                    *slope = p * (*slope - sum);
                }
            });
        });
    }

    /// The heads of `out` from `squares`, which has the shape of the weights: factor·S·X for each head, or
    /// factor·Sᵀ·X if they are to be transposed. `scratch` has as many elements as the heads of `out`.
    ///
    /// # Panics
    /// If a slice has the wrong number of elements.
    #[allow(clippy::too_many_arguments)]
    pub fn apply<T: Real>(
        &self,
        (out, out_heads, store): (&mut [T], Heads, Store),
        (squares, transposed): (&[T], bool),
        (x, x_heads): (&[T], Heads),
        factor: f64,
        scratch: &mut [T],
    ) {
        let [_, queries, keys] = self.sizes();
        let (rows, inner) = if transposed { (keys, queries) } else { (queries, keys) };
        let width = out_heads.width;
        assert_eq!(squares.len(), self.shape.elements(), "the number of elements of {}", self.shape);
        let (factor, put) = (T::of(factor), store.put());
        let (out, scratch) = (Pieces::new(out), Pieces::new(scratch));
        self.for_heads(|head| {
            let square = Matrix::row_major(&squares[head * queries * keys..][..queries * keys], keys);
            let square = if transposed { square.transposed() } else { square };
            // SAFETY: each head is one task's.
            let product = unsafe { scratch.piece(head * rows * width..(head + 1) * rows * width) };
            multiply([rows, inner, width], square, x_heads.matrix(x, head), product);
            let start = out_heads.start(head);
            for row in 0..rows {
                let place = start + row * out_heads.columns;
                // SAFETY: as above: no column of a row is two heads'.
                let out = unsafe { out.piece(place..place + width) };
                let product = &product[row * width..][..width];
                vectorize!(for (out, &product) in out.iter_mut().zip(product) {
                    put(out, factor * product);
                });
            }
        });
    }

    /// Where a row of the weights begins in a tensor that broadcasts to their shape, and the distance between
    /// its elements.
    fn row_start(&self, strides: &Strides, row: usize) -> (usize, usize) {
        let last = self.shape.len() - 1;
        let (mut rest, mut start) = (row, 0);
        for axis in (0..last).rev() {
            start += rest % self.shape[axis] * strides[axis] as usize;
            rest /= self.shape[axis];
        }
        (start, strides[last] as usize)
    }
}

/// A product on the calling thread: a task of its own.
fn multiply<T: Real>([m, k, n]: [usize; 3], a: Matrix<'_, T>, b: Matrix<'_, T>, c: &mut [T]) {
    let start = Store::Write.into();
    gemm(Gemm { m, k, n, a, b, c, start, threads: &Threads::single() });
}

/// exp(x) / Σ exp(x) in place; zeros if every x is −∞.
#[inline(always)]
fn softmax_row<T: Real>(row: &mut [T], math: Math) {
    let [_, sum] = make_exps(row, math);
    if sum != T::zero() {
        scale(row, T::one() / sum);
    }
}
