//! How data are read, and what of them is learned.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use downhill::data::{Missing, Unknown};

use crate::error::{Error, Result};
use crate::source::Opening;

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
