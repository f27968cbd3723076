//! A hill as a map.

use std::fmt::Write;

use super::{Hill, Plane, PlaneKind};
use crate::Drawing;
use crate::chart::{Image, json, quote};
use crate::frame::{Entry, Frame};
use crate::number::{percent, short};
use crate::scale::Scale;
use crate::svg::{Anchor, Svg, path, px};

/// The size of a map and of a relief.
pub(super) const SIZE: [f64; 2] = [440.0, 420.0];
/// The number of levels of a map.
const LEVELS: usize = 14;
/// The points on a side of the image under a map.
const PIXELS: usize = 120;

impl Hill {
    /// A plane seen from above, with lines of equal loss and the descents.
    pub fn map(&self, plane: &Plane) -> Drawing {
        self.map_of(plane, &(0..self.descents.len()).collect::<Vec<_>>(), self.title(plane))
    }

    /// A map for each descent, all of the same ground: how they compare.
    pub fn maps(&self, plane: &Plane) -> Vec<Drawing> {
        let name = |i: usize| self.descents[i].name.clone();
        (0..self.descents.len()).map(|i| self.map_of(plane, &[i], name(i))).collect()
    }

    pub(super) fn title(&self, plane: &Plane) -> String {
        match plane.kind {
            PlaneKind::Principal { .. } => "The plane of the path".into(),
            PlaneKind::FilterNormalised => "A random plane".into(),
        }
    }

    /// What there is to know of a plane, in a sentence.
    pub(crate) fn about(&self, plane: &Plane) -> String {
        match plane.kind {
            PlaneKind::Principal { share } => format!(
                "The two directions in which θ moved the most hold {} of its way. The path is drawn \
                    where it lies in this plane; its true height may differ a little from the ground’s. \
                    The ring is the model.",
                percent(share)
            ),
            PlaneKind::FilterNormalised => "Two random directions, each filter’s as long as the filter \
                itself (Li et al. 2018). It shows how wide the valley is; of the path it shows little, \
                since a path is almost at right angles to anything random."
                .into(),
        }
    }

    fn map_of(&self, plane: &Plane, descents: &[usize], title: String) -> Drawing {
        let entry = |&i: &usize| Entry {
            name: &self.descents[i].name,
            class: format!("line k{}", i % 4),
            filled: false,
        };
        let labels = match plane.kind {
            PlaneKind::Principal { .. } => {
                ["distance from the model, first principal direction", "second principal direction"]
            }
            PlaneKind::FilterNormalised => ["first direction", "second direction"],
        };
        let frame = Frame {
            title: &title,
            labels,
            key: if descents.len() > 1 { descents.iter().map(entry).collect() } else { Vec::new() },
            size: [SIZE[0], SIZE[1] - 30.0],
        };
        let x = Scale::linear(plane.x, frame.width());
        let y = Scale::linear(plane.y, frame.height());
        let heights = plane.heights();
        let drawing = Drawing::new(SIZE, &title, |svg| {
            let ([left, right], [bottom, top]) = (x.places(), y.places());
            svg.image([left, top], [right - left, bottom - top], &ground(plane, &heights).uri(), true);
            for level in 1..LEVELS {
                let lines = isolines(&heights, plane.side, level as f64 / LEVELS as f64);
                let place = |[u, v]: [f64; 2]| [left + u * (right - left), bottom + v * (top - bottom)];
                svg.path("iso", &segments(&lines, place));
            }
            frame.draw_axes(svg, &x, &y);
            frame.draw_title(svg);
            svg.raw("<g class=\"paths\">\n");
            draw_paths(svg, plane, descents, |[a, b]| [x.place(a), y.place(b)]);
            svg.raw("</g>\n");
            draw_bar(svg, plane, [left, SIZE[1] - 22.0]);
        });
        drawing.with_data(self.data(plane, "map", descents, &x, &y))
    }

    /// What the script needs of a plane: where it is drawn, the losses, and the paths.
    pub(super) fn data(&self, plane: &Plane, kind: &str, descents: &[usize], x: &Scale, y: &Scale) -> String {
        let list = |numbers: &mut dyn Iterator<Item = f64>| numbers.map(json).collect::<Vec<_>>().join(",");
        let ([left, right], [bottom, top]) = (x.places(), y.places());
        let mut data = format!(
            "{{\"{kind}\":[{left},{right},{bottom},{top}],\"side\":{},\"loss\":[{}],\"height\":[{}],\"model\":[{}],\"paths\":[",
            plane.side,
            list(&mut plane.losses.iter().copied()),
            list(&mut plane.heights().into_iter().map(|height| (height * 1e4).round() / 1e4)),
            list(&mut plane.part([0.0, 0.0]).into_iter()),
        );
        for (n, &i) in descents.iter().enumerate() {
            let descent = &self.descents[i];
            let parts: Vec<[f64; 2]> = plane.paths[i].iter().map(|&place| plane.part(place)).collect();
            let _ = write!(
                data,
                "{}{{\"n\":{},\"c\":{},\"s\":[{}],\"l\":[{}],\"p\":[{}]}}",
                if n == 0 { "" } else { "," },
                quote(&descent.name),
                i % 4,
                list(&mut descent.steps.iter().map(|&step| step as f64)),
                list(&mut descent.losses.iter().copied()),
                list(&mut parts.iter().flatten().map(|part| (part * 1e4).round() / 1e4)),
            );
        }
        data + "]}"
    }
}

/// Draws paths, each with its start and its end, and where the model is. Later ones are thinner, so that what lies on
/// the same way is seen.
pub(super) fn draw_paths(
    svg: &mut Svg,
    plane: &Plane,
    descents: &[usize],
    place: impl Fn([f64; 2]) -> [f64; 2],
) {
    let places = |i: usize| plane.paths[i].iter().map(|&at| place(at));
    for &i in descents {
        svg.path("halo", &path(places(i)));
    }
    for &i in descents {
        svg.path(&format!("line t{}", i % 4), &path(places(i)));
    }
    svg.circle("model", place([0.0, 0.0]), 9.0, "the model");
    for (n, &i) in descents.iter().enumerate() {
        let smaller = n as f64 * 0.9;
        for (end, r) in [(places(i).next(), 4.0), (places(i).last(), 6.0)] {
            if let Some(end) = end {
                svg.circle(&format!("end u{}", i % 4), end, f64::max(r - smaller, 2.0), "");
            }
        }
    }
}

/// The colours of the ground from the lowest to the highest, and the losses there.
pub(super) fn draw_bar(svg: &mut Svg, plane: &Plane, [x, y]: [f64; 2]) {
    const WIDTH: f64 = 150.0;
    let bytes = (0..64).flat_map(|i| colour(f64::from(i) / 63.0)).collect();
    let [low, high] = plane.range().map(short);
    let log = if plane.is_log() { ", logarithmic" } else { "" };
    let text = format!("loss {low}");
    let start = x + 6.2 * text.chars().count() as f64 + 6.0;
    svg.text("note", [x, y + 9.0], Anchor::Start, text);
    svg.image([start, y], [WIDTH, 10.0], &Image::from_rgb(64, 1, bytes).uri(), true);
    svg.text("note", [start + WIDTH + 8.0, y + 9.0], Anchor::Start, format!("{high}{log}"));
}

/// The ground from above, shaded as if the sun stood in the upper left.
fn ground(plane: &Plane, heights: &[f64]) -> Image {
    let mut bytes = Vec::with_capacity(PIXELS * PIXELS * 3);
    let step = 1.0 / PIXELS as f64;
    for row in (0..PIXELS).rev() {
        for column in 0..PIXELS {
            let place = [(column as f64 + 0.5) * step, (row as f64 + 0.5) * step];
            let at =
                |dx: f64, dy: f64| super::plane::between(heights, plane.side, [place[0] + dx, place[1] + dy]);
            let slope = [at(step, 0.0) - at(-step, 0.0), at(0.0, step) - at(0.0, -step)];
            let light = 1.0 + 1.6 * (slope[1] - slope[0]).clamp(-0.12, 0.12);
            bytes.extend(colour(at(0.0, 0.0)).map(|byte| (f64::from(byte) * light).clamp(0.0, 255.0) as u8));
        }
    }
    Image::from_rgb(PIXELS, PIXELS, bytes)
}

/// The colour of a height, from the lake in the valley to the snow: its lightness grows with the height.
pub(super) fn colour(height: f64) -> [u8; 3] {
    const STOPS: [[f64; 3]; 7] = [
        [16.0, 42.0, 84.0],
        [20.0, 92.0, 130.0],
        [32.0, 140.0, 138.0],
        [98.0, 180.0, 120.0],
        [186.0, 208.0, 118.0],
        [240.0, 222.0, 158.0],
        [252.0, 246.0, 232.0],
    ];
    let place = height.clamp(0.0, 1.0) * (STOPS.len() - 1) as f64;
    let (stop, part) = ((place as usize).min(STOPS.len() - 2), place.fract());
    let part = if place >= (STOPS.len() - 1) as f64 { 1.0 } else { part };
    std::array::from_fn(|i| (STOPS[stop][i] + (STOPS[stop + 1][i] - STOPS[stop][i]) * part).round() as u8)
}

/// Pieces of the line where a grid has a height: marching squares, each cell in two triangles, so that no case is
/// ambiguous. Places are parts of the sides.
pub(super) fn isolines(heights: &[f64], side: usize, level: f64) -> Vec<[[f64; 2]; 2]> {
    let last = (side - 1) as f64;
    let point = |row: usize, column: usize| {
        ([column as f64 / last, row as f64 / last], heights[row * side + column] - level)
    };
    let mut pieces = Vec::new();
    for row in 0..side - 1 {
        for column in 0..side - 1 {
            let corners = [
                point(row, column),
                point(row, column + 1),
                point(row + 1, column + 1),
                point(row + 1, column),
            ];
            for triangle in [[0, 1, 2], [0, 2, 3]] {
                let mut crossings = Vec::with_capacity(2);
                for (a, b) in [(0, 1), (1, 2), (2, 0)] {
                    let ((p, hp), (q, hq)) = (corners[triangle[a]], corners[triangle[b]]);
                    if (hp < 0.0) != (hq < 0.0) {
                        let part = hp / (hp - hq);
                        crossings.push([p[0] + (q[0] - p[0]) * part, p[1] + (q[1] - p[1]) * part]);
                    }
                }
                if let [from, to] = crossings[..] {
                    pieces.push([from, to]);
                }
            }
        }
    }
    pieces
}

fn segments(pieces: &[[[f64; 2]; 2]], place: impl Fn([f64; 2]) -> [f64; 2]) -> String {
    let mut path = String::new();
    for &[from, to] in pieces {
        let ([a, b], [c, d]) = (place(from), place(to));
        let _ = write!(path, "M{} {}L{} {}", px(a), px(b), px(c), px(d));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_isoline_of_a_cone_is_a_circle() {
        let side = 41;
        let place = |i: usize| [(i % side) as f64 / 40.0 - 0.5, (i / side) as f64 / 40.0 - 0.5];
        let heights: Vec<f64> = (0..side * side).map(|i| f64::hypot(place(i)[0], place(i)[1])).collect();
        let pieces = isolines(&heights, side, 0.3);
        assert!(pieces.len() > 60);
        for [x, y] in pieces.iter().flatten() {
            assert!((f64::hypot(x - 0.5, y - 0.5) - 0.3).abs() < 1e-3, "{x} {y}");
        }
        let length: f64 = pieces.iter().map(|[a, b]| f64::hypot(a[0] - b[0], a[1] - b[1])).sum();
        assert!((length - 0.6 * std::f64::consts::PI).abs() < 0.01, "closed: {length}");
    }

    #[test]
    fn higher_is_lighter() {
        let lightness =
            |i: i32| colour(f64::from(i) / 100.0).iter().map(|&byte| i32::from(byte)).sum::<i32>();
        assert!((0..100).all(|i| lightness(i) <= lightness(i + 1)));
    }
}
