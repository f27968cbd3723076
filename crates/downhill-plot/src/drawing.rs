//! A finished picture.

use std::fmt::Write;
use std::path::Path;

use crate::svg::{Svg, escape, px};
use crate::{Result, file};

/// The looks of all pictures: colours for a light and for a dark page, chosen by the reader's system.
pub(crate) const THEME: &str = include_str!("theme.css");

/// A picture: SVG that is legible on a light and on a dark page, and needs nothing else.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    size: [f64; 2],
    label: String,
    body: String,
    /// What a report's script reads to answer the mouse: JSON.
    data: Option<String>,
}

impl Drawing {
    pub(crate) fn new(size: [f64; 2], label: &str, draw: impl FnOnce(&mut Svg)) -> Drawing {
        let mut svg = Svg::default();
        draw(&mut svg);
        Drawing { size, label: label.into(), body: svg.into_text(), data: None }
    }

    pub(crate) fn with_data(self, data: String) -> Drawing {
        Drawing { data: Some(data), ..self }
    }

    /// Pictures side by side, as one.
    pub fn beside(drawings: &[Drawing]) -> Drawing {
        let width = drawings.iter().map(|drawing| drawing.size[0]).sum();
        let height = drawings.iter().map(|drawing| drawing.size[1]).fold(0.0, f64::max);
        let labels: Vec<&str> = drawings.iter().map(|drawing| drawing.label.as_str()).collect();
        Drawing::new([width, height], &labels.join(", "), |svg| {
            let mut x = 0.0;
            for drawing in drawings {
                svg.group("", [x, 0.0], |svg| svg.raw(&drawing.body));
                x += drawing.size[0];
            }
        })
    }

    /// Its width and height in pixels.
    pub fn size(&self) -> [f64; 2] {
        self.size
    }

    /// A whole SVG file.
    pub fn svg(&self) -> String {
        let [width, height] = self.size.map(px);
        let mut svg = String::from("<svg xmlns=\"http://www.w3.org/2000/svg\"");
        let _ = write!(svg, r#" class="downhill" width="{width}" height="{height}""#);
        self.close(&mut svg, &format!("<style>{THEME}</style>\n<rect width=\"{width}\" height=\"{height}\" style=\"fill: var(--paper)\"/>\n"));
        svg
    }

    /// An element for an HTML page that has the [theme](crate::Report); as wide as the page lets it be.
    pub(crate) fn inline(&self) -> String {
        let mut svg = String::from("<svg class=\"downhill\"");
        if let Some(data) = &self.data {
            let _ = write!(svg, " data-chart=\"{}\"", escape(data));
        }
        self.close(&mut svg, "");
        svg
    }

    fn close(&self, svg: &mut String, first: &str) {
        let [width, height] = self.size.map(px);
        let label = escape(&self.label);
        let _ = write!(
            svg,
            " viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">\n{first}{}</svg>\n",
            self.body
        );
    }

    /// Writes an SVG file.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File).
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        file::write(path.as_ref(), &self.svg())
    }
}
