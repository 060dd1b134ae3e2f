//! The Yandex.Market client against answers as published, as captured, and as nobody would wish for.

mod contract;
mod in_flight;
mod never_twice;
mod notifications;
mod played;
mod reading;
mod refusals;
mod samples;
mod sending;
mod specification;
mod standing;

use std::sync::Once;
use std::time::Duration;

use adapters::http::{Timeouts, Transport};
use adapters::yandex::{Client, InFlight};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A key in the marketplace's form, so that its parts can be looked for.
const KEY: &str = "ACMA:I4cNobodyHasThisKeyReally7w2qj3Rhhm4kn5K:151c0664";

const BUSINESS: &str = "1234567";

fn transport(timeouts: Timeouts) -> Transport {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Somebody else may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    Transport::with_timeouts(timeouts).unwrap()
}

fn client_with(timeouts: Timeouts, in_flight: &InFlight, base_url: &str) -> Client {
    Client::new(&transport(timeouts), in_flight, base_url, BUSINESS, KEY.into())
}

fn client(base_url: &str) -> Client {
    client_with(Timeouts::default(), &InFlight::default(), base_url)
}

/// A client that waits no longer than a test may.
fn impatient(base_url: &str) -> Client {
    let timeouts =
        Timeouts { connect: Duration::from_millis(200), total: Duration::from_millis(400) };
    client_with(timeouts, &InFlight::default(), base_url)
}

/// A marketplace that answers every call alike.
async fn marketplace(answer: ResponseTemplate) -> (MockServer, Client) {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let client = client(&server.uri());
    (server, client)
}

fn answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

/// A success with this result.
fn ok(result: &Value) -> ResponseTemplate {
    answer(200, &json!({"status": "OK", "result": result}))
}

/// A failure as the marketplace tells it.
fn error(status: u16, code: &str, message: &str) -> ResponseTemplate {
    let errors = json!([{"code": code, "message": message}]);
    answer(status, &json!({"status": "ERROR", "errors": errors}))
}
