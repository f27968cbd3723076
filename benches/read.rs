//! Reading CSV and dealing out batches: `cargo bench -p downhill-benches --bench read -- FILE.csv TARGET`, the target a column
//! of whole numbers. Prints what was done, the seconds that it took and the samples, apart by tabs, for
//! `peers/reading.py`, which holds other libraries against it.

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use downhill::data::{Chunks, Schema, TableChunks, TableOptions};
use downhill::prelude::*;
use downhill_benches::measure::median;

/// The number of rows that batches are dealt from, at most, and of those in a batch: as in `peers/reading.py`.
const ROWS: usize = 1 << 20;
const BATCH: usize = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let path = arguments.next().ok_or("name a CSV file")?;
    let target = arguments.next().ok_or("name the target's column")?;

    let (options, schema) = (TableOptions::new().max_bytes(u64::MAX), Schema::regression([&target]));
    let read = || -> Result<Dataset, _> { options.dataset(&path, &schema) };
    let data = read()?;
    report("read", data.len(), || read().map(drop))?;

    report("read as a table first", data.len(), || {
        options.read(&path)?.regression::<f32>([&target]).map(drop)
    })?;

    report("read part by part", data.len(), || {
        let mut chunks = TableChunks::csv(&path, TableOptions::new(), &Schema::regression([&target]))?;
        while let Some(chunk) = Chunks::<f32>::next_chunk(&mut chunks)? {
            black_box(chunk);
        }
        Ok(())
    })?;

    let (data, _) = data.split_at(data.len().min(ROWS))?;
    let mut epoch = Batches::new(&data, BATCH)?.shuffled(1).epoch(0);
    let mut number = 0;
    report("batches", data.len(), || {
        number += 1;
        epoch.restart(number);
        epoch.by_ref().for_each(|batch| drop(black_box(batch)));
        Ok(())
    })?;
    Ok(())
}

/// The median of at least a second of repeats, or of one.
fn report(
    what: &str,
    samples: usize,
    mut call: impl FnMut() -> Result<(), downhill::data::Error>,
) -> Result<(), downhill::data::Error> {
    let (begin, mut times) = (Instant::now(), Vec::new());
    while times.is_empty() || begin.elapsed() < Duration::from_secs(1) {
        let start = Instant::now();
        call()?;
        times.push(start.elapsed().as_secs_f64());
    }
    println!("{what}\t{}\t{samples}", median(times));
    Ok(())
}
