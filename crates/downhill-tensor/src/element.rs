//! What a tensor can hold.

/// Anything that a [`Tensor`](crate::Tensor) can hold: numbers to compute with ([`Real`](crate::Real)),
/// `usize` for indices and classes, `bool` for masks.
pub trait Element: Copy + PartialEq + std::fmt::Debug + Send + Sync + 'static {}

impl<T: Copy + PartialEq + std::fmt::Debug + Send + Sync + 'static> Element for T {}
