//! The few operations on whole vectors that methods with several evaluations are made of.

use downhill_tensor::{Layout, Real, vectorize};

use crate::{Result, lengths, parts};

/// aᵀb, in `f64` and in lanes that do not wait for each other.
pub(crate) fn dot<T: Real>(a: &[T], b: &[T]) -> f64 {
    vectorize!({
        let (a_chunks, a_rest) = a.as_chunks::<16>();
        let (b_chunks, b_rest) = b.as_chunks::<16>();
        let mut lanes = [0.0; 16];
        for (a, b) in a_chunks.iter().zip(b_chunks) {
            for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
                *lane += a.as_f64() * b.as_f64();
            }
        }
        for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
            *lane += a.as_f64() * b.as_f64();
        }
        lanes.iter().sum()
    })
}

/// y ← y + ax.
pub(crate) fn add_scaled<T: Real>(y: &mut [T], a: f64, x: &[T]) {
    let a = T::of(a);
    vectorize!(for (y, &x) in y.iter_mut().zip(x) {
        *y += a * x;
    });
}

/// y ← ay.
pub(crate) fn scale<T: Real>(y: &mut [T], a: f64) {
    let a = T::of(a);
    vectorize!(for y in y {
        *y *= a;
    });
}

/// The largest absolute value; 0 of nothing.
pub(crate) fn largest<T: Real>(x: &[T]) -> f64 {
    x.iter().fold(0.0, |largest, x| f64::max(largest, x.as_f64().abs()))
}

/// Makes the parts 0 that do not learn.
pub(crate) fn mask<T: Real>(vector: &mut [T], layout: &Layout) {
    for part in layout.parts().iter().filter(|part| !part.trainable) {
        vector[part.range()].fill(T::zero());
    }
}

/// θ ← `start` + t·d in the parts that learn; others stay to the bit.
pub(crate) fn move_along<T: Real>(theta: &mut [T], start: &[T], t: f64, d: &[T], layout: &Layout) {
    let t = T::of(t);
    vectorize!(for range in parts::trainable(layout).map(|part| part.range()) {
        let from = start[range.clone()].iter().zip(&d[range.clone()]);
        for (theta, (&start, &d)) in theta[range].iter_mut().zip(from) {
            *theta = start + t * d;
        }
    });
}

/// Makes a vector that is no state, but room to work in, as long as θ.
pub(crate) fn room<T: Real>(vector: &mut Vec<T>, length: usize) {
    vector.resize(length, T::zero());
}

/// Checks that the gradient and the layout are those of θ, and each of these vectors of a state, unless it is empty.
pub(crate) fn check<T>(
    theta: &[T],
    gradient: &[T],
    layout: &Layout,
    state: &[(&'static str, &[T])],
) -> Result<()> {
    lengths::check(theta, gradient, layout)?;
    for (name, vector) in state.iter().filter(|(_, vector)| !vector.is_empty()) {
        lengths::equal(name, theta.len(), vector.len())?;
    }
    Ok(())
}
