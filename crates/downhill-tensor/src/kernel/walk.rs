//! Walking several strided arrays together.

use crate::Shape;

/// The distance from one index of each axis to the next; negative runs backwards, 0 repeats.
pub(super) type Strides = [isize; Shape::MAX_AXES];

/// A walk through `N` arrays that share a shape but not their strides: all but the innermost axis are
/// loops, the innermost is a row for the caller. Axes of length 1 are dropped and neighbours that every
/// array steps through evenly are merged, so that common cases are few long rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walk<const N: usize> {
    /// The length of a row; 0 if there is nothing to walk through.
    pub(super) len: usize,
    /// Each array's step within a row.
    pub(super) steps: [isize; N],
    start: [isize; N],
    axes: usize,
    lengths: [usize; Shape::MAX_AXES],
    strides: [[isize; N]; Shape::MAX_AXES],
}

impl<const N: usize> Walk<N> {
    /// A walk through a shape. A place is counted from `start`.
    // Not inlined: every loop over elements begins with one, and is compiled anew for each function.
    #[inline(never)]
    pub(super) fn new(shape: &[usize], start: [isize; N], strides: [Strides; N]) -> Walk<N> {
        let mut lengths = [0; Shape::MAX_AXES];
        let mut merged = [[0; N]; Shape::MAX_AXES];
        let mut axes = 0;
        for (axis, &length) in shape.iter().enumerate() {
            if length == 1 {
                continue;
            }
            let here: [isize; N] = std::array::from_fn(|n| strides[n][axis]);
            if axes > 0 && (0..N).all(|n| merged[axes - 1][n] == here[n] * length as isize) {
                lengths[axes - 1] *= length;
                merged[axes - 1] = here;
            } else {
                lengths[axes] = length;
                merged[axes] = here;
                axes += 1;
            }
        }
        let (axes, len, steps) = match axes {
            0 => (0, 1, [1; N]),
            _ => (axes - 1, lengths[axes - 1], merged[axes - 1]),
        };
        let len = if lengths[..axes].contains(&0) { 0 } else { len };
        Walk { len, steps, start, axes, lengths, strides: merged }
    }

    /// The walk through arrays that all lie alike.
    #[inline]
    pub(super) fn flat(len: usize) -> Walk<N> {
        Walk::row(len, 1)
    }

    /// The walk through a single row with this step in each array.
    #[inline]
    pub(super) fn row(len: usize, step: isize) -> Walk<N> {
        let (lengths, strides) = ([0; Shape::MAX_AXES], [[0; N]; Shape::MAX_AXES]);
        Walk { len, steps: [step; N], start: [0; N], axes: 0, lengths, strides }
    }

    /// Whether there is just one row.
    #[inline]
    pub(super) fn is_row(&self) -> bool {
        self.axes == 0 && self.len > 0
    }

    /// Calls `row` with each row's first place in each array, in row-major order.
    #[inline(always)]
    pub(super) fn for_each(&self, mut row: impl FnMut([usize; N])) {
        if self.len == 0 {
            return;
        }
        let mut index = [0; Shape::MAX_AXES];
        let mut place = self.start;
        'rows: loop {
            row(unsigned(place));
            for axis in (0..self.axes).rev() {
                let strides = &self.strides[axis];
                index[axis] += 1;
                if index[axis] < self.lengths[axis] {
                    for n in 0..N {
                        place[n] += strides[n];
                    }
                    continue 'rows;
                }
                for n in 0..N {
                    place[n] -= strides[n] * (self.lengths[axis] as isize - 1);
                }
                index[axis] = 0;
            }
            return;
        }
    }
}

/// A row's first places. By itself, so that it is not compiled for each row's caller.
#[inline(always)]
fn unsigned<const N: usize>(place: [isize; N]) -> [usize; N] {
    place.map(|place| place as usize)
}

/// The strides of a row-major array.
#[inline]
pub(super) fn row_major(shape: Shape) -> Strides {
    shape.strides().map(|stride| stride as isize)
}

/// The strides by which a row-major array of shape `from` is read in the larger shape `to`.
///
/// # Panics
/// If it does not broadcast.
#[inline]
pub(super) fn stretched(from: Shape, to: Shape) -> Strides {
    assert!(from.stretches_to(&to), "{from} does not broadcast to {to}");
    let strides = row_major(from);
    let lead = to.len() - from.len();
    let mut stretched = [0; Shape::MAX_AXES];
    for (axis, &length) in from.iter().enumerate() {
        stretched[lead + axis] = if length == 1 { 0 } else { strides[axis] };
    }
    stretched
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging() {
        // The shape, the shape that is stretched to it, the number of outer axes, the row's length.
        for (to, from, axes, len) in [
            (&[2, 3, 4][..], &[2, 3, 4][..], 0, 24),
            (&[2, 3, 4], &[4], 1, 4),
            (&[2, 3, 4], &[3, 4], 1, 12),
            (&[2, 3, 4], &[2, 1, 1], 1, 12),
            (&[2, 3, 4], &[], 0, 24),
            (&[2, 3, 4], &[2, 1, 4], 2, 4),
            (&[2, 1, 4], &[2, 1, 4], 0, 8),
            (&[1, 1], &[], 0, 1),
            (&[], &[], 0, 1),
            (&[2, 0, 4], &[2, 1, 4], 2, 0),
        ] {
            let (from, to) = (Shape::new(from).unwrap(), Shape::new(to).unwrap());
            let walk = Walk::new(&to, [0; 2], [row_major(to), stretched(from, to)]);
            assert_eq!((walk.axes, walk.len), (axes, len), "{from} {to}");
        }
    }
}
