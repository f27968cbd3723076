//! Reading CSV: `cargo bench -p downhill-benches --bench read -- FILE.csv TARGET`, the target a column of numbers. Without
//! a file, the digits, again and again.

use std::error::Error;
use std::time::Instant;

use downhill::data::{Bundled, Chunks, Schema, TableChunks, TableOptions};
use downhill::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(path) = arguments.next() else { return digits() };
    let target = arguments.next().ok_or("name the target's column")?;
    let bytes = std::fs::metadata(&path)?.len();
    let report = |what: &str, start: Instant| {
        let seconds = start.elapsed().as_secs_f64();
        println!("{what:32} {seconds:8.2} s {:8.0} MB/s", bytes as f64 / 1e6 / seconds);
    };
    let options = || TableOptions::new().max_bytes(u64::MAX);

    let start = Instant::now();
    let schema = Schema::regression([&target]);
    let mut chunks = TableChunks::csv(&path, options(), &schema)?;
    report("a first pass, to fit and count", start);
    let start = Instant::now();
    let mut rows = 0;
    while let Some(chunk) = Chunks::<f32>::next_chunk(&mut chunks)? {
        rows += chunk.len();
    }
    report("a pass of an epoch, part by part", start);

    let start = Instant::now();
    let table = options().read(&path)?;
    report("the table", start);
    let data: Dataset = table.regression([target])?;
    report("the table as a data set", start);
    println!("{rows} rows, {} features", data.feature_names().len());
    Ok(())
}

fn digits() -> Result<(), Box<dyn Error>> {
    const TIMES: usize = 200;
    let table = Bundled::Digits.table()?;
    let mut text = table.columns().collect::<Vec<_>>().join(",");
    let columns = table.columns().map(|name| table.column(name)).collect::<Result<Vec<_>, _>>()?;
    let columns: Vec<Vec<&str>> = columns.into_iter().map(Iterator::collect).collect();
    for row in 0..table.len() {
        text += "\n";
        text += &columns.iter().map(|column| column[row]).collect::<Vec<_>>().join(",");
    }
    let mut best = f64::INFINITY;
    for _ in 0..TIMES {
        let start = Instant::now();
        let data: Dataset = Table::from_reader(text.as_bytes(), "digits")?.classification("digit")?;
        best = best.min(start.elapsed().as_secs_f64());
        assert_eq!(data.len(), 1797);
    }
    println!(
        "digits, {} bytes: {:.2} ms, {:.0} MB/s",
        text.len(),
        1e3 * best,
        text.len() as f64 / 1e6 / best
    );
    Ok(())
}
