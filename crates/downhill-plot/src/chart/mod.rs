//! Charts.

mod bars;
mod heat_map;
mod images;
mod line;
mod range_test;
mod scatter;
mod sparkline;

pub use bars::Bars;
pub use heat_map::HeatMap;
pub use images::{Image, ImageGrid};
pub use line::LineChart;
pub use scatter::Scatter;
pub use sparkline::sparkline;

pub(crate) use line::{json, quote};

/// The number of colours that lines and points take in turn.
const COLOURS: usize = 8;
