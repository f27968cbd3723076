//! Training on data that need not fit into memory: `cargo run --release --example larger_than_memory [MB]`.
//!
//! Writes an NPY file of so many megabytes (64 without an argument) with labels beside it, trains on it where it lies,
//! batches being read ahead by two threads, and says how much memory that took.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use downhill::data::{DiskArray, DiskBatches, Prefetch, npy};
use downhill::prelude::*;

const FEATURES: usize = 256;
const CLASSES: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let megabytes: usize = std::env::args().nth(1).map_or(Ok(64), |argument| argument.parse())?;
    let rows = (megabytes << 20) / (4 * FEATURES);
    let folder = std::env::temp_dir().join(format!("downhill-larger-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let outcome = write(&folder, rows).and_then(|()| train(&folder, rows));
    fs::remove_dir_all(&folder)?;
    outcome
}

/// Samples of class k have a mean of k/2 in every fourth feature from the k-th on, and noise in all of them.
fn write(folder: &Path, rows: usize) -> Result<(), Box<dyn Error>> {
    let labels: Vec<usize> = (0..rows).map(|row| row * 7 % CLASSES).collect();
    let mut file = BufWriter::with_capacity(1 << 20, File::create(folder.join("x.npy"))?);
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {FEATURES})}}");
    let header = format!("{header:<117}\n");
    file.write_all(b"\x93NUMPY\x01\x00")?;
    file.write_all(&(header.len() as u16).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    let mut noise = 1_u32;
    for &class in &labels {
        for feature in 0..FEATURES {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let mean = if feature % CLASSES == class { 0.5 } else { 0.0 };
            let x = mean + (noise >> 8) as f32 / (1 << 23) as f32 - 1.0;
            file.write_all(&x.to_le_bytes())?;
        }
    }
    file.flush()?;
    npy::write_labels(folder.join("y.npy"), &Tensor::vector(labels))?;
    Ok(())
}

fn train(folder: &Path, rows: usize) -> Result<(), Box<dyn Error>> {
    let (x, y) = (DiskArray::npy(folder.join("x.npy"))?, DiskArray::npy(folder.join("y.npy"))?);
    let size = fs::metadata(folder.join("x.npy"))?.len();
    println!("{rows} rows of {FEATURES} features, {:.2} GB on disk", size as f64 / 1e9);
    let batches: DiskBatches = DiskBatches::classification(x, y, CLASSES, 256)?.shuffled(1);
    let layers = Sequential::new().then(Linear::new(32)).then(Activation::Relu).then(Linear::new(CLASSES));
    let fit = Trainer::new(layers, CrossEntropy::new())
        .epochs(1)
        .seed(1)
        .fit_source(Prefetch::new(batches, 2, 4))?;
    let epoch = &fit.history.epochs[0];
    println!("one epoch: {:.1} s, mean loss {:.4}", epoch.seconds, epoch.loss);
    if let Some(peak) = peak_memory() {
        println!("most memory used: {peak}");
    }
    Ok(())
}

/// The most memory that this program had, where the system says so.
fn peak_memory() -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    Some(status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().to_owned())
}
