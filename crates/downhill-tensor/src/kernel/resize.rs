//! Planes in another size.

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

    /// y: the planes of x in their new size.
    ///
    /// # Panics
    /// If a slice has the wrong number of elements, or one of the sizes is 0.
    pub fn forward<T: Real>(&self, y: &mut [T], x: &[T], threads: &Threads) {
        let width = self.from[1];
        let y = Pieces::new(y);
        self.for_planes(x.len() / self.elements()[0], threads, |[from, to]| {
            // SAFETY: each plane is one task's.
            let (y, x) = (unsafe { y.piece(to) }, &x[from]);
            vectorize!(for (row, y) in y.chunks_exact_mut(self.to[1]).enumerate() {
                let (first, second, share) = self.between::<T>(0, row);
                let (first, second) = (&x[first * width..][..width], &x[second * width..][..width]);
                for (column, y) in y.iter_mut().enumerate() {
                    let (left, right, along) = self.between::<T>(1, column);
                    *y = match self.interpolation {
                        Interpolation::Nearest => first[left],
                        _ => {
                            let upper = first[left] * (T::one() - along) + first[right] * along;
                            let lower = second[left] * (T::one() - along) + second[right] * along;
                            upper * (T::one() - share) + lower * share
                        }
                    };
                }
            });
        });
    }

    /// The adjoint of [`forward`](Resize::forward), put into `dx`.
    ///
    /// # Panics
    /// As [`forward`](Resize::forward).
    pub fn backward<T: Real>(&self, (store, dx): (Store, &mut [T]), g: &[T], threads: &Threads) {
        let width = self.from[1];
        let planes = dx.len() / self.elements()[0];
        let dx = Pieces::new(dx);
        self.for_planes(planes, threads, |[from, to]| {
            // SAFETY: each plane is one task's.
            let (dx, g) = (unsafe { dx.piece(from) }, &g[to]);
            if store == Store::Write {
                dx.fill(T::zero());
            }
            vectorize!(for (row, g) in g.chunks_exact(self.to[1]).enumerate() {
                let (first, second, share) = self.between::<T>(0, row);
                for (column, &g) in g.iter().enumerate() {
                    let (left, right, along) = self.between::<T>(1, column);
                    if self.interpolation == Interpolation::Nearest {
                        dx[first * width + left] += g;
                        continue;
                    }
                    let (upper, lower) = (g * (T::one() - share), g * share);
                    dx[first * width + left] += upper * (T::one() - along);
                    dx[first * width + right] += upper * along;
                    dx[second * width + left] += lower * (T::one() - along);
                    dx[second * width + right] += lower * along;
                }
            });
        });
    }

    fn elements(&self) -> [usize; 2] {
        [self.from, self.to].map(|[height, width]| height * width)
    }

    /// Calls `f` with the places of each plane, before and after.
    fn for_planes(&self, planes: usize, threads: &Threads, f: impl Fn([std::ops::Range<usize>; 2]) + Sync) {
        let elements = self.elements();
        let each = (TASK / elements[1].max(1)).max(1);
        threads.run(planes.div_ceil(each), |task| {
            for plane in task * each..planes.min((task + 1) * each) {
                f(elements.map(|each| plane * each..(plane + 1) * each));
            }
        });
    }
}
