//! Bars: counts of classes, and of numbers in intervals.

use crate::Drawing;
use crate::frame::{Frame, SIZE};
use crate::number::{count, short};
use crate::scale::Scale;
use crate::svg::Anchor;

/// Upright bars, or, where they have names, lying ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    title: String,
    labels: [String; 2],
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// The interval that the numbers are in, and how many are in each of its equal parts.
    Histogram { ends: [f64; 2], counts: Vec<usize> },
    /// A bar for each name.
    Named(Vec<(String, f64)>),
}

impl Bars {
    /// How many of the values lie in each of so many equal parts of their range; those that are not finite count
    /// nowhere.
    pub fn histogram(title: impl Into<String>, values: &[f64], bins: usize) -> Bars {
        let scale = Scale::around(values.iter().copied(), false, false, [0.0, 1.0]);
        Bars {
            title: title.into(),
            labels: Default::default(),
            kind: histogram(values, scale.values(), bins),
        }
    }

    /// The same over a range of one's own.
    pub fn histogram_over(title: impl Into<String>, values: &[f64], range: [f64; 2], bins: usize) -> Bars {
        Bars { title: title.into(), labels: Default::default(), kind: histogram(values, range, bins) }
    }

    /// A bar for each name, from the top downward.
    pub fn named(title: impl Into<String>, bars: impl IntoIterator<Item = (String, f64)>) -> Bars {
        let kind = Kind::Named(bars.into_iter().collect());
        Bars { title: title.into(), labels: Default::default(), kind }
    }

    /// Says what is on the axes.
    #[must_use]
    pub fn labels(mut self, x: impl Into<String>, y: impl Into<String>) -> Bars {
        self.labels = [x.into(), y.into()];
        self
    }

    /// Draws it.
    pub fn draw(&self) -> Drawing {
        match &self.kind {
            Kind::Histogram { ends, counts } => self.draw_histogram(*ends, counts),
            Kind::Named(bars) => self.draw_named(bars),
        }
    }

    fn draw_histogram(&self, ends: [f64; 2], counts: &[usize]) -> Drawing {
        let labels = [self.labels[0].as_str(), self.labels[1].as_str()];
        let frame = Frame { title: &self.title, labels, key: Vec::new(), size: SIZE };
        let x = Scale::linear(ends, frame.width());
        let most = counts.iter().copied().max().unwrap_or(0).max(1) as f64;
        let y = Scale::around([0.0, most], false, true, frame.height());
        Drawing::new(SIZE, &self.title, |svg| {
            frame.draw(svg, &x, &y);
            let part = (ends[1] - ends[0]) / counts.len() as f64;
            for (i, &number) in counts.iter().enumerate().filter(|&(_, &number)| number > 0) {
                let [from, to] = [i, i + 1].map(|i| ends[0] + i as f64 * part);
                let (left, right, top) = (x.place(from) + 0.7, x.place(to) - 0.7, y.place(number as f64));
                let tip = format!("{} to {}: {}", short(from), short(to), count(number));
                svg.rect("f0", [left, top], [right - left, y.places()[0] - top], &tip);
            }
        })
    }

    fn draw_named(&self, bars: &[(String, f64)]) -> Drawing {
        const ROW: f64 = 24.0;
        let longest = bars.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).min(22);
        let left = 16.0 + 6.6 * longest as f64;
        let most = bars.iter().map(|&(_, value)| value).filter(|value| value.is_finite()).fold(0.0, f64::max);
        let x = Scale::linear([0.0, if most > 0.0 { most } else { 1.0 }], [left, SIZE[0] - 56.0]);
        let size = [SIZE[0], 40.0 + ROW * bars.len() as f64];
        Drawing::new(size, &self.title, |svg| {
            svg.text("title", [8.0, 20.0], Anchor::Start, &self.title);
            for (i, (name, value)) in bars.iter().enumerate() {
                let y = 34.0 + ROW * i as f64;
                let value = if value.is_finite() { value.max(0.0) } else { 0.0 };
                svg.text("", [left - 8.0, y + 14.0], Anchor::End, clipped(name, 22));
                svg.rect("f0", [left, y + 2.0], [x.place(value) - left, ROW - 7.0], "");
                svg.text("tick", [x.place(value) + 6.0, y + 14.0], Anchor::Start, short(value));
            }
        })
    }
}

fn histogram(values: &[f64], ends: [f64; 2], bins: usize) -> Kind {
    let bins = bins.clamp(1, 1000);
    let mut counts = vec![0; bins];
    for &value in values.iter().filter(|value| value.is_finite()) {
        let part = (value - ends[0]) / (ends[1] - ends[0]) * bins as f64;
        if (-1e-9..=bins as f64 + 1e-9).contains(&part) {
            counts[(part.max(0.0) as usize).min(bins - 1)] += 1;
        }
    }
    Kind::Histogram { ends, counts }
}

/// A name that is not longer than this.
pub(crate) fn clipped(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.into();
    }
    name.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_finite_value_is_counted_once(values in proptest::collection::vec(-1e6_f64..1e6, 0..50), bins in 1_usize..40) {
            let Kind::Histogram { counts, .. } = Bars::histogram("", &values, bins).kind else { unreachable!() };
            prop_assert_eq!(counts.len(), bins);
            prop_assert_eq!(counts.iter().sum::<usize>(), values.len());
        }
    }
}
