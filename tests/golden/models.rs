//! Saved models: the outputs of networks with PyTorch's weights.

use std::path::Path;

use downhill::data::{Arrays, safetensors};
use downhill::prelude::Network;
use downhill::train::state_dict;

use crate::check::{Checks, Outcome, Precision, Tolerance, Verdict};
use crate::json::Json;
use crate::layers;

/// `case` is the `arch.json` of `folder`.
pub(crate) fn run(case: Json<'_>, folder: &Path, checks: &mut Checks) -> Outcome {
    let open = |file| safetensors::read(folder.join(case.at("files").text(file)));
    let (state, io) = (open("state")?, open("io")?);
    match run_in::<f64>(case, &state, &io, checks)? {
        Verdict::Ran => run_in::<f32>(case, &state, &io, checks),
        skipped => Ok(skipped),
    }
}

fn run_in<T: Precision>(case: Json<'_>, state: &Arrays, io: &Arrays, checks: &mut Checks) -> Outcome {
    let layers = match layers::sequential(case.at("layers")) {
        Ok(layers) => layers,
        Err(lacking) => return Ok(Verdict::Lacks(lacking)),
    };
    let input = io.numbers("input")?;
    let network = Network::build(layers, input.shape().sample())?;
    let mut params = network.init::<T>(0);
    state_dict::set(&mut params, state)?;
    let tolerance = Tolerance::of_operation::<T>(case.number("f32_vs_f64_max_abs"));
    let expected = io.numbers("expected_output_f64")?;
    checks.compare("output", &network.predict(&params, &input)?, &expected, tolerance);
    Ok(Verdict::Ran)
}
