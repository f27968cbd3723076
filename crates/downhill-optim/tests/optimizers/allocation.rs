//! A steady step allocates nothing.

use std::alloc::{GlobalAlloc, System};
use std::cell::Cell;

use crate::functions::{some, start};
use crate::parts::parts;
use crate::table::table;

/// The system's allocator, which counts what each thread asks for.
struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: std::alloc::Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: std::alloc::Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and `System` has allocated it.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_steady_step_allocates_nothing() {
    let layout = parts(&[30, 7, 0, 12]);
    for (name, mut optimizer) in table::<f32>() {
        let (mut theta, mut gradient) = (start(layout.len()), vec![0.0; layout.len()]);
        let mut objective = some(0, layout.len());
        for step in 0..12 {
            let before = COUNT.get();
            optimizer.step_on(&mut theta, &mut gradient, &mut objective, &layout).unwrap();
            let made = COUNT.get() - before;
            // The first step makes the vectors.
            let first = if name == "accumulate" { 2 } else { 1 };
            assert!(made == 0 || step < first, "{name} made {made} allocations in step {step}");
        }
    }
}
