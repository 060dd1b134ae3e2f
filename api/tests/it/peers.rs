//! Whoever receives notices: a mail server, and a server of HTTP that is a program's or Telegram's. Each answers as it is
//! told, and remembers what it took.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A letter as the mail server took it.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) headers: String,
    pub(crate) text: String,
}

/// What the mail server does with the next letter.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Postman {
    /// Says so instead of taking the recipient.
    Says(&'static str),
    /// Takes the letter and hangs up before it says so.
    HangsUp,
}

/// A mail server.
#[derive(Clone)]
pub(crate) struct MailServer {
    pub(crate) url: String,
    letters: Arc<Mutex<Vec<Letter>>>,
    plan: Arc<Mutex<VecDeque<Postman>>>,
}

impl MailServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let server = Self { url, letters: Arc::default(), plan: Arc::default() };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = serving.clone();
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        server
    }

    pub(crate) fn plan(&self, next: Postman) {
        self.plan.lock().unwrap().push_back(next);
    }

    pub(crate) fn letters(&self) -> Vec<Letter> {
        self.letters.lock().unwrap().clone()
    }

    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 mail.example.ru\r\n").await?;
        let planned = self.plan.lock().unwrap().pop_front();
        let mut to = String::new();
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let word = line.split_whitespace().next().unwrap_or_default().to_uppercase();
            let answer = match (word.as_str(), planned) {
                ("RCPT", Some(Postman::Says(answer))) => answer,
                ("RCPT", _) => {
                    to = line.trim().to_owned();
                    "250 ok"
                }
                ("EHLO", _) => "250 mail.example.ru",
                ("DATA", _) => {
                    stream.write_all(b"354 go on\r\n").await?;
                    self.take(&mut stream, &to).await?;
                    if matches!(planned, Some(Postman::HangsUp)) {
                        return Ok(());
                    }
                    "250 taken"
                }
                ("QUIT", _) => {
                    stream.write_all(b"221 bye\r\n").await?;
                    return Ok(());
                }
                _ => "250 ok",
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
    }

    async fn take(&self, stream: &mut BufReader<TcpStream>, to: &str) -> std::io::Result<()> {
        let (mut data, mut line) = (String::new(), String::new());
        loop {
            line.clear();
            stream.read_line(&mut line).await?;
            if line == ".\r\n" {
                break;
            }
            data.push_str(&line);
        }
        let (headers, body) = data.split_once("\r\n\r\n").unwrap();
        assert!(headers.contains("Content-Transfer-Encoding: base64"), "{headers}");
        let body = BASE64_STANDARD.decode(body.replace("\r\n", "")).unwrap();
        let text = String::from_utf8(body).unwrap();
        let letter = Letter { to: to.to_owned(), headers: headers.to_owned(), text };
        self.letters.lock().unwrap().push(letter);
        Ok(())
    }
}

/// A call as it came.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) raw: String,
    pub(crate) body: Value,
}

/// An answer to be given: a status, `Retry-After`, a body.
pub(crate) type Answer = (u16, Option<&'static str>, &'static str);

/// A server of HTTP; it answers 200 unless it is told otherwise.
#[derive(Clone)]
pub(crate) struct HttpPeer {
    pub(crate) url: String,
    calls: Arc<Mutex<Vec<Call>>>,
    plan: Arc<Mutex<VecDeque<Answer>>>,
}

impl HttpPeer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let peer = Self { url, calls: Arc::default(), plan: Arc::default() };
        let router = Router::new().fallback(answer).with_state(peer.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        peer
    }

    pub(crate) fn plan(&self, next: Answer) {
        self.plan.lock().unwrap().push_back(next);
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

async fn answer(
    State(peer): State<HttpPeer>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let raw = String::from_utf8(body.to_vec()).unwrap();
    let body = serde_json::from_str(&raw).unwrap();
    peer.calls.lock().unwrap().push(Call { path: uri.path().to_owned(), headers, raw, body });
    let planned = peer.plan.lock().unwrap().pop_front();
    let (status, retry_after, body) = planned.unwrap_or((200, None, r#"{"ok":true}"#));
    let status = StatusCode::from_u16(status).unwrap();
    match retry_after {
        Some(seconds) => (status, [("retry-after", seconds)], body).into_response(),
        None => (status, body).into_response(),
    }
}
