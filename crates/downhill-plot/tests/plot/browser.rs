//! Reports in a real browser: `cargo test -p downhill-plot --test plot -- --ignored browser`.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use downhill_plot::Report;
use serde_json::{Value, json};

use crate::chromium::Browser;
use crate::reports::digits_report;

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

    browser.look_at_paper();
    browser.open(&page);
    let wide = browser.run("return document.documentElement.scrollWidth - innerWidth");
    assert_eq!(wide, 0, "nothing is wider than the paper");
    browser.picture("paper");

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
    for (selector, least, most) in [("figure > svg", 15, 99), (".tile", 4, 4), ("canvas, .player", 0, 0)] {
        let count = browser.count(selector);
        assert!((least..=most).contains(&count), "{count} of {selector}");
    }
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({"value": false}));

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
