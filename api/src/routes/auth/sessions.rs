//! The sessions of a person: listed, and ended from afar.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::{Caller, ListedSession, SessionKind, end_one, end_others, sessions};
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path};

/// Sessions in force.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionList {
    /// The one that asks first, then those that were used last.
    items: Vec<SignedIn>,
}

/// A session in force.
#[derive(Serialize, ToSchema)]
struct SignedIn {
    session_id: Uuid,
    #[schema(inline)]
    kind: SessionKind,
    /// When somebody signed in.
    created_at: DateTime<Utc>,
    /// To five minutes.
    last_used_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// The network address that it was opened from; none where that was not kept.
    address: Option<String>,
    /// What the program said of itself (`User-Agent`); none where it said nothing.
    program: Option<String>,
    /// Whether it is the one that asks.
    is_current: bool,
}

/// What was ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndedSessions {
    /// How many.
    pub(super) ended: u64,
}

/// Tells where one is signed in.
#[utoipa::path(get, path = "/auth/sessions", tag = "auth",
    responses((status = OK, body = SessionList)))]
pub(crate) async fn list_sessions(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<SessionList>, ApiError> {
    let listed = sessions(&app.db, caller.person(), &caller.token).await?;
    Ok(Json(SessionList { items: listed.into_iter().map(SignedIn::from).collect() }))
}

/// Ends one of one's sessions, here and now: whoever holds its token has nothing in hand any more.
#[utoipa::path(delete, path = "/auth/sessions/{id}", tag = "auth",
    params(("id" = Uuid, Path, description = "The session.")),
    responses((status = NO_CONTENT)))]
pub(crate) async fn end_session(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    if !end_one(&app.db, caller.person(), id).await? {
        return Err(ApiError::new(Code::NotFound));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all of one's sessions but the one that asks.
#[utoipa::path(post, path = "/auth/sessions/end-others", tag = "auth",
    responses((status = OK, body = EndedSessions)))]
pub(crate) async fn end_other_sessions(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<EndedSessions>, ApiError> {
    let mut connection = app.db.pool().acquire().await?;
    let ended = end_others(&mut connection, caller.person(), &caller.token).await?;
    Ok(Json(EndedSessions { ended }))
}

impl From<ListedSession> for SignedIn {
    fn from(listed: ListedSession) -> Self {
        let ListedSession {
            session_id,
            kind,
            created_at,
            last_used_at,
            expires_at,
            address,
            program,
            is_current,
        } = listed;
        Self {
            session_id,
            kind,
            created_at,
            last_used_at,
            expires_at,
            address,
            program,
            is_current,
        }
    }
}
