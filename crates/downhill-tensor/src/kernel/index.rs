//! Elements chosen by indices.

use super::View;
use super::pieces::{TASK, for_groups};
use super::walk::{Walk, row_major};
use crate::{Error, Result, Shape, Threads};

/// Checks that indices lie within an axis.
///
/// # Errors
/// [`Error::Index`] for the first that does not.
pub fn check_indices(indices: &[usize], axis: usize, shape: Shape) -> Result<()> {
    match indices.iter().find(|&&index| index >= shape[axis]) {
        Some(&index) => Err(Error::Index { index, axis, shape }),
        None => Ok(()),
    }
}

/// Checks that [`gather`] can take these indices from a tensor of this shape.
///
/// # Errors
/// [`Error::Mismatch`] if the index has another number of axes or is longer in one that it does not
/// choose from, [`Error::Index`] if an index lies outside the axis.
pub fn check_gather(shape: Shape, axis: usize, index: View<'_, usize>) -> Result<()> {
    let fits = |other: usize| other == axis || index.shape[other] <= shape[other];
    if index.shape.len() != shape.len() || !(0..shape.len()).all(fits) {
        let rule = "the index must have the operand's axes and be no longer in those it does not choose from";
        return Err(Error::mismatch("gather", rule, shape, index.shape));
    }
    check_indices(index.elements, axis, shape)
}

/// Copies the chosen indices of an axis into `out`, in the order given.
///
/// # Panics
/// If the sizes do not fit or an index lies outside the axis.
#[inline(always)]
pub fn index_select<T: Copy + Send + Sync>(
    out: &mut [T],
    x: View<'_, T>,
    axis: usize,
    indices: &[usize],
    threads: &Threads,
) {
    let (outer, length, inner) = x.shape.around(axis);
    assert_eq!(out.len(), outer * indices.len() * inner, "the number of elements");
    if out.is_empty() {
        return;
    }
    let rows = outer * indices.len();
    for_groups(
        threads,
        rows,
        TASK.div_ceil(inner),
        [(out, inner)],
        #[inline(always)]
        |rows, [out]| {
            for (out, row) in out.chunks_exact_mut(inner).zip(rows) {
                let (block, index) = (row / indices.len(), indices[row % indices.len()]);
                assert!(index < length, "index {index} of {length}");
                out.copy_from_slice(&x.elements[(block * length + index) * inner..][..inner]);
            }
        },
    );
}

/// Puts each index of an axis of `x` where `indices` says in `out`, whose shape is `shape`: with
/// [`add`](super::add) the adjoint of [`index_select`].
///
/// # Panics
/// If the sizes do not fit or an index lies outside the axis.
#[inline(always)]
pub fn index_add<T: Copy>(
    out: &mut [T],
    shape: Shape,
    x: View<'_, T>,
    axis: usize,
    indices: &[usize],
    put: impl Fn(&mut T, T),
) {
    let (_, length, inner) = shape.around(axis);
    assert_eq!(out.len(), shape.elements(), "the number of elements of {shape}");
    assert_eq!(shape.with(axis, indices.len()), x.shape, "the shape of what is added");
    if x.elements.is_empty() {
        return;
    }
    let blocks = out.chunks_exact_mut(length * inner).zip(x.elements.chunks_exact(indices.len() * inner));
    for (out, x) in blocks {
        for (x, &index) in x.chunks_exact(inner).zip(indices) {
            let row = &mut out[index * inner..(index + 1) * inner];
            row.iter_mut().zip(x).for_each(|(out, &x)| put(out, x));
        }
    }
}

/// Puts into each element of `out`, whose shape is the index's, the element of `x` in the same place but
/// for `axis`, where the index chooses. (PyTorch's `gather`.)
///
/// # Panics
/// If the sizes do not fit or an index lies outside the axis.
#[inline(always)]
pub fn gather<T: Copy>(
    out: &mut [T],
    x: View<'_, T>,
    axis: usize,
    index: View<'_, usize>,
    put: impl Fn(&mut T, T),
) {
    assert_eq!(out.len(), index.elements.len(), "the number of elements of {}", index.shape);
    chosen(x.shape, axis, index, |to, from| put(&mut out[to], x.elements[from]));
}

/// Puts each element of `x`, whose shape is the index's, into the element of `out` in the same place but for
/// `axis`, where the index chooses; the shape of `out` is `shape`. With [`add`](super::add) this is
/// PyTorch's `scatter_add` and the adjoint of [`gather`].
///
/// # Panics
/// If the sizes do not fit or an index lies outside the axis.
#[inline(always)]
pub fn scatter<T: Copy>(
    out: &mut [T],
    shape: Shape,
    axis: usize,
    index: View<'_, usize>,
    x: View<'_, T>,
    put: impl Fn(&mut T, T),
) {
    assert_eq!(out.len(), shape.elements(), "the number of elements of {shape}");
    assert_eq!(x.shape, index.shape, "the shapes of the elements and of their indices");
    chosen(shape, axis, index, |from, to| put(&mut out[to], x.elements[from]));
}

/// Calls `f` with each place of the index and the place in `shape` that it chooses.
#[inline(always)]
fn chosen(shape: Shape, axis: usize, index: View<'_, usize>, mut f: impl FnMut(usize, usize)) {
    let fits = |other: usize| other == axis || index.shape[other] <= shape[other];
    assert!(
        index.shape.len() == shape.len() && (0..shape.len()).all(fits),
        "an index of shape {} into {shape}",
        index.shape
    );
    let mut strides = row_major(shape);
    let along = strides[axis] as usize;
    strides[axis] = 0;
    let walk = Walk::new(&index.shape, [0; 2], [row_major(index.shape), strides]);
    let step = walk.steps[1] as usize;
    walk.for_each(|[place, there]| {
        for offset in 0..walk.len {
            let chosen = index.elements[place + offset];
            assert!(chosen < shape[axis], "index {chosen} of axis {axis} of {shape}");
            f(place + offset, there + offset * step + chosen * along);
        }
    });
}
