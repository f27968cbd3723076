//! Element by element, with broadcasting.

use super::View;
use super::walk::{Walk, row_major, stretched};
use crate::{Math, Shape, vectorize};

/// Lets `f` store into each element of `out` from the element of `x` in the same place.
///
/// # Panics
/// If the lengths differ.
#[inline(always)]
pub fn map<U, A: Copy>(out: &mut [U], x: &[A], mut f: impl FnMut(&mut U, A, Math)) {
    assert_eq!(out.len(), x.len(), "the number of elements");
    vectorize!(|math| {
        for (out, &x) in out.iter_mut().zip(x) {
            f(out, x, math);
        }
    });
}

/// Lets `f` store into each element of `out`, of shape `shape`, from the elements that broadcasting
/// puts in the same place.
///
/// # Panics
/// If `out` has not as many elements as `shape`, or an operand does not broadcast to it.
#[inline(always)]
pub fn zip<U, A: Copy, B: Copy>(
    out: &mut [U],
    shape: Shape,
    a: View<'_, A>,
    b: View<'_, B>,
    mut f: impl FnMut(&mut U, A, B, Math),
) {
    assert_eq!(out.len(), shape.elements(), "the number of elements of {shape}");
    let walk = if a.shape == shape && b.shape == shape {
        Walk::flat(out.len())
    } else {
        Walk::new(&shape, [0; 2], [stretched(a.shape, shape), stretched(b.shape, shape)])
    };
    let mut rows = out.chunks_exact_mut(walk.len.max(1));
    vectorize!(|math| {
        walk.for_each(
            #[inline(always)]
            |[i, j]| {
                let Some(row) = rows.next() else { return };
                let (a, b) = (&a.elements[i..], &b.elements[j..]);
                match walk.steps {
                    [1, 1] => {
                        for ((out, &a), &b) in row.iter_mut().zip(a).zip(b) {
                            f(out, a, b, math);
                        }
                    }
                    [1, _] => {
                        for (out, &a) in row.iter_mut().zip(a) {
                            f(out, a, b[0], math);
                        }
                    }
                    [_, 1] => {
                        for (out, &b) in row.iter_mut().zip(b) {
                            f(out, a[0], b, math);
                        }
                    }
                    _ => {
                        for out in row {
                            f(out, a[0], b[0], math);
                        }
                    }
                }
            },
        );
    });
}

/// Lets `f` store into each element of `out`, of shape `shape`, from the elements that broadcasting
/// puts in the same place.
///
/// # Panics
/// If `out` has not as many elements as `shape`, or an operand does not broadcast to it.
#[inline(always)]
pub fn zip3<U, A: Copy, B: Copy, C: Copy>(
    out: &mut [U],
    shape: Shape,
    a: View<'_, A>,
    b: View<'_, B>,
    c: View<'_, C>,
    mut f: impl FnMut(&mut U, A, B, C, Math),
) {
    assert_eq!(out.len(), shape.elements(), "the number of elements of {shape}");
    let walk = if [a.shape, b.shape, c.shape] == [shape; 3] {
        Walk::flat(out.len())
    } else {
        let strides = [stretched(a.shape, shape), stretched(b.shape, shape), stretched(c.shape, shape)];
        Walk::new(&shape, [0; 3], strides)
    };
    let mut rows = out.chunks_exact_mut(walk.len.max(1));
    vectorize!(|math| {
        walk.for_each(
            #[inline(always)]
            |[i, j, k]| {
                let Some(row) = rows.next() else { return };
                let (a, b, c) = (&a.elements[i..], &b.elements[j..], &c.elements[k..]);
                match walk.steps {
                    [1, 1, 1] => {
                        for (((out, &a), &b), &c) in row.iter_mut().zip(a).zip(b).zip(c) {
                            f(out, a, b, c, math);
                        }
                    }
                    [1, 1, _] => {
                        for ((out, &a), &b) in row.iter_mut().zip(a).zip(b) {
                            f(out, a, b, c[0], math);
                        }
                    }
                    [1, _, 1] => {
                        for ((out, &a), &c) in row.iter_mut().zip(a).zip(c) {
                            f(out, a, b[0], c, math);
                        }
                    }
                    [_, 1, 1] => {
                        for ((out, &b), &c) in row.iter_mut().zip(b).zip(c) {
                            f(out, a[0], b, c, math);
                        }
                    }
                    [1, _, _] => {
                        for (out, &a) in row.iter_mut().zip(a) {
                            f(out, a, b[0], c[0], math);
                        }
                    }
                    steps => {
                        for (place, out) in row.iter_mut().enumerate() {
                            let [i, j, k] = steps.map(|step| place * step as usize);
                            f(out, a[i], b[j], c[k], math);
                        }
                    }
                }
            },
        );
    });
}

/// Puts a view, broadcast to `shape`, into `out`.
///
/// # Panics
/// If `out` has not as many elements as `shape`, or `x` does not broadcast to it.
#[inline(always)]
pub fn broadcast_to<T: Copy>(out: &mut [T], shape: Shape, x: View<'_, T>, put: impl Fn(&mut T, T)) {
    assert_eq!(out.len(), shape.elements(), "the number of elements of {shape}");
    if let ([x], true) = (x.elements, x.shape.len() <= shape.len()) {
        for out in out {
            put(out, *x);
        }
        return;
    }
    let walk = Walk::new(&shape, [0; 2], [row_major(shape), stretched(x.shape, shape)]);
    super::rearrange::transfer(out, x.elements, &walk, put);
}
