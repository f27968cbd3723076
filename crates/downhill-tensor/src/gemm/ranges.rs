//! Ranges cut into pieces and tiles, by as few divisions as it takes: a small product is over in less.

use std::ops::Range;

/// `length.div_ceil(each)`, without the division where nothing is to be divided.
#[inline]
pub(super) fn count(length: usize, each: usize) -> usize {
    if length <= each { 1 } else { length.div_ceil(each) }
}

/// `(index % width, index / width)`, without the division where nothing is to be divided.
#[inline]
pub(super) fn place(index: usize, width: usize) -> (usize, usize) {
    if width == 1 { (0, index) } else { (index % width, index / width) }
}

/// Cuts a range into pieces of this length, the last one of what remains. Nothing for an empty range.
// `step_by` would divide to know their number.
#[inline]
pub(super) fn pieces(
    Range { start, end }: Range<usize>,
    length: usize,
) -> impl Iterator<Item = Range<usize>> + Clone {
    let mut next = start;
    std::iter::from_fn(move || {
        let piece = next..end.min(next + length);
        next = piece.end;
        (!piece.is_empty()).then_some(piece)
    })
}

/// A range in as few tiles of at most some length as possible, all nearly alike.
#[derive(Clone, Copy)]
pub(super) struct Tiles {
    pub(super) start: usize,
    end: usize,
    each: usize,
    /// The first of these are longer by one.
    longer: usize,
}

impl Tiles {
    #[inline]
    pub(super) fn new(Range { start, end }: Range<usize>, length: usize) -> Tiles {
        let rows = end - start;
        let tiles = count(rows, length);
        let (longer, each) = place(rows, tiles);
        Tiles { start, end, each, longer }
    }

    #[inline]
    pub(super) fn iter(self) -> impl Iterator<Item = Range<usize>> + Clone {
        let Tiles { start, end, each, mut longer } = self;
        let mut next = start;
        std::iter::from_fn(move || {
            let tile = next..next + each + usize::from(longer > 0);
            longer = longer.saturating_sub(1);
            next = tile.end;
            (tile.end <= end && !tile.is_empty()).then_some(tile)
        })
    }
}
