//! The product with a matrix whose rows are found by three nested loops: what windows see, as it stands in memory.

use super::blocked::{Destination, Rows};
use super::kernel::{Packed, Steps};
use super::ranges::{Tiles, pieces};
use super::{Matrix, Start, Store};
use crate::Real;

/// A product `C ← A·B`, or that added to C, of a row-major A with a B of `counts[0]·counts[1]·counts[2]` rows. Row (i, j, k)
/// of B begins at element `i·apart[0] + j·apart[1] + k·apart[2]` of `b`; the columns of A are in the order of its nested
/// loops, the innermost last. Rows of B may overlap.
#[derive(Debug)]
pub struct NestedGemm<'a, T> {
    /// The rows of `A` and `C`.
    pub m: usize,
    /// The columns of `B` and `C`.
    pub n: usize,
    /// The left operand, row-major.
    pub a: &'a [T],
    /// The elements of the right operand.
    pub b: &'a [T],
    /// The turns of each loop.
    pub counts: [usize; 3],
    /// How far apart a row of B and that of the next turn of each loop are.
    pub apart: [usize; 3],
    /// The destination, [`padded`] columns a row: it has any numbers in those that are not C's.
    pub c: &'a mut [T],
    /// Whether the product is written or added.
    pub store: Store,
}

/// The columns that the destination of a [`NestedGemm`] with `n` columns has room for, and each row of B elements.
pub fn padded(n: usize) -> usize {
    n.next_multiple_of(PADDING)
}

/// Two of the longest vectors.
const PADDING: usize = 32;

impl<T: Real> NestedGemm<'_, T> {
    /// Whether there is anything to add up; if not, the product is zero.
    fn has_terms(&mut self) -> bool {
        let has = self.m > 0 && self.n > 0 && self.steps() > 0;
        if !has && self.store == Store::Write {
            self.c.fill(T::zero());
        }
        has
    }

    /// The rows of B.
    fn steps(&self) -> usize {
        self.counts.iter().fold(1, |product, &count| product.saturating_mul(count))
    }

    /// # Panics
    /// If an operand or the destination is too short.
    fn check(&self) {
        let turns = self.counts.iter().zip(self.apart);
        // Saturating: a product that overflowed could seem to fit.
        let last =
            turns.fold(0_usize, |sum, (count, apart)| sum.saturating_add((count - 1).saturating_mul(apart)));
        let width = padded(self.n).max(self.n);
        assert!(
            self.a.len() >= self.m.saturating_mul(self.steps())
                && self.b.len() >= last.saturating_add(width)
                && self.c.len() >= self.m.saturating_mul(width),
            "gemm: an operand is shorter than {}x{}x{} needs",
            self.m,
            self.steps(),
            self.n
        );
    }
}

/// The product by plain loops, for number types that have no kernel of their own.
pub(crate) fn nested_generic<T: Real>(mut product: NestedGemm<'_, T>) {
    if !product.has_terms() {
        return;
    }
    product.check();
    let NestedGemm { n, a, b, counts: [outer, middle, inner], apart, c, store, .. } = product;
    for (a, c) in a.chunks_exact(outer * middle * inner).zip(c.chunks_exact_mut(padded(n))) {
        if store == Store::Write {
            c[..n].fill(T::zero());
        }
        for (step, &factor) in a.iter().enumerate() {
            let turns = [step / inner / middle, step / inner % middle, step % inner];
            let row: usize = turns.iter().zip(apart).map(|(turn, apart)| turn * apart).sum();
            for (c, &b) in c[..n].iter_mut().zip(&b[row..]) {
                *c += factor * b;
            }
        }
    }
}

/// The same by kernels.
pub(crate) fn nested_by_kernels<T: Packed>(mut product: NestedGemm<'_, T>) {
    if !product.has_terms() {
        return;
    }
    product.check();
    let steps = product.steps();
    let kernels = T::kernels();
    let NestedGemm { m, n, a, b, counts: [outer, middle, inner], apart, c, store } = product;
    let into = Destination { c: c.as_mut_ptr(), row: padded(n), start: Start::from(store) };
    let tiles = Tiles::new(0..m, kernels.tiles.len());
    let a = Matrix::row_major(a, steps);
    // Whole turns of the outer loop between two visits of C.
    let turns = (kernels.reach.steps / (middle * inner)).max(1);
    for outer in pieces(0..outer, turns) {
        let first = outer.start * middle * inner;
        let of_sum = Steps::nested_in_b([outer.len(), middle, inner], apart);
        for start in (0..n).step_by(2 * kernels.lanes) {
            let panel = start..start + 2 * kernels.lanes;
            let b = b[outer.start * apart[0] + start..].as_ptr();
            // SAFETY: `check` has found that the operands and C have all that these steps of whole panels need, and
            // `T::kernels` answers kernels that this processor runs.
            unsafe { into.multiply(kernels, tiles, panel, (first, of_sum), Rows::in_place(a, first), b) };
        }
    }
}
