//! A table, and data sets made of it.
#![no_main]

use downhill::prelude::*;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(table) = Table::from_reader(bytes, "f") else { return };
    let columns: Vec<String> = table.columns().map(str::to_owned).collect();
    let target = &columns[columns.len() - 1];
    let _ = table.classification::<f32>(target);
    let schema = Schema::regression([target.as_str()]).categorical([&columns[0]]).missing(Missing::Median);
    let Ok(encoder) = schema.unknown(Unknown::Ignore).fit(&table) else { return };
    if let Ok(data) = encoder.dataset::<f64>(&table) {
        assert_eq!(data.feature_names().len(), data.inputs().shape()[1]);
        assert!(data.len() <= table.len());
    }
});
