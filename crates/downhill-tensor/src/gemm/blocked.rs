//! The product for `f32` and `f64`: blocks that fit the caches, in panels that fit the kernels.
//!
//! The loops are those of Goto & van de Geijn (Anatomy of High-Performance Matrix Multiplication,
//! 2008) and BLIS (Van Zee & van de Geijn, 2015): a block of A and one of B stay in the second cache and a panel
//! of B in the first, if need be, while the kernels go over the tiles of C. Operands are packed when they are
//! read often enough to repay it, and read in place otherwise. Threads share out cells of C. If there are enough blocks
//! of B, a cell is all rows of one, which its thread packs just before it reads it; otherwise it is a pair of a block of A
//! and a block of B. What several cells read, threads pack together before, each block once.
//!
//! Every element of C is the same sum in the same order however C is cut into cells and tiles, so that its bits
//! depend on nothing but the operands and the processor's instructions.

use std::ops::Range;

use super::dot::dot_products;
use super::kernel::{Kernels, Packed, Reach, Steps, Tile};
use super::pack::{MARGIN, Numbers, pack, pack_panels, with_scratch};
use super::packed::{PackedMatrix, panels};
use super::prefetch::LINE;
use super::ranges::{Tiles, count, pieces, place};
use super::turned::turned;
use super::{Gemm, Matrix, Start, check};
use crate::Threads;
use crate::kernel::pieces::Pieces;

/// The columns of a block of B: with one of A it about fills the second cache.
const COLUMNS: usize = 128;

/// B is read in place for up to so many rows of A, if its rows are contiguous.
const B_IN_PLACE: usize = 16;
/// So is, for any A, what stays in the first cache as it is: up to so many elements.
const B_SMALL: usize = 4096;
/// The multiplications up to which blocks and threads would only be in the way.
const SMALL: usize = 1 << 14;
/// The multiplications from which threads pay.
const THREADED: usize = 1 << 19;
/// The blocks of B for each thread from which on a cell is all rows of one.
const BLOCKS: usize = 4;
/// The cells that a threaded product is cut into otherwise, for each thread, if they stay large enough.
const CELLS: usize = 8;
/// The fewest rows and columns of such a cell.
const LEAST_CELL: [usize; 2] = [32, 64];
/// The elements that threads pack at a time. The more, the fewer times they wait for each other.
const TOGETHER: usize = 1 << 21;

/// The product for `f32` and `f64`, with B packed before by [`pack_right`] or not.
pub(crate) fn gemm_packed<T: Packed>(mut product: Gemm<'_, T>, b_packed: Option<&PackedMatrix<T>>) {
    // Here, not by who calls it: `Real::gemm` is public, too.
    check(&product, b_packed);
    if product.m == 0 || product.n == 0 || dot_products(&mut product) {
        return;
    }
    let b_packed = b_packed.and_then(panels);
    let kernels = T::kernels();
    if product.m * product.n * product.k <= SMALL && product.k <= kernels.reach.steps {
        return gemm_small(kernels, product, b_packed);
    }
    let single = Threads::single();
    let threads = if product.m * product.n * product.k < THREADED { &single } else { product.threads };
    let mut product = Gemm { threads, ..product };
    if b_packed.is_none() && turned(&mut product) {
        return;
    }
    let Gemm { m, k, n, a, b, c, start, threads } = product;
    let cut = Cut::new([m, k, n], [a, b], threads.count(), b_packed.is_some());
    let into = Destination { c: c.as_mut_ptr(), row: n, start };
    let [a_room, b_room] = cut.room();
    with_scratch(a_room, |a_space: &mut [T]| {
        with_scratch(b_room, |b_space: &mut [T]| {
            // Also once for k = 0, which is a sum without a term.
            for steps in pieces(0..k, cut.together).chain((k == 0).then_some(0..0)) {
                if a_room + b_room > 0 {
                    cut.pack(steps.clone(), (a, &mut *a_space), (b, &mut *b_space), threads);
                }
                let b_space = b_packed.map_or(&*b_space, |all| &all[cut.columns_room(steps.start)..]);
                let (a, b) = ((a, &*a_space), (b, b_space));
                threads.run(cut.cells[0] * cut.cells[1], |cell| {
                    // SAFETY: `check` has found that the operands have all that the whole product needs, what is packed has
                    // just been or was by `pack_right`, and the cells are disjoint parts of C.
                    unsafe { cut.multiply(steps.clone(), cell, a, b, &into) };
                });
            }
        });
    });
}

/// A product that is over before blocks would be cut: one panel after the other.
fn gemm_small<T: Packed>(kernels: &Kernels<T>, product: Gemm<'_, T>, b_packed: Option<&[T]>) {
    let Gemm { m, k, n, a, b, c, start, .. } = product;
    let into = Destination { c: c.as_mut_ptr(), row: n, start };
    let tiles = Tiles::new(0..m, kernels.tiles.len());
    for panel in pieces(0..n, 2 * kernels.lanes) {
        let width = panel.len().next_multiple_of(kernels.lanes);
        // SAFETY: `check` has found that the operands have all that the product needs, and packed panels are whole.
        let multiply = |b: (&[T], usize)| unsafe {
            let steps = (0, Steps::even(k, b.1));
            into.multiply(kernels, tiles, panel.clone(), steps, Rows::in_place(a, 0), b.0.as_ptr());
        };
        if let Some(all) = b_packed {
            multiply((&all[panel.start * k..], width));
        } else if b.column_stride == 1 && (width == panel.len() || has_room(b, [k, n], kernels.lanes)) {
            multiply((b.at(0, panel.start), b.row_stride));
        } else {
            with_scratch(k * width, |space| {
                pack(space, width, b.at(0, panel.start), [panel.len(), b.column_stride, k, b.row_stride]);
                multiply((space, width));
            });
        }
    }
}

/// All of a `k`×`n` matrix as [`gemm_packed`] packs it, whatever the left operand and the threads.
pub(super) fn pack_right<T: Packed>(b: Matrix<'_, T>, [k, n]: [usize; 2]) -> Numbers<T> {
    let cut = Cut::new([0, k, n], [b, b], 1, true);
    let mut packed = Numbers::new(cut.columns_room(k));
    for steps in pieces(0..k, cut.steps) {
        let space = &mut packed.as_mut_slice()[cut.columns_room(steps.start)..];
        cut.pack_columns(0..n, steps, b, space);
    }
    packed
}

/// Where a product goes to.
pub(super) struct Destination<'a, T> {
    pub(super) c: *mut T,
    pub(super) row: usize,
    pub(super) start: Start<'a, T>,
}

// SAFETY: threads share it to write disjoint parts of C.
unsafe impl<T: Sync> Sync for Destination<'_, T> {}

impl<T> Destination<'_, T> {
    /// Adds these steps of the product, of which the first is given, to tiles of a panel of C, or writes them if they begin
    /// the sum. `b` is where the panel of B begins.
    ///
    /// # Safety
    /// The processor must have the kernels' instructions, the tiles' rows and the panel must be there for so many steps, the
    /// panel in whole vectors, and nobody else may touch this part of C.
    #[inline(always)]
    pub(super) unsafe fn multiply(
        &self,
        kernels: &Kernels<T>,
        tiles: Tiles,
        panel: Range<usize>,
        (first, steps): (usize, Steps),
        rows: Rows<'_, T>,
        b: *const T,
    ) {
        let vectors = panel.len().div_ceil(kernels.lanes);
        let c = self.c.wrapping_add(panel.start);
        let start = match self.start {
            // Later steps of the sum add to what the first ones wrote.
            _ if first > 0 => Some((c.cast_const(), self.row)),
            Start::Zero => None,
            Start::Row(row) => Some((row[panel.start..].as_ptr(), 0)),
            Start::Destination => Some((c.cast_const(), self.row)),
        };
        for tile in tiles.iter() {
            let (a, a_row, a_column) = match rows {
                Rows::Packed(block) => {
                    (block[(tile.start - tiles.start) * steps.total()..].as_ptr(), 1, tile.len())
                }
                Rows::InPlace { first, row, column } => (first.wrapping_add(tile.start * row), row, column),
            };
            let height = tile.len() - 1;
            let kernel = match steps.nested {
                Some(operand) => kernels.nested[height][operand as usize],
                None => kernels.tiles[height][vectors - 1],
            };
            // SAFETY: the contract is handed on.
            unsafe {
                kernel(&Tile {
                    steps: &steps,
                    a,
                    a_row,
                    a_column,
                    b,
                    c: c.wrapping_add(tile.start * self.row),
                    c_row: self.row,
                    columns: panel.len(),
                    start: start.map(|(first, row)| (first.wrapping_add(tile.start * row), row)),
                });
            }
        }
    }
}

/// Where tiles find their rows of A.
#[derive(Clone, Copy)]
pub(super) enum Rows<'a, T> {
    /// Packed for one tile after the other.
    Packed(&'a [T]),
    /// Some elements apart, and their steps unless these are nested, from the first row of all.
    InPlace { first: *const T, row: usize, column: usize },
}

impl<'a, T> Rows<'a, T> {
    /// Those of the operand itself from this step on.
    pub(super) fn in_place(a: Matrix<'a, T>, step: usize) -> Rows<'a, T> {
        let first = a.elements.as_ptr().wrapping_add(step * a.column_stride);
        Rows::InPlace { first, row: a.row_stride, column: a.column_stride }
    }
}

/// How a product is cut into blocks.
struct Cut<T: 'static> {
    kernels: &'static Kernels<T>,
    size: [usize; 3],
    /// The rows of a block of A, and the columns of a block of B.
    block: [usize; 2],
    /// The steps of the sum between two visits of C: all of them, or nearly equal parts.
    steps: usize,
    /// The number of cells below each other and side by side.
    cells: [usize; 2],
    /// Whether all of A is read packed, and all of B.
    packed: [bool; 2],
    /// Whether a panel that is no whole number of vectors is read packed.
    rest_packed: bool,
    /// The columns of B with those that fill the last vector up; none if no panel of B is read packed.
    b_width: usize,
    /// Who packs them.
    b_packed_by: Packer,
    /// The steps that are packed at a time.
    together: usize,
    lanes: usize,
}

/// Who packs B.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Packer {
    /// [`pack_right`], before the product.
    Before,
    /// All threads together, for all cells.
    All,
    /// Each cell the columns of its own, which then are in the caches of the core that reads them. It has all rows, so that
    /// each column is packed once.
    Cell,
}

impl<T: Packed> Cut<T> {
    fn new([m, k, n]: [usize; 3], [a, b]: [Matrix<'_, T>; 2], threads: usize, b_is_packed: bool) -> Cut<T> {
        let kernels = T::kernels();
        let Kernels { lanes, block_rows, reach, .. } = *kernels;
        let (mut height, mut width) = (m.div_ceil(count(m, block_rows)).max(1), COLUMNS);
        let steps = if k <= reach.steps { k.max(1) } else { k.div_ceil(k.div_ceil(reach.steps)) };
        let b_packed_by = if b_is_packed {
            Packer::Before
        } else if threads == 1 || count(n, width) >= BLOCKS * threads {
            Packer::Cell
        } else {
            Packer::All
        };
        let together = if threads == 1 { steps } else { (TOGETHER / (m + n)).max(steps) / steps * steps };
        if threads > 1 && b_packed_by != Packer::Cell {
            // Halving the longer side keeps the cells square, which reads least.
            width = width.min(n.next_power_of_two());
            while m.div_ceil(height) * n.div_ceil(width) < CELLS * threads
                && (height > LEAST_CELL[0] || width > LEAST_CELL[1])
            {
                if width > LEAST_CELL[1] && (width >= height || height <= LEAST_CELL[0]) {
                    width /= 2;
                } else {
                    height /= 2;
                }
            }
        }
        let packed = [
            n > reach.a_in_place[usize::from(a.column_stride != 1)],
            b_is_packed || b.column_stride != 1 || !b_in_place::<T>([m, k, n], b.row_stride, reach),
        ];
        let rest_packed = b_is_packed || !has_room(b, [k, n], lanes);
        Cut {
            kernels,
            size: [m, k, n],
            block: [height, width],
            steps,
            cells: [if b_packed_by == Packer::Cell { 1 } else { count(m, height) }, count(n, width)],
            packed,
            rest_packed,
            b_width: if packed[1] || rest_packed && !n.is_multiple_of(lanes) {
                n.next_multiple_of(lanes)
            } else {
                0
            },
            b_packed_by,
            together: together.min(k),
            lanes,
        }
    }

    /// The packed elements of a block of A.
    fn block_room(&self) -> usize {
        let steps = self.together.min(self.steps);
        // A sum of nothing packs nothing, nor a margin.
        if self.packed[0] && steps > 0 { self.size[0].min(self.block[0]) * steps + MARGIN } else { 0 }
    }

    /// The packed elements of so many steps of B. Their order, panel by panel for each part of the sum, does not depend on
    /// the blocks, and so not on the number of threads.
    fn columns_room(&self, steps: usize) -> usize {
        self.b_width * steps
    }

    /// The elements that are packed at a time, for all cells.
    fn room(&self) -> [usize; 2] {
        let blocks = self.blocks_of_a() * count(self.together, self.steps);
        let b_room = if self.b_packed_by == Packer::All { self.columns_room(self.together) } else { 0 };
        [self.block_room() * blocks, b_room]
    }

    /// Whether a panel of B is packed. The kernels read whole vectors, which the last panel may not have.
    fn panel_is_packed(&self, panel: &Range<usize>) -> bool {
        self.packed[1] || self.rest_packed && !panel.len().is_multiple_of(self.lanes)
    }

    fn blocks_of_a(&self) -> usize {
        count(self.size[0], self.block[0])
    }

    /// The rows of block `i` of A.
    fn rows(&self, i: usize) -> Range<usize> {
        i * self.block[0]..self.size[0].min((i + 1) * self.block[0])
    }

    /// The columns of block `j` of B.
    fn columns(&self, j: usize) -> Range<usize> {
        j * self.block[1]..self.size[2].min((j + 1) * self.block[1])
    }

    /// Packs these steps of the operands for all cells, each into its space.
    fn pack(
        &self,
        steps: Range<usize>,
        (a, a_space): (Matrix<'_, T>, &mut [T]),
        (b, b_space): (Matrix<'_, T>, &mut [T]),
        threads: &Threads,
    ) {
        let (down, across, a_room) = (self.blocks_of_a(), self.cells[1], self.block_room());
        let depth = count(steps.len(), self.steps);
        let a_blocks = if self.packed[0] { down * depth } else { 0 };
        let b_blocks = if self.b_width > 0 && self.b_packed_by == Packer::All { across * depth } else { 0 };
        let tallest = self.kernels.tiles.len();
        let (a_space, b_space) = (Pieces::new(a_space), Pieces::new(b_space));
        let part = |depth: usize| {
            let first = steps.start + depth * self.steps;
            first..steps.end.min(first + self.steps)
        };
        threads.run(a_blocks + b_blocks, |block| {
            if block < a_blocks {
                let (row, depth) = place(block, down);
                let (rows, steps) = (self.rows(row), part(depth));
                // SAFETY: each block is one task's.
                let space = unsafe { a_space.piece(block * a_room..(block + 1) * a_room) };
                let tiles = Tiles::new(rows.clone(), tallest).iter().map(|tile| (tile.clone(), tile.len()));
                pack_panels(space, rows.start, tiles, a, steps);
            } else {
                let block = block - a_blocks;
                let (column, depth) = place(block, across);
                let (columns, steps) = (self.columns(column), part(depth));
                let [start, end] = [columns.start, columns.end.next_multiple_of(self.lanes)]
                    .map(|column| self.columns_room(depth * self.steps) + column * steps.len());
                // SAFETY: as above.
                let space = unsafe { b_space.piece(start..end) };
                self.pack_columns(columns, steps, b, space);
            }
        });
    }

    /// Packs what is read packed of some columns of B, whole panels, for steps between two visits of C.
    fn pack_columns(&self, columns: Range<usize>, steps: Range<usize>, b: Matrix<'_, T>, space: &mut [T]) {
        let panels = pieces(columns.clone(), 2 * self.lanes)
            .filter(|panel| self.panel_is_packed(panel))
            .map(|panel| (panel.clone(), panel.len().next_multiple_of(self.lanes)));
        pack_panels(space, columns.start, panels, b.transposed(), steps);
    }

    /// Adds these steps to a cell of C, or writes it if they are the first.
    ///
    /// # Safety
    /// The operands must have the product's size and `pack` have packed these steps of them; nobody else may touch that
    /// cell.
    unsafe fn multiply(
        &self,
        all_steps: Range<usize>,
        cell: usize,
        (a, a_space): (Matrix<'_, T>, &[T]),
        (b, b_space): (Matrix<'_, T>, &[T]),
        into: &Destination<'_, T>,
    ) {
        let (i, j) = place(cell, self.cells[0]);
        let columns = self.columns(j);
        let by_cell = self.b_packed_by == Packer::Cell;
        let blocks = if by_cell { 0..self.blocks_of_a() } else { i..i + 1 };
        let once = all_steps.is_empty().then_some(all_steps.clone());
        for (depth, steps) in pieces(all_steps, self.steps).chain(once).enumerate() {
            let a = (a, &a_space[depth * self.blocks_of_a() * self.block_room()..]);
            // SAFETY: the contract is handed on; a cell's own columns are packed here.
            let multiply = |b_packed: &[T], first: usize| unsafe {
                let b = (b, b_packed, first);
                self.multiply_part(blocks.clone(), columns.clone(), steps.clone(), a, b, into);
            };
            if by_cell && self.b_width > 0 {
                with_scratch(columns.len().next_multiple_of(self.lanes) * steps.len(), |space| {
                    self.pack_columns(columns.clone(), steps.clone(), b, space);
                    multiply(space, columns.start);
                });
            } else {
                multiply(&b_space[self.columns_room(depth * self.steps)..], 0);
            }
        }
    }

    /// The same for steps between two visits of C, for these blocks of A and columns of B. Its packed columns begin with
    /// column `first`.
    ///
    /// # Safety
    /// As that of `multiply`.
    #[inline(always)]
    unsafe fn multiply_part(
        &self,
        blocks: Range<usize>,
        columns: Range<usize>,
        steps: Range<usize>,
        (a, a_packed): (Matrix<'_, T>, &[T]),
        (b, b_packed, first): (Matrix<'_, T>, &[T], usize),
        into: &Destination<'_, T>,
    ) {
        for block in blocks {
            let rows = if self.packed[0] {
                Rows::Packed(&a_packed[block * self.block_room()..])
            } else {
                Rows::in_place(a, steps.start)
            };
            let tiles = Tiles::new(self.rows(block), self.kernels.tiles.len());
            for panel in pieces(columns.clone(), 2 * self.lanes) {
                let (b, b_row) = if self.panel_is_packed(&panel) {
                    let b_row = panel.len().next_multiple_of(self.lanes);
                    (&b_packed[(panel.start - first) * steps.len()..], b_row)
                } else {
                    (b.at(steps.start, panel.start), b.row_stride)
                };
                let all = (steps.start, Steps::even(steps.len(), b_row));
                // SAFETY: `T::kernels` answers kernels that this processor runs. Panels read in place lie within the
                // operands, as the caller vouches; packed ones have been written whole, with zeros to fill the last vector
                // up. The part of C is ours.
                unsafe { into.multiply(self.kernels, tiles, panel, all, rows, b.as_ptr()) };
            }
        }
    }
}

/// Whether the last vector of each row of B may be read whole: what follows the row is read in vain.
fn has_room<T>(b: Matrix<'_, T>, [k, n]: [usize; 2], lanes: usize) -> bool {
    let last = k.saturating_sub(1).saturating_mul(b.row_stride);
    b.elements.len() >= last.saturating_add(n.next_multiple_of(lanes))
}

/// Whether B, with its rows one after the other, is better read as it is than packed first.
fn b_in_place<T>([m, k, n]: [usize; 3], row_stride: usize, reach: Reach) -> bool {
    let Reach { b_in_place: [rows, bytes], lines: [sets, ways], .. } = reach;
    // Rows that are a power of two apart would all lie in a few of the sets.
    let apart = row_stride * size_of::<T>() / LINE;
    let lines = ways * (sets >> apart.trailing_zeros().min(sets.ilog2()));
    m <= B_IN_PLACE || k * n <= B_SMALL || m <= rows && k * n * size_of::<T>() <= bytes && k <= lines
}
