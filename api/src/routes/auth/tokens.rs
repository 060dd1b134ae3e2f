//! Tokens that people make for programs.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use domain::access::Permissions;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::tokens::{ListedToken, list, make, revoke};
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path, name};
use crate::routes::people::names::PermissionName;

/// Longest name of a token, in characters.
const NAME_CHARS_MAX: usize = 60;

/// Longest life of a token, in days.
const DAYS_MAX: u16 = 366;

/// One's tokens.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenList {
    /// The newest first.
    items: Vec<ApiToken>,
}

/// A token for a program.
#[derive(Serialize, ToSchema)]
struct ApiToken {
    token_id: Uuid,
    name: String,
    /// What was chosen for it. It may do no more of that than its owner may at the time of a call.
    #[schema(value_type = Vec<PermissionName>)]
    permissions: Permissions,
    created_at: DateTime<Utc>,
    /// To five minutes; none where it was never used.
    last_used_at: Option<DateTime<Utc>>,
    /// It is listed for a month more.
    expires_at: DateTime<Utc>,
}

/// A token to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// What its owner calls it.
    #[schema(min_length = 1, max_length = 60, example = "Выгрузка в 1С")]
    name: String,
    /// What it may do: some of what its owner may.
    #[schema(value_type = Vec<PermissionName>, min_items = 1)]
    permissions: Permissions,
    /// How long it lasts, in days.
    #[schema(minimum = 1, maximum = 366)]
    days: u16,
}

/// A token that was made. It is not shown again.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeApiToken {
    /// For `Authorization: Bearer`.
    access_token: String,
    #[serde(flatten)]
    token: ApiToken,
}

/// Lists one's tokens.
#[utoipa::path(get, path = "/auth/tokens", tag = "auth", responses((status = OK, body = TokenList)))]
pub(crate) async fn list_tokens(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<TokenList>, ApiError> {
    let listed = list(&app.db, caller.person()).await?;
    Ok(Json(TokenList { items: listed.into_iter().map(ApiToken::from).collect() }))
}

/// Makes a token for a program. The answer is kept nowhere: a call whose answer is lost leaves a token that nobody has, to be
/// taken back.
#[utoipa::path(post, path = "/auth/tokens", tag = "auth", request_body = NewToken,
    responses((status = CREATED, body = MadeApiToken)))]
pub(crate) async fn make_token(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<NewToken>,
) -> Result<(StatusCode, Json<MadeApiToken>), ApiError> {
    let NewToken { name: typed, permissions, days } = body;
    let name = name("name", &typed, NAME_CHARS_MAX)?;
    if permissions.is_empty() {
        let problem = ApiError::new(Code::InvalidBody);
        return Err(problem.field("permissions", "нужно хотя бы одно право"));
    }
    if !(1..=DAYS_MAX).contains(&days) {
        let problem = ApiError::new(Code::InvalidBody);
        return Err(problem.field("days", format!("нужно от 1 до {DAYS_MAX}")));
    }
    if !permissions.is_subset(&caller.who.standing.permissions) {
        return Err(ApiError::new(Code::BeyondOwnPermissions));
    }
    let lasts = Duration::from_hours(24 * u64::from(days));
    let made = make(&app.db, caller.person(), &name, &permissions, lasts).await?;
    let made = made.ok_or_else(|| ApiError::new(Code::TooManyOfThem))?;
    let token = ApiToken {
        token_id: made.token_id,
        name,
        permissions,
        created_at: made.created_at,
        last_used_at: None,
        expires_at: made.expires_at,
    };
    let access_token = made.token.expose_secret().to_owned();
    Ok((StatusCode::CREATED, Json(MadeApiToken { access_token, token })))
}

/// Takes one of one's tokens back: whoever has it has nothing in hand any more.
#[utoipa::path(delete, path = "/auth/tokens/{id}", tag = "auth",
    params(("id" = Uuid, Path, description = "The token.")),
    responses((status = NO_CONTENT)))]
pub(crate) async fn revoke_token(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    if !revoke(&app.db, caller.person(), id).await? {
        return Err(ApiError::new(Code::NotFound));
    }
    Ok(StatusCode::NO_CONTENT)
}

impl From<ListedToken> for ApiToken {
    fn from(listed: ListedToken) -> Self {
        let ListedToken { token_id, name, permissions, created_at, last_used_at, expires_at } =
            listed;
        Self { token_id, name, permissions, created_at, last_used_at, expires_at }
    }
}
