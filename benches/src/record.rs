//! Where results are kept: in the README, and beside it.
//!
//! A bench only prints; with `--keep` it also replaces what the README holds between the comments
//! `<!-- NAME -->` and `<!-- /NAME -->`.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs};

/// Prints a section in Markdown and, with `--keep`, puts it into the README with the date and the machine.
///
/// # Panics
/// If the README cannot be written or has no such section.
pub fn section(name: &str, text: &str) {
    println!("{text}");
    if keeping() {
        let (path, begin, end) = (path("README.md"), format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
        let readme = fs::read_to_string(&path).expect("the README is read");
        let (before, rest) = readme.split_once(&begin).expect("the section begins");
        let (_, after) = rest.split_once(&end).expect("the section ends");
        let text = text.trim_end();
        let readme = format!("{before}{begin}\n\n{}\n\n{text}\n\n{end}{after}", machine());
        fs::write(path, readme).expect("the README is written");
    }
}

/// With `--keep`, writes a file into the folder of the benches.
///
/// # Panics
/// If that fails.
pub fn file(name: &str, text: &str) {
    if keeping() {
        fs::write(path(name), text).expect("the file is written");
    }
}

fn keeping() -> bool {
    env::args().any(|argument| argument == "--keep")
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The day, the processor, its instructions and its caches, as far as the system tells.
fn machine() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let find = |key| cpus.lines().find(|line| line.starts_with(key)).and_then(|line| line.split_once(": "));
    let model = find("model name").map_or("unknown processor", |(_, value)| value);
    let has = |flag| find("flags").is_some_and(|(_, flags)| flags.split(' ').any(|other| other == flag));
    let instructions = match (has("avx512f"), has("avx2")) {
        (true, _) => "AVX-512",
        (false, true) => "AVX2, no AVX-512",
        (false, false) => "no AVX2",
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cache = |index| {
        let path = format!("/sys/devices/system/cpu/cpu0/cache/index{index}/size");
        fs::read_to_string(path).map_or_else(|_| "?".into(), |size| size.trim().to_string())
    };
    let caches = format!("L1 {}, L2 {}, L3 {}", cache(0), cache(2), cache(3));
    format!("{}; {model} ({instructions}), {cores} cores; {caches}.", today())
}

/// The date, by Howard Hinnant's `civil_from_days`.
fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    // Days since 1 March of the year 0; a year that begins in March has its leap day at its end.
    let days = seconds / 86400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = (era * 400 + year + month / 10, (month + 2) % 12 + 1);
    format!("{year}-{month:02}-{day:02}")
}
