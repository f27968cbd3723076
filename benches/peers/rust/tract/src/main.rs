//! usage: peer-tract WORKLOAD THREADS MODEL.onnx   (W6b1, W6b256)
//!
//! The file is what `ort_bench.py --write` writes.
#[path = "../../harness.rs"]
mod harness;

use std::sync::Arc;

use harness::{args, batches, bench};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::tract_linalg::multithread::{Executor, set_default_executor};

fn main() -> TractResult<()> {
    let (s, threads, path) = args();
    if threads > 1 {
        set_default_executor(Executor::multithread(threads));
    }
    let model = tract_onnx::onnx().model_for_path(path)?.into_optimized()?.into_runnable()?;
    let data: Vec<Arc<Tensor>> = batches(&s)
        .into_iter()
        .map(|b| Tensor::from_shape(&[s.batch, s.layers[0]], &b.x).map(Arc::new))
        .collect::<TractResult<_>>()?;
    bench(
        &s,
        "tract",
        threads,
        || 0.0,
        |_, i| {
            let y = model.run(tvec!(data[i].clone().into_tvalue())).unwrap();
            y[0].view().as_slice::<f32>().unwrap()[0]
        },
        |first| *first,
    );
    Ok(())
}
