//! A receiver of push notifications on loopback that keeps what it gets and answers as it is told.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What a receiver got so far, and how it answers what is not a ping.
pub(super) struct Receiver {
    pub(super) url: String,
    got: watch::Receiver<Vec<Value>>,
    state: Arc<Told>,
}

struct Told {
    got: watch::Sender<Vec<Value>>,
    /// Status and body for everything but pings.
    answer: watch::Sender<(u16, Value)>,
    /// Body for pings.
    pong: Value,
}

impl Receiver {
    /// One that answers as documented.
    pub(super) async fn start() -> Self {
        Self::with_pong(json!({ "version": "1", "name": "test", "time": "2026-09-28T10:00:00Z" }))
            .await
    }

    /// One that answers pings with this.
    pub(super) async fn with_pong(pong: Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/push", listener.local_addr().unwrap());
        let (sender, got) = watch::channel(Vec::new());
        let answer = watch::Sender::new((200, json!({ "result": true })));
        let state = Arc::new(Told { got: sender, answer, pong });
        let router = Router::new().route("/push", post(receive)).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, got, state }
    }

    /// Answers everything but pings like this from now on.
    pub(super) fn answer(&self, status: u16, body: Value) {
        self.state.answer.send_replace((status, body));
    }

    /// Waits until that many notifications have come, pings included, and gives them.
    pub(super) async fn wait_for(&self, count: usize) -> Vec<Value> {
        let mut got = self.got.clone();
        let waited = got.wait_for(|got| got.len() >= count);
        let limit = std::time::Duration::from_secs(10);
        tokio::time::timeout(limit, waited).await.expect("notifications come").unwrap().clone()
    }

    pub(super) fn got(&self) -> Vec<Value> {
        self.got.borrow().clone()
    }
}

async fn receive(State(told): State<Arc<Told>>, body: String) -> Response {
    let body: Value = serde_json::from_str(&body).unwrap();
    let is_ping = body["message_type"] == "TYPE_PING";
    let (status, answer) =
        if is_ping { (200, told.pong.clone()) } else { told.answer.borrow().clone() };
    told.got.send_modify(|got| got.push(body));
    (StatusCode::from_u16(status).unwrap(), answer.to_string()).into_response()
}
