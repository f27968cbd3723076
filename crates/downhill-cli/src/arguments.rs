//! What may be written on the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use downhill::data::{Missing, Unknown};

use crate::config::{ACTIVATIONS, OPTIMIZERS, SCHEDULES, Scale};
use crate::error::{Error, Result};
use crate::source::Opening;

/// Train, use and inspect small and medium neural networks
#[derive(Debug, Parser)]
#[command(name = "downhill", version, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Print the result as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

const AFTER_HELP: &str = "\
Exit codes: 0 done, 1 bad input, 2 wrong usage, 130 interrupted.

Examples:
  downhill train iris --hidden 16
  downhill train houses.csv --target price -o houses
  downhill predict houses/model.downhill new.csv -o prices.csv
  downhill demo";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train a network on a file, a folder or a bundled data set
    Train(Box<TrainArguments>),
    /// Answer for each row of a file
    Predict(PredictArguments),
    /// Tell how good a model's answers are on data whose truth is known
    Evaluate(EvaluateArguments),
    /// Tell what is in a file: a model, a table, an array
    Inspect(InspectArguments),
    /// Show a model's layers
    Summary(SummaryArguments),
    /// Write a model's numbers in a format that others read
    Export(ExportArguments),
    /// Show how several methods go down the hill of the loss, side by side
    Hill(Box<HillArguments>),
    /// Learn to read handwritten digits, and show it
    Demo(DemoArguments),
    /// Print a script that completes this command in a shell
    Completions(CompletionsArguments),
    /// Print the manual page
    Man,
}

#[derive(Debug, Args)]
pub(crate) struct TrainArguments {
    /// What to learn from: a table (.csv, .tsv, also .gz), an array (.npy, .npz, IDX), a folder with MNIST's files or
    /// with a folder of images for each class, or one of iris, wine, breast_cancer, digits, diabetes
    #[arg(value_name = "DATA", value_hint = ValueHint::AnyPath)]
    pub(crate) data: String,

    #[command(flatten)]
    pub(crate) reading: ReadingArguments,

    #[command(flatten)]
    pub(crate) training: TrainingArguments,

    /// Test on this file instead of on a part of DATA
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Data")]
    pub(crate) test: Option<String>,

    #[command(flatten)]
    pub(crate) run: RunArguments,
}

/// How data are read and what of them is learned.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct ReadingArguments {
    /// The column to learn; several for several values
    #[arg(short, long, value_name = "COLUMN", value_delimiter = ',')]
    pub(crate) target: Vec<String>,

    /// What is learned, if not to be found out [default: by the target's values]
    #[arg(long, value_enum, hide_default_value = true, default_value_t)]
    pub(crate) task: TaskArgument,

    /// Columns that are categories although they hold numbers
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) categorical: Vec<String>,

    /// Columns to leave out
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) drop: Vec<String>,

    /// What to do where a cell is empty: error, drop (the row), mean, median or a number [default: error]
    #[arg(long, value_name = "HOW", value_parser = missing, hide_default_value = true, default_value = "error")]
    pub(crate) missing: Missing,

    /// What to do with a category that the training rows did not have
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    pub(crate) unknown: UnknownArgument,

    /// The character between cells [default: a comma, a tab for .tsv]
    #[arg(long, value_name = "CHARACTER")]
    pub(crate) delimiter: Option<char>,

    /// The file with the labels or values, where DATA is an array
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) labels: Option<PathBuf>,

    /// The height and width that images of a folder are brought to; one number for both
    #[arg(long, value_name = "PIXELS", value_delimiter = ',')]
    pub(crate) image_size: Vec<usize>,

    /// Read images in colour rather than in shades of grey
    #[arg(long)]
    pub(crate) colour: bool,
}

impl ReadingArguments {
    /// How data are opened.
    pub(crate) fn opening(&self) -> Result<Opening<'_>> {
        let size = match *self.image_size {
            [] => None,
            [side] => Some([side, side]),
            [height, width] => Some([height, width]),
            _ => return Err(Error::Usage("--image-size: one number, or height and width".into())),
        };
        let (delimiter, labels) = (self.delimiter, self.labels.as_deref());
        Ok(Opening { delimiter, labels, size, colour: self.colour })
    }
}

/// What to do with a category that the training rows did not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum UnknownArgument {
    /// Name its cell
    #[default]
    Error,
    /// Take it for none of those known
    Ignore,
}

impl From<UnknownArgument> for Unknown {
    fn from(unknown: UnknownArgument) -> Unknown {
        match unknown {
            UnknownArgument::Error => Unknown::Error,
            UnknownArgument::Ignore => Unknown::Ignore,
        }
    }
}

fn missing(text: &str) -> Result<Missing, String> {
    Ok(match text {
        "error" => Missing::Error,
        "drop" => Missing::Drop,
        "mean" => Missing::Mean,
        "median" => Missing::Median,
        number => Missing::Constant(
            number.parse().map_err(|_| "error, drop, mean, median or a number is wanted".to_owned())?,
        ),
    })
}

/// What is learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum TaskArgument {
    /// By the target's values
    #[default]
    Auto,
    /// A class
    Classification,
    /// A number
    Regression,
}

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

#[derive(Debug, Args)]
pub(crate) struct PredictArguments {
    /// The model
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) model: PathBuf,

    /// The data, with the columns that the model was trained on
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(crate) data: String,

    /// Write to this file instead of to the terminal
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,

    /// Add the probability of each class
    #[arg(long)]
    pub(crate) proba: bool,

    /// The character between cells [default: a comma, a tab for .tsv]
    #[arg(long, value_name = "CHARACTER")]
    pub(crate) delimiter: Option<char>,
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArguments {
    /// The model
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) model: PathBuf,

    /// The data, with their truth
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(crate) data: String,

    /// The file with the labels or values, where DATA is an array
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) labels: Option<PathBuf>,

    /// The character between cells [default: a comma, a tab for .tsv]
    #[arg(long, value_name = "CHARACTER")]
    pub(crate) delimiter: Option<char>,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArguments {
    /// A model, CSV, NPY, NPZ, safetensors or IDX file
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,

    /// The character between cells [default: a comma, a tab for .tsv]
    #[arg(long, value_name = "CHARACTER")]
    pub(crate) delimiter: Option<char>,
}

#[derive(Debug, Args)]
pub(crate) struct SummaryArguments {
    /// The model
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) model: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The model
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) model: PathBuf,

    /// The format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) to: ExportFormat,

    /// The file to write [default: the model's name with the format's ending]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

/// A format that others read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ExportFormat {
    /// Hugging Face's, with PyTorch's names and layouts
    #[default]
    Safetensors,
    /// NumPy's
    Npz,
}

#[derive(Debug, Args)]
pub(crate) struct HillArguments {
    /// What to learn from, as for train
    #[arg(value_name = "DATA", value_hint = ValueHint::AnyPath)]
    pub(crate) data: String,

    #[command(flatten)]
    pub(crate) reading: ReadingArguments,

    #[command(flatten)]
    pub(crate) training: TrainingArguments,

    /// The methods: gradient-descent (all samples at each step), sgd, momentum, or any of train's optimizers
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        help_heading = "Running",
        default_value = "gradient-descent,sgd,momentum"
    )]
    pub(crate) descents: Vec<String>,

    /// Threads to compute on; 0 for as many as there are
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Running")]
    pub(crate) threads: usize,

    /// The page to write
    #[arg(short, long, value_name = "FILE", default_value = "hill.html", value_hint = ValueHint::FilePath,
          help_heading = "Running")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    #[command(flatten)]
    pub(crate) run: RunArguments,

    /// The seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// The shell
    pub(crate) shell: Shell,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_fit_together() {
        Arguments::command().debug_assert();
    }
}
