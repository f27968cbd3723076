//! Operations that only move elements. All are linear: each pullback is the adjoint move.

mod broadcast_to;
mod flip;
mod index;
mod join;
mod pad;
mod permute;
mod reshape;
mod slice;

pub use broadcast_to::BroadcastTo;
pub use flip::Flip;
pub use index::{Gather, IndexSelect, ScatterAdd};
pub use join::{Concat, Stack};
pub use pad::Pad;
pub use permute::Permute;
pub use reshape::Reshape;
pub use slice::Slice;
