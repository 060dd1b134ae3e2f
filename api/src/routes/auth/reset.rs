//! Back in for whoever forgot the password: by a link that comes by e-mail.

use adapters::notice::Letter;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use secrecy::SecretString;
use serde::Deserialize;
use tracing::{error, warn};
use utoipa::ToSchema;

use super::sessions::EndedSessions;
use super::{known_of, too_many, too_weak};
use crate::app::App;
use crate::auth::resets::{find, make, use_up};
use crate::auth::{
    Address, Throttle, User, by_email, check_strength, end_all, normal_email,
    refuse_cross_origin_evidence, set_password_hash,
};
use crate::error::{ApiError, Code};
use crate::extract::Json;

/// Who forgot the password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForgottenPassword {
    #[schema(format = Email, max_length = 254, example = "anna@example.ru")]
    email: String,
}

/// Another password, by a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordReset {
    /// What stands behind `#` in the link.
    #[schema(value_type = String)]
    token: SecretString,
    /// Not the address.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 1024)]
    password: SecretString,
}

/// Sends a link to choose another password by, good for an hour, if somebody signs in with the address. The answer is the same
/// if nobody does.
#[utoipa::path(post, path = "/auth/password/forgotten", tag = "auth", request_body = ForgottenPassword,
    responses((status = ACCEPTED)))]
pub(crate) async fn forgot_password(
    State(app): State<App>,
    Address(address): Address,
    headers: HeaderMap,
    Json(body): Json<ForgottenPassword>,
) -> Result<StatusCode, ApiError> {
    refuse_cross_origin_evidence(&headers)?;
    if !app.recipients.post().writes_letters() {
        return Err(ApiError::new(Code::MailNotOffered));
    }
    let email = normal_email(&body.email)
        .ok_or_else(|| ApiError::new(Code::InvalidBody).field("email", "это не адрес почты"))?;
    let throttle = Throttle::new(&app.db, address, &format!("forgotten by {email}"));
    throttle.attempt().await?.map_err(too_many)?;
    // Looked up and sent apart from the answer, which would tell by its time whether there is such a person.
    let app_there = app.clone();
    app.writes.spawn(async move {
        if let Err(problem) = send_link(&app_there, &email).await {
            error!(problem = ?problem, "a link to choose another password was not sent");
        }
    });
    Ok(StatusCode::ACCEPTED)
}

async fn send_link(app: &App, email: &str) -> sqlx::Result<()> {
    let user = by_email(&app.db, email).await?.filter(|user| !user.is_disabled);
    let Some(User { tenant, user_id, email, .. }) = user else { return Ok(()) };
    let token = make(&app.db, (tenant, user_id)).await?;
    if let Err(failure) =
        app.recipients.post().write(&email, &Letter::PasswordReset { token }).await
    {
        let why: &str = failure.why.into();
        warn!(why, status = failure.status, "a link to choose another password was not sent");
    }
    Ok(())
}

/// Chooses another password by a link, and ends all sessions. The link is used up.
#[utoipa::path(post, path = "/auth/password/reset", tag = "auth", request_body = PasswordReset,
    responses((status = OK, body = EndedSessions)))]
pub(crate) async fn reset_password(
    State(app): State<App>,
    Address(address): Address,
    headers: HeaderMap,
    Json(body): Json<PasswordReset>,
) -> Result<Json<EndedSessions>, ApiError> {
    refuse_cross_origin_evidence(&headers)?;
    let throttle = Throttle::new(&app.db, address, "choosing another password by a link");
    throttle.attempt().await?.map_err(too_many)?;
    let void = || ApiError::new(Code::LinkVoid);
    let (person, email) = find(&app.db, &body.token).await?.ok_or_else(void)?;
    check_strength(&body.password, &email).map_err(|reason| too_weak("password", reason))?;
    let guesses = app.passwords.check_guesses(&body.password, known_of(&email, None)).await?;
    guesses.map_err(|reason| too_weak("password", reason))?;
    let hash = app.passwords.hash(body.password).await?;
    let mut tx = app.db.begin().await?;
    if !use_up(&mut tx, &body.token).await? {
        return Err(void());
    }
    set_password_hash(&mut tx, person, &hash).await?;
    let ended = end_all(&mut tx, person).await?;
    tx.commit().await?;
    throttle.forgive().await?;
    Ok(Json(EndedSessions { ended }))
}
