//! Timing on a machine that others use too.

use std::time::{Duration, Instant};

/// The time that the calls of one sample take together.
const SAMPLE: Duration = Duration::from_millis(4);

/// The median seconds that a call of each of these takes, over so many repeats.
///
/// They are timed in turns, so that what disturbs the machine disturbs them alike and their ratios hold. Each
/// is called before it is timed.
pub fn in_turns<const N: usize>(repeats: usize, mut calls: [&mut dyn FnMut(); N]) -> [f64; N] {
    let counts = calls.each_mut().map(|call| count(*call));
    let mut times = [const { Vec::new() }; N];
    for _ in 0..repeats {
        for ((call, &count), times) in calls.iter_mut().zip(&counts).zip(&mut times) {
            times.push(time(*call, count).as_secs_f64() / f64::from(count));
        }
    }
    times.map(median)
}

/// The median.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The number of calls that fill a sample.
fn count(call: &mut dyn FnMut()) -> u32 {
    call();
    let mut count = 1;
    loop {
        // The faster of two: a call that was interrupted says little.
        let spent = time(call, count).min(time(call, count));
        if spent >= SAMPLE {
            return count;
        }
        // At most eightfold: the first calls may be slow.
        let missing = SAMPLE.as_secs_f64() / spent.as_secs_f64().max(1e-9);
        count = (f64::from(count) * missing.clamp(1.2, 8.0)).ceil() as u32;
    }
}

fn time(call: &mut dyn FnMut(), count: u32) -> Duration {
    let start = Instant::now();
    (0..count).for_each(|_| call());
    start.elapsed()
}
