//! Sessions: opaque tokens of 256 random bits, of which only the SHA-256 is stored.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use domain::{TenantId, UserId};
use eventlog::Db;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::sql::interval;

/// How long a session of the console lasts after its last use.
pub(super) const COOKIE_LASTS: Duration = Duration::from_hours(7 * 24);

/// How long a program's token lasts.
const TOKEN_LASTS: Duration = Duration::from_hours(24);

/// How often a session of the console is prolonged at most: a write per request would be wasted.
const PROLONGED_EVERY: Duration = Duration::from_hours(1);

/// Tells a token of ours from other secrets, for people and for scanners of leaked ones.
const PREFIX: &str = "aiq_";

/// How the token is kept by whoever signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionKind {
    /// By a program, which sends it in `Authorization: Bearer`.
    #[default]
    Token,
    /// By a browser, as a cookie that scripts cannot read.
    Cookie,
}

impl SessionKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Cookie => "cookie",
        }
    }

    fn lasts(self) -> Duration {
        match self {
            Self::Token => TOKEN_LASTS,
            Self::Cookie => COOKIE_LASTS,
        }
    }
}

/// A session that is in force.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) tenant: TenantId,
    pub(crate) user_id: UserId,
    pub(crate) email: String,
    pub(crate) kind: SessionKind,
    /// Whether it was prolonged just now, so that the browser must be told.
    pub(super) prolonged: bool,
}

/// A session that was opened just now.
pub(crate) struct Opened {
    pub(crate) token: SecretString,
    pub(crate) expires_at: DateTime<Utc>,
}

/// What is stored of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenHash(Vec<u8>);

impl TokenHash {
    pub(super) fn of(token: &SecretString) -> Self {
        Self(Sha256::digest(token.expose_secret().as_bytes()).to_vec())
    }
}

/// Opens a session.
pub(crate) async fn open(
    db: &Db,
    tenant: TenantId,
    user_id: UserId,
    kind: SessionKind,
) -> sqlx::Result<Opened> {
    let secret = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let token = SecretString::from(format!("{PREFIX}{secret}"));
    let expires_at = sqlx::query_scalar!(
        "insert into app_session (token_hash, tenant_id, user_id, kind, expires_at)
            values ($1, $2, $3, $4, now() + $5)
            returning expires_at",
        TokenHash::of(&token).0,
        tenant.0,
        user_id.0,
        kind.as_str(),
        interval(kind.lasts()),
    )
    .fetch_one(db.pool())
    .await?;
    Ok(Opened { token, expires_at })
}

/// Reads the session of a token, if it is in force, and prolongs it where it slides.
pub(super) async fn resolve(db: &Db, token: &TokenHash) -> sqlx::Result<Option<Session>> {
    let row = sqlx::query!(
        r#"select s.tenant_id, s.user_id, u.email, s.kind,
                s.kind = 'cookie' and s.expires_at < now() + ($2::interval - $3::interval) as "due!"
            from app_session s
            join app_user u on u.tenant_id = s.tenant_id and u.user_id = s.user_id
            where s.token_hash = $1 and s.expires_at > now()"#,
        token.0,
        interval(COOKIE_LASTS) as _,
        interval(PROLONGED_EVERY) as _,
    )
    .fetch_optional(db.pool())
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.due {
        sqlx::query!(
            "update app_session set expires_at = now() + $2 where token_hash = $1",
            token.0,
            interval(COOKIE_LASTS),
        )
        .execute(db.pool())
        .await?;
    }
    Ok(Some(Session {
        tenant: TenantId(row.tenant_id),
        user_id: UserId(row.user_id),
        email: row.email,
        kind: if row.kind == "cookie" { SessionKind::Cookie } else { SessionKind::Token },
        prolonged: row.due,
    }))
}

/// Tells whether the session of a token is in force still.
pub(crate) async fn is_in_force(db: &Db, token: &TokenHash) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from app_session where token_hash = $1 and expires_at > now()) as "in_force!""#,
        token.0,
    )
    .fetch_one(db.pool())
    .await
}

/// Ends a session; harmless when it has ended.
pub(crate) async fn end(db: &Db, token: &TokenHash) -> sqlx::Result<()> {
    sqlx::query!("delete from app_session where token_hash = $1", token.0)
        .execute(db.pool())
        .await?;
    Ok(())
}

/// Removes sessions that have run out. Returns how many.
pub(crate) async fn sweep(db: &Db) -> sqlx::Result<u64> {
    let removed =
        sqlx::query!("delete from app_session where expires_at < now()").execute(db.pool()).await?;
    Ok(removed.rows_affected())
}
