//! The command `downhill`: train, use and inspect small and medium neural networks without writing Rust.
//!
//! A command is a file in `command`; it reads its arguments, opens what they name and answers with a report, which is
//! printed for people or as JSON. What several commands need is in a file named after what it holds: `source` opens
//! data, `task` finds out what is to be learned, `training` trains and writes the files.

mod arguments;
mod classes;
mod command;
mod config;
mod error;
mod file_kind;
mod history;
mod interrupt;
mod live;
mod output;
mod report;
mod scores;
mod serve;
mod source;
mod survey;
mod task;
mod tensorboard;
mod trace_file;
mod training;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;

fn main() -> ExitCode {
    match command::run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            if !matches!(error, error::Error::Closed) {
                eprintln!("error: {error}");
            }
            ExitCode::from(error.code())
        }
    }
}
