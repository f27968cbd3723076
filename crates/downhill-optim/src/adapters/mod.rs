//! Optimizers around another: what they change is the gradient before a step, θ after it, or the settings.

mod accumulate;
mod adaptive_clip;
mod averaged;
mod centralise;
mod clip_norm;
mod clip_value;
mod decayed;
mod grouped;
mod lookahead;
mod noise;
mod plateau;
mod sam;
mod scheduled;

pub use accumulate::Accumulate;
pub use adaptive_clip::AdaptiveClip;
pub use averaged::Averaged;
pub use centralise::Centralise;
pub use clip_norm::ClipNorm;
pub use clip_value::ClipValue;
pub use decayed::Decayed;
pub(crate) use decayed::Place;
pub use grouped::{Group, Grouped};
pub use lookahead::Lookahead;
pub use noise::Noise;
pub use plateau::{Plateau, ReduceOnPlateau};
pub use sam::Sam;
pub use scheduled::Scheduled;
