//! What decides which model comes out.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueHint};

use crate::config::{ACTIVATIONS, OPTIMIZERS, SCHEDULES, Scale};

/// What decides which model comes out.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Model and training")]
pub(crate) struct TrainingArguments {
    /// Sizes of the hidden layers; 0 for none [default: 64,32]
    #[arg(long, value_name = "SIZES", value_delimiter = ',')]
    pub(crate) hidden: Option<Vec<usize>>,

    /// The function behind each hidden layer [default: relu]
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(ACTIVATIONS))]
    pub(crate) activation: Option<String>,

    /// The share of numbers dropped behind each hidden layer [default: 0]
    #[arg(long, value_name = "SHARE")]
    pub(crate) dropout: Option<f64>,

    /// The most epochs [default: 200]
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<usize>,

    /// Samples in a step [default: 32]
    #[arg(long, value_name = "N")]
    pub(crate) batch_size: Option<usize>,

    /// How the parameters move [default: adam]
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(OPTIMIZERS), hide_possible_values = true)]
    pub(crate) optimizer: Option<String>,

    /// The rate of learning [default: the optimizer's usual one, 0.001 for adam]
    #[arg(long, value_name = "RATE")]
    pub(crate) rate: Option<f64>,

    /// The optimizer's momentum
    #[arg(long, value_name = "SHARE")]
    pub(crate) momentum: Option<f64>,

    /// The optimizer's weight decay
    #[arg(long, value_name = "RATE")]
    pub(crate) weight_decay: Option<f64>,

    /// How the rate changes over the training [default: constant]
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(SCHEDULES))]
    pub(crate) schedule: Option<String>,

    /// What the inputs go through first [default: standardize]
    #[arg(long, value_enum)]
    pub(crate) scale: Option<Scale>,

    /// Stop after so many epochs without a lower loss; 0 for never [default: 20]
    #[arg(long, value_name = "EPOCHS")]
    pub(crate) patience: Option<usize>,

    /// The share of the training rows to watch training on [default: 0.15]
    #[arg(long, value_name = "SHARE")]
    pub(crate) validation: Option<f64>,

    /// The share of the rows to test on, where there is no test set [default: 0.2]
    #[arg(long, value_name = "SHARE")]
    pub(crate) test_share: Option<f64>,

    /// The seed of everything random: the same seed makes the same model, to the bit [default: 0]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// Read layers, optimizer, schedule and settings from this TOML file; flags come on top
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
}
