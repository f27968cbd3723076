//! The chart of a learning-rate range test.

use downhill::train::RangeTest;

use super::LineChart;

impl LineChart {
    /// The losses of a learning-rate range test over the rate, as they are and smoothed, with the suggested rate marked.
    ///
    /// ```
    /// use downhill::prelude::*;
    /// use downhill_plot::LineChart;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let iris: Dataset = Bundled::Iris.load()?;
    /// let trainer = Trainer::new(Linear::new(3), CrossEntropy::new()).optimizer(Adam::new(1.0)?);
    /// let test = trainer.range_test(&iris, 1e-5, 10.0, 100)?;
    /// LineChart::range_test("Rates for Adam", &test).draw().save(std::env::temp_dir().join("rates.svg"))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn range_test(title: impl Into<String>, test: &RangeTest) -> LineChart {
        let chart = LineChart::new(title)
            .guide("loss", test.points.iter().map(|point| [point.rate, point.loss]))
            .line("smoothed", test.points.iter().map(|point| [point.rate, point.smooth]))
            .labels("rate", "loss")
            .log_x();
        match test.suggestion() {
            Some(rate) => chart.mark(rate, format!("{rate:.1e}")),
            None => chart,
        }
    }
}
