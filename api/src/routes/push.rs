//! Where Ozon and Yandex.Market deliver notifications. Whoever calls has neither session nor key: the address is the
//! secret, and what is said there makes a reading due and nothing more. Answers are in the marketplace's own form, since
//! it stops sending to an address that answers otherwise.

mod form;
mod throttle;

use std::sync::Arc;
use std::time::Duration;

use adapters::push::{self, Notice, Receiver, Refusal};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Extension, Router};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::{error, info};

use self::form::Complaint;
pub(super) use self::form::Form;
use self::throttle::Throttle;
use crate::app::{App, PushNetworks};
use crate::auth::Address;
use crate::extract::Path;

/// Longest body, in bytes. Theirs are ids and dates, Ozon's hold a message of 1000 characters as well.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// Length of the secret part of an address: 256 bits in base64.
const TOKEN_CHARS: usize = 43;

/// Within what an answer is given, whatever the database does: Ozon stops sending to an address that needs more than
/// five seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);

/// When trying again makes sense after too much came, in seconds.
const AFTER_TOO_MANY: u16 = 10;

/// The addresses, with limits of their own.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route(&Form::Ozon.path("{token}"), post(ozon))
        // Yandex.Market puts the last part behind the address that it is given.
        .route(&format!("{}/notification", Form::Yandex.path("{token}")), post(yandex))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(Extension(Arc::new(Throttle::default())))
}

/// Takes a notification of Ozon.
async fn ozon(
    app: State<App>,
    throttle: Extension<Arc<Throttle>>,
    caller: Address,
    token: Path<SecretString>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    receive(Form::Ozon, &app, &throttle, caller, &token.0, body).await
}

/// Takes a notification of Yandex.Market.
async fn yandex(
    app: State<App>,
    throttle: Extension<Arc<Throttle>>,
    caller: Address,
    token: Path<SecretString>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    receive(Form::Yandex, &app, &throttle, caller, &token.0, body).await
}

async fn receive(
    form: Form,
    app: &App,
    throttle: &Throttle,
    caller: Address,
    token: &SecretString,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let taken = take(form, app, throttle, caller, token, body);
    let outcome = match tokio::time::timeout(ANSWER_WITHIN, taken).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => {
            error!(error = &error as &dyn std::error::Error, "could not take a notification");
            Err(Complaint::Ours)
        }
        Err(_) => {
            error!("could not take a notification in time");
            Err(Complaint::Ours)
        }
    };
    match outcome {
        Ok(notice) => axum::Json(form.accepted(&notice)).into_response(),
        Err(complaint) => refused(form, complaint),
    }
}

/// Accepts a notification, or says what there is to complain of. What is accepted has taken effect.
async fn take(
    form: Form,
    app: &App,
    throttle: &Throttle,
    caller: Address,
    token: &SecretString,
    body: Result<Bytes, BytesRejection>,
) -> sqlx::Result<Result<Notice, Complaint>> {
    let receiver = match known(form, app, throttle, caller, token).await? {
        Ok(receiver) if throttle.admits(token) => receiver,
        Ok(_) => return Ok(Err(Complaint::TooMany)),
        Err(complaint) => return Ok(Err(complaint)),
    };
    match judge(form, app, caller, &receiver, body) {
        Ok(notice) => {
            push::accept(&app.db, &receiver, &notice).await?;
            Ok(Ok(notice))
        }
        Err(complaint) => {
            info!(account.id = %receiver.account(), "refused a notification: {complaint:?}");
            if let Some(refusal) = complaint.refusal() {
                push::refuse(&app.db, &receiver, refusal).await?;
            }
            Ok(Err(complaint))
        }
    }
}

/// Finds whose address it is.
async fn known(
    form: Form,
    app: &App,
    throttle: &Throttle,
    Address(caller): Address,
    token: &SecretString,
) -> sqlx::Result<Result<Receiver, Complaint>> {
    if token.expose_secret().len() != TOKEN_CHARS {
        return Ok(Err(Complaint::UnknownAddress));
    }
    if throttle.is_exhausted(token) || throttle.is_guessing(caller, token) {
        return Ok(Err(Complaint::TooMany));
    }
    let receiver = push::find(&app.db, form.marketplace(), token).await?;
    if receiver.is_none() {
        throttle.note_guess(caller);
    }
    Ok(receiver.ok_or(Complaint::UnknownAddress))
}

fn judge(
    form: Form,
    app: &App,
    Address(caller): Address,
    receiver: &Receiver,
    body: Result<Bytes, BytesRejection>,
) -> Result<Notice, Complaint> {
    let is_checked = app.settings.push_networks == PushNetworks::Published;
    if is_checked && !push::is_allowed(form.marketplace(), caller) {
        return Err(Complaint::OtherNetwork);
    }
    let body = body.map_err(|rejection| match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => Complaint::TooLarge,
        _ => Complaint::Malformed(form.unreadable()),
    })?;
    let notice = form.read(&body).map_err(Complaint::Malformed)?;
    if receiver.is_other(&notice) { Err(Complaint::OtherCabinet) } else { Ok(notice) }
}

fn refused(form: Form, complaint: Complaint) -> Response {
    let body = axum::Json(form.refused(complaint));
    let mut response = (complaint.status(), body).into_response();
    if matches!(complaint, Complaint::TooMany) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(AFTER_TOO_MANY));
    }
    response
}

impl Complaint {
    /// Returns what the owner of the cabinet is told; none of what is not theirs, or too much to be noted.
    fn refusal(self) -> Option<Refusal> {
        match self {
            Self::Malformed(_) => Some(Refusal::Malformed),
            Self::TooLarge => Some(Refusal::TooLarge),
            Self::OtherCabinet => Some(Refusal::OtherCabinet),
            Self::OtherNetwork => Some(Refusal::OtherNetwork),
            Self::UnknownAddress | Self::TooMany | Self::Ours => None,
        }
    }
}
