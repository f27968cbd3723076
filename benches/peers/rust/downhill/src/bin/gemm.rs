//! usage: gemm THREADS PEAK_GFLOPS
//!
//! Our rows of the GEMM bench: the same memory layouts as its column-major half, written as the row-major
//! product Cᵀ = Bᵀ Aᵀ.
#[path = "../../../../gemm/rates.rs"]
mod rates;
#[path = "../../../../gemm/shapes.rs"]
mod shapes;

use downhill::tensor::Threads;
use downhill::tensor::gemm::{Gemm, Matrix, Start, gemm};
use rates::rate;
use shapes::SHAPES;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let threads = Threads::new(args[1].parse().unwrap());
    let peak: f64 = args[2].parse().unwrap();
    for (m, k, n) in SHAPES {
        let a: Vec<f32> = (0..m * k).map(|i| (i % 13) as f32 * 0.1 - 0.6).collect();
        let b: Vec<f32> = (0..k * n).map(|i| (i % 11) as f32 * 0.1 - 0.5).collect();
        let mut c = vec![0.0; m * n];
        for variant in ["nn", "tn", "nt"] {
            let left = if variant == "nt" {
                Matrix::row_major(&b, n).transposed()
            } else {
                Matrix::row_major(&b, k)
            };
            let right = if variant == "tn" {
                Matrix::row_major(&a, k).transposed()
            } else {
                Matrix::row_major(&a, m)
            };
            let rate = rate(2.0 * (m * k * n) as f64, 20.0, || {
                gemm(Gemm {
                    m: n,
                    k,
                    n: m,
                    a: left,
                    b: right,
                    c: &mut c,
                    start: Start::Zero,
                    threads: &threads,
                });
            });
            println!(
                "gemm\t{m}x{k}x{n}\t{variant}\tdownhill\t{}\t{rate:.2}\t{:.1}",
                threads.count(),
                100.0 * rate / peak
            );
        }
    }
}
