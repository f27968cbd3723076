//! A curve as small as a word.

use crate::Drawing;
use crate::scale::Scale;
use crate::svg::path;

/// A curve as small as a word, without axes: what a table or a heading has room for.
pub fn sparkline(values: &[f64]) -> Drawing {
    let size = [120.0, 28.0];
    let x = Scale::linear([0.0, values.len().saturating_sub(1).max(1) as f64], [3.0, size[0] - 4.0]);
    let y = Scale::around(values.iter().copied(), false, false, [size[1] - 4.0, 4.0]);
    Drawing::new(size, "a curve", |svg| {
        let mut places = values.iter().enumerate().map(|(i, &value)| [x.place(i as f64), y.place(value)]);
        svg.path("line l0", &path(places.clone()));
        if let Some(last) = places.next_back().filter(|place| place[1].is_finite()) {
            svg.circle("f0", last, 2.6, "");
        }
    })
}
