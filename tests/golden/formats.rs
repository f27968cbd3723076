//! Files of other programs.

use std::path::Path;

use downhill::data::idx;

use crate::check::{Checks, Outcome, Precision, Tolerance, Verdict};
use crate::json::Json;

/// The case's file is in `folder`.
pub(crate) fn run(case: Json<'_>, folder: &Path, checks: &mut Checks) -> Outcome {
    match case.text("format") {
        "idx" => {
            read_idx::<f64>(case, folder, checks)?;
            read_idx::<f32>(case, folder, checks)?;
            Ok(Verdict::Ran)
        }
        other => Ok(Verdict::Lacks(vec![other.into()])),
    }
}

fn read_idx<T: Precision>(
    case: Json<'_>,
    folder: &Path,
    checks: &mut Checks,
) -> Result<(), downhill::data::Error> {
    let got = idx::read::<T>(folder.join(case.text("file")))?;
    // The JSON reader may answer a decimal's neighbour.
    let relative = T::choose(f64::EPSILON, f32::EPSILON.into());
    checks.compare("the array", &got, &case.at("value").tensor(), Tolerance { absolute: 0.0, relative });
    Ok(())
}
