//! Points.

use super::COLOURS;
use crate::Drawing;
use crate::frame::{Entry, Frame, SIZE};
use crate::scale::Scale;
use crate::svg::path;

/// The most points of a series that are drawn: of more, every so-manieth.
const POINTS: usize = 1500;

/// Points in a plane, in one or more series.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scatter {
    title: String,
    labels: [String; 2],
    series: Vec<(String, Vec<[f64; 2]>)>,
    guide: Option<Guide>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guide {
    Diagonal,
    Zero,
}

impl Scatter {
    /// A chart without points.
    pub fn new(title: impl Into<String>) -> Scatter {
        Scatter { title: title.into(), ..Scatter::default() }
    }

    /// Adds points `[x, y]`. A single series needs no name.
    #[must_use]
    pub fn points(mut self, name: impl Into<String>, points: impl IntoIterator<Item = [f64; 2]>) -> Scatter {
        self.series.push((name.into(), points.into_iter().collect()));
        self
    }

    /// Says what is on the axes.
    #[must_use]
    pub fn labels(mut self, x: impl Into<String>, y: impl Into<String>) -> Scatter {
        self.labels = [x.into(), y.into()];
        self
    }

    /// Gives both axes the same ends, and draws the line where y = x.
    #[must_use]
    pub fn diagonal(mut self) -> Scatter {
        self.guide = Some(Guide::Diagonal);
        self
    }

    /// Draws the line where y = 0.
    #[must_use]
    pub fn zero(mut self) -> Scatter {
        self.guide = Some(Guide::Zero);
        self
    }

    /// Draws it.
    pub fn draw(&self) -> Drawing {
        let key = self.series.iter().enumerate().filter(|(_, (name, _))| !name.is_empty());
        let class = |i: usize| format!("dot f{}", i % COLOURS);
        let frame = Frame {
            title: &self.title,
            labels: [&self.labels[0], &self.labels[1]],
            key: key.map(|(i, (name, _))| Entry { name, class: class(i), filled: true }).collect(),
            size: SIZE,
        };
        let values =
            |axis: usize| self.series.iter().flat_map(move |(_, points)| points.iter().map(move |p| p[axis]));
        let (width, height) = (frame.width(), frame.height());
        let (x, y) = match self.guide {
            Some(Guide::Diagonal) => {
                let both = || values(0).chain(values(1));
                (Scale::around(both(), false, true, width), Scale::around(both(), false, true, height))
            }
            Some(Guide::Zero) => {
                let around = values(1).chain([0.0]);
                (Scale::around(values(0), false, true, width), Scale::around(around, false, true, height))
            }
            None => {
                (Scale::around(values(0), false, true, width), Scale::around(values(1), false, true, height))
            }
        };
        Drawing::new(SIZE, &self.title, |svg| {
            frame.draw(svg, &x, &y);
            let [low, high] = x.values();
            let guide = |ends: [[f64; 2]; 2]| path(ends.map(|[at, value]| [x.place(at), y.place(value)]));
            match self.guide {
                Some(Guide::Diagonal) => svg.path("guide", &guide([[low, low], [high, high]])),
                Some(Guide::Zero) => svg.path("guide", &guide([[low, 0.0], [high, 0.0]])),
                None => {}
            }
            for (i, (_, points)) in self.series.iter().enumerate() {
                let every = points.len().div_ceil(POINTS).max(1);
                let finite =
                    points.iter().step_by(every).filter(|point| point.iter().all(|value| value.is_finite()));
                for &[at, value] in finite {
                    svg.circle(&class(i), [x.place(at), y.place(value)], 3.2, "");
                }
            }
        })
    }
}
