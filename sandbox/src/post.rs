//! A notification on its way to a receiver: one POST over plain HTTP, since receivers of a sandbox are on this machine.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, Uri, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Most that is read of an answer.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PostError {
    /// It took longer than allowed.
    #[error("no answer in time")]
    TimedOut,
    /// The address is not one, or nobody is there, or the connection broke.
    #[error("{0}")]
    Failed(String),
}

/// Posts JSON and gives status and body of the answer.
pub(crate) async fn post_json(
    url: &str,
    body: &Value,
    within: Duration,
) -> Result<(StatusCode, Vec<u8>), PostError> {
    let exchange = exchange(url, body.to_string());
    tokio::time::timeout(within, exchange).await.unwrap_or(Err(PostError::TimedOut))
}

async fn exchange(url: &str, body: String) -> Result<(StatusCode, Vec<u8>), PostError> {
    let failed = |error: &dyn std::fmt::Display| PostError::Failed(error.to_string());
    let uri: Uri = url.parse().map_err(|error| failed(&error))?;
    let authority = uri.authority().ok_or_else(|| failed(&"the address names no host"))?;
    if uri.scheme_str() != Some("http") {
        return Err(failed(&"the sandbox speaks plain HTTP only"));
    }
    let port = authority.port_u16().unwrap_or(80);
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, port)).await.map_err(|error| failed(&error))?;
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| failed(&error))?;
    // Ends with the exchange, whose sender is dropped at its end.
    let connection = tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::post(path)
        .header(header::HOST, authority.as_str())
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body))
        .map_err(|error| failed(&error))?;
    let answered = sender.send_request(request).await;
    let (parts, incoming) = answered.map_err(|error| failed(&error))?.into_parts();
    let read = to_bytes(Body::new(incoming), ANSWER_BYTES_MAX).await;
    connection.abort();
    Ok((parts.status, read.map_err(|error| failed(&error))?.to_vec()))
}
