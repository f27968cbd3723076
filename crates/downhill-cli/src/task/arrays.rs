//! What is to be learned of arrays.

use downhill::data::{Array, Dtype};
use downhill::prelude::{Dataset, Tensor};

use super::{Cut, Task, are_classes};
use crate::arguments::{ReadingArguments, TaskArgument};
use crate::error::{Error, Result};
use crate::source::{Parts, Source};

/// The task of inputs and targets.
pub(super) fn task(parts: Parts, reading: &ReadingArguments, test: Option<Source>, cut: Cut) -> Result<Task> {
    let Parts { name, inputs, target, test: inner_test } = parts;
    let target = target.ok_or_else(|| {
        Error::Usage(format!("{name} holds inputs alone: --labels with the file of what is to be learned"))
    })?;
    let classes = match reading.task {
        TaskArgument::Classification => true,
        TaskArgument::Regression => false,
        TaskArgument::Auto => hold_classes(&target)?,
    };
    let mut train = data(&name, inputs, &target, classes)?;
    let mut test = match test {
        None => inner_test.map(|(inputs, target)| data(&name, inputs, &target, classes)).transpose()?,
        Some(Source::Arrays(Parts { name, inputs, target: Some(target), .. })) => {
            Some(data(&name, inputs, &target, classes)?)
        }
        Some(_) => return Err(Error::Input("--test: these are no arrays of inputs and targets".into())),
    };
    if classes {
        // A part need not have a sample of every class.
        let classes = train.classes().max(test.as_ref().and_then(Dataset::classes)).unwrap_or(0);
        let names: Vec<String> = (0..classes).map(|class| class.to_string()).collect();
        test = test.map(|test| test.with_class_names(names.clone())).transpose()?;
        train = train.with_class_names(names)?;
    }
    Task { train, test, target: "target".into(), categories: Vec::new() }.cut(cut)
}

fn data(name: &str, inputs: Tensor, target: &Array, classes: bool) -> Result<Dataset> {
    let data = if classes {
        Dataset::new(inputs, target.labels()?)?
    } else {
        Dataset::new(inputs, target.numbers::<f32>()?)?
    };
    Ok(data.with_name(name))
}

/// Whether an array holds classes: one whole number a row, stored as such or few of them.
fn hold_classes(target: &Array) -> Result<bool> {
    if target.shape().len() != 1 || target.labels().is_err() {
        return Ok(false);
    }
    let mut different = target.numbers::<f64>()?.as_slice().to_vec();
    let rows = different.len();
    different.sort_by(f64::total_cmp);
    different.dedup();
    let floats = matches!(target.dtype(), Dtype::F16 | Dtype::BF16 | Dtype::F32 | Dtype::F64);
    Ok(are_classes(&different, rows) || (!floats && different.len() <= rows / 2))
}
