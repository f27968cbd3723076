//! The threads that a step uses change nothing.

use downhill_optim::Optimizer;
use downhill_tensor::Threads;

use crate::parts::parts;
use crate::table::table;

/// θ is long enough to be shared out, and its pieces end within parts; one part is frozen.
#[test]
fn the_same_bits_on_any_number_of_threads() {
    let mut layout = parts(&[20_001, 7, 0, 30_000, 5_003]);
    layout.set_trainable("4", false);
    let wave = |step: usize| (0..layout.len()).map(move |place| ((step * 7 + place * 3) as f32).sin());
    for (row, (name, optimizer)) in table::<f32>().into_iter().enumerate() {
        if optimizer.needs_objective() {
            continue;
        }
        let after = |threads: usize| {
            let mut optimizer = table::<f32>().swap_remove(row).1;
            optimizer.set_threads(&Threads::new(threads));
            let mut theta: Vec<f32> = wave(0).collect();
            for step in 1..5 {
                let mut gradient: Vec<f32> = wave(step).collect();
                optimizer.step(&mut theta, &mut gradient, &layout).unwrap();
            }
            theta.into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        let expected = after(1);
        for threads in [2, 3, 8] {
            assert!(after(threads) == expected, "{name} on {threads} threads");
        }
    }
}
