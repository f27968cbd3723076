//! SVG, written by hand.

use std::fmt::{Display, Write};

/// The text of a picture while it is drawn. Places are in pixels, y downward.
#[derive(Debug, Default)]
pub(crate) struct Svg {
    text: String,
}

impl Svg {
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    pub(crate) fn raw(&mut self, markup: &str) {
        self.text.push_str(markup);
    }

    /// Draws a part of the picture moved and named by a class.
    pub(crate) fn group(&mut self, class: &str, [x, y]: [f64; 2], draw: impl FnOnce(&mut Svg)) {
        let _ = write!(self.text, r#"<g class="{class}" transform="translate({} {})">"#, px(x), px(y));
        draw(self);
        self.raw("</g>\n");
    }

    pub(crate) fn line(&mut self, class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) {
        let _ = writeln!(
            self.text,
            r#"<path class="{class}" d="M{} {}L{} {}"/>"#,
            px(x1),
            px(y1),
            px(x2),
            px(y2)
        );
    }

    pub(crate) fn path(&mut self, class: &str, d: &str) {
        let _ = writeln!(self.text, r#"<path class="{class}" d="{d}"/>"#);
    }

    /// A rectangle. What `tip` says is shown when the mouse rests on it, and read by screen readers.
    pub(crate) fn rect(&mut self, class: &str, [x, y]: [f64; 2], [w, h]: [f64; 2], tip: &str) {
        let _ = write!(
            self.text,
            r#"<rect class="{class}" x="{}" y="{}" width="{}" height="{}""#,
            px(x),
            px(y),
            px(w.max(0.0)),
            px(h.max(0.0))
        );
        self.tip("rect", tip);
    }

    /// A rectangle of which so much is to be seen, from 0 to 1.
    pub(crate) fn shade(&mut self, class: &str, [x, y]: [f64; 2], [w, h]: [f64; 2], part: f64, tip: &str) {
        let _ = write!(
            self.text,
            r#"<rect class="{class}" x="{}" y="{}" width="{}" height="{}" fill-opacity="{:.3}""#,
            px(x),
            px(y),
            px(w),
            px(h),
            part.clamp(0.0, 1.0)
        );
        self.tip("rect", tip);
    }

    pub(crate) fn circle(&mut self, class: &str, [x, y]: [f64; 2], r: f64, tip: &str) {
        let _ = write!(self.text, r#"<circle class="{class}" cx="{}" cy="{}" r="{}""#, px(x), px(y), px(r));
        self.tip("circle", tip);
    }

    /// The mark of a point: a shape for each of several curves, so that colour is not all that tells them apart.
    pub(crate) fn mark(&mut self, class: &str, curve: u32, [x, y]: [f64; 2]) {
        match curve % 3 {
            0 => self.circle(class, [x, y], 3.6, ""),
            1 => self.rect(class, [x - 3.1, y - 3.1], [6.2, 6.2], ""),
            _ => {
                let corners = [[x, y - 4.4], [x + 4.4, y], [x, y + 4.4], [x - 4.4, y]];
                self.path(class, &(path(corners) + "Z"));
            }
        }
    }

    fn tip(&mut self, tag: &str, tip: &str) {
        if tip.is_empty() {
            self.raw("/>\n");
        } else {
            let _ = writeln!(self.text, "><title>{}</title></{tag}>", escape(tip));
        }
    }

    pub(crate) fn text(&mut self, class: &str, [x, y]: [f64; 2], anchor: Anchor, text: impl Display) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let text = escape(&text.to_string());
        let _ =
            writeln!(self.text, r#"<text class="{class}" x="{}" y="{}"{anchor}>{text}</text>"#, px(x), px(y));
    }

    /// Text that runs upward.
    pub(crate) fn text_up(&mut self, class: &str, [x, y]: [f64; 2], anchor: Anchor, text: &str) {
        let _ = write!(self.text, r#"<g transform="translate({} {}) rotate(-90)">"#, px(x), px(y));
        self.text(class, [0.0, 0.0], anchor, text);
        self.raw("</g>\n");
    }

    pub(crate) fn image(&mut self, [x, y]: [f64; 2], [w, h]: [f64; 2], uri: &str, smooth: bool) {
        let class = if smooth { "smooth" } else { "pixels" };
        let _ = writeln!(
            self.text,
            r#"<image class="{class}" x="{}" y="{}" width="{}" height="{}" preserveAspectRatio="none" href="{uri}"/>"#,
            px(x),
            px(y),
            px(w),
            px(h)
        );
    }
}

/// Which point of a text its place is that of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A number of pixels, to a tenth, in as few characters as there are.
pub(crate) fn px(value: f64) -> f64 {
    let rounded = (value * 10.0).round() / 10.0;
    // No NaN may come into a picture, and no -0.
    if rounded.is_finite() { rounded + 0.0 } else { 0.0 }
}

/// A line through points; a point that is not finite makes a gap.
pub(crate) fn path(points: impl IntoIterator<Item = [f64; 2]>) -> String {
    let (mut path, mut gap) = (String::new(), true);
    for [x, y] in points {
        if x.is_finite() && y.is_finite() {
            let _ = write!(path, "{}{} {}", if gap { 'M' } else { 'L' }, px(x), px(y));
            gap = false;
        } else {
            gap = true;
        }
    }
    path
}

/// Text as it may stand in SVG and HTML, between tags and in attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Not allowed in XML, whatever their form.
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                escaped.push('\u{fffd}');
            }
            c => escaped.push(c),
        }
    }
    escaped
}
