//! Reports in a real browser: Chromium, driven over WebDriver.
//!
//! Needs Debian's packages `chromium` and `chromium-driver`:
//! `cargo test -p downhill-plot --test plot -- --ignored browser`. With the variable `DOWNHILL_PICTURES` set to a folder,
//! pictures of the pages are left there to be looked at.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use downhill_plot::Report;
use serde_json::{Value, json};

use crate::reports::digits_report;

/// A browser, closed when it is dropped.
struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

impl Browser {
    fn start() -> Browser {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver, of Debian's package chromium-driver");
        let mut browser = Browser { driver, port, session: String::new() };
        let quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
        let arguments = [
            &["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"][..],
            &quiet,
        ]
        .concat();
        let wanted =
            json!({"goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"}});
        let body = json!({"capabilities": {"alwaysMatch": wanted}});
        let ready = (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(100));
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        assert!(ready, "chromedriver does not answer");
        let session = browser.ask("POST", "/session", &body);
        browser.session = session["sessionId"].as_str().unwrap_or_else(|| panic!("{session}")).into();
        browser
    }

    /// A request to the driver, and the value in its answer.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if method == "GET" { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            answer.read_line(&mut line).unwrap();
            match line.to_lowercase().split_once(':') {
                Some(("content-length", value)) => length = value.trim().parse().unwrap(),
                None if line.trim().is_empty() => break,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        answer.read_exact(&mut body).unwrap();
        let answer: Value = serde_json::from_slice(&body).unwrap();
        let value = &answer["value"];
        assert!(value.get("error").is_none(), "{method} {path}: {}", value["message"]);
        value.clone()
    }

    fn post(&self, path: &str, body: Value) -> Value {
        self.ask("POST", &format!("/session/{}/{path}", self.session), &body)
    }

    fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.post("goog/cdp/execute", json!({"cmd": command, "params": parameters}))
    }

    fn open(&self, file: &Path) {
        self.post("url", json!({"url": format!("file://{}", file.display())}));
    }

    /// What a script in the page returns.
    fn run(&self, script: &str) -> Value {
        self.post("execute/sync", json!({"script": script, "args": []}))
    }

    /// Sets the width of the window, in pixels, and whether the reader's system is dark.
    fn look(&self, width: u32, dark: bool) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600});
        self.devtools("Emulation.setDeviceMetricsOverride", size);
        let scheme = if dark { "dark" } else { "light" };
        let feature = json!({"name": "prefers-color-scheme", "value": scheme});
        self.devtools("Emulation.setEmulatedMedia", json!({"features": [feature]}));
    }

    /// Leaves a picture of the whole page, if pictures are wanted.
    fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("DOWNHILL_PICTURES").map(PathBuf::from) else { return };
        let picture = self.devtools("Page.captureScreenshot", json!({"captureBeyondViewport": true}));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), base64(picture["data"].as_str().unwrap()))
            .unwrap();
    }

    /// What the page complained about since it was asked last.
    fn complaints(&self) -> Vec<String> {
        let entries = self.post("se/log", json!({"type": "browser"}));
        entries.as_array().unwrap().iter().map(|entry| entry["message"].to_string()).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            self.ask("DELETE", &format!("/session/{}", self.session), &json!({}));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<u32> = text
        .bytes()
        .filter_map(|byte| DIGITS.iter().position(|&digit| digit == byte))
        .map(|digit| digit as u32)
        .collect();
    let four = |four: &[u32]| {
        let bits = four.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - four.len()));
        bits.to_be_bytes()[1..four.len()].to_vec()
    };
    digits.chunks(4).flat_map(four).collect()
}

#[test]
#[ignore = "needs chromium and chromedriver"]
fn browser() {
    let folder = std::env::temp_dir().join(format!("downhill-browser-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let page = folder.join("report.html");
    std::fs::write(&page, digits_report()).unwrap();
    let browser = Browser::start();

    for (name, width, dark) in
        [("light", 1300, false), ("dark", 1300, true), ("phone", 390, false), ("phone-dark", 390, true)]
    {
        browser.look(width, dark);
        browser.open(&page);
        let wide = browser.run("return document.documentElement.scrollWidth - innerWidth");
        assert_eq!(wide, 0, "{name}: nothing is wider than the window");
        let paper = browser.run("return getComputedStyle(document.body).backgroundColor");
        assert_eq!(paper == "rgb(255, 255, 255)", !dark, "{name}: {paper}");
        browser.picture(name);
        assert_eq!(browser.complaints(), Vec::<String>::new(), "{name}");
    }

    browser.look(1300, false);
    browser.open(&page);
    points_at_a_curve(&browser);
    zooms(&browser);
    plays_and_turns(&browser);
    assert_eq!(browser.complaints(), Vec::<String>::new());

    // Without scripts everything is there but what answers the mouse.
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    browser.open(&page);
    browser.picture("without-scripts");
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({"value": false}));
    browser.open(&page);
    let pictures = browser.run("return document.querySelectorAll('figure').length");
    assert!(pictures.as_u64().unwrap() > 15, "{pictures}");

    live(&browser, &folder);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Sends a mouse event to the first chart of a section, at parts of its width and height.
const MOUSE: &str = "
    const mouse = (target, kind, x, y) => {
        const box = target.getBoundingClientRect();
        const at = { clientX: box.left + x * box.width, clientY: box.top + y * box.height };
        target.setPointerCapture = () => {};
        target.dispatchEvent(new PointerEvent(kind, { bubbles: true, pointerType: 'mouse', pointerId: 1, ...at }));
    };
    const chart = document.querySelector('#learning svg');";

fn points_at_a_curve(browser: &Browser) {
    let told = browser.run(&format!(
        "{MOUSE} mouse(chart, 'pointermove', 0.6, 0.5); return document.querySelector('.tip').textContent"
    ));
    let told = told.as_str().unwrap();
    assert!(told.starts_with("epoch ") && told.contains("training") && told.contains("validation"), "{told}");
    browser.picture("pointing");
    let hidden = browser.run(&format!(
        "{MOUSE} mouse(chart, 'pointerleave', 0, 0); return document.querySelector('.tip').hidden"
    ));
    assert_eq!(hidden, true);
}

fn zooms(browser: &Browser) {
    let ticks = "return [...chart.querySelectorAll('.ticks text')].map((text) => Number(text.textContent))";
    let whole = browser.run(&format!("{MOUSE} {ticks}"));
    let drag = "mouse(chart, 'pointerdown', 0.3, 0.5); mouse(chart, 'pointermove', 0.5, 0.5); mouse(chart, 'pointerup', 0.5, 0.5);";
    let part = browser.run(&format!("{MOUSE} {drag} {ticks}"));
    let last = |ticks: &Value| ticks.as_array().unwrap().last().and_then(Value::as_f64).unwrap();
    assert!(last(&part) < last(&whole), "{part} of {whole}");
    let back = browser.run(&format!("{MOUSE} mouse(chart, 'dblclick', 0.5, 0.5); {ticks}"));
    assert_eq!(last(&back), last(&whole));
}

fn plays_and_turns(browser: &Browser) {
    let step = "return document.querySelector('.player output').textContent";
    let end = browser.run(step);
    let start = browser.run(&format!(
        "const slider = document.querySelector('.player input'); slider.value = 200;
         slider.dispatchEvent(new Event('input')); {step}"
    ));
    assert!(start != end && start.as_str().unwrap().contains("loss"), "{start} {end}");
    browser.run("document.querySelector('.player button').click()");
    std::thread::sleep(Duration::from_millis(400));
    let later = browser.run(step);
    assert_ne!(later, start, "it plays");
    let pictures = browser.run(
        "const canvas = document.querySelector('.stage canvas'), before = canvas.toDataURL();
         document.querySelector('.player button').click();
         for (let i = 0; i < 5; i++) canvas.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft' }));
         return new Promise((done) => setTimeout(() => done(before === canvas.toDataURL()), 300))",
    );
    assert_eq!(pictures, false, "it turns");
}

/// A page that is told of a training while it runs.
fn live(browser: &Browser, folder: &Path) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/events", listener.local_addr().unwrap());
    let report = Report::<f32>::new("Under way").live(&address);
    let page = folder.join("live.html");
    std::fs::write(&page, report.html().unwrap()).unwrap();
    let body = report.clone().highlight("7 of 9", "epochs", "").body().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).unwrap();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nAccess-Control-Allow-Origin: *\r\n\r\n"
        )
        .unwrap();
        let lines: String = body.lines().map(|line| format!("data: {line}\n")).collect();
        write!(stream, "{lines}\nevent: end\ndata:\n\n").unwrap();
    });
    browser.open(&page);
    server.join().unwrap();
    let shown = "return new Promise((done) => setTimeout(() => done(document.querySelector('main').textContent), 500))";
    assert!(browser.run(shown).as_str().unwrap().contains("7 of 9"));
    assert_eq!(browser.run("return 'live' in document.body.dataset"), false, "it ends");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
