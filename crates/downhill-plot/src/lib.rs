//! Charts, the hill and the report.
//!
//! A [`Recorder`] looks on while a network learns; a [`Survey`] measures the loss around the path that θ took; a
//! [`Report`] shows all there is to see of a training in one HTML file that needs no network. Every chart is also
//! a picture of its own: SVG that is legible on a light and on a dark page.
//!
//! ```
//! use downhill::prelude::*;
//! use downhill_plot::{Recorder, Report, Survey};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let iris: Dataset = Bundled::Iris.load()?;
//! let (train, test) = iris.split_by(&Bundled::Iris.split())?;
//! let recorder = Recorder::new();
//! let layers = Sequential::new().then(Linear::new(16)).then(Activation::Relu).then(Linear::new(3));
//! let fit = Trainer::new(layers, CrossEntropy::new())
//!     .optimizer(recorder.watch(Adam::new(0.01)?))
//!     .transform(Transform::Standardize)
//!     .validation_fraction(0.2)
//!     .epochs(20)
//!     .seed(1)
//!     .fit(&train)?;
//!
//! let trace = recorder.trace();
//! let hill = Survey::new(&fit.model, &CrossEntropy::new(), &train)?.descent("Adam", &trace).side(21).measure()?;
//! Report::new("Iris")
//!     .model(&fit.model)
//!     .history(&fit.history)
//!     .trace(&trace)
//!     .train(&train)
//!     .test(&test)
//!     .hill(&hill)
//!     .fact("seed", 1)
//!     .write(std::env::temp_dir().join("report.html"))?;
//! # Ok(())
//! # }
//! ```

pub mod chart;
mod drawing;
mod error;
mod file;
mod frame;
pub mod hill;
mod number;
mod png;
mod recorder;
mod report;
mod scale;
mod svg;
mod trace;

pub use chart::{Bars, HeatMap, Image, ImageGrid, LineChart, Scatter, sparkline};
pub use drawing::Drawing;
pub use error::{Error, Result};
pub use hill::{Descent, Hill, Plane, PlaneKind, Survey};
pub use recorder::{Recorder, Watched};
pub use report::Report;
pub use trace::{PartTrace, PathPoint, Trace};
