//! How much of the hill is measured.

use downhill::nn::Loss;
use downhill::prelude::{Dataset, Model};
use downhill_plot::{Hill, Survey, Trace};

use crate::error::Result;

/// The multiply-adds that the hill may cost: about a second.
const BUDGET: usize = 6_000_000_000;

/// Sides of the grid, from the best to the coarsest.
const SIDES: [usize; 3] = [41, 31, 21];

/// Fewer samples than this are no hill.
const LEAST_SAMPLES: usize = 24;

/// The loss around the paths that θ took; none if the network is so large that it would take too long.
pub(crate) fn survey(
    model: &Model,
    loss: &dyn Loss,
    data: &Dataset,
    descents: &[(&str, &Trace)],
    threads: usize,
) -> Result<Option<Hill>> {
    let summary = model.network().summary(model.params());
    let cost = summary.layers.first().map_or(1, |layer| layer.multiply_adds).max(summary.parameters).max(1);
    let samples = |side: usize| (BUDGET / (2 * side * side * cost)).min(512);
    let side = SIDES.into_iter().find(|&side| samples(side) >= 128).unwrap_or(SIDES[2]);
    if samples(side) < LEAST_SAMPLES {
        return Ok(None);
    }
    let mut survey = Survey::new(model, loss, data)?.side(side).samples(samples(side)).threads(threads);
    for &(name, trace) in descents {
        survey = survey.descent(name, trace);
    }
    Ok(Some(survey.measure()?))
}
