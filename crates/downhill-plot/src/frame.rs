//! Title, axes and key of a chart.

use crate::number::short;
use crate::scale::Scale;
use crate::svg::{Anchor, Svg};

/// The size of a chart.
pub(crate) const SIZE: [f64; 2] = [440.0, 290.0];
const LEFT: f64 = 50.0;
const RIGHT: f64 = 14.0;
const BOTTOM: f64 = 42.0;
/// The width of a character of a key, on average.
const CHARACTER: f64 = 6.4;

/// An entry of a key: its name, and the class of the line or, filled, of the mark in front of it.
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a str,
    pub(crate) class: String,
    pub(crate) filled: bool,
}

/// Where things are in a chart.
pub(crate) struct Frame<'a> {
    pub(crate) title: &'a str,
    pub(crate) labels: [&'a str; 2],
    pub(crate) key: Vec<Entry<'a>>,
    pub(crate) size: [f64; 2],
}

impl Frame<'_> {
    /// The horizontal places of the plot's ends.
    pub(crate) fn width(&self) -> [f64; 2] {
        [LEFT, self.size[0] - RIGHT]
    }

    /// The vertical places of the plot's ends, the lower one first.
    pub(crate) fn height(&self) -> [f64; 2] {
        let rows = self.entries().last().map_or(0, |(_, [_, row])| row as usize + 1);
        let label = match (self.labels[1].is_empty(), rows) {
            (true, _) => 0.0,
            (false, 0) => 16.0,
            // Below a key it needs more room to be told from it.
            (false, _) => 22.0,
        };
        [self.size[1] - BOTTOM, 34.0 + 18.0 * rows as f64 + label]
    }

    /// The entries of the key with their places: pixels from the left, and the row.
    fn entries(&self) -> impl Iterator<Item = (&Entry<'_>, [f64; 2])> {
        let (mut x, mut row) = (LEFT, 0.0);
        self.key.iter().map(move |entry| {
            let width = 26.0 + CHARACTER * entry.name.chars().count() as f64 + 14.0;
            if x > LEFT && x + width > self.size[0] {
                (x, row) = (LEFT, row + 1.0);
            }
            let place = [x, row];
            x += width;
            (entry, place)
        })
    }

    /// Draws everything but the contents.
    pub(crate) fn draw(&self, svg: &mut Svg, x: &Scale, y: &Scale) {
        self.draw_title(svg);
        let [left, right] = x.places();
        for value in y.ticks(5) {
            svg.line("grid", [left, y.place(value)], [right, y.place(value)]);
        }
        self.draw_axes(svg, x, y);
    }

    /// Draws the axes alone.
    pub(crate) fn draw_axes(&self, svg: &mut Svg, x: &Scale, y: &Scale) {
        let ([left, right], [bottom, top]) = (x.places(), y.places());
        for value in y.ticks(5) {
            svg.text("tick", [left - 7.0, y.place(value) + 4.0], Anchor::End, short(value));
        }
        svg.raw("<g class=\"ticks\">");
        for value in x.ticks(6) {
            let at = x.place(value);
            svg.line("axis", [at, bottom], [at, bottom + 4.0]);
            svg.text("tick", [at, bottom + 17.0], Anchor::Middle, short(value));
        }
        svg.raw("</g>\n");
        svg.line("axis", [left, bottom], [right, bottom]);
        svg.text("note", [(left + right) / 2.0, bottom + 34.0], Anchor::Middle, self.labels[0]);
        if !self.labels[1].is_empty() {
            svg.text("note", [8.0, top - 10.0], Anchor::Start, self.labels[1]);
        }
    }

    pub(crate) fn draw_title(&self, svg: &mut Svg) {
        svg.text("title", [8.0, 20.0], Anchor::Start, self.title);
        for (entry, [x, row]) in self.entries() {
            let y = 40.0 + 18.0 * row;
            if entry.filled {
                svg.circle(&entry.class, [x + 14.0, y], 4.5, "");
            } else {
                svg.line(&entry.class, [x, y], [x + 20.0, y]);
            }
            svg.text("", [x + 26.0, y + 4.0], Anchor::Start, entry.name);
        }
    }
}
