//! Plots on two logarithmic axes, as SVG that is legible on a light and on a dark page.

use std::fmt::Write;

/// The size of a panel with its margins, and the margins: left, right, top, bottom.
const PANEL: [f64; 2] = [450.0, 360.0];
const MARGINS: [f64; 4] = [64.0, 18.0, 66.0, 50.0];

/// The looks. A reader's system says whether it is dark.
const STYLE: &str = "
text { font: 12px system-ui, sans-serif; fill: #1f2328; }
.title { font-size: 14px; font-weight: 600; }
.tick { font-size: 11px; fill: #59636e; }
.page { fill: #ffffff; }
.grid { stroke: #d1d9e0; stroke-width: 1; }
.line { fill: none; stroke-width: 2; }
.guide { fill: none; stroke: #818b98; stroke-width: 1.3; }
.g0 { stroke-dasharray: 7 4; }
.g1 { stroke-dasharray: 2 3; }
.s0 { stroke: #0969da; } .f0 { fill: #0969da; }
.s1 { stroke: #bc4c00; } .f1 { fill: #bc4c00; }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc; }
.tick { fill: #9198a1; }
.page { fill: #0d1117; }
.grid { stroke: #3d444d; }
.s0 { stroke: #58a6ff; } .f0 { fill: #58a6ff; }
.s1 { stroke: #f0883e; } .f1 { fill: #f0883e; }
}
";

/// A plot: what is on its horizontal axis, and its curves.
#[derive(Debug, Clone)]
pub struct Panel {
    /// Above the plot: what is on its vertical axis.
    pub title: String,
    /// Below the plot: what is on its horizontal axis.
    pub horizontal: String,
    /// What was measured: the first two get a colour each.
    pub lines: Vec<Line>,
    /// What to compare it with: dashed.
    pub guides: Vec<Line>,
}

/// A curve and its name.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// Its points, from left to right; all numbers above 0.
    pub points: Vec<[f64; 2]>,
}

impl Line {
    /// A line of the slope `exponent` on logarithmic axes through a point, as long as a curve.
    pub fn power(name: impl Into<String>, through: [f64; 2], exponent: i32, curve: &Line) -> Line {
        let at = |[x, _]: [f64; 2]| [x, through[1] * (x / through[0]).powi(exponent)];
        Line { name: name.into(), points: curve.points.iter().map(|&point| at(point)).collect() }
    }
}

/// Draws panels side by side.
pub fn svg(panels: &[Panel]) -> String {
    let (width, height) = (PANEL[0] * panels.len() as f64, PANEL[1]);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n<style>{STYLE}</style>\n\
         <rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n"
    );
    for (i, panel) in panels.iter().enumerate() {
        let _ = writeln!(svg, "<g transform=\"translate({},0)\">", PANEL[0] * i as f64);
        panel.draw(&mut svg);
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

impl Panel {
    fn draw(&self, svg: &mut String) {
        let [left, right, top, bottom] = MARGINS;
        let (right, bottom) = (PANEL[0] - right, PANEL[1] - bottom);
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let x = Axis::around(points().map(|point| point[0]), 1.0, [left, right]);
        let y = Axis::around(points().map(|point| point[1]), 1.25, [bottom, top]);

        let _ = writeln!(svg, r#"<text class="title" x="{left}" y="22">{}</text>"#, self.title);
        let (middle, below) = ((left + right) / 2.0, PANEL[1] - 12.0);
        let _ = writeln!(
            svg,
            r#"<text x="{middle}" y="{below}" text-anchor="middle">{}</text>"#,
            self.horizontal
        );
        for value in y.decades() {
            let (at, label, text) = (y.place(value), short(value), left - 8.0);
            let _ = writeln!(svg, r#"<path class="grid" d="M{left} {at:.1}H{right}"/>"#);
            let _ = writeln!(
                svg,
                r#"<text class="tick" x="{text}" y="{:.1}" text-anchor="end">{label}</text>"#,
                at + 4.0
            );
        }
        for value in self.measured() {
            let (at, label) = (x.place(value), short(value));
            let _ = writeln!(svg, r#"<path class="grid" d="M{at:.1} {top}V{bottom}"/>"#);
            let _ = writeln!(
                svg,
                r#"<text class="tick" x="{at:.1}" y="{:.1}" text-anchor="middle">{label}</text>"#,
                bottom + 17.0
            );
        }
        let place = |point: &[f64; 2]| (x.place(point[0]), y.place(point[1]));
        for (i, guide) in self.guides.iter().enumerate() {
            // Only as far as the plot reaches.
            let inside = |point: &&[f64; 2]| y.holds(point[1]);
            let shown: Vec<_> = guide.points.iter().filter(inside).map(place).collect();
            let _ = writeln!(svg, r#"<path class="guide g{i}" d="{}"/>"#, path(&shown));
        }
        for (i, line) in self.lines.iter().enumerate() {
            let shown: Vec<_> = line.points.iter().map(place).collect();
            let _ = writeln!(svg, r#"<path class="line s{i}" d="{}"/>"#, path(&shown));
            for (x, y) in shown {
                svg.push_str(&mark(i, x, y));
            }
        }
        self.draw_key(svg, left);
    }

    /// The horizontal places of the measured points.
    fn measured(&self) -> impl Iterator<Item = f64> {
        self.lines.iter().take(1).flat_map(|line| &line.points).map(|point| point[0])
    }

    /// The names of the curves, in a row under the title.
    fn draw_key(&self, svg: &mut String, mut x: f64) {
        let y = 44.0;
        let lines =
            self.lines.iter().enumerate().map(|(i, line)| (line, format!("line s{i}"), mark(i, 0.0, y)));
        let guides = self.guides.iter().enumerate();
        let guides = guides.map(|(i, guide)| (guide, format!("guide g{i}"), String::new()));
        for (line, class, mark) in lines.chain(guides) {
            let end = x + 24.0;
            let _ = writeln!(svg, r#"<path class="{class}" d="M{x:.1} {y}H{end:.1}"/>"#);
            let _ = writeln!(svg, r#"<g transform="translate({:.1},0)">{mark}</g>"#, x + 12.0);
            let _ = writeln!(svg, r#"<text x="{:.1}" y="{:.1}">{}</text>"#, end + 5.0, y + 4.0, line.name);
            x = end + 20.0 + 6.6 * line.name.chars().count() as f64;
        }
    }
}

/// A logarithmic axis.
struct Axis {
    /// The logarithms of what is at its ends.
    values: [f64; 2],
    /// Where its ends are.
    places: [f64; 2],
}

impl Axis {
    /// An axis that holds these values and leaves room of this factor on both sides.
    fn around(values: impl Iterator<Item = f64>, room: f64, places: [f64; 2]) -> Axis {
        let [low, high] =
            values.fold([f64::INFINITY, 0.0_f64], |[low, high], value| [low.min(value), high.max(value)]);
        Axis { values: [(low / room).ln(), (high * room).ln()], places }
    }

    fn place(&self, value: f64) -> f64 {
        let ([low, high], [from, to]) = (self.values, self.places);
        from + (value.ln() - low) / (high - low).max(1e-9) * (to - from)
    }

    fn holds(&self, value: f64) -> bool {
        (self.values[0]..=self.values[1]).contains(&value.ln())
    }

    /// Round numbers on the axis: powers of ten, and what lies between them if there are few.
    fn decades(&self) -> Vec<f64> {
        let few = self.values[1] - self.values[0] < 2.5 * std::f64::consts::LN_10;
        let steps: &[f64] = if few { &[1.0, 2.0, 5.0] } else { &[1.0] };
        (-9..12)
            .flat_map(|power| steps.iter().map(move |step| step * 10_f64.powi(power)))
            .filter(|&value| self.holds(value))
            .collect()
    }
}

/// A line through points.
fn path(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        let _ = write!(path, "{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
    }
    path
}

/// The mark of a measured point: a shape for each curve, so that colour is not all that tells them apart.
fn mark(line: usize, x: f64, y: f64) -> String {
    if line == 0 {
        format!("<circle class=\"f{line}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"/>\n")
    } else {
        let (x, y) = (x - 3.0, y - 3.0);
        format!("<rect class=\"f{line}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"6\" height=\"6\"/>\n")
    }
}

/// A number in few characters: 0.05, 20, 5k, 2M.
fn short(value: f64) -> String {
    match value {
        1e6.. => format!("{}M", (value / 1e6 * 10.0).round() / 10.0),
        1e4.. => format!("{}k", (value / 1e3).round()),
        _ => format!("{}", (value * 1e4).round() / 1e4),
    }
}
