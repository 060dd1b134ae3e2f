//! Yandex.Market: chats, reviews and questions of a seller's business, as published on 2026-07-17
//! (`partner-api.communications.yaml`) and, for notifications, on 2026-04-20 (`notification-api.yaml`).
//!
//! What the specification leaves open is decided here, and each decision is told where it is made. The main ones: a
//! list gives the newest first; `messageIdFrom` is inclusive; what the seller deleted is served as DELETED, what its
//! author or the Market deleted is gone; nobody writes into a finished chat; a link or a contact in a comment is banned
//! by moderation a minute later; the seller's own words cause notifications, too.

mod cabinet;
mod chat;
mod control;
mod endpoint;
mod entry;
mod feedback;
mod gate;
mod note;
mod notify;
mod page;
mod parallel;
mod problem;
mod question;
mod quota;
mod reads;
mod request;
mod seeds;
mod sender;
mod time;
mod traffic;
mod writes;

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::on;

use self::endpoint::Endpoint;
use self::parallel::Parallel;
use crate::connection::Hangup;
use crate::world::App;

pub(crate) use cabinet::Yandex;
pub(crate) use control::{router as control_router, state};
pub(crate) use entry::Entry;
pub(crate) use seeds::seeds;
pub(crate) use sender::run as send_notifications;
pub(crate) use traffic::buyer_acts;

const API_KEY: HeaderName = HeaderName::from_static("api-key");

/// Largest request body read at all. What is larger than the published limits is read first, so that its sender gets
/// the documented answer and not a broken connection.
const BODY_BYTES_READ: usize = 16 * 1024 * 1024;

/// A response on its way.
type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A request, taken apart.
struct Call {
    endpoint: Endpoint,
    /// The `businessId` of the path, where it has one.
    business: Option<String>,
    api_key: Option<String>,
    /// Whether there is a header `Authorization`, which is not ours.
    has_authorization: bool,
    content_type: Option<String>,
    query: Option<String>,
    body: Bytes,
    /// Requests of the same business being answered, this one included.
    in_flight: usize,
}

/// The API of the host `api.partner.market.yandex.ru`.
pub(crate) fn router() -> Router<App> {
    let parallel = Arc::new(Parallel::default());
    Endpoint::ALL.into_iter().fold(Router::new(), |router, endpoint| {
        let handler = on(endpoint.method(), serve(endpoint, Arc::clone(&parallel)));
        router.route(endpoint.path(), handler)
    })
}

/// The handler of an endpoint.
fn serve(
    endpoint: Endpoint,
    parallel: Arc<Parallel>,
) -> impl Fn(State<App>, Extension<Arc<Hangup>>, Request) -> Answering + Clone {
    move |State(app), Extension(hangup), request| {
        let parallel = Arc::clone(&parallel);
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let api_key = text_of(&parts.headers, API_KEY);
            let business = endpoint.business_of(parts.uri.path()).map(str::to_owned);
            let flight = parallel.enter(business.as_ref().or(api_key.as_ref()));
            let Ok(body) = to_bytes(body, BODY_BYTES_READ).await else {
                return StatusCode::PAYLOAD_TOO_LARGE.into_response();
            };
            let call = Call {
                endpoint,
                business,
                api_key,
                has_authorization: parts.headers.contains_key(header::AUTHORIZATION),
                content_type: text_of(&parts.headers, header::CONTENT_TYPE),
                query: parts.uri.query().map(str::to_owned),
                body,
                in_flight: flight.count(),
            };
            let outcome = app.with(move |world| gate::handle(world, &call)).await;
            outcome.deliver(&hangup).await
        })
    }
}

fn text_of(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
