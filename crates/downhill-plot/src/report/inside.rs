//! The network: its layers, its weights, and how they changed.

use downhill::nn::Scalar;
use downhill::tensor::Shape;

use super::Report;
use super::answers::numbers;
use super::page::Section;
use crate::number::count;
use crate::{Bars, LineChart, PartTrace};

/// The most parts of θ that have a curve or a histogram.
const PARTS: usize = 8;

/// What is said below the norms.
const WEIGHTS: &str = "Weights that grow without end, or vanish, are a sign of trouble.";
const GRADIENTS: &str = "Of each step’s batch, before any clipping. Layers that lie orders of magnitude below the others \
    hardly learn.";

impl<T: Scalar> Report<'_, T> {
    pub(super) fn inside(&self) -> Option<Section> {
        let mut section = Section::new("inside", "Inside", "Inside the network");
        if let Some(model) = self.model {
            let summary = model.network().summary(model.params());
            let rows: Vec<Vec<String>> = summary
                .layers
                .iter()
                .filter(|layer| layer.inner == 0)
                .map(|layer| {
                    let (parameters, products) = (count(layer.parameters), count(layer.multiply_adds));
                    vec![layer.path.clone(), layer.kind.clone(), batch(&layer.output), parameters, products]
                })
                .collect();
            section.say(&format!(
                "Input {}; {} parameters, {} of them learn; {} multiply-adds a sample.",
                batch(&summary.input),
                count(summary.parameters),
                count(summary.trainable),
                count(summary.layers.first().map_or(0, |layer| layer.multiply_adds)),
            ));
            section.table(&["layer", "kind", "output", "#parameters", "#multiply-adds"], &rows);
        }
        if let Some(trace) = self.trace.filter(|trace| trace.steps().len() > 1) {
            let parts = shown(trace.parts());
            let curves = |title: &str, norms: fn(&PartTrace) -> &[f64]| {
                let mut chart = LineChart::new(title).labels("step", "").log_y();
                for part in &parts {
                    let points =
                        trace.steps().iter().zip(norms(part)).map(|(&step, &norm)| [step as f64, norm]);
                    chart = chart.line(&part.name, points);
                }
                chart.draw()
            };
            section.heading("While it learned");
            section.figures(&[
                (curves("Norm of the weights", |part| &part.weights), WEIGHTS.into()),
                (curves("Norm of the gradient", |part| &part.gradients), GRADIENTS.into()),
            ]);
        }
        if let Some(model) = self.model {
            let weights =
                model.params().state_dict().filter(|(_, value)| value.shape().len() >= 2).take(PARTS);
            let figures: Vec<_> = weights
                .map(|(name, value)| {
                    let title = format!("{name} {}", value.shape());
                    (
                        Bars::histogram(title, &numbers(value.as_slice()), value.len().isqrt().clamp(6, 40))
                            .draw(),
                        String::new(),
                    )
                })
                .collect();
            if !figures.is_empty() {
                section.heading("The weights it ended with");
                section.figures(&figures);
            }
        }
        (!section.is_empty()).then_some(section)
    }
}

/// The parts to show: matrices, and biases too where there are few.
fn shown(parts: &[PartTrace]) -> Vec<&PartTrace> {
    let all: Vec<&PartTrace> = parts.iter().collect();
    if all.len() <= 4 {
        return all;
    }
    all.into_iter().filter(|part| part.is_matrix).take(PARTS).collect()
}

/// The shape of a batch of samples.
fn batch(sample: &Shape) -> String {
    let lengths: Vec<String> = sample.iter().map(usize::to_string).collect();
    format!("[{}]", std::iter::once("n".to_string()).chain(lengths).collect::<Vec<_>>().join(", "))
}
