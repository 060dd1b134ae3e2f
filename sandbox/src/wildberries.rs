//! Wildberries: reviews and the seller's answers to them, as published on 2026-07-23 (`09-communications.yaml`).
//!
//! What the specification leaves open is decided here, and each decision is told where it is made. The main ones: a
//! review counts as processed (`isAnswered=true`) exactly when it counts as archived; a second POST replaces the
//! answer; a PATCH that may not change anything answers 204 and changes nothing.

mod control;
mod feedback;
mod gate;
mod history;
mod problem;
mod query;
mod reads;
mod seeds;
mod shop;
mod writes;

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::connection::Hangup;
use crate::world::App;

pub(crate) use control::{router as control_router, state};
pub(crate) use seeds::seeds;
pub(crate) use shop::{Entry, Wildberries};

/// Largest request body read; the longest answer takes a fraction of it.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// A method of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    Ping,
    NewFeedbacksQuestions,
    CountUnanswered,
    Count,
    Feedbacks,
    Feedback,
    Archive,
    Answer,
    EditAnswer,
}

/// A response on its way.
type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A request, taken apart.
struct Call {
    endpoint: Endpoint,
    authorization: Option<String>,
    content_type: Option<String>,
    query: Option<String>,
    body: Bytes,
}

/// The seller API of the host `feedbacks-api.wildberries.ru`.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/ping", get(serve(Endpoint::Ping)))
        .route("/api/v1/new-feedbacks-questions", get(serve(Endpoint::NewFeedbacksQuestions)))
        .route("/api/v1/feedbacks/count-unanswered", get(serve(Endpoint::CountUnanswered)))
        .route("/api/v1/feedbacks/count", get(serve(Endpoint::Count)))
        .route("/api/v1/feedbacks", get(serve(Endpoint::Feedbacks)))
        .route("/api/v1/feedbacks/archive", get(serve(Endpoint::Archive)))
        .route("/api/v1/feedback", get(serve(Endpoint::Feedback)))
        .route(
            "/api/v1/feedbacks/answer",
            post(serve(Endpoint::Answer)).patch(serve(Endpoint::EditAnswer)),
        )
}

impl Endpoint {
    fn name(self) -> &'static str {
        match self {
            Self::Ping => "GET /ping",
            Self::NewFeedbacksQuestions => "GET /api/v1/new-feedbacks-questions",
            Self::CountUnanswered => "GET /api/v1/feedbacks/count-unanswered",
            Self::Count => "GET /api/v1/feedbacks/count",
            Self::Feedbacks => "GET /api/v1/feedbacks",
            Self::Feedback => "GET /api/v1/feedback",
            Self::Archive => "GET /api/v1/feedbacks/archive",
            Self::Answer => "POST /api/v1/feedbacks/answer",
            Self::EditAnswer => "PATCH /api/v1/feedbacks/answer",
        }
    }

    fn is_write(self) -> bool {
        matches!(self, Self::Answer | Self::EditAnswer)
    }
}

/// The handler of an endpoint.
fn serve(
    endpoint: Endpoint,
) -> impl Fn(State<App>, Extension<Arc<Hangup>>, Request) -> Answering + Clone {
    move |State(app), Extension(hangup), request| {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
                return StatusCode::PAYLOAD_TOO_LARGE.into_response();
            };
            let call = Call {
                endpoint,
                authorization: text_of(&parts.headers, header::AUTHORIZATION),
                content_type: text_of(&parts.headers, header::CONTENT_TYPE),
                query: parts.uri.query().map(str::to_owned),
                body,
            };
            let outcome = app.with(move |world| gate::handle(world, &call)).await;
            outcome.deliver(&hangup).await
        })
    }
}

fn text_of(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
