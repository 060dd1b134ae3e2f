//! What a marketplace does with one call: the answer it makes, and whether and when the answer reaches the client.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::error;

use crate::connection::{Breakage, Hangup};

/// Whether an answer reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Delivery {
    Given,
    /// The connection is closed without an answer.
    Lost,
    /// The connection is reset without an answer.
    Reset,
}

/// An HTTP answer before it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) body: Vec<u8>,
}

/// An answer and its fate.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) reply: Reply,
    pub(crate) delivery: Delivery,
    /// Time between carrying the call out and answering.
    pub(crate) delay: Duration,
}

impl Reply {
    pub(crate) fn json(status: StatusCode, content_type: &'static str, body: &Value) -> Self {
        Self { status, content_type, headers: Vec::new(), body: body.to_string().into_bytes() }
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, content_type: "", headers: Vec::new(), body: Vec::new() }
    }
}

impl Outcome {
    /// Answers at once.
    pub(crate) fn given(reply: Reply) -> Self {
        Self { reply, delivery: Delivery::Given, delay: Duration::ZERO }
    }

    /// Never answers; `reply` is what it would have been.
    pub(crate) fn broken_off(delivery: Delivery) -> Self {
        Self {
            reply: Reply::empty(StatusCode::SERVICE_UNAVAILABLE),
            delivery,
            delay: Duration::ZERO,
        }
    }

    /// What the client gets, for the counters: a status, or how the connection ended.
    pub(crate) fn label(&self) -> String {
        match self.delivery {
            Delivery::Given => self.reply.status.as_u16().to_string(),
            Delivery::Lost => "lost".to_owned(),
            Delivery::Reset => "reset".to_owned(),
        }
    }

    /// Sends the answer, or breaks the connection off.
    pub(crate) async fn deliver(self, hangup: &Hangup) -> Response {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        match self.delivery {
            Delivery::Given => self.reply.into_response(),
            Delivery::Lost => hangup.break_off(Breakage::Closed).await,
            Delivery::Reset => hangup.break_off(Breakage::Reset).await,
        }
    }
}

impl Reply {
    fn into_response(self) -> Response {
        let mut response = Response::builder().status(self.status);
        if !self.content_type.is_empty() {
            response = response.header(header::CONTENT_TYPE, self.content_type);
        }
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(self.body)).unwrap_or_else(|error| {
            error!(%error, "could not build an answer");
            Response::new(Body::empty())
        })
    }
}
