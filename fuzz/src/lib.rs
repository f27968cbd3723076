//! What the targets of checkpoints and the writer of seeds share: a small training, and its checkpoint's header.

use std::path::Path;
use std::sync::LazyLock;

use downhill::prelude::*;
use downhill::train::Checkpoints;

/// The bytes of a file's header: what kind of file it is, the length and the checksum of its body.
const HEADER: usize = 32;

/// A training of an epoch of two steps.
pub fn training() -> Trainer {
    let layers = Sequential::new().then(Linear::new(3)).then(BatchNorm1d::new()).then(Linear::new(2));
    Trainer::new(layers, CrossEntropy::new())
        .optimizer(Adam::new(0.01).unwrap().ema(0.9).unwrap())
        .transform(Transform::Standardize)
        .epochs(1)
        .batch_size(2)
        .threads(1)
}

/// What it trains on.
pub fn data() -> Dataset {
    let inputs = Tensor::from_rows(&[[0.0, 1.0], [1.0, 0.0], [0.5, 2.0], [1.5, 0.5]]);
    Dataset::new(inputs, Tensor::vector([0, 1, 0, 1])).unwrap()
}

/// A checkpoint of it.
pub fn checkpoint(folder: &Path) -> Vec<u8> {
    training().checkpoints(Checkpoints::new(folder).every_steps(1)).fit(&data()).unwrap();
    std::fs::read(folder.join("step-0000000001.checkpoint")).unwrap()
}

/// The part of a file behind its header.
pub fn body(file: &[u8]) -> &[u8] {
    &file[HEADER..]
}

/// The body of a checkpoint behind a header that is right.
pub fn wrap(body: &[u8]) -> Vec<u8> {
    static START: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let folder = std::env::temp_dir().join(format!("downhill-fuzz-start-{}", std::process::id()));
        let start = checkpoint(&folder)[..HEADER - 16].to_vec();
        std::fs::remove_dir_all(folder).unwrap();
        start
    });
    let checksum = body
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    [&START[..], &(body.len() as u64).to_le_bytes(), &checksum.to_le_bytes(), body].concat()
}
