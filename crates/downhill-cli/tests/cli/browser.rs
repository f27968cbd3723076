//! What the command shows in a real browser: `cargo test -p downhill-cli --test cli -- --ignored browser`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use crate::chromium::Browser;
use crate::{command, folder, succeed};

#[test]
#[ignore = "needs chromium and chromedriver"]
fn browser() {
    let folder = folder("browser");
    let browser = Browser::start();
    live(&browser, &folder);
    succeed(&folder, "train diabetes -q -o values");
    succeed(&folder, "hill iris --epochs 10");
    let pages = [("digits", "run/report.html"), ("values", "values/report.html"), ("descents", "hill.html")];
    for (name, page) in pages {
        let page = folder.join(page);
        for (look, width, dark) in [("light", 1300, false), ("dark", 1300, true), ("phone", 390, false)] {
            browser.look(width, dark);
            show(&browser, &page, &format!("cli-{name}-{look}"));
        }
        browser.look_at_paper();
        show(&browser, &page, &format!("cli-{name}-paper"));
    }
}

/// Opens a page, of which nothing may be wider than the window and no section empty.
fn show(browser: &Browser, page: &Path, name: &str) {
    browser.open(page);
    let wide = browser.run("return document.documentElement.scrollWidth - innerWidth");
    assert_eq!(wide, 0, "{name}: nothing is wider than the window");
    let empty = browser.run(
        "return [...document.querySelectorAll('section, figure, .tile')].filter((part) => part.offsetHeight < 40).length",
    );
    assert_eq!(empty, 0, "{name}: no empty panel");
    browser.picture(name);
    assert_eq!(browser.complaints(), Vec::<String>::new(), "{name}");
}

/// The page that `--serve` shows while training runs, and what is left of it at the end.
fn live(browser: &Browser, folder: &Path) {
    let training = "train digits --epochs 100 --patience 0 --serve 127.0.0.1:0";
    let mut child = command(folder, training).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let address = lines.find_map(|line| line.strip_prefix("live at ").map(str::to_owned)).unwrap();
    browser.look(1300, false);
    browser.go(&address);
    // The terminal's lines have to be read, or the training waits for somebody to do so.
    let reader = std::thread::spawn(move || lines.count());
    let is_live = "return 'live' in document.body.dataset";
    let epochs = "const line = document.querySelector('#learning svg')?.dataset.chart;
        return line ? JSON.parse(line).lines[0].p.length / 2 : 0";
    let mut seen = vec![0.0];
    // A page that never hears of an end is a failure below, not a wait for ever.
    for _ in 0..10_000 {
        let (live, count) = (browser.run(is_live), browser.run(epochs).as_f64().unwrap());
        if seen.last() != Some(&count) {
            seen.push(count);
            if seen.len() == 3 {
                browser.picture("cli-live");
            }
        }
        if live == false {
            break;
        }
        sleep(Duration::from_millis(20));
    }
    assert_eq!(browser.run(is_live), false, "it ends");
    assert!(child.wait().unwrap().success());
    reader.join().unwrap();
    assert!(seen.len() > 3 && seen.is_sorted() && seen.last() == Some(&100.0), "the curves grow: {seen:?}");
    assert!(browser.count("#quality figure") > 2, "at the end it is the whole report");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
