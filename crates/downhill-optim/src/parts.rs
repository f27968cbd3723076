//! The parts of θ that a step acts on.

use downhill_tensor::{Layout, Part, Real};

/// The parts that learn, in order.
pub(crate) fn trainable(layout: &Layout) -> impl Iterator<Item = &Part> {
    layout.parts().iter().filter(|part| part.trainable)
}

/// The weight decay that acts on a part.
pub(crate) fn decay<T: Real>(part: &Part, weight_decay: f64) -> T {
    if part.decay { T::of(weight_decay) } else { T::zero() }
}
