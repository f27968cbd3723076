//! Classic data sets that travel with the library.

mod splits;

use downhill_tensor::Real;

use crate::{Dataset, Result, Split, Table};

/// A classic data set that is embedded in the library (feature `bundled`). Its origin and licence are
/// in the crate's `bundled/ORIGIN.md`.
///
/// ```
/// use downhill_data::{Bundled, Dataset};
///
/// let iris: Dataset = Bundled::Iris.load()?;
/// assert_eq!(iris.class_names(), ["setosa", "versicolor", "virginica"]);
/// let (train, test) = iris.split_by(&Bundled::Iris.split())?;
/// assert_eq!((train.len(), test.len()), (120, 30));
/// # Ok::<(), downhill_data::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Bundled {
    /// Iris: 150 flowers of 3 species by 4 lengths in cm (Fisher 1936).
    Iris,
    /// Wine: 178 wines of 3 cultivars by 13 chemical measurements.
    Wine,
    /// Breast Cancer Wisconsin (Diagnostic): 569 tumours, benign (0) or malignant (1), by 30
    /// measurements of cell nuclei.
    BreastCancer,
    /// The test part of the Optical Recognition of Handwritten Digits: 1797 images of 10 digits, 8 × 8
    /// pixels of 0 to 16 in 64 features.
    Digits,
    /// Diabetes: 442 patients, their disease's progression within a year by 10 measurements, all in
    /// raw units (Efron et al. 2004).
    Diabetes,
}

impl Bundled {
    /// All of them.
    pub const ALL: [Bundled; 5] =
        [Bundled::Iris, Bundled::Wine, Bundled::BreastCancer, Bundled::Digits, Bundled::Diabetes];

    /// Its name: `"breast_cancer"`.
    pub fn name(self) -> &'static str {
        match self {
            Bundled::Iris => "iris",
            Bundled::Wine => "wine",
            Bundled::BreastCancer => "breast_cancer",
            Bundled::Digits => "digits",
            Bundled::Diabetes => "diabetes",
        }
    }

    /// The whole table, target included.
    ///
    /// # Errors
    /// None: the result only spares the library a panic.
    pub fn table(self) -> Result<Table> {
        let compressed: &[u8] = match self {
            Bundled::Iris => include_bytes!("../../bundled/iris.csv.gz"),
            Bundled::Wine => include_bytes!("../../bundled/wine.csv.gz"),
            Bundled::BreastCancer => include_bytes!("../../bundled/breast_cancer.csv.gz"),
            Bundled::Digits => include_bytes!("../../bundled/digits.csv.gz"),
            Bundled::Diabetes => include_bytes!("../../bundled/diabetes.csv.gz"),
        };
        Table::from_reader(compressed, self.name())
    }

    /// The data set: a classification, except [`Diabetes`](Bundled::Diabetes), which is a regression.
    ///
    /// # Errors
    /// None: the result only spares the library a panic.
    pub fn load<T: Real>(self) -> Result<Dataset<T>> {
        let table = self.table()?;
        match self {
            Bundled::Iris => table.classification("species"),
            Bundled::Wine => table.classification("cultivar"),
            Bundled::BreastCancer => table.classification("diagnosis"),
            Bundled::Digits => table.classification("digit"),
            Bundled::Diabetes => table.regression(["progression"]),
        }
    }

    /// The set's fixed split, 80 % to train and 20 % to test, each in ascending order: use it wherever
    /// a result is reported, so that results can be compared.
    pub fn split(self) -> Split {
        let (rows, test) = match self {
            Bundled::Iris => (150, splits::IRIS),
            Bundled::Wine => (178, splits::WINE),
            Bundled::BreastCancer => (569, splits::BREAST_CANCER),
            Bundled::Digits => (1797, splits::DIGITS),
            Bundled::Diabetes => (442, splits::DIABETES),
        };
        let (test, train) = (0..rows).partition(|&row| test.binary_search(&(row as u16)).is_ok());
        Split { train, test }
    }
}
