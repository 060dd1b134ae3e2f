//! Another password.

use axum::extract::State;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use super::sessions::EndedSessions;
use super::{known_of, too_many, too_weak};
use crate::app::App;
use crate::auth::{
    Address, Caller, Throttle, check_strength, end_others, password_hash, replace_password_hash,
};
use crate::error::{ApiError, Code};
use crate::extract::Json;

/// Another password, and the one that it replaces: whoever finds a console open must not make it theirs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// The one in force.
    #[schema(value_type = String, format = Password, max_length = 1024)]
    current: SecretString,
    /// Not the address, and another than the one in force.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 1024)]
    new: SecretString,
}

/// Changes one's password and ends all other sessions: whoever knew the old one is out.
#[utoipa::path(post, path = "/auth/password", tag = "auth", request_body = PasswordChange,
    responses((status = OK, body = EndedSessions)))]
pub(crate) async fn change_password(
    State(app): State<App>,
    caller: Caller,
    Address(address): Address,
    Json(body): Json<PasswordChange>,
) -> Result<Json<EndedSessions>, ApiError> {
    let email = &caller.who.email;
    let PasswordChange { current, new } = body;
    check_strength(&new, email).map_err(|reason| too_weak("new", reason))?;
    if new.expose_secret() == current.expose_secret() {
        return Err(ApiError::new(Code::WeakPassword).field("new", "это прежний пароль"));
    }
    let throttle = Throttle::new(&app.db, address, email);
    throttle.attempt().await?.map_err(too_many)?;
    let known = password_hash(&app.db, caller.person()).await?;
    let wrong = || ApiError::new(Code::WrongPassword).field("current", "пароль не подходит");
    if !app.passwords.verify(current, Some(known.clone())).await? {
        // Its answer was lost, and it is asked for once more.
        let is_done = app.passwords.verify(new, Some(known)).await?;
        return if is_done { Ok(Json(EndedSessions { ended: 0 })) } else { Err(wrong()) };
    }
    let guesses = app.passwords.check_guesses(&new, known_of(email, None)).await?;
    guesses.map_err(|reason| too_weak("new", reason))?;
    let hash = app.passwords.hash(new).await?;
    let mut tx = app.db.begin().await?;
    // Somebody changed it meanwhile, and the one that was given is not in force.
    if !replace_password_hash(&mut tx, caller.person(), &known, &hash).await? {
        return Err(wrong());
    }
    let ended = end_others(&mut tx, caller.person(), &caller.token).await?;
    tx.commit().await?;
    throttle.forgive().await?;
    Ok(Json(EndedSessions { ended }))
}
