//! Rows picked out of a tensor.

use downhill_tensor::{Element, Real, Target, Tensor};

/// Copies the rows of `source` with these numbers to `into`, into its own storage if the shape is
/// right and nobody else holds it.
///
/// # Panics
/// If there is no such row.
pub(crate) fn gather_into<E: Element>(source: &Tensor<E>, rows: &[usize], zero: E, into: &mut Tensor<E>) {
    let shape = source.shape().with(0, rows.len());
    if into.shape() != shape || into.is_shared() {
        *into = Tensor::full(shape, zero);
    }
    let width = shape.sample().elements();
    if width == 0 {
        return;
    }
    let from = source.as_slice();
    for (to, &row) in into.as_mut_slice().chunks_exact_mut(width).zip(rows) {
        to.copy_from_slice(&from[row * width..][..width]);
    }
}

/// The same for weights.
pub(crate) fn gather_weights<T: Real>(
    source: Option<&Tensor<T>>,
    rows: &[usize],
    into: &mut Option<Tensor<T>>,
) {
    match (source, into) {
        (None, into) => *into = None,
        (Some(source), Some(into)) => gather_into(source, rows, T::zero(), into),
        (Some(source), into) => {
            gather_into(source, rows, T::zero(), into.insert(source.clone()));
        }
    }
}

/// The same for targets.
pub(crate) fn gather_target<T: Real>(source: &Target<T>, rows: &[usize], into: &mut Target<T>) {
    match (source, into) {
        (Target::Classes(source), Target::Classes(into)) => gather_into(source, rows, 0, into),
        (Target::Values(source), Target::Values(into)) => gather_into(source, rows, T::zero(), into),
        (source, into) => {
            *into = source.clone();
            gather_target(source, rows, into);
        }
    }
}
