//! Numbers in rows and columns, each shown by how dark it is.

use downhill::train::Confusion;

use super::bars::clipped;
use crate::frame::SIZE;
use crate::number::{percent, short};
use crate::svg::Anchor;
use crate::{Drawing, Error, Result};

/// A matrix of numbers, each cell the darker the larger its number.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    title: String,
    labels: [String; 2],
    names: [Vec<String>; 2],
    cells: Vec<Cell>,
}

#[derive(Debug, Clone, PartialEq)]
struct Cell {
    /// How dark it is, from 0 to 1.
    shade: f64,
    class: &'static str,
    text: String,
    tip: String,
}

/// More rows or columns than this have no room for the numbers.
const WRITTEN: usize = 14;

impl HeatMap {
    /// A matrix, row by row, with the names of its rows and of its columns.
    ///
    /// # Errors
    /// [`Error::Count`] if there are not as many values as cells.
    pub fn new(
        title: impl Into<String>,
        rows: Vec<String>,
        columns: Vec<String>,
        values: &[f64],
    ) -> Result<HeatMap> {
        let expected = rows.len() * columns.len();
        if values.len() != expected {
            return Err(Error::Count { what: "a heat map", expected, found: values.len() });
        }
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let (low, high) =
            (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
        let cell = |(i, &value): (usize, &f64)| {
            let (row, column) = (&rows[i / columns.len()], &columns[i % columns.len()]);
            Cell {
                shade: if high > low && value.is_finite() { (value - low) / (high - low) } else { 0.0 },
                class: "f0",
                text: short(value),
                tip: format!("{row}, {column}: {}", short(value)),
            }
        };
        let cells = values.iter().enumerate().map(cell).collect();
        Ok(HeatMap { title: title.into(), labels: Default::default(), names: [rows, columns], cells })
    }

    /// A confusion matrix: a row for each true class, and how large a part of its samples was taken for each class.
    /// What is right is on the diagonal, in another colour; of what is wrong, the root of its part is shown.
    pub fn confusion(confusion: &Confusion, names: &[String]) -> HeatMap {
        HeatMap::confusion_of(confusion, names, &(0..confusion.classes()).collect::<Vec<_>>())
    }

    /// The same of some classes only.
    pub fn confusion_of(confusion: &Confusion, names: &[String], classes: &[usize]) -> HeatMap {
        let name = |&class: &usize| names.get(class).cloned().unwrap_or_else(|| class.to_string());
        let cell = |(truth, taken): (usize, usize)| {
            let count = confusion.count(truth, taken);
            let part = count as f64 / confusion.support(truth).max(1) as f64;
            let (from, to) = (name(&truth), name(&taken));
            let class = match count {
                0 => "f7",
                _ if truth == taken => "f0",
                _ => "f1",
            };
            Cell {
                // Mistakes are rare, and are to be seen.
                shade: if truth == taken { part } else { part.sqrt() },
                class,
                text: if count == 0 { "·".into() } else { count.to_string() },
                tip: format!("{from} taken for {to}: {count}, {} of the class", percent(part)),
            }
        };
        let pairs = classes.iter().flat_map(|&truth| classes.iter().map(move |&taken| (truth, taken)));
        HeatMap {
            title: "Confusion matrix".into(),
            labels: ["taken for".into(), "true class".into()],
            names: [classes.iter().map(name).collect(), classes.iter().map(name).collect()],
            cells: pairs.map(cell).collect(),
        }
    }

    /// Says what the columns and the rows are.
    #[must_use]
    pub fn labels(mut self, columns: impl Into<String>, rows: impl Into<String>) -> HeatMap {
        self.labels = [columns.into(), rows.into()];
        self
    }

    /// Draws it.
    pub fn draw(&self) -> Drawing {
        let [rows, columns] = &self.names;
        let longest = |names: &[String]| {
            names.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(16) as f64
        };
        let left = 28.0 + 6.6 * longest(rows);
        let cell = ((SIZE[0] - 14.0 - left) / columns.len().max(1) as f64).min(52.0);
        let height = cell.min(40.0);
        // Names of columns that are wider than a column run upward.
        let upright = 6.6 * longest(columns) + 6.0 > cell;
        let top = 52.0 + if upright { 6.2 * longest(columns) } else { 12.0 };
        let step = (14.0 / height).ceil().max(1.0) as usize;
        let size = [SIZE[0], top + height * rows.len() as f64 + 12.0];
        Drawing::new(size, &self.title, |svg| {
            svg.text("title", [8.0, 20.0], Anchor::Start, &self.title);
            let middle = left + cell * columns.len() as f64 / 2.0;
            svg.text("note", [middle, 40.0], Anchor::Middle, &self.labels[0]);
            svg.text_up(
                "note",
                [14.0, top + height * rows.len() as f64 / 2.0],
                Anchor::Middle,
                &self.labels[1],
            );
            for (i, name) in rows.iter().enumerate().step_by(step) {
                let y = top + height * (i as f64 + 0.5) + 4.0;
                svg.text("tick", [left - 7.0, y], Anchor::End, clipped(name, 16));
            }
            for (i, name) in columns.iter().enumerate().step_by(step) {
                let x = left + cell * (i as f64 + 0.5);
                if upright {
                    svg.text_up("tick", [x + 4.0, top - 7.0], Anchor::Start, &clipped(name, 16));
                } else {
                    svg.text("tick", [x, top - 7.0], Anchor::Middle, clipped(name, 16));
                }
            }
            let written = columns.len() <= WRITTEN;
            for (i, one) in self.cells.iter().enumerate() {
                let (row, column) = ((i / columns.len()) as f64, (i % columns.len()) as f64);
                let place = [left + cell * column, top + height * row];
                let shade = 0.05 + 0.9 * one.shade;
                svg.shade(
                    one.class,
                    [place[0] + 0.8, place[1] + 0.8],
                    [cell - 1.6, height - 1.6],
                    shade,
                    &one.tip,
                );
                if written {
                    let class = if shade > 0.5 { "cell on" } else { "cell" };
                    svg.text(
                        class,
                        [place[0] + cell / 2.0, place[1] + height / 2.0 + 4.0],
                        Anchor::Middle,
                        &one.text,
                    );
                }
            }
        })
    }
}
