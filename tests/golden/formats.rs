//! Files of other programs.

use std::path::Path;

use downhill::data::{Array, Arrays, Error, idx, npy, npz, safetensors};
use downhill::prelude::Tensor;

use crate::check::{Checks, Outcome, Precision, Tolerance, Verdict};
use crate::json::Json;

/// The case's file is in `folder`.
pub(crate) fn run(case: Json<'_>, folder: &Path, checks: &mut Checks) -> Outcome {
    let path = folder.join(case.text("file"));
    match case.text("format") {
        "idx" => {
            compare(&idx::read::<f64>(&path)?, case.at("value"), checks, "the array");
            compare(&idx::read::<f32>(&path)?, case.at("value"), checks, "the array");
        }
        "npy" => array(&npy::open(&path)?, case.at("value"), checks, "the array")?,
        "npz" => arrays(&npz::read(&path)?, case.at("arrays"), checks)?,
        "safetensors" => {
            let read = safetensors::read(&path)?;
            let metadata = read.metadata().iter().map(|(name, text)| (name.clone(), text.clone().into()));
            let metadata: serde_json::Map<String, serde_json::Value> = metadata.collect();
            if case.at("metadata").0.as_object() != Some(&metadata) {
                checks.failures.push(format!("the metadata are {metadata:?}"));
            }
            arrays(&read, case.at("tensors"), checks)?;
        }
        other => return Ok(Verdict::Lacks(vec![other.into()])),
    }
    Ok(Verdict::Ran)
}

fn arrays(read: &Arrays, expected: Json<'_>, checks: &mut Checks) -> Result<(), Error> {
    let expected: Vec<(&str, Json<'_>)> = expected.entries().collect();
    if read.len() != expected.len() {
        checks.failures.push(format!("the arrays are {:?}", read.names().collect::<Vec<_>>()));
    }
    for (name, value) in expected {
        array(read.get(name)?, value, checks, name)?;
    }
    Ok(())
}

/// As numbers of both types, and as labels if it can be.
fn array(read: &Array, value: Json<'_>, checks: &mut Checks, what: &str) -> Result<(), Error> {
    if value.is_tensor_of("bool") {
        let got = read.labels()?.map(|label| label == 1);
        if got != value.mask() {
            checks.failures.push(format!("{what}: {got:?}"));
        }
        return Ok(());
    }
    compare(&read.numbers::<f64>()?, value, checks, what);
    compare(&read.numbers::<f32>()?, value, checks, what);
    if value.is_tensor_of("i64") && read.labels().ok() != whole(value) {
        checks.failures.push(format!("{what}: as labels it is {:?}", read.labels()));
    }
    Ok(())
}

/// The labels wanted; none if a number is negative.
fn whole(value: Json<'_>) -> Option<Tensor<usize>> {
    let integers = value.integers();
    integers.as_slice().iter().all(|&x| x >= 0).then(|| value.indices())
}

fn compare<T: Precision>(got: &Tensor<T>, value: Json<'_>, checks: &mut Checks, what: &str) {
    // The JSON reader may answer a decimal's neighbour.
    let relative = T::choose(f64::EPSILON, f32::EPSILON.into());
    checks.compare(what, got, &value.tensor(), Tolerance { absolute: 0.0, relative });
}
