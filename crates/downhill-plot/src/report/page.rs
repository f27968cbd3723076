//! The page around a report's sections.

use std::fmt::Write;

use super::Tile;
use crate::Drawing;
use crate::drawing::THEME;
use crate::frame::SIZE;
use crate::svg::escape;

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// A part of a report.
pub(super) struct Section {
    /// The name that links go to.
    id: &'static str,
    /// What is in the page's list of contents.
    short: &'static str,
    title: &'static str,
    html: String,
}

impl Section {
    pub(super) fn new(id: &'static str, short: &'static str, title: &'static str) -> Section {
        Section { id, short, title, html: String::new() }
    }

    /// Adds a paragraph.
    pub(super) fn say(&mut self, text: &str) {
        let _ = writeln!(self.html, "<p class=\"lead\">{}</p>", escape(text));
    }

    pub(super) fn heading(&mut self, text: &str) {
        let _ = writeln!(self.html, "<h3>{}</h3>", escape(text));
    }

    /// Adds pictures side by side where there is room, each with a few words below.
    pub(super) fn figures(&mut self, figures: &[(Drawing, String)]) {
        self.html.push_str("<div class=\"figures\">\n");
        for (drawing, caption) in figures {
            // One that is as high as two stands beside two.
            let tall = drawing.size()[1] > 1.5 * SIZE[1] && figures.len() > 2;
            let class = if tall { " class=\"tall\"" } else { "" };
            let _ = write!(self.html, "<figure{class}>{}", drawing.inline());
            if !caption.is_empty() {
                let _ = write!(self.html, "<figcaption>{}</figcaption>", escape(caption));
            }
            self.html.push_str("</figure>\n");
        }
        self.html.push_str("</div>\n");
    }

    /// Adds a table. A column whose name begins with `#` is of numbers. Cells that begin with `<` are markup.
    pub(super) fn table(&mut self, columns: &[&str], rows: &[Vec<String>]) {
        let class = |column: &str| if column.starts_with('#') { " class=\"number\"" } else { "" };
        self.html.push_str("<div class=\"scroll\"><table><thead><tr>");
        for column in columns {
            let _ = write!(
                self.html,
                "<th scope=\"col\"{}>{}</th>",
                class(column),
                escape(column.trim_start_matches('#'))
            );
        }
        self.html.push_str("</tr></thead><tbody>\n");
        for row in rows {
            self.html.push_str("<tr>");
            for (column, cell) in columns.iter().zip(row) {
                let cell = if cell.starts_with("<svg") || cell.starts_with("<b") {
                    cell.clone()
                } else {
                    escape(cell)
                };
                let _ = write!(self.html, "<td{}>{cell}</td>", class(column));
            }
            self.html.push_str("</tr>\n");
        }
        self.html.push_str("</tbody></table></div>\n");
    }

    /// Adds images with two lines below each.
    pub(super) fn images(&mut self, images: &[(String, String, String)]) {
        self.html.push_str("<div class=\"images\">\n");
        for (uri, first, second) in images {
            let (first, second) = (escape(first), escape(second));
            let _ = writeln!(
                self.html,
                "<figure><img src=\"{uri}\" alt=\"{first}\"><figcaption><b>{first}</b><br>{second}</figcaption></figure>"
            );
        }
        self.html.push_str("</div>\n");
    }

    pub(super) fn code(&mut self, text: &str) {
        let _ = writeln!(self.html, "<pre><code>{}</code></pre>", escape(text));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.html.is_empty()
    }
}

/// What is inside `main`.
pub(super) fn body(title: &str, subtitle: &str, tiles: &[Tile], sections: &[Section]) -> String {
    let mut html = format!("<header><h1>{}</h1>\n<p>{}</p></header>\n", escape(title), escape(subtitle));
    if !tiles.is_empty() {
        html.push_str("<div class=\"tiles\">\n");
        for Tile { value, label, note } in tiles {
            let (value, label, note) = (escape(value), escape(label), escape(note));
            let _ = writeln!(
                html,
                "<div class=\"tile\"><span>{label}</span><strong>{value}</strong><small>{note}</small></div>"
            );
        }
        html.push_str("</div>\n");
    }
    html.push_str("<nav aria-label=\"Contents\">");
    for section in sections {
        let _ = write!(html, "<a href=\"#{}\">{}</a>", section.id, section.short);
    }
    html.push_str("</nav>\n");
    for Section { id, title, html: content, .. } in sections {
        let _ = writeln!(html, "<section id=\"{id}\"><h2>{title}</h2>\n{content}</section>");
    }
    html
}

/// A whole page.
pub(super) fn page(title: &str, body: &str, live: Option<&str>) -> String {
    let title = escape(title);
    let live = live.map_or_else(String::new, |address| format!(" data-live=\"{}\"", escape(address)));
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>{title}</title>\n\
         <style>\n{THEME}{STYLE}</style>\n</head>\n<body{live}>\n<main>\n{body}</main>\n\
         <footer>downhill {version}</footer>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n"
    )
}
