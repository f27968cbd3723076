//! How a training runs.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueHint};

/// How a training runs and what it leaves behind: nothing of this changes the model.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Running")]
pub(crate) struct RunArguments {
    /// The folder for model.downhill, history.csv, config.toml and report.html
    #[arg(short, long, value_name = "FOLDER", default_value = "run", value_hint = ValueHint::DirPath)]
    pub(crate) output: PathBuf,

    /// Write the configuration in force and train nothing
    #[arg(long)]
    pub(crate) print_config: bool,

    /// Go on from the newest checkpoint in FOLDER, to the same bits as without the break
    #[arg(long)]
    pub(crate) resume: bool,

    /// Seconds between two checkpoints; 0 for none
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub(crate) checkpoint_seconds: u64,

    /// Write no report
    #[arg(long)]
    pub(crate) no_report: bool,

    /// Threads to compute on; 0 for as many as there are
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) threads: usize,

    /// Show nothing while training
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// Show training live in a browser at this address [default: 127.0.0.1:8123]
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:8123")]
    pub(crate) serve: Option<SocketAddr>,

    /// Write event files for TensorBoard into this folder
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) tensorboard: Option<PathBuf>,
}
