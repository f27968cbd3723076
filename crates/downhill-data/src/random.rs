//! Random orders from a seed.

use downhill_tensor::random::{Generator, generator, permutation};
use rand::seq::SliceRandom;

/// The seed's stream for a split, and the first of those for the epochs: far from the small numbers
/// that models take, so that one seed will do for everything.
const SPLIT: u64 = 1 << 62;
const EPOCHS: u64 = 1 << 63;

/// The numbers below `rows` in the order that a split takes them.
pub(crate) fn split_order(rows: usize, seed: u64) -> Vec<usize> {
    permutation(rows, &mut generator(seed, SPLIT))
}

/// The generator of what is random in an epoch.
pub(crate) fn of_epoch(seed: u64, epoch: u64) -> Generator {
    generator(seed, EPOCHS.wrapping_add(epoch))
}

/// Writes 0, 1, 2, … to `order`, in the order in which an epoch takes them.
pub(crate) fn shuffle(order: &mut [usize], seed: u64, epoch: u64) {
    for (place, row) in order.iter_mut().enumerate() {
        *row = place;
    }
    order.shuffle(&mut of_epoch(seed, epoch));
}
