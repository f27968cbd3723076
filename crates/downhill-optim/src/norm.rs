//! Norms of a gradient.

use downhill_tensor::{Layout, Real, vectorize};
use serde::{Deserialize, Serialize};

use crate::{Result, lengths, parts};

/// A norm of a gradient, all trainable parts taken as one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Norm {
    /// The sum of the absolute values.
    L1,
    /// The root of the sum of the squares.
    #[default]
    L2,
    /// The largest absolute value: L∞.
    Max,
}

impl Norm {
    /// The norm of the trainable parts of `gradient`, computed in `f64`.
    ///
    /// # Errors
    /// [`Error::Length`](crate::Error::Length) if `gradient` is not as long as `layout`.
    pub fn of<T: Real>(self, gradient: &[T], layout: &Layout) -> Result<f64> {
        lengths::equal("gradient", layout.len(), gradient.len())?;
        let parts = parts::trainable(layout).map(|part| &gradient[part.range()]);
        Ok(match self {
            Norm::L1 => total(fold(parts, |sum, g| sum + g.abs())),
            Norm::L2 => total(fold(parts, |sum, g| sum + g * g)).sqrt(),
            Norm::Max => fold(parts, |largest, g| max(largest, g.abs())).into_iter().fold(0.0, max),
        })
    }
}

/// The sum of all of a part.
pub(crate) fn sum<T: Real>(part: &[T]) -> f64 {
    total(fold([part].into_iter(), |sum, g| sum + g))
}

/// The L2 norm of all of a part.
pub(crate) fn l2<T: Real>(part: &[T]) -> f64 {
    total(fold([part].into_iter(), |sum, g| sum + g * g)).sqrt()
}

/// The ratio of two norms, or 1 where one is 0 and it says nothing.
pub(crate) fn ratio(a: f64, b: f64) -> f64 {
    if a > 0.0 && b > 0.0 { a / b } else { 1.0 }
}

/// The larger number; NaN if one is.
#[inline(always)]
fn max(a: f64, b: f64) -> f64 {
    if a >= b || a.is_nan() { a } else { b }
}

/// The sum of the lanes, in pairs: one after the other they would wait for each other longer than a short part takes.
#[inline(always)]
pub(crate) fn total(mut lanes: [f64; 16]) -> f64 {
    for half in [8, 4, 2, 1] {
        for place in 0..half {
            lanes[place] += lanes[place + half];
        }
    }
    lanes[0]
}

/// Folds the elements in 16 lanes that do not wait for each other, and answers the lanes.
#[inline(always)]
fn fold<'g, T: Real>(parts: impl Iterator<Item = &'g [T]>, f: impl Fn(f64, f64) -> f64) -> [f64; 16] {
    fold_from([0.0; 16], parts, f)
}

/// Like [`fold`], from these lanes on.
#[inline(always)]
fn fold_from<'g, T: Real>(
    lanes: [f64; 16],
    parts: impl Iterator<Item = &'g [T]>,
    f: impl Fn(f64, f64) -> f64,
) -> [f64; 16] {
    vectorize!({
        // Its own, and moved through each chunk, so that it stays in registers.
        let mut lanes = lanes;
        for part in parts {
            let (chunks, rest) = part.as_chunks::<16>();
            for chunk in chunks {
                let mut next = lanes;
                for (lane, g) in next.iter_mut().zip(chunk) {
                    *lane = f(*lane, g.as_f64());
                }
                lanes = next;
            }
            for (lane, g) in lanes.iter_mut().zip(rest) {
                *lane = f(*lane, g.as_f64());
            }
        }
        lanes
    })
}

/// The L2 norm of a part that is walked in blocks: to the bit, that of [`l2`].
pub(crate) struct Blocks {
    lanes: [f64; 16],
}

impl Blocks {
    /// The number of elements of a block, of which only the last may have fewer. They stay in the first cache.
    pub(crate) const LENGTH: usize = 2048;

    pub(crate) fn new() -> Blocks {
        Blocks { lanes: [0.0; 16] }
    }

    /// Adds the next block.
    pub(crate) fn add<T: Real>(&mut self, block: &[T]) {
        self.lanes = fold_from(self.lanes, [block].into_iter(), |sum, g| sum + g * g);
    }

    pub(crate) fn norm(&self) -> f64 {
        total(self.lanes).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use downhill_tensor::Shape;

    use super::*;

    #[test]
    fn over_all_trainable_parts() {
        let mut layout = Layout::default();
        for (name, length) in [("a", 19), ("b", 3), ("c", 34)] {
            layout.push(name, Shape::from([length]), true);
        }
        layout.set_trainable("b", false);
        // 1, -2, 3, .. with a frozen part that must not count.
        let gradient: Vec<f32> = (0..56)
            .map(|i| if (19..22).contains(&i) { 1e9 } else { (i + 1) as f32 * [1.0, -1.0][i % 2] })
            .collect();
        let sizes = || (1..=56).filter(|i| !(20..=22).contains(i)).map(f64::from);
        assert_eq!(Norm::L1.of(&gradient, &layout), Ok(sizes().sum()));
        assert_eq!(Norm::L2.of(&gradient, &layout), Ok(sizes().map(|x| x * x).sum::<f64>().sqrt()));
        assert_eq!(Norm::Max.of(&gradient, &layout), Ok(56.0));
        assert!(Norm::L1.of(&gradient[1..], &layout).is_err());
    }

    #[test]
    fn in_blocks_to_the_bit() {
        for length in [0, 1, 15, 16, Blocks::LENGTH, Blocks::LENGTH + 1, 3 * Blocks::LENGTH - 7] {
            let part: Vec<f64> = (0..length).map(|i| (i as f64).sin()).collect();
            let mut blocks = Blocks::new();
            part.chunks(Blocks::LENGTH).for_each(|block| blocks.add(block));
            assert_eq!(blocks.norm().to_bits(), l2(&part).to_bits(), "{length}");
        }
    }

    #[test]
    fn extremes() {
        // Squares past the range of f32, and NaN anywhere.
        assert_eq!(Norm::L2.of(&[3e30_f32, 4e30], &Layout::flat(2)).unwrap() as f32, 5e30);
        for norm in [Norm::L1, Norm::L2, Norm::Max] {
            assert_eq!(norm.of::<f64>(&[], &Layout::flat(0)), Ok(0.0));
            for place in 0..40 {
                let mut gradient = [1.0; 40];
                gradient[place] = f64::NAN;
                assert!(norm.of(&gradient, &Layout::flat(40)).unwrap().is_nan());
            }
        }
    }
}
