//! `downhill predict`.

use crate::arguments::PredictArguments;
use crate::error::{Error, Result};

pub(super) fn run(arguments: &PredictArguments, _json: bool) -> Result<()> {
    Err(Error::Input(format!("{}: not yet", arguments.model.display())))
}
