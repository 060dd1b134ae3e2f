//! The accept loop: clients that dawdle, too many of them, and the stop.

use std::time::{Duration, Instant};

use api::{ApiSettings, ServerOptions};
use domain::StreamId;
use eventlog::{Expected, NewEvent, NewEvents};
use reqwest::{Method, StatusCode};
use serde_json::json;
use sqlx::PgPool;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::harness::{Setup, TestApp};

/// Limits that a test can wait for.
fn brisk() -> ServerOptions {
    ServerOptions {
        head_limit: Duration::from_millis(300),
        idle_limit: Duration::from_millis(900),
        stall_limit: Duration::from_millis(300),
        stop_limit: Duration::from_millis(500),
        connections_max: 1024,
    }
}

async fn start(pool: PgPool, server: ServerOptions) -> TestApp {
    TestApp::with(pool, Setup { server, ..Setup::default() }).await
}

/// Reads to the end and tells what came and how long it took.
async fn read_to_end(stream: &mut TcpStream) -> (Vec<u8>, Duration) {
    let started = Instant::now();
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes));
    // A reset is an end as well.
    let _ = read.await.expect("the server closes the connection");
    (bytes, started.elapsed())
}

#[sqlx::test(migrations = "../migrations")]
async fn silent_and_half_open_connections_are_cut(pool: PgPool) {
    let app = start(pool, brisk()).await;
    let mut half_sent = TcpStream::connect(app.address).await.unwrap();
    half_sent.write_all(b"GET /health/live HTTP/1.1\r\nhost: a\r\nx-slow: ").await.unwrap();
    let mut silent = TcpStream::connect(app.address).await.unwrap();
    for stream in [&mut half_sent, &mut silent] {
        let (bytes, took) = read_to_end(stream).await;
        assert_eq!(bytes, b"");
        assert!(took < Duration::from_millis(800), "{took:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_connection_may_rest_between_two_requests_longer_than_in_one(pool: PgPool) {
    let app = start(pool, brisk()).await;
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(b"GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let (bytes, took) = read_to_end(&mut stream).await;
    assert!(bytes.starts_with(b"HTTP/1.1 200 OK"));
    assert!((700..2000).contains(&took.as_millis()), "{took:?}");

    // A head that dawdles is cut on a rested connection too.
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(b"GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    stream.write_all(b"GET /health").await.unwrap();
    let (_, took) = read_to_end(&mut stream).await;
    assert!(took < Duration::from_millis(700), "{took:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn connections_beyond_the_limit_are_told_to_come_back(pool: PgPool) {
    let app = start(pool, ServerOptions { connections_max: 2, ..ServerOptions::default() }).await;
    let mut first = TcpStream::connect(app.address).await.unwrap();
    let second = TcpStream::connect(app.address).await.unwrap();
    // Both are served once an answer has come.
    first.write_all(b"GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    first.read_exact(&mut answer).await.unwrap();
    let mut third = TcpStream::connect(app.address).await.unwrap();
    third.write_all(b"GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut text = vec![0; 512];
    let read = third.read(&mut text).await.unwrap();
    let text = String::from_utf8_lossy(&text[..read]);
    assert!(text.starts_with("HTTP/1.1 503"), "{text}");
    assert!(text.contains("retry-after: 2"), "{text}");
    drop(third);

    drop((first, second));
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        match app.call(Method::GET, "/health/live").send().await {
            Ok(answer) if answer.status() == StatusCode::OK => return,
            _ => assert!(Instant::now() < deadline, "places are given back"),
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_client_that_takes_nothing_is_cut(pool: PgPool) {
    let app = start(pool, brisk()).await;
    let anna = app.register("anna@example.ru").await;
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    let head = format!(
        "GET /api/v1/events/stream HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\n\r\n",
        anna.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    // More than the kernel's buffers take, none of it read.
    let payload = json!({"type": "Closed", "reason": "x".repeat(16_000)});
    let event = NewEvent { event_type: "Closed".to_owned(), schema_version: 1, payload };
    for _ in 0..20 {
        let stream = StreamId(Uuid::new_v4());
        let new = NewEvents {
            tenant: anna.tenant,
            stream,
            stream_type: "interaction",
            expected: Expected::Any,
            command_id: Uuid::new_v4(),
            correlation_id: None,
            causation_id: None,
            actor: None,
            subject: stream.0,
            events: vec![event.clone(); 50],
        };
        app.log.append(new).await.unwrap();
    }
    // Nothing is read before it is cut, or a server that is slow today would find somebody who takes all. Whoever writes
    // hears of that.
    let cut = async {
        while stream.write_all(b"\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), cut).await.expect("the server cuts it");
    let (bytes, _) = read_to_end(&mut stream).await;
    assert!(!bytes.ends_with(b"0\r\n\r\n"), "it did not end, it was cut");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_stop_waits_for_a_request_under_way_and_for_nobody_else(pool: PgPool) {
    let app = TestApp::with(pool, Setup { api: ApiSettings::default(), ..Setup::default() }).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let idle = TcpStream::connect(app.address).await.unwrap();
    let path = format!("/interactions/{id}/reply");
    let body = json!({"text": "Спасибо за отзыв!"});
    let waiting = tokio::spawn(anna.write(Method::POST, &path, &body).send());
    let deadline = Instant::now() + Duration::from_secs(10);
    while anna.get(&format!("/interactions/{id}/events")).await["items"].as_array().unwrap().len()
        < 2
    {
        assert!(Instant::now() < deadline, "the reply was never asked for");
    }
    let started = Instant::now();
    app.stop.cancel();
    let answer = waiting.await.unwrap().unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED, "it is told that the reply is on its way");
    drop(idle);
    app.served.await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert!(TcpStream::connect(app.address).await.is_err(), "nobody listens any more");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_stop_does_not_wait_for_a_client_that_never_finishes(pool: PgPool) {
    let options =
        ServerOptions { stop_limit: Duration::from_millis(500), ..ServerOptions::default() };
    let app = start(pool, options).await;
    let mut half_sent = TcpStream::connect(app.address).await.unwrap();
    half_sent
        .write_all(b"POST /api/v1/auth/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{")
        .await
        .unwrap();
    let started = Instant::now();
    app.stop.cancel();
    app.served.await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}
