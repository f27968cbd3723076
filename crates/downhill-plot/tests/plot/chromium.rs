//! Chromium, driven over WebDriver: Debian's packages `chromium` and `chromium-driver`. With the variable
//! `DOWNHILL_PICTURES` set to a folder, pictures of the pages are left there to be looked at.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// A browser, closed when it is dropped.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

impl Browser {
    pub(crate) fn start() -> Browser {
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

    pub(crate) fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.post("goog/cdp/execute", json!({"cmd": command, "params": parameters}))
    }

    /// Goes to an address.
    pub(crate) fn go(&self, address: &str) {
        self.post("url", json!({"url": address}));
    }

    /// Opens a file.
    pub(crate) fn open(&self, file: &Path) {
        self.go(&format!("file://{}", file.display()));
    }

    /// What a script in the page returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("execute/sync", json!({"script": script, "args": []}))
    }

    /// How many elements there are, be the page's scripts allowed or not.
    pub(crate) fn count(&self, selector: &str) -> usize {
        let root = self.devtools("DOM.getDocument", json!({}))["root"]["nodeId"].clone();
        let found = self.devtools("DOM.querySelectorAll", json!({"nodeId": root, "selector": selector}));
        found["nodeIds"].as_array().unwrap().len()
    }

    /// Sets the width of the window, in pixels, and whether the reader's system is dark.
    pub(crate) fn look(&self, width: u32, dark: bool) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600});
        self.devtools("Emulation.setDeviceMetricsOverride", size);
        let scheme = if dark { "dark" } else { "light" };
        let feature = json!({"name": "prefers-color-scheme", "value": scheme});
        self.devtools("Emulation.setEmulatedMedia", json!({"media": "", "features": [feature]}));
    }

    /// Shows the page as it is printed on A4 paper.
    pub(crate) fn look_at_paper(&self) {
        let size = json!({"width": 718, "height": 1047, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", size);
        self.devtools("Emulation.setEmulatedMedia", json!({"media": "print", "features": []}));
    }

    /// Leaves a picture of the whole page, if pictures are wanted.
    pub(crate) fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("DOWNHILL_PICTURES").map(PathBuf::from) else { return };
        let picture = self.devtools("Page.captureScreenshot", json!({"captureBeyondViewport": true}));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), base64(picture["data"].as_str().unwrap()))
            .unwrap();
    }

    /// What the page complained about since it was asked last.
    pub(crate) fn complaints(&self) -> Vec<String> {
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
