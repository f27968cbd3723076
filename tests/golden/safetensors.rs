//! A reader of safetensors files: a length, a JSON header of that length, and the elements, all
//! little-endian.

use downhill::prelude::Tensor;
use serde_json::Value;

use crate::json::Json;

/// A file's bytes and its header.
pub(crate) struct SafeTensors {
    header: Value,
    elements: Vec<u8>,
}

impl SafeTensors {
    pub(crate) fn new(file: &[u8]) -> SafeTensors {
        let (length, rest) = file.split_first_chunk().expect("eight bytes of length");
        let (header, elements) = rest.split_at(u64::from_le_bytes(*length) as usize);
        let header = serde_json::from_slice(header).expect("a JSON header");
        SafeTensors { header, elements: elements.to_vec() }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        Json(&self.header).entries().map(|(name, _)| name).filter(|&name| name != "__metadata__")
    }

    pub(crate) fn get(&self, name: &str) -> Tensor<f64> {
        let entry = Json(&self.header).at(name);
        let offsets = entry.counts("data_offsets");
        let bytes = &self.elements[offsets[0]..offsets[1]];
        let numbers = match entry.text("dtype") {
            "F32" => bytes.as_chunks().0.iter().map(|&x| f32::from_le_bytes(x).into()).collect(),
            "F64" => bytes.as_chunks().0.iter().map(|&x| f64::from_le_bytes(x)).collect(),
            "I64" => bytes.as_chunks().0.iter().map(|&x| i64::from_le_bytes(x) as f64).collect(),
            other => panic!("elements {other}"),
        };
        Tensor::new(entry.shape("shape"), numbers).expect("as many as the shape says")
    }
}
