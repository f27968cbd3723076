//! Planes in another size.

use std::ops::Range;

use super::pieces::{Pieces, TASK};
use crate::{Real, Store, Threads, vectorize};

/// How elements between those that are there are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Interpolation {
    /// The element at ⌊i·length/new length⌋, as PyTorch's `nearest`.
    Nearest,
    /// Along straight lines between the elements' centres; outside of the outermost centres, as those.
    Linear,
    /// Along straight lines, with the outermost elements kept where they are: PyTorch's `align_corners`.
    LinearAligned,
}

/// Brings planes `[…, height, width]` to another size; a sequence is a plane of height 1.
#[derive(Debug, Clone, Copy)]
pub struct Resize {
    /// How.
    pub interpolation: Interpolation,
    /// The height and the width of a plane.
    pub from: [usize; 2],
    /// The height and the width that it gets.
    pub to: [usize; 2],
}

impl Resize {
    /// The two elements of an axis that a new one lies between, and the share of the second.
    #[inline(always)]
    fn between<T: Real>(&self, axis: usize, new: usize) -> (usize, usize, T) {
        let (from, to) = (self.from[axis], self.to[axis]);
        let position = match self.interpolation {
            Interpolation::Nearest => return (new * from / to, new * from / to, T::zero()),
            Interpolation::Linear => ((new as f64 + 0.5) * (from as f64 / to as f64) - 0.5).max(0.0),
            Interpolation::LinearAligned if to > 1 => new as f64 * ((from - 1) as f64 / (to - 1) as f64),
            Interpolation::LinearAligned => 0.0,
        };
        let first = (position as usize).min(from - 1);
        (first, (first + 1).min(from - 1), T::of(position - first as f64))
    }

    /// Where these new columns lie between those that are there.
    fn columns<T: Real>(&self, new: Range<usize>) -> Columns<T> {
        let mut columns = Columns { left: [0; CHUNK], right: [0; CHUNK], along: [T::zero(); CHUNK], new };
        for (i, column) in columns.new.clone().enumerate() {
            (columns.left[i], columns.right[i], columns.along[i]) = self.between(1, column);
        }
        columns
    }

    /// y: the planes of x in their new size.
    ///
    /// # Panics
    /// If a slice has the wrong number of elements, or one of the sizes is 0.
    pub fn forward<T: Real>(&self, y: &mut [T], x: &[T], threads: &Threads) {
        let y = Pieces::new(y);
        self.for_planes(x.len() / self.elements()[0], threads, |columns: &Columns<T>, [from, to]| {
            // SAFETY: each plane is one task's.
            let (y, x) = (unsafe { y.piece(to) }, &x[from]);
            if self.interpolation == Interpolation::Nearest {
                self.repeat(columns, y, x);
            } else {
                self.interpolate(columns, y, x);
            }
        });
    }

    /// New columns of a plane, each a copy of one that is there.
    fn repeat<T: Real>(&self, columns: &Columns<T>, y: &mut [T], x: &[T]) {
        let width = self.from[1];
        vectorize!({
            let (mut repeated, mut line) = ([T::zero(); CHUNK], None);
            for (row, y) in y.chunks_exact_mut(self.to[1]).enumerate() {
                let (first, ..) = self.between::<T>(0, row);
                if line != Some(first) {
                    let x = &x[first * width..][..width];
                    for (there, &left) in repeated.iter_mut().zip(&columns.left[..columns.new.len()]) {
                        *there = x[left];
                    }
                    line = Some(first);
                }
                y[columns.new.clone()].copy_from_slice(&repeated[..columns.new.len()]);
            }
        });
    }

    /// New columns of a plane. Along its lines first: each of them is between several pairs of new ones.
    fn interpolate<T: Real>(&self, columns: &Columns<T>, y: &mut [T], x: &[T]) {
        let width = self.from[1];
        vectorize!({
            let lines = &mut [([T::zero(); CHUNK], None), ([T::zero(); CHUNK], None)];
            let [upper, lower] = lines;
            let (mut upper, mut lower) = (upper, lower);
            for (row, y) in y.chunks_exact_mut(self.to[1]).enumerate() {
                let (first, second, share) = self.between::<T>(0, row);
                if upper.1 != Some(first) {
                    std::mem::swap(&mut upper, &mut lower);
                }
                for (line, wanted) in [(&mut *upper, first), (&mut *lower, second)] {
                    if line.1 != Some(wanted) {
                        columns.along_line(&mut line.0, &x[wanted * width..][..width]);
                        line.1 = Some(wanted);
                    }
                }
                let y = &mut y[columns.new.clone()];
                for ((y, &upper), &lower) in y.iter_mut().zip(&upper.0).zip(&lower.0) {
                    *y = upper * (T::one() - share) + lower * share;
                }
            }
        });
    }

    /// The adjoint of [`forward`](Resize::forward), put into `dx`.
    ///
    /// # Panics
    /// As [`forward`](Resize::forward).
    pub fn backward<T: Real>(&self, (store, dx): (Store, &mut [T]), g: &[T], threads: &Threads) {
        let planes = dx.len() / self.elements()[0];
        let dx = Pieces::new(dx);
        self.for_planes(planes, threads, |columns: &Columns<T>, [from, to]| {
            // SAFETY: each plane is one task's.
            let (dx, g) = (unsafe { dx.piece(from) }, &g[to]);
            if store == Store::Write && columns.new.start == 0 {
                dx.fill(T::zero());
            }
            self.give_back(columns, dx, g);
        });
    }

    /// Adds the derivatives of new columns of a plane: of all that is between two lines before it goes to their elements.
    fn give_back<T: Real>(&self, columns: &Columns<T>, dx: &mut [T], g: &[T]) {
        let (width, nearest) = (self.from[1], self.interpolation == Interpolation::Nearest);
        vectorize!({
            let (upper, lower) = (&mut [T::zero(); CHUNK], &mut [T::zero(); CHUNK]);
            let (mut upper, mut lower) = (upper, lower);
            let mut lines = [0, 0];
            for (row, g) in g.chunks_exact(self.to[1]).enumerate() {
                let (first, second, share) = self.between::<T>(0, row);
                if first != lines[0] {
                    columns.give_back_line(&mut dx[lines[0] * width..][..width], upper, nearest);
                    (lines[0], lines[1]) = (lines[1], first);
                    std::mem::swap(&mut upper, &mut lower);
                    if first != lines[0] {
                        columns.give_back_line(&mut dx[lines[0] * width..][..width], upper, nearest);
                        lines[0] = first;
                    }
                }
                lines[1] = second;
                let g = &g[columns.new.clone()];
                for (upper, &g) in upper.iter_mut().zip(g) {
                    *upper += g * (T::one() - share);
                }
                if nearest {
                    continue;
                }
                // The last line has none below it: what would go there is its own.
                let lower = if second == first { &mut *upper } else { &mut *lower };
                for (lower, &g) in lower.iter_mut().zip(g) {
                    *lower += g * share;
                }
            }
            columns.give_back_line(&mut dx[lines[0] * width..][..width], upper, nearest);
            columns.give_back_line(&mut dx[lines[1] * width..][..width], lower, nearest);
        });
    }

    fn elements(&self) -> [usize; 2] {
        [self.from, self.to].map(|[height, width]| height * width)
    }

    /// Calls `f` with some new columns and the places of each plane, before and after: all columns of a plane in order.
    fn for_planes<T: Real>(
        &self,
        planes: usize,
        threads: &Threads,
        f: impl Fn(&Columns<T>, [Range<usize>; 2]) + Sync,
    ) {
        let (elements, width) = (self.elements(), self.to[1]);
        let each = (TASK / elements[1].max(1)).max(1);
        threads.run(planes.div_ceil(each), |task| {
            for start in (0..width).step_by(CHUNK) {
                let columns = self.columns(start..width.min(start + CHUNK));
                for plane in task * each..planes.min((task + 1) * each) {
                    f(&columns, elements.map(|each| plane * each..(plane + 1) * each));
                }
            }
        });
    }
}

/// The new columns that are worked on side by side.
const CHUNK: usize = 64;

/// Some new columns: the two elements of a line that each lies between, and the share of the second.
struct Columns<T> {
    left: [usize; CHUNK],
    right: [usize; CHUNK],
    along: [T; CHUNK],
    new: Range<usize>,
}

impl<T: Real> Columns<T> {
    /// What is at the new columns of a line.
    #[inline(always)]
    fn along_line(&self, to: &mut [T; CHUNK], line: &[T]) {
        let places = self.left.iter().zip(&self.right).zip(&self.along);
        for (to, ((&left, &right), &along)) in to.iter_mut().zip(places).take(self.new.len()) {
            *to = line[left] * (T::one() - along) + line[right] * along;
        }
    }

    /// The adjoint: adds the derivatives to those of a line, and leaves zeros.
    #[inline(always)]
    fn give_back_line(&self, line: &mut [T], from: &mut [T; CHUNK], nearest: bool) {
        let places = self.left.iter().zip(&self.right).zip(&self.along);
        for (from, ((&left, &right), &along)) in from.iter_mut().zip(places).take(self.new.len()) {
            if nearest {
                line[left] += *from;
            } else {
                line[left] += *from * (T::one() - along);
                line[right] += *from * along;
            }
            *from = T::zero();
        }
    }
}
