//! A hill seen from the side.

use std::fmt::Write;

use super::draw::{SIZE, colour, draw_bar, draw_paths};
use super::plane::between;
use super::{Hill, Plane};
use crate::Drawing;
use crate::scale::Scale;
use crate::svg::{Anchor, px};

/// From where one looks at a relief: radians around it and above the horizon.
#[derive(Debug, Clone, Copy)]
struct View {
    around: f64,
    above: f64,
}

/// How high the highest point is, in sides of the square below.
const HEIGHT: f64 = 0.52;
/// The side of the square, and where its middle is.
const SCALE: f64 = 284.0;
const MIDDLE: [f64; 2] = [220.0, 236.0];

impl View {
    /// Where the ground falls towards the viewer, turned a little.
    fn downhill(heights: &[f64], side: usize) -> View {
        let (mut gx, mut gy) = (0.0, 0.0);
        for (i, height) in heights.iter().enumerate() {
            gx += ((i % side) as f64 / (side - 1) as f64 - 0.5) * height;
            gy += ((i / side) as f64 / (side - 1) as f64 - 0.5) * height;
        }
        View { around: (-gx).atan2(-gy) + 0.45, above: 0.62 }
    }

    /// Where a place of the ground is seen, and how near it is. Places are parts of the sides.
    fn see(&self, [u, v]: [f64; 2], height: f64) -> ([f64; 2], f64) {
        let (u, v) = (u - 0.5, v - 0.5);
        let (sin, cos) = self.around.sin_cos();
        let (across, near) = (u * cos - v * sin, u * sin + v * cos);
        let x = MIDDLE[0] + SCALE * across;
        let y = MIDDLE[1] + SCALE * (near * self.above.sin() - (height - 0.35) * HEIGHT * self.above.cos());
        ([x, y], near)
    }
}

impl Hill {
    /// A plane seen from the side, with the descents.
    pub fn relief(&self, plane: &Plane) -> Drawing {
        let heights = plane.heights();
        let view = View::downhill(&heights, plane.side);
        let title = match &self.descents[..] {
            [] => "The hill".to_string(),
            [one] => format!("The hill, and the way that {} took down", one.name),
            _ => "The hill, and the ways down".to_string(),
        };
        let drawing = Drawing::new(SIZE, &title, |svg| {
            svg.text("title", [8.0, 20.0], Anchor::Start, &title);
            let mut x = 8.0;
            for (i, descent) in self.descents.iter().enumerate().filter(|_| self.descents.len() > 1) {
                svg.line(&format!("line k{}", i % 4), [x, 38.0], [x + 20.0, 38.0]);
                svg.text("", [x + 26.0, 42.0], Anchor::Start, &descent.name);
                x += 44.0 + 6.4 * descent.name.chars().count() as f64;
            }
            svg.raw("<g class=\"relief\" stroke=\"#06222c\" stroke-opacity=\".16\" stroke-width=\".5\" stroke-linejoin=\"round\">\n");
            svg.raw(&surface(&heights, plane.side, &view));
            svg.raw("</g>\n<g class=\"paths\">\n");
            let see = |place: [f64; 2]| {
                let part = plane.part(place).map(|part| part.clamp(0.0, 1.0));
                view.see(part, between(&heights, plane.side, part) + 0.01).0
            };
            let descents: Vec<usize> = (0..self.descents.len()).collect();
            draw_paths(svg, plane, &descents, see);
            svg.raw("</g>\n");
            draw_bar(svg, plane, [8.0, SIZE[1] - 22.0]);
        });
        // The script turns the relief: it needs to know how it is seen.
        let x = Scale::linear([0.0, 1.0], [view.around, view.above]);
        let y = Scale::linear([0.0, 1.0], [SCALE, HEIGHT]);
        drawing.with_data(self.data(plane, "relief", &(0..self.descents.len()).collect::<Vec<_>>(), &x, &y))
    }
}

/// The ground's cells, the farthest first, each as light as the sun makes it.
fn surface(heights: &[f64], side: usize, view: &View) -> String {
    let part = |i: usize| i as f64 / (side - 1) as f64;
    let mut cells: Vec<(f64, String)> = Vec::with_capacity(side * side);
    for row in 0..side - 1 {
        for column in 0..side - 1 {
            let corners = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)];
            let height = corners.map(|(row, column)| heights[row * side + column]);
            let seen: [_; 4] = std::array::from_fn(|i| {
                let (row, column) = corners[i];
                view.see([part(column), part(row)], height[i])
            });
            let mean = height.iter().sum::<f64>() / 4.0;
            let slope = [
                (height[1] + height[2] - height[0] - height[3]) / 2.0,
                (height[2] + height[3] - height[0] - height[1]) / 2.0,
            ];
            let [r, g, b] = lit(mean, slope.map(|slope| slope * (side - 1) as f64), view.around);
            let mut cell = format!("<path fill=\"#{r:02x}{g:02x}{b:02x}\" d=\"");
            for (i, ([x, y], _)) in seen.iter().enumerate() {
                let _ = write!(cell, "{}{} {}", if i == 0 { 'M' } else { 'L' }, px(*x), px(*y));
            }
            cell.push_str("Z\"/>\n");
            cells.push((seen.iter().map(|(_, near)| near).sum(), cell));
        }
    }
    cells.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    cells.into_iter().map(|(_, cell)| cell).collect()
}

/// A height's colour, as light as the sun makes a slope that is turned so far: it stands at the viewer's left.
fn lit(height: f64, [gx, gy]: [f64; 2], around: f64) -> [u8; 3] {
    let (sin, cos) = around.sin_cos();
    let (across, near) = (gx * cos - gy * sin, gx * sin + gy * cos);
    let (nx, ny, nz) = (-across * HEIGHT, -near * HEIGHT, 1.0);
    let length = f64::sqrt(nx * nx + ny * ny + nz * nz);
    let light = 0.72 + 0.34 * (-0.55 * nx + 0.25 * ny + 0.8 * nz) / length;
    colour(height).map(|byte| (f64::from(byte) * light).clamp(0.0, 255.0) as u8)
}
