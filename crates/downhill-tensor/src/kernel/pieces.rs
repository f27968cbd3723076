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
    for_groups(threads, length, TASK, one_each(slices), task);
}

fn one_each<T, const N: usize>(slices: [&mut [T]; N]) -> [(&mut [T], usize); N] {
    slices.map(|slice| (slice, 1))
}

/// Shares items out to threads, `each` of them a task: calls `task` with the places of its items and their part of each
/// slice, which holds so many numbers for each item as stand beside it.
///
/// # Panics
/// If a slice holds another number of numbers, or there are items but none for a task.
#[inline(always)]
pub fn for_groups<T: Send, const N: usize>(
    threads: &Threads,
    items: usize,
    each: usize,
    slices: [(&mut [T], usize); N],
    task: impl Fn(Range<usize>, [&mut [T]; N]) + Sync,
) {
    let groups = Groups::new(items, slices);
    let tasks = if items == 0 { 0 } else { items.div_ceil(each) };
    threads.run(
        tasks,
        #[inline(always)]
        |index| {
            let range = index * each..items.min((index + 1) * each);
            // SAFETY: each item is one task's.
            let parts = unsafe { groups.parts(&range) };
            task(range, parts);
        },
    );
}

/// Several slices, each with so many numbers for each item as stand beside it. What is done with them here is compiled once
/// for all tasks.
struct Groups<'a, T, const N: usize>([(Pieces<'a, T>, usize); N]);

impl<'a, T, const N: usize> Groups<'a, T, N> {
    fn new(items: usize, slices: [(&'a mut [T], usize); N]) -> Groups<'a, T, N> {
        Groups(slices.map(|(slice, width)| {
            assert_eq!(Some(slice.len()), items.checked_mul(width), "the numbers of {items} items");
            (Pieces::new(slice), width)
        }))
    }

    /// What each slice holds of some items.
    ///
    /// # Safety
    /// While the parts are in use no others of these items may be.
    // The parts are unique since their caller vouches for it.
    #[allow(clippy::mut_from_ref)]
    unsafe fn parts(&self, items: &Range<usize>) -> [&mut [T]; N] {
        // SAFETY: as the caller vouches.
        self.0.each_ref().map(|(slice, width)| unsafe { slice.piece(items.start * width..items.end * width) })
    }
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
