//! Wildberries: reviews, questions, buyer chats and claims for return, as published on 2026-07-23
//! (`09-communications.yaml`, of `01-general.yaml` the connection check and the seller's name).
//!
//! What the specification leaves open is decided here, and each decision is told where it is made. The main ones: a
//! review counts as processed (`isAnswered=true`) exactly when it counts as archived; a second POST replaces the
//! answer; a PATCH that may not change anything answers 204 and changes nothing. A question that was rejected counts as
//! answered and stays so. Chat events have strictly growing moments, and `next` is the moment of the newest one given.

mod answers;
mod budget;
mod chat;
mod chat_reads;
mod chat_writes;
mod claim;
mod claim_reads;
mod claim_seeds;
mod claim_writes;
mod control;
mod dress;
mod endpoint;
mod entry;
mod feedback;
mod files;
mod gate;
mod history;
mod identity;
mod problem;
mod query;
mod question;
mod question_reads;
mod question_writes;
mod reads;
mod receipt;
mod seeds;
mod shop;
mod token;
mod traffic;
mod writes;

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};

use crate::connection::Hangup;
use crate::world::App;

pub(crate) use control::{router as control_router, state};
use endpoint::{Endpoint, Host};
pub(crate) use entry::Entry;
pub(crate) use seeds::seeds;
pub(crate) use shop::Wildberries;
pub use token::TokenClaims;
pub(crate) use token::said_by;
pub(crate) use traffic::buyer_acts;

/// Largest request body read but for a chat message; the longest answer takes a fraction of it.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// Largest chat message read: more than its files may weigh together, so that too much of it can be refused as documented.
const MESSAGE_BYTES_MAX: usize = 48 * 1024 * 1024;

/// A response on its way.
type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A request, taken apart.
struct Call {
    endpoint: Endpoint,
    authorization: Option<String>,
    content_type: Option<String>,
    /// The last part of the path, which names a file where one is asked for.
    target: String,
    query: Option<String>,
    body: Bytes,
}

/// The seller API: the host `feedbacks-api.wildberries.ru` at the root, the others under their first label.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .merge(feedbacks_router())
        .nest("/buyer-chat-api", buyer_chat_router())
        .nest("/returns-api", returns_router())
        .nest("/common-api", common_router())
}

fn feedbacks_router() -> Router<App> {
    Router::new()
        .route("/ping", get(serve(Endpoint::Ping(Host::Feedbacks))))
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
        .route("/api/v1/questions/count-unanswered", get(serve(Endpoint::QuestionsCountUnanswered)))
        .route("/api/v1/questions/count", get(serve(Endpoint::QuestionsCount)))
        .route(
            "/api/v1/questions",
            get(serve(Endpoint::Questions)).patch(serve(Endpoint::PatchQuestion)),
        )
        .route("/api/v1/question", get(serve(Endpoint::Question)))
}

fn buyer_chat_router() -> Router<App> {
    Router::new()
        .route("/ping", get(serve(Endpoint::Ping(Host::BuyerChat))))
        .route("/api/v1/seller/chats", get(serve(Endpoint::Chats)))
        .route("/api/v1/seller/events", get(serve(Endpoint::Events)))
        .route("/api/v1/seller/message", post(serve(Endpoint::Message)))
        .route("/api/v1/seller/download/{id}", get(serve(Endpoint::Download)))
}

fn returns_router() -> Router<App> {
    Router::new()
        .route("/ping", get(serve(Endpoint::Ping(Host::Returns))))
        .route("/api/v1/claims", get(serve(Endpoint::Claims)))
        .route("/api/v1/claim", patch(serve(Endpoint::Claim)))
}

fn common_router() -> Router<App> {
    Router::new()
        .route("/ping", get(serve(Endpoint::Ping(Host::Common))))
        .route("/api/v1/seller-info", get(serve(Endpoint::SellerInfo)))
}

/// The handler of an endpoint.
fn serve(
    endpoint: Endpoint,
) -> impl Fn(State<App>, Extension<Arc<Hangup>>, Request) -> Answering + Clone {
    move |State(app), Extension(hangup), request| {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let bytes_max =
                if endpoint == Endpoint::Message { MESSAGE_BYTES_MAX } else { BODY_BYTES_MAX };
            let Ok(body) = to_bytes(body, bytes_max).await else {
                return StatusCode::PAYLOAD_TOO_LARGE.into_response();
            };
            let path = parts.uri.path();
            let call = Call {
                endpoint,
                authorization: text_of(&parts.headers, header::AUTHORIZATION),
                content_type: text_of(&parts.headers, header::CONTENT_TYPE),
                target: path.rsplit('/').next().unwrap_or_default().to_owned(),
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
