//! A checkpoint, behind a header that is right, from which a training is to go on.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use downhill_fuzz::{data, training, wrap};

static FILE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("downhill-fuzz-{}.checkpoint", std::process::id())));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    std::fs::write(&*FILE, wrap(bytes)).unwrap();
    let _ = training().resume(&*FILE).fit(&data());
});
