//! The loops of tensor math, on slices: they allocate nothing.
//!
//! What is computed stands last, what it is put into first. Inputs are [`View`]s: elements and their
//! shape. Where elements are only moved, `put` says how each arrives: [`write()`], [`add`], or what
//! [`Store::put`] answers; a closure of [`zip`] gets the destination's element and stores into it by
//! itself; it computes functions with the [`Math`](crate::Math) that it gets last. The linear operations are
//! thus their own adjoints' kernels: a slice is added back by [`write_slice`] with [`add`], a permutation by
//! [`permute`] with the inverse order.
//!
//! Shapes are checked by the functions that infer them ([`slice_shape`], [`Matmul::new`] …), which
//! return errors. The loops themselves panic when sizes do not fit: a programmer's error.

mod attention;
mod channel_norm;
mod convolution;
mod group_norm;
mod index;
mod lines;
mod matmul;
pub(crate) mod pieces;
mod pool;
mod rearrange;
mod reduce;
mod resize;
mod row_norm;
mod rows;
mod scalar;
mod softmax;
mod sums;
mod tiles;
mod walk;
mod window;
mod zip;

pub use attention::{Attention, AttentionMask, Heads};
pub use channel_norm::{Change, ChannelNorm};
pub use convolution::{Convolution, OnBlock};
pub use group_norm::GroupNorm;
pub use index::{check_gather, check_indices, gather, index_add, index_select, scatter};
pub use lines::{argmax, argmin, cumsum};
pub use matmul::Matmul;
pub use pieces::{for_groups, for_pieces};
pub use pool::{Pool, Span};
pub use rearrange::{
    concat_shape, crop, flip, pad, pad_shape, permute, slice, slice_shape, stack_shape, write_slice,
};
pub use reduce::{all_finite, max, mean, min, prod, sum, sum_to, var};
pub use resize::{Interpolation, Resize};
pub use row_norm::RowNorm;
pub use scalar::{maximum, minimum};
pub use softmax::{log_softmax, log_softmax_backward, logsumexp, softmax, softmax_backward, softmax_parts};
pub use window::Window;
pub use zip::{broadcast_to, map, zip, zip3};

use crate::gemm::Store;
use crate::{Element, Real, Shape, Tensor};

/// Elements in row-major order and their shape: a tensor to be read.
#[derive(Debug, Clone, Copy)]
pub struct View<'a, T> {
    elements: &'a [T],
    shape: Shape,
}

impl<'a, T> View<'a, T> {
    /// These elements in this shape.
    ///
    /// # Panics
    /// If their number is not the shape's.
    #[inline]
    pub fn new(shape: Shape, elements: &'a [T]) -> View<'a, T> {
        assert_eq!(elements.len(), shape.elements(), "the number of elements of {shape}");
        View { elements, shape }
    }
}

impl<T: Element> Tensor<T> {
    /// The elements and the shape, for a [`kernel`](crate::kernel).
    #[inline]
    pub fn view(&self) -> View<'_, T> {
        View { elements: self.as_slice(), shape: self.shape() }
    }
}

/// Puts a value in its place.
#[inline(always)]
pub fn write<T>(place: &mut T, value: T) {
    *place = value;
}

/// Adds a value to what is in its place.
#[inline(always)]
pub fn add<T: Real>(place: &mut T, value: T) {
    *place += value;
}

impl Store {
    /// How a single value is stored.
    #[inline(always)]
    pub fn put<T: Real>(self) -> impl Fn(&mut T, T) + Copy {
        #[inline(always)]
        move |place, value| match self {
            Store::Write => *place = value,
            Store::Add => *place += value,
        }
    }
}
