//! A Parquet file. Panics of the format's own reader are caught and must not end the process; ours do, afterwards.
#![no_main]

use downhill::data::parquet;

libfuzzer_sys::fuzz_target!(
    init: { std::panic::set_hook(Box::new(|_| ())) },
    |bytes: &[u8]| {
        let Ok(table) = parquet::from_bytes(bytes.to_vec(), "f") else { return };
        let columns: Vec<String> = table.columns().map(str::to_owned).collect();
        let _ = table.classification::<f32>(&columns[columns.len() - 1]);
    }
);
