//! The hill in a report.

use downhill::nn::Scalar;

use super::Report;
use super::page::Section;
use crate::number::{count, short};
use crate::{Descent, Drawing, Hill, LineChart, PlaneKind};

impl<T: Scalar> Report<'_, T> {
    pub(super) fn hill_section(&self) -> Option<Section> {
        let hill = self.hill?;
        let mut section = Section::new("hill", "The hill", "The hill");
        section.say(&format!(
            "The loss is a landscape over the parameters θ, and training is the way down. Here are \
                slices of it, each point the loss on {} samples with every parameter set to what that \
                point means.",
            count(hill.samples)
        ));
        let (paths, random): (Vec<_>, Vec<_>) =
            hill.planes.iter().partition(|plane| matches!(plane.kind, PlaneKind::Principal { .. }));
        let mut figures = Vec::new();
        if let Some(plane) = hill.planes.first() {
            figures.push((hill.relief(plane), "Height is the loss; the ring is the model.".to_string()));
        }
        figures.extend(paths.iter().map(|plane| (hill.map(plane), hill.about(plane))));
        let race = hill.descents.len() > 1;
        if race {
            figures.push((along(hill), "At the points of the ways themselves.".into()));
        } else {
            figures.extend(random.iter().map(|plane| (hill.map(plane), hill.about(plane))));
        }
        section.figures(&figures);
        if race {
            let end = |descent: &Descent| {
                let steps = descent.steps.last().copied().unwrap_or(0);
                let loss = descent.losses.last().map_or_else(String::new, |&loss| short(loss));
                format!("{} steps, to a loss of {loss}.", count(steps as usize))
            };
            for plane in paths {
                section.heading("Side by side");
                let ends = hill.descents.iter().map(end);
                section.figures(&hill.maps(plane).into_iter().zip(ends).collect::<Vec<_>>());
            }
            section.heading("Around the model");
            section.figures(
                &random.iter().map(|plane| (hill.map(plane), hill.about(plane))).collect::<Vec<_>>(),
            );
        }
        Some(section)
    }
}

/// The loss along each descent.
fn along(hill: &Hill) -> Drawing {
    let chart = LineChart::new("The loss along each way").labels("step", "").log_y().of_descents();
    let with = |chart: LineChart, descent: &Descent| {
        let points = descent.steps.iter().zip(&descent.losses).map(|(&step, &loss)| [step as f64, loss]);
        chart.line(&descent.name, points)
    };
    hill.descents.iter().fold(chart, with).draw()
}
