//! What can go wrong with data.

use std::io;

use downhill_tensor::Shape;

/// The result of an operation on data.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A cell of a table, for an error message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The table's name: the file's path as it was given.
    pub table: String,
    /// Its row, counted from 1 without the header.
    pub row: usize,
    /// The name of its column.
    pub column: String,
    /// What it holds, shortened if long.
    pub text: String,
}

/// Why data could not be read or used.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that cannot be read.
    #[error("cannot read {name}: {source}")]
    Read {
        /// The file.
        name: String,
        /// Why not.
        source: io::Error,
    },
    /// A file that cannot be written.
    #[error("cannot write {name}: {source}")]
    Write {
        /// The file.
        name: String,
        /// Why not.
        source: io::Error,
    },
    /// A thread that prepares batches could not be started, or has failed.
    #[error("a thread that prepares batches: {0}")]
    Thread(#[source] io::Error),
    /// A kind of file that takes a feature which this build is without.
    #[error("{name} is {kind}: build with the feature `{feature}` for it")]
    Feature {
        /// The file.
        name: String,
        /// What it is, such as `"compressed with gzip"`.
        kind: &'static str,
        /// The feature of this crate.
        feature: &'static str,
    },
    /// None of a file's usual names exists in a folder.
    #[error("there is no {file} in {folder}, compressed or not")]
    Missing {
        /// The folder.
        folder: String,
        /// The file's usual name.
        file: &'static str,
    },

    /// A CSV file that is not UTF-8.
    #[error("{table}: {} is not valid UTF-8", row_or_header(*row))]
    Utf8 {
        /// The table.
        table: String,
        /// The row, counted from 1; 0 is the header.
        row: usize,
    },
    /// A table without a row of data.
    #[error("{table}: there are no rows")]
    NoRows {
        /// The table.
        table: String,
    },
    /// A header of numbers only, which is a row of data in all likelihood.
    #[error("{table}: the header holds only numbers; name the columns if the file has no header line")]
    NoHeader {
        /// The table.
        table: String,
    },
    /// A column without a name.
    #[error("{table}: column {column} has no name")]
    Unnamed {
        /// The table.
        table: String,
        /// The column, counted from 1.
        column: usize,
    },
    /// Two columns of one name, or one column asked for twice.
    #[error("{table}: column \"{column}\" occurs twice")]
    Duplicate {
        /// The table.
        table: String,
        /// The name.
        column: String,
    },
    /// A row that is shorter or longer than the header.
    #[error("{table}: row {row} has {found} cells, but there are {expected} columns")]
    Ragged {
        /// The table.
        table: String,
        /// The row, counted from 1 without the header.
        row: usize,
        /// The number of columns.
        expected: usize,
        /// The number of cells.
        found: usize,
    },
    /// A column that the table does not have.
    #[error("{table}: there is no column \"{column}\"{}", suggestion(nearest.as_deref()))]
    NoColumn {
        /// The table.
        table: String,
        /// The name asked for.
        column: String,
        /// The most similar name that there is, if any is similar.
        nearest: Option<String>,
    },
    /// Several columns that the table does not have.
    #[error("{table}: there are no columns {}", quoted(columns))]
    MissingColumns {
        /// The table.
        table: String,
        /// The names asked for.
        columns: Vec<String>,
    },
    /// A column that cannot be used as it is to be.
    #[error("{table}: column \"{column}\" {problem}")]
    Column {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A table with nothing left to learn from, or to learn.
    #[error("{table}: no column is left for the {part}")]
    NoColumns {
        /// The table.
        table: String,
        /// `"features"` or `"targets"`.
        part: &'static str,
    },
    /// A cell that is not what its column needs.
    #[error("{}: row {}, column \"{}\": {problem}", cell.table, cell.row, cell.column)]
    Cell {
        /// The cell.
        cell: Box<Cell>,
        /// What is wrong with it.
        problem: String,
    },

    /// A file that is not what it is read as, or is damaged.
    #[error("{name} is not {format} file: {problem}")]
    Malformed {
        /// The file, with the array's name in a file of several.
        name: String,
        /// The format with its article: `"an NPY"`.
        format: &'static str,
        /// What is wrong, and where.
        problem: String,
    },
    /// A file whose header promises more than memory can hold.
    #[error("{name}: shape {shape} is too large")]
    ArraySize {
        /// The file.
        name: String,
        /// The shape in its header.
        shape: Shape,
    },
    /// A file whose length is not what its header promises.
    #[error(
        "{name}: the header promises {expected} bytes, but there are {}{found}",
        if found > expected { "at least " } else { "" }
    )]
    ArrayLength {
        /// The file.
        name: String,
        /// The length after decompression that the header promises, header included.
        expected: usize,
        /// The bytes found; reading stops at the first one too many.
        found: usize,
    },
    /// A file whose number of axes is not what it is read for.
    #[error("{name}: {what} need {axes} axes, but the shape is {shape}")]
    ArrayAxes {
        /// The file.
        name: String,
        /// What it is read for.
        what: &'static str,
        /// The number of axes that this needs.
        axes: usize,
        /// The shape in its header.
        shape: Shape,
    },
    /// An array that a file does not hold.
    #[error("{name}: there is no array {array:?}{}", suggestion(nearest.as_deref()))]
    NoArray {
        /// The file.
        name: String,
        /// The name asked for.
        array: String,
        /// The most similar name that there is, if any is similar.
        nearest: Option<String>,
    },
    /// Two arrays of one name.
    #[error("{name}: array {array:?} occurs twice")]
    DuplicateArray {
        /// The file.
        name: String,
        /// The array's name.
        array: String,
    },
    /// An array of labels that holds something else.
    #[error("{name}: element {index} is {value}, which is no label")]
    Label {
        /// The file.
        name: String,
        /// The place of the element.
        index: usize,
        /// Its value.
        value: f64,
    },

    /// A folder without images.
    #[error("{folder}: there are no images, in folders named like their classes")]
    NoImages {
        /// The folder.
        folder: String,
    },
    /// An image of another size than the others.
    #[error("{name} has {} x {} pixels, not {} x {}: give a size to bring all images to", found[0], found[1], expected[0], expected[1])]
    ImageSize {
        /// The file.
        name: String,
        /// Its height and width.
        found: [usize; 2],
        /// Those of the first image.
        expected: [usize; 2],
    },
    /// A number of channels that images are not read in.
    #[error("images are read with 1 channel or 3, not {channels}")]
    Channels {
        /// The number.
        channels: usize,
    },

    /// Inputs and targets of different numbers.
    #[error("there are {inputs} inputs, but {targets} targets")]
    Lengths {
        /// The number of inputs.
        inputs: usize,
        /// The number of targets.
        targets: usize,
    },
    /// A sample of another size than the first one.
    #[error("row {row} of the {part} has {found} numbers, but the first row has {expected}")]
    Sample {
        /// `"inputs"` or `"targets"`.
        part: &'static str,
        /// The row, counted from 0.
        row: usize,
        /// The numbers in the first row.
        expected: usize,
        /// The numbers in this one.
        found: usize,
    },
    /// Weights of rows that are not one for each.
    #[error("there are {rows} rows, but {weights} weights")]
    Weights {
        /// The number of rows.
        rows: usize,
        /// The number of weights.
        weights: usize,
    },
    /// A number that is infinite or NaN.
    #[error("row {row} of the {part}, number {place}, is {value}")]
    NotFinite {
        /// `"inputs"`, `"targets"`, `"samples"` or `"times"`.
        part: &'static str,
        /// The row, counted from 0.
        row: usize,
        /// The place in the row, counted from 0.
        place: usize,
        /// The number.
        value: f64,
    },
    /// A class past the last one.
    #[error("row {row} is of class {class}, but there are {classes} classes")]
    Class {
        /// The row, counted from 0.
        row: usize,
        /// Its class, counted from 0.
        class: usize,
        /// The number of classes.
        classes: usize,
    },
    /// Names whose number is not that of the things named.
    #[error("there are {expected} {things}, but {found} names")]
    Names {
        /// What is named.
        things: &'static str,
        /// How many there are.
        expected: usize,
        /// How many names there are.
        found: usize,
    },
    /// A target of the other kind.
    #[error("the targets are {found}, but {needed} are needed")]
    Target {
        /// `"classes"` or `"values"`, or more exactly.
        needed: &'static str,
        /// `"classes"` or `"values"`.
        found: &'static str,
    },

    /// A row past the last one.
    #[error("there is no row {row} among {rows} rows")]
    Row {
        /// The row asked for, counted from 0.
        row: usize,
        /// The number of rows.
        rows: usize,
    },
    /// A row that a split names twice: what is tested must not be trained on.
    #[error("row {row} occurs twice in the split")]
    Repeated {
        /// The row, counted from 0.
        row: usize,
    },
    /// A fraction that leaves nothing to train on or nothing to test.
    #[error("a split of {rows} rows with a training fraction of {fraction} leaves a part empty")]
    Fraction {
        /// The fraction of rows to train on.
        fraction: f64,
        /// The number of rows.
        rows: usize,
    },
    /// A cross-validation of fewer than two parts, or of more than there are rows or groups.
    #[error("{rows} rows or groups cannot be cut into {folds} parts")]
    Folds {
        /// The number of parts.
        folds: usize,
        /// The number of rows or groups.
        rows: usize,
    },
    /// A weight of a row that makes no sense.
    #[error("the weight of row {row} is {value}; weights must be finite, not negative, and not all 0")]
    Weight {
        /// The row, counted from 0.
        row: usize,
        /// Its weight.
        value: f64,
    },
    /// Something that needs rows and has none.
    #[error("{operation} needs at least one row")]
    Empty {
        /// What needs them.
        operation: &'static str,
    },
    /// Batches of no rows, or of more than there are when short batches are dropped.
    #[error("batches of {size} rows cannot be made of {rows} rows")]
    BatchSize {
        /// The rows in a batch.
        size: usize,
        /// The rows of the data set.
        rows: usize,
    },

    /// Samples whose number of features is not what a transform was fitted on.
    #[error("the transform was fitted on {expected} features, but the shape is {shape}")]
    Features {
        /// The number of features it was fitted on.
        expected: usize,
        /// The shape given.
        shape: Shape,
    },
    /// A transform that cannot be fitted on batch after batch.
    #[error("{transform} needs all samples at once: fit it on a data set in memory")]
    AtOnce {
        /// The transform.
        transform: &'static str,
    },
    /// A feature whose numbers are too large to be scaled.
    #[error("feature {feature} cannot be scaled: its {what} is {value}")]
    Scale {
        /// The feature, counted from 0.
        feature: usize,
        /// The number that the transform needs.
        what: &'static str,
        /// Its value.
        value: f64,
    },
    /// Principal components in a number that there cannot be.
    #[error("{rows} samples of {features} features have no {components} components")]
    Components {
        /// The number asked for.
        components: usize,
        /// The number of samples.
        rows: usize,
        /// The number of features.
        features: usize,
    },
    /// A number that has no logarithm.
    #[error("row {row}, number {place}, is {value}: ln(1 + x) needs numbers above -1")]
    Logarithm {
        /// The row, counted from 0.
        row: usize,
        /// The place in the row, counted from 0.
        place: usize,
        /// The number.
        value: f64,
    },
    /// A tensor that memory cannot hold.
    #[error("{what} of {rows} rows and {columns} columns is too large")]
    TooLarge {
        /// What was to be made.
        what: &'static str,
        /// Its number of rows.
        rows: usize,
        /// Its number of columns.
        columns: usize,
    },
    /// An error of tensor math.
    #[error(transparent)]
    Tensor(#[from] downhill_tensor::Error),
}

impl Error {
    /// The same of a row that was counted from behind the first `before`.
    pub(crate) fn behind(self, before: usize) -> Error {
        match self {
            Error::Utf8 { table, row } => Error::Utf8 { table, row: before + row },
            Error::Ragged { table, row, expected, found } => {
                Error::Ragged { table, row: before + row, expected, found }
            }
            Error::Cell { mut cell, problem } => {
                cell.row += before;
                Error::Cell { cell, problem }
            }
            other => other,
        }
    }

    /// `format` with its article.
    pub(crate) fn malformed(name: &str, format: &'static str, problem: impl Into<String>) -> Error {
        Error::Malformed { name: name.to_owned(), format, problem: problem.into() }
    }
}

fn row_or_header(row: usize) -> String {
    if row == 0 { "the header".to_owned() } else { format!("row {row}") }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map_or(String::new(), |name| format!("; did you mean \"{name}\"?"))
}

/// As [`Display`](std::fmt::Display): what `main` prints of an error it returns is to be read by people.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
