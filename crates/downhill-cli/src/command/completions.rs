//! `downhill completions`.

use clap::CommandFactory;

use crate::arguments::{Arguments, CompletionsArguments};
use crate::error::Result;
use crate::output::print;

pub(super) fn run(arguments: &CompletionsArguments) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "downhill", &mut script);
    print(&String::from_utf8_lossy(&script))
}
