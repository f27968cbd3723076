//! `downhill demo`.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use downhill::prelude::{Dataset, Model};

use crate::arguments::{ReadingArguments, RunArguments};
use crate::config::Config;
use crate::error::{INTERRUPTED, Result};
use crate::interrupt::Interrupt;
use crate::output::{print, report};
use crate::source::{Opening, Source};
use crate::task::Task;
use crate::training;

#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    #[command(flatten)]
    run: RunArguments,

    /// The seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

pub(super) fn run(arguments: &DemoArguments, json: bool) -> Result<ExitCode> {
    let config =
        Config { seed: arguments.seed, ..Config::from_toml(include_str!("demo.toml"), "demo.toml")? };
    if arguments.run.print_config {
        print(&config.to_toml()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let task = Task::new(
        Source::open("digits", &Opening::default())?,
        &ReadingArguments::default(),
        None,
        config.cut(),
    )?;
    if !arguments.run.quiet {
        eprintln!("1,797 handwritten digits of 8 × 8 pixels: learning to read them");
    }
    let outcome = training::train(task, &config, &arguments.run, &Interrupt::watch()?)?;
    if let (false, Some(test)) = (json, &outcome.tested) {
        print(&pictures(&outcome.model, test)?)?;
    }
    report(&outcome, json)?;
    Ok(if outcome.interrupted { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
}

/// Some digits of the test part, and what they were read as: the first ones, and then the mistakes.
fn pictures(model: &Model, test: &Dataset) -> Result<String> {
    const SHOWN: usize = 5;
    let (read, truth) = (model.predict_class(test.inputs())?, test.labels()?);
    let wrong: Vec<usize> =
        (0..test.len()).filter(|&row| read.as_slice()[row] != truth.as_slice()[row]).take(SHOWN).collect();
    let first: Vec<usize> = (0..SHOWN.min(test.len())).collect();
    let mut text = String::new();
    for (title, rows) in [("It never saw these before:", first), ("Misread:", wrong)] {
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{title}");
        let pictures: Vec<&[f32]> =
            rows.iter().map(|row| &test.inputs().as_slice()[64 * row..64 * (row + 1)]).collect();
        // Two rows of pixels to a line of text.
        for line in 0..4 {
            for picture in &pictures {
                let pair = |column: usize| (picture[16 * line + column], picture[16 * line + 8 + column]);
                let cells: String = (0..8).map(|column| half_blocks(pair(column))).collect();
                let _ = write!(text, "  {cells}    ");
            }
            text = text.trim_end().to_owned() + "\n";
        }
        for row in rows {
            let (read, truth) = (read.as_slice()[row], truth.as_slice()[row]);
            let verdict =
                if read == truth { format!("→ {read}") } else { format!("→ {read}, is {truth}") };
            let _ = write!(text, "  {verdict:<12}");
        }
        text = text.trim_end().to_owned() + "\n\n";
    }
    Ok(text)
}

/// Two pixels of 0 to 16, one above the other, as a character.
fn half_blocks((upper, lower): (f32, f32)) -> char {
    const INK: f32 = 6.0;
    match (upper > INK, lower > INK) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    }
}
