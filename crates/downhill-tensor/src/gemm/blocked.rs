//! The product for `f32` and `f64`: blocks that fit the caches, in panels that fit the kernels.
//!
//! The loops are those of Goto & van de Geijn (Anatomy of High-Performance Matrix Multiplication,
//! 2008) and BLIS (Van Zee & van de Geijn, 2015): a block of A stays in the second cache and a panel
//! of B in the first, while the kernels go over the tiles of C. Operands are packed when they are
//! read often enough to repay it, and read in place otherwise.
//!
//! Every element of C is the same sum in the same order however C is cut into tiles, so that its bits
//! depend on nothing but the operands and the processor's instructions.

use std::ops::Range;

use super::dot::dot_products;
use super::kernel::{Kernels, Packed, Tile};
use super::pack::{MARGIN, pack, with_scratch};
use super::{Gemm, Matrix, Start};

/// The steps of the sum between two visits of C: a panel of B of that height fits the first cache.
const STEPS: usize = 256;
/// The rows of a block of A, which fits the second cache.
const ROWS: usize = 128;
/// The columns of a block of B, which fits the last cache, or the second of recent processors.
const COLUMNS: usize = 512;

/// A is read in place for up to so many columns of B.
const A_IN_PLACE: usize = 64;
/// B is read in place for up to so many rows of A, if its rows are contiguous.
const B_IN_PLACE: usize = 64;
/// The multiplications from which threads pay.
const THREADED: usize = 1 << 19;
/// The tiles that a threaded product is cut into, if they stay large enough.
const TILES: usize = 16;
/// The fewest rows and columns of such a tile.
const LEAST_TILE: [usize; 2] = [32, 64];

/// The product for `f32` and `f64`.
pub(crate) fn gemm_packed<T: Packed>(mut product: Gemm<'_, T>) {
    if dot_products(&mut product) {
        return;
    }
    let Gemm { m, k, n, a, b, c, start, threads } = product;
    let operands = Operands { k, a, b, c: c.as_mut_ptr(), c_row: n, start };
    if threads.count() == 1 || m * n * k < THREADED {
        // SAFETY: `gemm` has checked that the operands have all that the whole product needs.
        unsafe { block(&operands, 0..m, 0..n) };
        return;
    }
    // Halving the longer side keeps the tiles square, which reads least.
    let (mut height, mut width) = (m.next_multiple_of(ROWS), n.next_multiple_of(COLUMNS));
    while m.div_ceil(height) * n.div_ceil(width) < TILES && (height > LEAST_TILE[0] || width > LEAST_TILE[1])
    {
        if width > LEAST_TILE[1] && (width >= height || height <= LEAST_TILE[0]) {
            width /= 2;
        } else {
            height /= 2;
        }
    }
    let across = n.div_ceil(width);
    threads.run(m.div_ceil(height) * across, |tile| {
        let (i, j) = (tile / across * height, tile % across * width);
        // SAFETY: as above; the tiles are disjoint parts of C.
        unsafe { block(&operands, i..m.min(i + height), j..n.min(j + width)) };
    });
}

/// What is multiplied, and where to.
struct Operands<'a, T> {
    k: usize,
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    c: *mut T,
    c_row: usize,
    start: Start<'a, T>,
}

// SAFETY: threads share it to write disjoint parts of C.
unsafe impl<T: Sync> Sync for Operands<'_, T> {}

/// Computes the part of C in these rows and columns.
///
/// # Safety
/// The operands must have these rows and columns, and nobody else may touch that part of C.
unsafe fn block<T: Packed>(operands: &Operands<'_, T>, rows: Range<usize>, columns: Range<usize>) {
    let &Operands { k, a, b, .. } = operands;
    let Kernels { lanes, tiles, .. } = *T::kernels();
    let width = 2 * lanes;
    let a_packed = columns.len() > A_IN_PLACE;
    let b_packed = b.column_stride != 1 || rows.len() > B_IN_PLACE;
    // The kernels read whole vectors, which the last panel may not have.
    let packed = |panel: &Range<usize>| b_packed || !panel.len().is_multiple_of(lanes);

    let steps = k.min(STEPS);
    let a_length = if a_packed { rows.len().min(ROWS) * steps + MARGIN } else { 0 };
    let b_length = columns.len().min(COLUMNS).next_multiple_of(lanes) * steps;
    with_scratch([a_length, b_length], |a_space: &mut [T], b_space: &mut [T]| {
        for columns in pieces(columns, COLUMNS) {
            // Also once for k = 0, which is a sum without a term.
            for steps in pieces(0..k, STEPS).chain((k == 0).then_some(0..0)) {
                let (first, steps) = (steps.start, steps.len());
                let b_start = |panel: &Range<usize>| (panel.start - columns.start) * steps;
                for panel in pieces(columns.clone(), width).filter(packed) {
                    let stride = panel.len().next_multiple_of(lanes);
                    let from = b.at(first, panel.start);
                    let shape = [panel.len(), b.column_stride, steps, b.row_stride];
                    pack(&mut b_space[b_start(&panel)..], stride, from, shape);
                }
                for rows in pieces(rows.clone(), ROWS) {
                    let row_tiles = Tiles::new(rows.clone(), tiles.len());
                    let a_start = |tile: &Range<usize>| (tile.start - rows.start) * steps;
                    for tile in row_tiles.iter().filter(|_| a_packed) {
                        let from = a.at(tile.start, first);
                        let shape = [tile.len(), a.row_stride, steps, a.column_stride];
                        pack(&mut a_space[a_start(&tile)..], tile.len(), from, shape);
                    }
                    for panel in pieces(columns.clone(), width) {
                        let vectors = panel.len().div_ceil(lanes);
                        let (b, b_row) = if packed(&panel) {
                            (&b_space[b_start(&panel)..], vectors * lanes)
                        } else {
                            (b.at(first, panel.start), b.row_stride)
                        };
                        for tile in row_tiles.iter() {
                            let (a, a_row, a_column) = if a_packed {
                                (&a_space[a_start(&tile)..], 1, tile.len())
                            } else {
                                (a.at(tile.start, first), a.row_stride, a.column_stride)
                            };
                            let kernel = tiles[tile.len() - 1][vectors - 1];
                            let c = operands.c.wrapping_add(tile.start * operands.c_row + panel.start);
                            let start = match operands.start {
                                // Later blocks of the sum add to what the first one wrote.
                                _ if first > 0 => Some((c.cast_const(), operands.c_row)),
                                Start::Zero => None,
                                Start::Row(row) => Some((row[panel.start..].as_ptr(), 0)),
                                Start::Destination => Some((c.cast_const(), operands.c_row)),
                            };
                            // SAFETY: `T::kernels` answers kernels that this processor runs. Panels read in
                            // place lie within the operands, as the caller vouches; packed ones have been
                            // written whole, with zeros to fill the last vector up. The part of C is ours.
                            unsafe {
                                kernel(&Tile {
                                    k: steps,
                                    a: a.as_ptr(),
                                    a_row,
                                    a_column,
                                    b: b.as_ptr(),
                                    b_row,
                                    c,
                                    c_row: operands.c_row,
                                    columns: panel.len(),
                                    start,
                                });
                            }
                        }
                    }
                }
            }
        }
    });
}

/// Cuts a range into pieces of this length, the last one of what remains. Nothing for an empty range.
// `step_by` would divide to know their number: a small product is over in less.
fn pieces(Range { start, end }: Range<usize>, length: usize) -> impl Iterator<Item = Range<usize>> {
    let mut next = start;
    std::iter::from_fn(move || {
        let piece = next..end.min(next + length);
        next = piece.end;
        (!piece.is_empty()).then_some(piece)
    })
}

/// A range in as few tiles of at most some length as possible, all nearly alike.
#[derive(Clone, Copy)]
struct Tiles {
    start: usize,
    end: usize,
    each: usize,
    /// The first of these are longer by one.
    longer: usize,
}

impl Tiles {
    fn new(Range { start, end }: Range<usize>, length: usize) -> Tiles {
        let rows = end - start;
        let tiles = rows.div_ceil(length).max(1);
        Tiles { start, end, each: rows / tiles, longer: rows % tiles }
    }

    fn iter(self) -> impl Iterator<Item = Range<usize>> {
        let Tiles { start, end, each, mut longer } = self;
        let mut next = start;
        std::iter::from_fn(move || {
            let tile = next..next + each + usize::from(longer > 0);
            longer = longer.saturating_sub(1);
            next = tile.end;
            (tile.end <= end && !tile.is_empty()).then_some(tile)
        })
    }
}
