//! An Arrow file or stream. Panics of the format's own reader are caught and must not end the process; ours do, afterwards.
#![no_main]

use downhill::data::arrow;

libfuzzer_sys::fuzz_target!(
    init: { std::panic::set_hook(Box::new(|_| ())) },
    |bytes: &[u8]| {
        let Ok(table) = arrow::from_reader(bytes, "f") else { return };
        let columns: Vec<String> = table.columns().map(str::to_owned).collect();
        let _ = table.classification::<f32>(&columns[columns.len() - 1]);
    }
);
