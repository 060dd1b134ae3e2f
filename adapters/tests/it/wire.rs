//! A server below HTTP: it takes requests byte by byte, counts them, and treats connections as told.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adapters::http::{Failure, SendOutcome};
use domain::interaction::UnknownReason;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What happens to a connection once a request has come.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Then {
    /// Close it in order.
    Close,
    /// Break it.
    Reset,
    /// Say nothing more.
    Silence,
    /// Answer, and wait for the next request.
    Say(&'static str),
    /// Answer, and close it.
    SayAndClose(&'static str),
    /// Answer with so many mebibytes of blanks, and close it.
    SayEndlessly(usize),
}

/// What may become of the connection that a write left by, and why its outcome is not known then.
pub(crate) const LOST: [(Then, UnknownReason); 11] = [
    (Then::Close, UnknownReason::ConnectionLost),
    (Then::Reset, UnknownReason::ConnectionLost),
    (Then::Silence, UnknownReason::Timeout),
    (Then::SayAndClose("HTTP/1.1 "), UnknownReason::ConnectionLost),
    (Then::SayAndClose("no http at all\r\n\r\n"), UnknownReason::ConnectionLost),
    (
        Then::SayAndClose("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"re"),
        UnknownReason::MalformedAnswer,
    ),
    (Then::Say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"re"), UnknownReason::Timeout),
    (
        Then::Say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"),
        UnknownReason::MalformedAnswer,
    ),
    (Then::Say("HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n"), UnknownReason::MarketplaceError),
    (
        Then::Say("HTTP/1.1 408 Slow\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
        UnknownReason::MarketplaceError,
    ),
    (
        Then::Say("HTTP/1.1 307 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"),
        UnknownReason::MalformedAnswer,
    ),
];

/// What may become of a handshake: nothing of a request is in it.
pub(crate) const NO_HANDSHAKE: [Then; 4] =
    [Then::Close, Then::Reset, Then::Silence, Then::SayAndClose("no tls\r\n\r\n")];

/// Returns why an outcome is not known, where it is not.
pub(crate) fn unknown(outcome: &SendOutcome) -> Option<UnknownReason> {
    if let SendOutcome::Unknown(reason) = outcome { Some(*reason) } else { None }
}

/// Returns why nothing was sent, where nothing was.
pub(crate) fn failure(outcome: &SendOutcome) -> Option<Failure> {
    if let SendOutcome::NotSent(error) = outcome { Some(error.failure) } else { None }
}

/// Returns addresses at which nobody answers: a port without a listener, and a name that does not exist.
pub(crate) async fn nobody() -> [String; 2] {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    [format!("http://{free}"), "https://no-such-host.invalid".to_owned()]
}

/// The server. The script is one action per request, in the order of their coming; after its end it closes.
pub(crate) struct Wire {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    script: VecDeque<Then>,
    connections: usize,
    /// First line of each request, with the number of its connection.
    requests: Vec<(usize, String)>,
}

/// First byte of a TLS record that begins a handshake.
const TLS_HANDSHAKE: u8 = 22;

const SENTINEL: &str = "GET /sentinel HTTP/1.1";

impl Wire {
    pub(crate) async fn start(script: &[Then]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen { script: script.to_vec().into(), ..Seen::default() }));
        let wire = Self { address, seen: seen.clone() };
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = {
                    let mut seen = seen.lock().unwrap();
                    seen.connections += 1;
                    seen.connections
                };
                tokio::spawn(serve(stream, number, seen.clone()));
            }
        });
        wire
    }

    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    /// Returns what has come, once it is certain that nothing else is on its way from a client that has finished:
    /// connections are accepted in their order, so those before the sentinel's are counted.
    pub(crate) async fn requests(&self) -> (usize, Vec<(usize, String)>) {
        let mut sentinel = TcpStream::connect(self.address).await.unwrap();
        sentinel.write_all(format!("{SENTINEL}\r\n\r\n").as_bytes()).await.unwrap();
        let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
        while !self.seen.lock().unwrap().requests.iter().any(|(_, line)| line == SENTINEL) {
            assert!(tokio::time::Instant::now() < deadline, "the sentinel was not seen");
            tokio::task::yield_now().await;
        }
        let seen = self.seen.lock().unwrap();
        let requests = seen.requests.iter().filter(|(_, line)| line != SENTINEL).cloned();
        (seen.connections - 1, requests.collect())
    }
}

async fn serve(mut stream: TcpStream, number: usize, seen: Arc<Mutex<Seen>>) {
    while let Some(line) = request(&mut stream).await {
        let then = {
            let mut seen = seen.lock().unwrap();
            seen.requests.push((number, line.clone()));
            if line == SENTINEL { None } else { seen.script.pop_front() }
        };
        match then.unwrap_or(Then::Close) {
            Then::Close => return,
            Then::Reset => {
                stream.set_zero_linger().unwrap();
                return;
            }
            Then::Silence => std::future::pending().await,
            Then::Say(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
            Then::SayAndClose(answer) => {
                stream.write_all(answer.as_bytes()).await.unwrap();
                return;
            }
            Then::SayEndlessly(mebibytes) => {
                let mut is_open =
                    stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await.is_ok();
                let blanks = vec![b' '; 1024 * 1024];
                for _ in 0..mebibytes {
                    is_open = is_open && stream.write_all(&blanks).await.is_ok();
                }
                return;
            }
        }
    }
}

/// Reads a request with its body; returns its first line. None when the client closes instead.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if bytes.first() == Some(&TLS_HANDSHAKE) {
            return Some("TLS handshake".to_owned());
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = |line: &str| line.strip_prefix("content-length: ")?.parse().ok();
            let length: usize = head.lines().find_map(length).unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                let line = bytes.split(|byte| *byte == b'\r').next()?;
                return Some(String::from_utf8_lossy(line).into_owned());
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(read @ 1..) => bytes.extend_from_slice(&chunk[..read]),
            Ok(0) | Err(_) => return None,
        }
    }
}
