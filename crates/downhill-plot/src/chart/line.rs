//! Curves.

use std::fmt::Write;

use super::COLOURS;
use crate::Drawing;
use crate::frame::{Entry, Frame, SIZE};
use crate::number::digits;
use crate::scale::Scale;
use crate::svg::{Anchor, Svg, path};

/// The most points of a line that a picture can show: one longer is drawn through the highest and the lowest of each
/// stretch.
const POINTS: usize = 800;

/// Curves over a common axis. Points that are not finite make gaps.
///
/// ```
/// use downhill_plot::LineChart;
/// let chart = LineChart::new("Loss")
///     .line("training", [[1.0, 0.9], [2.0, 0.5], [3.0, 0.3]])
///     .dashed("validation", [[1.0, 1.0], [2.0, 0.7], [3.0, 0.6]])
///     .labels("epoch", "")
///     .log_y();
/// assert!(chart.draw().svg().starts_with("<svg"));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LineChart {
    title: String,
    labels: [String; 2],
    lines: Vec<Line>,
    marks: Vec<(f64, String)>,
    log: [bool; 2],
    range: [Option<[f64; 2]>; 2],
    dots: bool,
    band: Option<Vec<[f64; 3]>>,
    /// Whether the curves are descents, and have the colours that those have on a hill.
    descents: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Line {
    name: String,
    look: Look,
    points: Vec<[f64; 2]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Solid,
    Dashed,
    Guide,
}

impl LineChart {
    /// A chart without curves.
    pub fn new(title: impl Into<String>) -> LineChart {
        LineChart { title: title.into(), ..LineChart::default() }
    }

    /// Adds a curve through points `[x, y]`.
    #[must_use]
    pub fn line(self, name: impl Into<String>, points: impl IntoIterator<Item = [f64; 2]>) -> LineChart {
        self.with(name, Look::Solid, points)
    }

    /// Adds a dashed curve.
    #[must_use]
    pub fn dashed(self, name: impl Into<String>, points: impl IntoIterator<Item = [f64; 2]>) -> LineChart {
        self.with(name, Look::Dashed, points)
    }

    /// Adds a line to compare the others with: thin, grey, and nothing that the axes make room for.
    #[must_use]
    pub fn guide(self, name: impl Into<String>, points: impl IntoIterator<Item = [f64; 2]>) -> LineChart {
        self.with(name, Look::Guide, points)
    }

    fn with(
        mut self,
        name: impl Into<String>,
        look: Look,
        points: impl IntoIterator<Item = [f64; 2]>,
    ) -> LineChart {
        self.lines.push(Line { name: name.into(), look, points: points.into_iter().collect() });
        self
    }

    /// Marks a place on the horizontal axis.
    #[must_use]
    pub fn mark(mut self, x: f64, name: impl Into<String>) -> LineChart {
        self.marks.push((x, name.into()));
        self
    }

    /// Says what is on the axes.
    #[must_use]
    pub fn labels(mut self, x: impl Into<String>, y: impl Into<String>) -> LineChart {
        self.labels = [x.into(), y.into()];
        self
    }

    /// Makes the horizontal axis logarithmic.
    #[must_use]
    pub fn log_x(mut self) -> LineChart {
        self.log[0] = true;
        self
    }

    /// Makes the vertical axis logarithmic.
    #[must_use]
    pub fn log_y(mut self) -> LineChart {
        self.log[1] = true;
        self
    }

    /// Sets the ends of both axes.
    #[must_use]
    pub fn range(mut self, x: [f64; 2], y: [f64; 2]) -> LineChart {
        self.range = [Some(x), Some(y)];
        self
    }

    /// Shows the points that the curves go through.
    #[must_use]
    pub fn dots(mut self) -> LineChart {
        self.dots = true;
        self
    }

    /// Adds a band around the curves, of points `[x, low, high]`.
    #[must_use]
    pub fn band(mut self, points: impl IntoIterator<Item = [f64; 3]>) -> LineChart {
        self.band = Some(points.into_iter().collect());
        self
    }

    /// Gives the curves the colours that descents have on a hill.
    pub(crate) fn of_descents(mut self) -> LineChart {
        self.descents = true;
        self
    }

    /// Draws it.
    pub fn draw(&self) -> Drawing {
        let classes = self.classes();
        // A single curve is what the title says.
        let named = self.lines.iter().zip(&classes).filter(|_| self.lines.len() > 1);
        let key = named.map(|(line, class)| Entry { name: &line.name, class: class.clone(), filled: false });
        let frame = Frame {
            title: &self.title,
            labels: [&self.labels[0], &self.labels[1]],
            key: key.collect(),
            size: SIZE,
        };
        let (x, y) = (self.axis(0, frame.width()), self.axis(1, frame.height()));
        let drawing = Drawing::new(SIZE, &self.title, |svg| {
            frame.draw(svg, &x, &y);
            for (at, name) in &self.marks {
                draw_mark(svg, &x, &y, *at, name);
            }
            if let Some(band) = &self.band {
                let place = |&[at, value]: &[f64; 2]| [x.place(at), y.place(value)];
                let upper = band.iter().map(|&[at, _, high]| [at, high]);
                let around: Vec<[f64; 2]> =
                    upper.chain(band.iter().rev().map(|&[at, low, _]| [at, low])).collect();
                svg.raw("<g opacity=\".15\">");
                svg.path("f0", &(path(around.iter().map(place)) + "Z"));
                svg.raw("</g>\n");
            }
            // What is zoomed must not leave the plot: the script sets the clip.
            svg.raw("<g class=\"lines\">\n");
            for (line, class) in self.lines.iter().zip(&classes) {
                self.draw_line(svg, line, class, &x, &y);
            }
            svg.raw("</g>\n");
        });
        drawing.with_data(self.data(&classes, &x, &y))
    }

    fn draw_line(&self, svg: &mut Svg, line: &Line, class: &str, x: &Scale, y: &Scale) {
        let inside = |&[at, value]: &[f64; 2]| line.look != Look::Guide || (x.holds(at) && y.holds(value));
        let points = thin(&line.points).into_iter().filter(inside);
        let places: Vec<[f64; 2]> = points.map(|[at, value]| [x.place(at), y.place(value)]).collect();
        svg.path(class, &path(places.iter().copied()));
        let colour = class.split(' ').nth(1).unwrap_or_default();
        // A single point has no line, and would not be seen.
        if line.look != Look::Guide && (self.dots || line.points.len() == 1) {
            let number = colour.chars().next_back().and_then(|digit| digit.to_digit(10)).unwrap_or(0);
            for place in places.into_iter().filter(|[x, y]| x.is_finite() && y.is_finite()) {
                svg.mark(&format!("dot f{number}"), number, place);
            }
        }
    }

    fn classes(&self) -> Vec<String> {
        let (mut lines, mut guides) = (0, 0);
        let class = |line: &Line| {
            let number = if line.look == Look::Guide { &mut guides } else { &mut lines };
            *number += 1;
            let colour = (*number - 1) % COLOURS;
            match line.look {
                Look::Solid if self.descents => format!("line k{}", colour % 4),
                Look::Solid => format!("line l{colour}"),
                Look::Dashed => format!("line l{colour} dash"),
                Look::Guide => format!("guide g{}", (*number - 1) % 2),
            }
        };
        self.lines.iter().map(class).collect()
    }

    fn axis(&self, axis: usize, places: [f64; 2]) -> Scale {
        if let Some(range) = self.range[axis] {
            return Scale::linear(range, places);
        }
        let lines = self.lines.iter().filter(|line| line.look != Look::Guide);
        let values = lines.flat_map(|line| line.points.iter().map(|point| point[axis]));
        let band = self
            .band
            .iter()
            .flatten()
            .flat_map(|point| if axis == 0 { vec![point[0]] } else { vec![point[1], point[2]] });
        Scale::around(values.chain(band), self.log[axis], axis == 1, places)
    }

    /// What the script needs: the axes' places and values, and the points.
    fn data(&self, classes: &[String], x: &Scale, y: &Scale) -> String {
        let axis = |scale: &Scale| {
            let ([from, to], [low, high]) = (scale.places(), scale.values());
            format!("[{from},{to},{},{},{}]", json(low), json(high), u8::from(scale.is_log()))
        };
        let mut data =
            format!("{{\"x\":{},\"y\":{},\"label\":{},\"lines\":[", axis(x), axis(y), quote(&self.labels[0]));
        for (i, (line, class)) in self.lines.iter().zip(classes).enumerate() {
            let comma = if i == 0 { "" } else { "," };
            let _ = write!(data, "{comma}{{\"n\":{},\"c\":{},\"p\":[", quote(&line.name), quote(class));
            for (i, [at, value]) in thin(&line.points).into_iter().enumerate() {
                let comma = if i == 0 { "" } else { "," };
                let _ = write!(data, "{comma}{},{}", json(at), json(value));
            }
            data.push_str("]}");
        }
        data + "]}"
    }
}

fn draw_mark(svg: &mut Svg, x: &Scale, y: &Scale, at: f64, name: &str) {
    let (place, [bottom, top]) = (x.place(at), y.places());
    svg.line("guide", [place, bottom], [place, top]);
    let [left, right] = x.places();
    let end = if place > (left + right) / 2.0 { (Anchor::End, -5.0) } else { (Anchor::Start, 5.0) };
    svg.text("note", [place + end.1, top + 10.0], end.0, name);
}

/// A line with at most [`POINTS`] points: of each stretch the lowest and the highest, in order.
fn thin(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    if points.len() <= POINTS {
        return points.to_vec();
    }
    let stretch = points.len().div_ceil(POINTS / 2);
    let ends = points.chunks(stretch).flat_map(|stretch| {
        let by_height = |&a: &usize, &b: &usize| stretch[a][1].total_cmp(&stretch[b][1]);
        let low = (0..stretch.len()).min_by(by_height).unwrap_or(0);
        let high = (0..stretch.len()).max_by(by_height).unwrap_or(0);
        [low.min(high), low.max(high)].map(|place| stretch[place])
    });
    ends.collect()
}

/// A number as JSON has it, to six digits.
pub(crate) fn json(value: f64) -> String {
    match value.abs() {
        _ if !value.is_finite() => "null".into(),
        size if size != 0.0 && !(1e-4..1e7).contains(&size) => format!("{value:.5e}"),
        _ => digits(value, 6),
    }
}

/// Text as JSON has it.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c < ' ' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_keeps_its_peaks() {
        let mut points: Vec<[f64; 2]> = (0..100_000).map(|i| [f64::from(i), 1.0]).collect();
        points[70_001][1] = 5.0;
        let thinned = thin(&points);
        assert!(thinned.len() <= POINTS);
        assert!(thinned.contains(&[70_001.0, 5.0]));
        assert!(thinned.windows(2).all(|pair| pair[0][0] <= pair[1][0]));
    }

    #[test]
    fn json_is_sound() {
        assert_eq!(quote("a\"b\\\n"), r#""a\"b\\\u000a""#);
        assert_eq!([json(f64::NAN), json(0.0), json(1e-9), json(0.25)], ["null", "0", "1.00000e-9", "0.25"]);
    }
}
