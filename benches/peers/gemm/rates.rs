//! How a rate is taken, for all Rust programs that time a product or a layer.
use std::time::Instant;

/// GFLOP/s of 21 runs of a third of `ms` each, of 5 if one product takes longer: the middle one, or, on a busy machine, one
/// nearer the fastest.
pub fn rate(flops: f64, ms: f64, mut f: impl FnMut()) -> f64 {
    f();
    let t0 = Instant::now();
    f();
    let once = t0.elapsed().as_secs_f64().max(1e-8);
    let n = ((ms / 3.0 * 1e-3 / once) as usize).clamp(1, 1_000_000);
    let mut r: Vec<f64> = (0..if once > ms * 1e-3 { 5 } else { 21 })
        .map(|_| {
            let t0 = Instant::now();
            for _ in 0..n {
                f();
            }
            flops * n as f64 / t0.elapsed().as_secs_f64() / 1e9
        })
        .collect();
    r.sort_by(|a, b| b.total_cmp(a));
    let quantile = std::env::var("PEERS_QUANTILE").map_or(0.5, |q| q.parse().unwrap());
    r[(quantile * (r.len() - 1) as f64) as usize]
}
