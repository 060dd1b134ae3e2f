//! The Ozon client against answers as published, and as nobody would wish for.

mod contract;
mod meeting;
mod methods;
mod never_twice;
mod pages;
mod pushes;
mod reading;
mod refusals;
mod sending;
mod specification;
mod standing;

use std::sync::Once;
use std::time::Duration;

use adapters::http::{Timeouts, Transport};
use adapters::ozon::Client;
use serde_json::Value;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const CLIENT_ID: &str = "836";

/// A key in the form of Ozon's, so that its parts can be looked for.
const KEY: &str = "0d4c3b2a-1111-2222-3333-abcdef987654";

thread_local! {
    /// Reading the root certificates takes long. A test has a thread of its own, so no other uses its connections.
    static TRANSPORT: Transport = transport(Timeouts::default());
}

fn transport(timeouts: Timeouts) -> Transport {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Another test of this process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    Transport::with_timeouts(timeouts).unwrap()
}

fn client(base_url: &str) -> Client {
    client_of(base_url, CLIENT_ID, KEY)
}

fn client_of(base_url: &str, client_id: &str, key: &str) -> Client {
    TRANSPORT.with(|transport| Client::new(transport, base_url, client_id, key.into()))
}

/// A client that waits no longer than a test may.
fn impatient(base_url: &str) -> Client {
    let timeouts =
        Timeouts { connect: Duration::from_millis(200), total: Duration::from_millis(400) };
    Client::new(&transport(timeouts), base_url, CLIENT_ID, KEY.into())
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

/// A body as it is written, for numbers that would not survive otherwise.
fn raw(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body, "application/json")
}
