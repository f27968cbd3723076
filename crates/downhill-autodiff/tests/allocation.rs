//! A steady step allocates nothing: counted by the allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use downhill_autodiff::rules::elementwise::{Gelu, Identity, Relu};
use downhill_autodiff::{Tape, Tensor, Var};

/// The system's allocator, which counts what each thread asks for.
struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and `System` has allocated it.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller keeps the contract of `realloc`, and `System` has allocated it.
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The allocations of each of the steps after the first few.
fn allocations(mut step: impl FnMut()) -> Vec<usize> {
    (0..3).for_each(|_| step());
    (0..5)
        .map(|_| {
            let before = COUNT.get();
            step();
            COUNT.get() - before
        })
        .collect()
}

const PARAMETERS: usize = 16 * 4 + 16 + 3 * 16 + 3;

/// A network of two layers with its parameters in one flat θ.
fn network<'t>(tape: &'t Tape, theta: &Tensor, x: &Tensor) -> Var<'t> {
    let x = tape.constant(x.clone());
    let (w, b) = (tape.parameter(theta, 0, [16, 4]), tape.parameter(theta, 64, [16]));
    let h = x.linear(w, Some(b), Relu);
    let (w, b) = (tape.parameter(theta, 80, [3, 16]), tape.parameter(theta, 128, [3]));
    h.linear(w, Some(b), Identity)
}

fn theta() -> Tensor {
    Tensor::from_fn([PARAMETERS], |i| (i as f32 * 0.7).sin() * 0.3)
}

fn samples() -> Tensor {
    Tensor::from_fn([8, 4], |i| (i as f32).cos())
}

#[test]
fn a_training_step() {
    let (mut theta, x) = (theta(), samples());
    let target = Tensor::from_fn([8, 3], |i| (i % 3) as f32);
    let (mut tape, mut gradient) = (Tape::new(), vec![0.0; PARAMETERS]);
    let mut losses = Vec::with_capacity(100);
    let counts = allocations(|| {
        let loss = network(&tape, &theta, &x).squared_error(tape.constant(target.clone())).mean();
        loss.backward_into(&mut gradient).unwrap();
        losses.push(loss.value().unwrap().item().unwrap());
        tape.clear();
        theta.as_mut_slice().iter_mut().zip(&gradient).for_each(|(w, g)| *w -= 0.1 * g);
    });
    assert_eq!(counts, [0; 5]);
    assert!(losses.is_sorted_by(|before, after| after < before), "it learns: {losses:?}");
}

#[test]
fn an_inference_step() {
    let (theta, x) = (theta(), samples());
    let mut tape = Tape::inference();
    let counts = allocations(|| {
        let y = network(&tape, &theta, &x).softmax(1);
        assert_eq!(y.value().unwrap().shape(), [8, 3]);
        tape.clear();
    });
    assert_eq!(counts, [0; 5]);
}

#[test]
fn a_step_through_many_rules() {
    let (theta, x) = (theta(), samples());
    let classes = Tensor::from_fn([8], |i| i % 3);
    let flipped = Tensor::vector([2_usize, 1, 0]);
    let (mut tape, mut gradient) = (Tape::new(), vec![0.0; PARAMETERS]);
    let counts = allocations(|| {
        let w = tape.parameter(&theta, 0, [4, 16]);
        let h = tape.constant(x.clone()).matmul(w).reshape([8, 4, 4]).permute(&[0, 2, 1]);
        let h = (h - h.mean_axes(&[-1], true)) / (h.var_axes(&[-1], true, 0) + 1e-5).sqrt();
        let h = tape.concat(&[h.slice(1, 0..2, 1), h.slice(1, 2..4, 1)], 1).flatten_from(1);
        let w = tape.parameter(&theta, 80, [3, 16]);
        let h = h.linear(w, None, Gelu).index_select(1, &flipped);
        let penalty =
            h.norm(2.0) + h.logsumexp_axes(&[1], false).max() + h.softmax(-1).prod_axis(0, false).sum();
        let loss = h.cross_entropy(&classes).mean() + penalty * 0.01;
        loss.backward_into(&mut gradient).unwrap();
        tape.clear();
    });
    assert_eq!(counts, [0; 5]);
}

/// A result that shares its operand's buffer must not bring the caller's buffers into the stock.
#[test]
fn reshaped_inputs_do_not_pile_up() {
    let mut tape = Tape::new();
    let counts = allocations(|| {
        for _ in 0..20 {
            let x = tape.variable(Tensor::<f32>::ones([1000]));
            x.reshape([10, 100]).exp().sum().backward().unwrap();
            tape.clear();
        }
    });
    // The caller's: a buffer and its reference counts. A growing stock would ask for more.
    assert_eq!(counts, [40; 5]);
}
