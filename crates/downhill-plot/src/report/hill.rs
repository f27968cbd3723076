//! The hill in a report.

use downhill::nn::Scalar;

use super::Report;
use super::page::Section;
use crate::number::{count, short};
use crate::{LineChart, PlaneKind};

impl<T: Scalar> Report<'_, T> {
    pub(super) fn hill_section(&self) -> Option<Section> {
        let hill = self.hill?;
        let mut section = Section::new("hill", "The hill", "The hill");
        section.say(&format!(
            "The loss is a landscape over the parameters θ, and training is the way down. Here are slices of it, each point the loss on {} samples with every parameter set to what that point means.",
            count(hill.samples)
        ));
        let mut figures = Vec::new();
        for plane in &hill.planes {
            if matches!(plane.kind, PlaneKind::Principal { .. }) || hill.planes.len() == 1 {
                figures.push((hill.relief(plane), "Drag to turn it.".to_string()));
            }
            figures.push((hill.map(plane), hill.about(plane)));
        }
        section.figures(&figures);
        if hill.descents.len() > 1
            && let Some(plane) = hill.planes.first()
        {
            section.heading("Side by side");
            let figures: Vec<_> = hill
                .maps(plane)
                .into_iter()
                .zip(&hill.descents)
                .map(|(map, descent)| {
                    let end = descent.losses.last().map_or_else(String::new, |&loss| short(loss));
                    let steps = descent.steps.last().copied().unwrap_or(0);
                    (map, format!("{} steps, to a loss of {end}.", count(steps as usize)))
                })
                .collect();
            section.figures(&figures);
            let mut chart = LineChart::new("The loss along each way").labels("step", "").log_y();
            for descent in &hill.descents {
                let points =
                    descent.steps.iter().zip(&descent.losses).map(|(&step, &loss)| [step as f64, loss]);
                chart = chart.line(&descent.name, points);
            }
            section.figures(&[(chart.draw(), String::new())]);
        }
        Some(section)
    }
}
