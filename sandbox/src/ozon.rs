//! Ozon: chats, reviews with their comments, questions with their answers, as published on 2026-09-28.
//!
//! What the specification leaves open is decided here and told where it is decided. The main ones: what it does not
//! promise does not happen (an answer leaves its question's status alone, a read leaves everything alone); the status of
//! a refusal is that of its gRPC code (3 and 9 are 400, 5 is 404, 7 is 403, 8 is 429, 16 is 401), and a wrong key is a
//! 404 with code 5, as the live gateway answers it; `from_message_id` is part of the page it begins; chats are listed
//! from the one with the newest message on, with zero for a message that is not there; a chat outside its sending
//! window, or closed, refuses with code 9.

mod chat;
mod control;
mod entry;
mod gate;
mod hostile;
mod posting;
mod problem;
mod push;
mod question;
mod reads;
mod request;
mod review;
mod seeds;
mod shop;
mod traffic;
mod words;
mod writes;

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use crate::connection::Hangup;
use crate::world::App;

pub(crate) use control::{router as control_router, state};
pub(crate) use entry::Entry;
pub(crate) use push::run as send_pushes;
pub(crate) use seeds::seeds;
pub(crate) use shop::Ozon;
pub(crate) use traffic::buyer_acts;

/// Largest request body read. Ozon states no size for files; this is more than any chat takes.
const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A method of the API; all are POST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    Roles,
    ChatList,
    ChatHistory,
    ChatSendMessage,
    ChatSendFile,
    ChatStart,
    ChatRead,
    ReviewList,
    ReviewInfo,
    ReviewCount,
    ReviewChangeStatus,
    CommentCreate,
    CommentList,
    CommentDelete,
    QuestionList,
    QuestionInfo,
    QuestionCount,
    QuestionChangeStatus,
    AnswerCreate,
    AnswerList,
    AnswerDelete,
}

/// What a seller's plan opens or closes as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    Chats,
    Reviews,
    Questions,
}

/// A response on its way.
type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A request, taken apart.
struct Call {
    endpoint: Endpoint,
    client_id: Option<String>,
    api_key: Option<String>,
    body: Bytes,
}

/// The seller API of the host `api-seller.ozon.ru`.
pub(crate) fn router() -> Router<App> {
    let routes = Endpoint::ALL.into_iter().fold(Router::new(), |router, endpoint| {
        router.route(endpoint.path(), post(serve(endpoint)))
    });
    routes.fallback(unknown_method)
}

impl Endpoint {
    const ALL: [Self; 21] = [
        Self::Roles,
        Self::ChatList,
        Self::ChatHistory,
        Self::ChatSendMessage,
        Self::ChatSendFile,
        Self::ChatStart,
        Self::ChatRead,
        Self::ReviewList,
        Self::ReviewInfo,
        Self::ReviewCount,
        Self::ReviewChangeStatus,
        Self::CommentCreate,
        Self::CommentList,
        Self::CommentDelete,
        Self::QuestionList,
        Self::QuestionInfo,
        Self::QuestionCount,
        Self::QuestionChangeStatus,
        Self::AnswerCreate,
        Self::AnswerList,
        Self::AnswerDelete,
    ];

    fn path(self) -> &'static str {
        match self {
            Self::Roles => "/v1/roles",
            Self::ChatList => "/v3/chat/list",
            Self::ChatHistory => "/v3/chat/history",
            Self::ChatSendMessage => "/v1/chat/send/message",
            Self::ChatSendFile => "/v1/chat/send/file",
            Self::ChatStart => "/v1/chat/start",
            Self::ChatRead => "/v2/chat/read",
            Self::ReviewList => "/v2/review/list",
            Self::ReviewInfo => "/v2/review/info",
            Self::ReviewCount => "/v2/review/count",
            Self::ReviewChangeStatus => "/v2/review/change-status",
            Self::CommentCreate => "/v1/review/comment/create",
            Self::CommentList => "/v1/review/comment/list",
            Self::CommentDelete => "/v2/review/comment/delete",
            Self::QuestionList => "/v1/question/list",
            Self::QuestionInfo => "/v1/question/info",
            Self::QuestionCount => "/v1/question/count",
            Self::QuestionChangeStatus => "/v1/question/change-status",
            Self::AnswerCreate => "/v1/question/answer/create",
            Self::AnswerList => "/v1/question/answer/list",
            Self::AnswerDelete => "/v1/question/answer/delete",
        }
    }

    /// The path under which the sandbox counts and keeps the call.
    fn name(self) -> String {
        format!("POST /ozon{}", self.path())
    }

    fn is_write(self) -> bool {
        matches!(
            self,
            Self::ChatSendMessage
                | Self::ChatSendFile
                | Self::ChatStart
                | Self::ChatRead
                | Self::ReviewChangeStatus
                | Self::CommentCreate
                | Self::CommentDelete
                | Self::QuestionChangeStatus
                | Self::AnswerCreate
                | Self::AnswerDelete
        )
    }

    /// What the seller's plan must include. Reading chats is free of it.
    fn plan(self) -> Option<Channel> {
        match self {
            Self::Roles | Self::ChatList | Self::ChatHistory => None,
            Self::ChatSendMessage | Self::ChatSendFile | Self::ChatStart | Self::ChatRead => {
                Some(Channel::Chats)
            }
            Self::ReviewList
            | Self::ReviewInfo
            | Self::ReviewCount
            | Self::ReviewChangeStatus
            | Self::CommentCreate
            | Self::CommentList
            | Self::CommentDelete => Some(Channel::Reviews),
            Self::QuestionList
            | Self::QuestionInfo
            | Self::QuestionCount
            | Self::QuestionChangeStatus
            | Self::AnswerCreate
            | Self::AnswerList
            | Self::AnswerDelete => Some(Channel::Questions),
        }
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
                client_id: text_of(&parts.headers, "client-id"),
                api_key: text_of(&parts.headers, "api-key"),
                body,
            };
            let outcome = app.with(move |world| gate::handle(world, &call)).await;
            outcome.deliver(&hangup).await
        })
    }
}

/// Answers for a method that is gone, or that the sandbox does not play.
async fn unknown_method(Extension(hangup): Extension<Arc<Hangup>>) -> Response {
    problem::unknown_method().deliver(&hangup).await
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
        .filter(|text| !text.is_empty())
}
