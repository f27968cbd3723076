//! A training shown live in a browser: one page, and a stream of server-sent events (WHATWG HTML, section 9.2) that
//! brings its content anew.
//!
//! The server is a few lines over the standard library's sockets: it answers to GET alone, knows two addresses and
//! reads nothing but the first line of a request.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::error::{Error, Result};

/// The address of the events.
pub(crate) const EVENTS: &str = "/events";

/// More browsers than this at a time are sent away.
const MOST_CLIENTS: usize = 16;

/// How long a client may take to ask, and to read what it is sent.
const PATIENCE: Duration = Duration::from_secs(10);

/// A page that is served while the program runs.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    page: Arc<str>,
    body: Arc<str>,
    /// How often the page has changed.
    version: u64,
    ended: bool,
    clients: usize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A client has gone.
    fn leave(&self) {
        self.lock().clients -= 1;
        self.changed.notify_all();
    }

    /// The page as it is. Who asks before there is one waits for it: an empty page would never hear of changes.
    fn page(&self) -> Arc<str> {
        let (state, _) = self
            .changed
            .wait_timeout_while(self.lock(), PATIENCE, |state| state.version == 0 && !state.ended)
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&state.page)
    }
}

impl Server {
    /// Begins to serve; port 0 lets the system choose one.
    pub(crate) fn start(address: SocketAddr) -> Result<Server> {
        let failed = |error| Error::file(format!("--serve {address}"), error);
        let listener = TcpListener::bind(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared { state: Mutex::default(), changed: Condvar::new() });
        let server = Server { address, shared: Arc::clone(&shared) };
        let serve = move || {
            for client in listener.incoming().flatten() {
                if !admit(&shared) {
                    continue;
                }
                let own = Arc::clone(&shared);
                let serve_one = move || {
                    // A browser that goes away is no concern of the training.
                    let _ = answer(client, &own);
                    own.leave();
                };
                // Where the system has no thread for it, a client is sent away.
                if thread::Builder::new().spawn(serve_one).is_err() {
                    shared.leave();
                }
            }
        };
        thread::Builder::new().spawn(serve).map_err(failed)?;
        Ok(server)
    }

    /// Where the page is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the page: the whole of it for who asks now, its body for who is looking on.
    pub(crate) fn publish(&self, page: String, body: String) {
        let mut state = self.shared.lock();
        (state.page, state.body) = (page.into(), body.into());
        state.version += 1;
        self.shared.changed.notify_all();
    }

    /// Tells everybody that this was all, and gives them a moment to hear it.
    pub(crate) fn end(&self) {
        let mut state = self.shared.lock();
        state.ended = true;
        self.shared.changed.notify_all();
        let _ =
            self.shared.changed.wait_timeout_while(state, Duration::from_secs(1), |state| state.clients > 0);
    }
}

/// Counts a client in if there is room.
fn admit(shared: &Shared) -> bool {
    let mut state = shared.lock();
    let room = state.clients < MOST_CLIENTS;
    state.clients += usize::from(room);
    room
}

fn answer(mut client: TcpStream, shared: &Shared) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    client.set_write_timeout(Some(PATIENCE))?;
    let request = request(&mut client)?;
    let mut words = request.split(' ');
    match (words.next(), words.next()) {
        (Some("GET"), Some("/")) => {
            let page = shared.page();
            respond(&mut client, "200 OK", "text/html; charset=utf-8", &page)
        }
        (Some("GET"), Some(EVENTS)) => events(&mut client, shared),
        (Some("GET"), Some(_)) => {
            respond(&mut client, "404 Not Found", "text/plain", "there is nothing here\n")
        }
        _ => respond(&mut client, "405 Method Not Allowed", "text/plain", "only GET is answered\n"),
    }
}

/// A request's first line; the rest of its head is read and forgotten.
fn request(client: &mut TcpStream) -> io::Result<String> {
    const LONGEST: usize = 16 << 10;
    let (mut head, mut piece) = (Vec::new(), [0; 1024]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < LONGEST {
        match client.read(&mut piece)? {
            0 => break,
            count => head.extend_from_slice(&piece[..count]),
        }
    }
    let line = head.split(|&byte| byte == b'\r').next().unwrap_or_default();
    Ok(String::from_utf8_lossy(line).into_owned())
}

fn respond(client: &mut TcpStream, status: &str, kind: &str, text: &str) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Connection: close\r\n\r\n",
        text.len()
    );
    client.write_all(head.as_bytes())?;
    client.write_all(text.as_bytes())
}

/// Sends the body each time it has changed, and at last the event `end`.
fn events(client: &mut TcpStream, shared: &Shared) -> io::Result<()> {
    // Somebody who says nothing for so long may have gone: only writing to him tells.
    const HEARTBEAT: Duration = Duration::from_secs(15);
    client.write_all(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n\
          Connection: close\r\n\r\n",
    )?;
    let mut seen = 0;
    loop {
        let state = shared.lock();
        let (state, _) = shared
            .changed
            .wait_timeout_while(state, HEARTBEAT, |state| state.version == seen && !state.ended)
            .unwrap_or_else(PoisonError::into_inner);
        let (body, version, ended) = (Arc::clone(&state.body), state.version, state.ended);
        drop(state);
        if version == seen && !ended {
            client.write_all(b": still here\n\n")?;
            continue;
        }
        if version != seen {
            client.write_all(event("message", &body).as_bytes())?;
            seen = version;
        }
        if ended {
            return client.write_all(event("end", "").as_bytes());
        }
    }
}

/// An event with its data, of which each line is a field of its own.
fn event(name: &str, data: &str) -> String {
    let mut text = format!("event: {name}\n");
    for line in data.split('\n') {
        text += "data: ";
        text += line.trim_end_matches('\r');
        text.push('\n');
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(server: &Server, request: &str) -> TcpStream {
        let mut client = TcpStream::connect(server.address()).unwrap();
        client.write_all(request.as_bytes()).unwrap();
        client
    }

    fn read(mut client: TcpStream) -> String {
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_page_and_its_changes() {
        let server = Server::start("127.0.0.1:0".parse().unwrap()).unwrap();
        server.publish("<p>whole</p>".into(), "one\ntwo".into());
        for (request, status, content) in [
            ("GET / HTTP/1.1\r\n\r\n", "200 OK", "<p>whole</p>"),
            ("GET /secret HTTP/1.1\r\n\r\n", "404", "nothing here"),
            ("POST / HTTP/1.1\r\n\r\n", "405", "only GET"),
            ("\r\n\r\n", "405", "only GET"),
        ] {
            let answer = read(ask(&server, request));
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request:?}: {answer}");
            assert!(answer.contains(content), "{request:?}: {answer}");
        }
        let looker_on = ask(&server, "GET /events HTTP/1.1\r\n\r\n");
        let listener = thread::spawn(move || read(looker_on));
        // The first event has to be on its way before the next replaces it.
        thread::sleep(Duration::from_millis(200));
        server.publish(String::new(), "three".into());
        server.end();
        let heard = listener.join().unwrap();
        assert!(heard.contains("text/event-stream"), "{heard}");
        assert!(heard.contains("event: message\ndata: three\n\n"), "{heard}");
        assert!(heard.ends_with("event: end\ndata: \n\n"), "{heard}");
    }

    #[test]
    fn a_page_that_is_not_there_yet_is_waited_for() {
        let server = Server::start("127.0.0.1:0".parse().unwrap()).unwrap();
        let early = ask(&server, "GET / HTTP/1.1\r\n\r\n");
        thread::sleep(Duration::from_millis(100));
        server.publish("<p>first</p>".into(), String::new());
        assert!(read(early).ends_with("<p>first</p>"));
    }

    #[test]
    fn a_place_that_is_taken_is_an_error() {
        let server = Server::start("127.0.0.1:0".parse().unwrap()).unwrap();
        let error = Server::start(server.address()).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(&format!("--serve {}", server.address())), "{error}");
    }

    #[test]
    fn every_line_of_data_is_a_field() {
        assert_eq!(event("message", "a\r\nb"), "event: message\ndata: a\ndata: b\n\n");
    }
}
