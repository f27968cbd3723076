//! Charts, hills and reports.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is a test's failure")]

mod browser;
mod charts;
mod chromium;
mod hills;
mod markup;
mod reports;
