//! Sums of functions of several slices at once.

use crate::Real;

/// The sums that run side by side.
pub(super) const LANES: usize = 32;
/// The number of terms that a lane takes before it is set aside, so that rounding errors grow far more slowly
/// than the number of terms.
const BLOCK: usize = 32;

/// `K` sums over the same elements, each in so many lanes. Terms are added in an order that depends on their
/// number alone.
pub(super) struct Sums<T, const K: usize> {
    near: [[T; LANES]; K],
    far: [[T; LANES]; K],
    terms: usize,
}

impl<T: Real, const K: usize> Sums<T, K> {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Sums { near: [[T::zero(); LANES]; K], far: [[T::zero(); LANES]; K], terms: 0 }
    }

    /// Adds `f` of the elements of three slices of equal length, at most [`LANES`], to a lane each.
    #[inline(always)]
    pub(super) fn chunk(&mut self, a: &[T], b: &[T], c: &[T], f: impl Fn(T, T, T) -> [T; K]) {
        if self.terms == BLOCK {
            self.set_aside();
        }
        self.terms += 1;
        if let (Some(a), Some(b), Some(c)) =
            (a.first_chunk::<LANES>(), b.first_chunk::<LANES>(), c.first_chunk::<LANES>())
        {
            for lane in 0..LANES {
                let terms = f(a[lane], b[lane], c[lane]);
                for (near, term) in self.near.iter_mut().zip(terms) {
                    near[lane] += term;
                }
            }
        } else {
            for (lane, ((&a, &b), &c)) in a.iter().zip(b).zip(c).enumerate() {
                let terms = f(a, b, c);
                for (near, term) in self.near.iter_mut().zip(terms) {
                    near[lane] += term;
                }
            }
        }
    }

    /// Adds `f` of the elements of three slices of equal length.
    #[inline(always)]
    pub(super) fn row(&mut self, a: &[T], b: &[T], c: &[T], f: impl Fn(T, T, T) -> [T; K]) {
        for ((a, b), c) in a.chunks(LANES).zip(b.chunks(LANES)).zip(c.chunks(LANES)) {
            self.chunk(a, b, c, &f);
        }
    }

    #[inline(always)]
    fn set_aside(&mut self) {
        for (far, near) in self.far.iter_mut().zip(&mut self.near) {
            for (far, near) in far.iter_mut().zip(near) {
                *far += *near;
                *near = T::zero();
            }
        }
        self.terms = 0;
    }

    /// The sum of each lane.
    #[inline(always)]
    pub(super) fn lanes(mut self) -> [[T; LANES]; K] {
        self.set_aside();
        self.far
    }

    /// The sums over all lanes.
    #[inline(always)]
    pub(super) fn total(self) -> [T; K] {
        let mut lanes = self.lanes();
        let mut half = LANES / 2;
        while half > 0 {
            for sums in &mut lanes {
                for lane in 0..half {
                    sums[lane] = sums[lane] + sums[lane + half];
                }
            }
            half /= 2;
        }
        lanes.map(
            #[inline(always)]
            |sums| sums[0],
        )
    }
}

/// The sums of `f` of the elements of three slices of equal length.
#[inline(always)]
pub(super) fn sums<T: Real, const K: usize>(
    a: &[T],
    b: &[T],
    c: &[T],
    f: impl Fn(T, T, T) -> [T; K],
) -> [T; K] {
    if a.len() > LANES {
        let mut sums = Sums::new();
        sums.row(a, b, c, f);
        return sums.total();
    }
    // So few terms are added up one after the other.
    let mut totals = [T::zero(); K];
    for ((&a, &b), &c) in a.iter().zip(b).zip(c) {
        for (total, term) in totals.iter_mut().zip(f(a, b, c)) {
            *total += term;
        }
    }
    totals
}
