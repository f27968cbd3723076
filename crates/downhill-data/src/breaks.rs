//! Where a text is cut.

/// The places of two bytes in a text, in ascending order: of the delimiter and the end of line. They are so near to each
/// other that a search begun anew for each would take longer.
pub(crate) struct Breaks<'a> {
    blocks: &'a [[u8; BLOCK]],
    rest: &'a [u8],
    wanted: [u8; 2],
    /// The number of blocks gone through.
    next: usize,
    /// Which bytes of the last one are wanted and still to be answered.
    hits: u64,
}

const BLOCK: usize = 64;

impl<'a> Breaks<'a> {
    pub(crate) fn new(text: &'a [u8], wanted: [u8; 2]) -> Breaks<'a> {
        let (blocks, rest) = text.as_chunks();
        Breaks { blocks, rest, wanted, next: 0, hits: 0 }
    }

    /// The hits of the next block; none behind the last.
    fn next_hits(&mut self) -> Option<u64> {
        let hits = match self.blocks.get(self.next) {
            Some(block) => hits(block, self.wanted),
            None if self.next == self.blocks.len() && !self.rest.is_empty() => {
                let mut block = [0; BLOCK];
                block[..self.rest.len()].copy_from_slice(self.rest);
                // What fills the block up must not be found.
                hits(&block, self.wanted) & ((1 << self.rest.len()) - 1)
            }
            None => return None,
        };
        self.next += 1;
        Some(hits)
    }
}

impl Iterator for Breaks<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.hits == 0 {
            self.hits = self.next_hits()?;
        }
        let place = (self.next - 1) * BLOCK + self.hits.trailing_zeros() as usize;
        self.hits &= self.hits - 1;
        Some(place)
    }
}

/// A bit for each byte of a block: whether it is wanted.
fn hits(block: &[u8; BLOCK], wanted: [u8; 2]) -> u64 {
    // A loop that the compiler turns into vector instructions.
    let mut found = [0; BLOCK];
    for (found, &byte) in found.iter_mut().zip(block) {
        *found = u8::from(byte == wanted[0]) | u8::from(byte == wanted[1]);
    }
    let (eights, _) = found.as_chunks::<8>();
    eights.iter().enumerate().fold(0, |hits, (place, &eight)| {
        // The lowest bit of byte i comes to bit 56 + i.
        let bits = u64::from_le_bytes(eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        hits | bits << (8 * place)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn all_are_found_and_nothing_else(
            text in prop::collection::vec(prop_oneof![Just(b','), Just(b'\n'), Just(0), any::<u8>()], 0..200),
            wanted: [u8; 2],
        ) {
            for wanted in [wanted, [b',', b'\n'], [0xff, 0]] {
                let expected: Vec<usize> = (0..text.len()).filter(|&at| wanted.contains(&text[at])).collect();
                prop_assert_eq!(Breaks::new(&text, wanted).collect::<Vec<_>>(), expected);
            }
        }
    }
}
