//! Slices that several threads write to, each its own part.

use std::marker::PhantomData;
use std::ops::Range;

use crate::Threads;

/// About so many elements make a task: enough that sharing it out costs little beside it.
pub(super) const TASK: usize = 1 << 14;

/// Shares slices of one length out to threads: calls `task` with each piece of all of them, and where it lies.
///
/// # Panics
/// If the slices differ in length.
#[inline(always)]
pub fn for_pieces<T: Send, const N: usize>(
    threads: &Threads,
    slices: [&mut [T]; N],
    task: impl Fn(Range<usize>, [&mut [T]; N]) + Sync,
) {
    let length = slices.first().map_or(0, |slice| slice.len());
    assert!(slices.iter().all(|slice| slice.len() == length), "slices of one length");
    let slices = slices.map(Pieces::new);
    threads.run(
        length.div_ceil(TASK),
        #[inline(always)]
        |index| {
            let range = index * TASK..length.min((index + 1) * TASK);
            // SAFETY: each piece is one task's.
            let pieces = slices.each_ref().map(|slice| unsafe { slice.piece(range.clone()) });
            task(range, pieces);
        },
    );
}

/// A slice to be written by several threads in disjoint pieces.
pub(crate) struct Pieces<'a, T> {
    start: *mut T,
    len: usize,
    borrowed: PhantomData<&'a mut [T]>,
}

// SAFETY: threads share it to write disjoint pieces of what it borrows: `piece` vouches for that.
unsafe impl<T: Send> Sync for Pieces<'_, T> {}

impl<'a, T> Pieces<'a, T> {
    pub(crate) fn new(slice: &'a mut [T]) -> Pieces<'a, T> {
        Pieces { start: slice.as_mut_ptr(), len: slice.len(), borrowed: PhantomData }
    }

    /// A piece of the slice.
    ///
    /// # Safety
    /// While it is in use no other piece that overlaps it may be.
    ///
    /// # Panics
    /// If the slice has no such piece.
    // The piece is unique since its caller vouches for it.
    #[allow(clippy::mut_from_ref)]
    pub(crate) unsafe fn piece(&self, range: Range<usize>) -> &mut [T] {
        assert!(range.start <= range.end && range.end <= self.len, "a piece within the slice");
        // SAFETY: the range lies within the slice, which is borrowed for as long as this, and nobody else
        // uses that part of it.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(range.start), range.len()) }
    }
}
