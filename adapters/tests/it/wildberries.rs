//! The Wildberries client against answers as published, as captured, and as nobody would wish for.

mod chats;
mod claims;
mod contract;
mod never_twice;
mod questions;
mod reading;
mod refusals;
mod samples;
mod sending;
mod specification;

use std::sync::Once;
use std::time::Duration;

use adapters::http::{Timeouts, Transport};
use adapters::wildberries::{ChatClient, Client, ReturnsClient};
use serde_json::Value;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A token in the form of a JWT, so that its parts can be looked for.
const TOKEN: &str =
    "eyJhbGciOiJFUzI1NiJ9.eyJhY2MiOjMsInNpZCI6IjEyMyJ9.c2lnbmF0dXJlLXRoYXQtaXMtc2VjcmV0";

fn transport(timeouts: Timeouts) -> Transport {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider().install_default().unwrap();
    });
    Transport::with_timeouts(timeouts).unwrap()
}

fn client(base_url: &str) -> Client {
    Client::new(&transport(Timeouts::default()), base_url, TOKEN.into())
}

fn chat_client(base_url: &str) -> ChatClient {
    ChatClient::new(&transport(Timeouts::default()), base_url, TOKEN.into())
}

fn returns_client(base_url: &str) -> ReturnsClient {
    ReturnsClient::new(&transport(Timeouts::default()), base_url, TOKEN.into())
}

/// A client that waits no longer than a test may.
fn impatient(base_url: &str) -> Client {
    let timeouts =
        Timeouts { connect: Duration::from_millis(200), total: Duration::from_millis(400) };
    Client::new(&transport(timeouts), base_url, TOKEN.into())
}

/// A marketplace that answers every call alike.
async fn marketplace(answer: ResponseTemplate) -> (MockServer, Client) {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let client = client(&server.uri());
    (server, client)
}

fn json(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}
