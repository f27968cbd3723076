//! What is in a checkpoint.

use std::path::Path;

use downhill::optim::Value;
use downhill::prelude::Tensor;
use downhill::train::Checkpoint;
use serde::Serialize;

use super::part::{Part, tensor};
use crate::error::Result;
use crate::output::{number, thousands};

/// How far a training has come.
#[derive(Serialize)]
pub(super) struct Progress {
    steps: u64,
    steps_of_epoch: usize,
    epochs: usize,
    samples: usize,
    seed: u64,
    /// Of the last epoch that is done.
    loss: Option<f64>,
    validation_loss: Option<f64>,
    best_epoch: Option<usize>,
    has_ended: bool,
}

/// Reads a checkpoint: how far it has come, and its parameters and the optimizer's memory.
pub(super) fn read(path: &Path) -> Result<(Progress, Vec<Part>)> {
    let checkpoint: Checkpoint = Checkpoint::load(path)?;
    let last = checkpoint.history().epochs.last();
    let progress = Progress {
        steps: checkpoint.steps(),
        steps_of_epoch: checkpoint.steps_of_epoch(),
        epochs: checkpoint.history().epochs.len(),
        samples: checkpoint.samples(),
        seed: checkpoint.seed(),
        loss: last.map(|epoch| epoch.loss),
        validation_loss: last.and_then(|epoch| epoch.validation_loss),
        best_epoch: checkpoint.best_epoch(),
        has_ended: checkpoint.has_ended(),
    };
    let mut parts: Vec<Part> =
        checkpoint.params().state_dict().map(|(name, numbers)| tensor(name, "f32", &numbers)).collect();
    for (name, value) in checkpoint.optimizer().entries() {
        let name = format!("optimizer: {name}");
        parts.push(match value {
            Value::Counter(count) => tensor(&name, "count", &Tensor::new([1], vec![*count as f64])?),
            Value::Number(number) => tensor(&name, "f64", &Tensor::new([1], vec![*number])?),
            Value::Vector(numbers) => tensor(&name, "f32", &Tensor::new([numbers.len()], numbers.clone())?),
        });
    }
    Ok((progress, parts))
}

impl Progress {
    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "step {}, {} epochs of {} steps done; {} samples, seed {}\n",
            thousands(self.steps as usize),
            thousands(self.epochs),
            thousands(self.steps_of_epoch),
            thousands(self.samples),
            self.seed
        );
        let named = |name: &str, value: Option<f64>| value.map(|value| format!("{name} {}", number(value)));
        let mut facts: Vec<String> =
            [named("loss", self.loss), named("validation loss", self.validation_loss)]
                .into_iter()
                .flatten()
                .collect();
        facts.extend(self.best_epoch.map(|epoch| format!("best epoch {epoch}")));
        if self.has_ended {
            facts.push("ended early".into());
        }
        if !facts.is_empty() {
            text += &format!("{}\n", facts.join(", "));
        }
        text
    }
}
