//! The shapes of the GEMM bench.

/// (m, k, n) of the column-major product.
pub const SHAPES: [(usize, usize, usize); 9] = [
    (256, 784, 64),
    (1024, 784, 256),
    (1024, 1024, 256),
    (784, 256, 1024),
    (128, 256, 64),
    (16, 4, 16),
    (10, 128, 64),
    (512, 512, 512),
    (2048, 2048, 2048),
];
