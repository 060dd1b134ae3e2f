//! Sessions: opaque tokens of 256 random bits, of which only the SHA-256 is stored.

use std::net::IpAddr;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use domain::access::Standing;
use domain::{TenantId, UserId};
use eventlog::Db;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use super::people::{GivenRole, Person};
use crate::extract::header_text;
use crate::sql::interval;

/// How long a session of the console lasts after its last use.
pub(super) const COOKIE_LASTS: Duration = Duration::from_hours(7 * 24);

/// How long a program's token lasts.
const TOKEN_LASTS: Duration = Duration::from_hours(24);

/// How often a session of the console is prolonged at most: a write per request would be wasted.
const PROLONGED_EVERY: Duration = Duration::from_hours(1);

/// How often it is noted that a session is used, at most, as well.
pub(super) const USE_NOTED_EVERY: Duration = Duration::from_mins(5);

/// Longest that is kept of what a program says of itself, in characters.
const PROGRAM_CHARS_MAX: usize = 300;

/// Tells a token of ours from other secrets, for people and for scanners of leaked ones.
const PREFIX: &str = "aiq_";

/// How the token is kept by whoever signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionKind {
    /// By a program, which sends it in `Authorization: Bearer`.
    #[default]
    Token,
    /// By a browser, as a cookie that scripts cannot read.
    Cookie,
}

impl SessionKind {
    fn of(word: &str) -> Self {
        if word == Self::Cookie.as_str() { Self::Cookie } else { Self::Token }
    }

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
pub(super) struct Session {
    pub(super) person: Person,
    pub(super) kind: SessionKind,
    /// Whether it was prolonged just now, so that the browser must be told.
    pub(super) prolonged: bool,
}

/// A session that was opened just now.
pub(crate) struct Opened {
    pub(crate) token: SecretString,
    pub(crate) expires_at: DateTime<Utc>,
    /// Whose it is; none where they were shut out meanwhile.
    pub(crate) person: Option<Person>,
}

/// Whoever signs in, as far as the request tells, so that people know their sessions.
pub(crate) struct Client {
    address: String,
    program: Option<String>,
}

impl Client {
    pub(crate) fn of(address: IpAddr, headers: &HeaderMap) -> Self {
        let program = header_text(headers, USER_AGENT.as_str());
        let program = program.map(|it| it.chars().take(PROGRAM_CHARS_MAX).collect());
        Self { address: address.to_canonical().to_string(), program }
    }
}

/// A session as its owner sees it.
pub(crate) struct ListedSession {
    pub(crate) session_id: Uuid,
    pub(crate) kind: SessionKind,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_used_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) address: Option<String>,
    pub(crate) program: Option<String>,
    /// Whether it is the one that asks.
    pub(crate) is_current: bool,
}

/// What is stored of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenHash(pub(super) Vec<u8>);

impl TokenHash {
    pub(super) fn of(token: &SecretString) -> Self {
        Self(Sha256::digest(token.expose_secret().as_bytes()).to_vec())
    }
}

/// Makes a token that nobody guesses.
pub(super) fn new_token(prefix: &str) -> SecretString {
    let secret = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    SecretString::from(format!("{prefix}{secret}"))
}

/// Opens a session.
pub(crate) async fn open(
    db: &Db,
    tenant: TenantId,
    user_id: UserId,
    kind: SessionKind,
    client: &Client,
) -> sqlx::Result<Opened> {
    let token = new_token(PREFIX);
    let expires_at = sqlx::query_scalar!(
        "insert into app_session (token_hash, tenant_id, user_id, kind, expires_at, address, program)
            values ($1, $2, $3, $4, now() + $5, $6, $7)
            returning expires_at",
        TokenHash::of(&token).0,
        tenant.0,
        user_id.0,
        kind.as_str(),
        interval(kind.lasts()),
        client.address,
        client.program,
    )
    .fetch_one(db.pool())
    .await?;
    let person = resolve(db, &TokenHash::of(&token)).await?.map(|session| session.person);
    Ok(Opened { token, expires_at, person })
}

/// Reads the session of a token, if it is in force and its owner is not shut out, notes that it is used, and prolongs it
/// where it slides.
pub(super) async fn resolve(db: &Db, token: &TokenHash) -> sqlx::Result<Option<Session>> {
    let row = sqlx::query!(
        r#"select s.tenant_id, s.user_id, u.email, u.role, u.role_id, r.permissions as "permissions?", s.kind,
                s.kind = 'cookie' and s.expires_at < now() + ($2::interval - $3::interval) as "due!",
                s.last_used_at < now() - $4::interval as "unnoted!"
            from app_session s
            join app_user u on u.tenant_id = s.tenant_id and u.user_id = s.user_id
            left join app_role r on r.tenant_id = u.tenant_id and r.role_id = u.role_id
            where s.token_hash = $1 and s.expires_at > now() and u.disabled_at is null"#,
        token.0,
        interval(COOKIE_LASTS) as _,
        interval(PROLONGED_EVERY) as _,
        interval(USE_NOTED_EVERY) as _,
    )
    .fetch_optional(db.pool())
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.due || row.unnoted {
        sqlx::query!(
            "update app_session
                set last_used_at = now(), expires_at = case when $3 then now() + $2 else expires_at end
                where token_hash = $1",
            token.0,
            interval(COOKIE_LASTS),
            row.due,
        )
        .execute(db.pool())
        .await?;
    }
    let role = GivenRole::of(row.role.as_deref(), row.role_id);
    Ok(Some(Session {
        person: Person {
            tenant: TenantId(row.tenant_id),
            user_id: UserId(row.user_id),
            email: row.email,
            standing: role.standing(row.permissions.as_deref()),
            role,
        },
        kind: SessionKind::of(&row.kind),
        prolonged: row.due,
    }))
}

/// Tells what the owner of a session may do, if it is in force still. That somebody only listens does not prolong it.
pub(super) async fn standing(db: &Db, token: &TokenHash) -> sqlx::Result<Option<Standing>> {
    let row = sqlx::query!(
        r#"select u.role, u.role_id, r.permissions as "permissions?"
            from app_session s
            join app_user u on u.tenant_id = s.tenant_id and u.user_id = s.user_id
            left join app_role r on r.tenant_id = u.tenant_id and r.role_id = u.role_id
            where s.token_hash = $1 and s.expires_at > now() and u.disabled_at is null"#,
        token.0,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|row| {
        let role = GivenRole::of(row.role.as_deref(), row.role_id);
        role.standing(row.permissions.as_deref())
    }))
}

/// Ends a session; harmless when it has ended.
pub(crate) async fn end(db: &Db, token: &TokenHash) -> sqlx::Result<()> {
    sqlx::query!("delete from app_session where token_hash = $1", token.0)
        .execute(db.pool())
        .await?;
    Ok(())
}

/// Reads the sessions of a person that are in force, the one used last first.
pub(crate) async fn list(
    db: &Db,
    (tenant, user_id): (TenantId, UserId),
    current: &TokenHash,
) -> sqlx::Result<Vec<ListedSession>> {
    let rows = sqlx::query!(
        r#"select session_id, kind, created_at, last_used_at, expires_at, address, program,
                token_hash = $3 as "is_current!"
            from app_session
            where tenant_id = $1 and user_id = $2 and expires_at > now()
            order by token_hash <> $3, last_used_at desc, session_id"#,
        tenant.0,
        user_id.0,
        current.0,
    )
    .fetch_all(db.pool())
    .await?;
    let listed = rows.into_iter().map(|row| ListedSession {
        session_id: row.session_id,
        kind: SessionKind::of(&row.kind),
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
        address: row.address,
        program: row.program,
        is_current: row.is_current,
    });
    Ok(listed.collect())
}

/// Ends one session of a person. Tells whether there was one.
pub(crate) async fn end_one(
    db: &Db,
    (tenant, user_id): (TenantId, UserId),
    session_id: Uuid,
) -> sqlx::Result<bool> {
    let ended = sqlx::query!(
        "delete from app_session where tenant_id = $1 and user_id = $2 and session_id = $3 and expires_at > now()",
        tenant.0,
        user_id.0,
        session_id,
    )
    .execute(db.pool())
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// Ends every session of a person. Returns how many.
pub(crate) async fn end_all(
    connection: &mut PgConnection,
    (tenant, user_id): (TenantId, UserId),
) -> sqlx::Result<u64> {
    let ended = sqlx::query!(
        "delete from app_session where tenant_id = $1 and user_id = $2",
        tenant.0,
        user_id.0
    )
    .execute(connection)
    .await?;
    Ok(ended.rows_affected())
}

/// Ends every session of a person but one. Returns how many.
pub(crate) async fn end_others(
    connection: &mut PgConnection,
    (tenant, user_id): (TenantId, UserId),
    kept: &TokenHash,
) -> sqlx::Result<u64> {
    let ended = sqlx::query!(
        "delete from app_session where tenant_id = $1 and user_id = $2 and token_hash <> $3",
        tenant.0,
        user_id.0,
        kept.0,
    )
    .execute(connection)
    .await?;
    Ok(ended.rows_affected())
}

/// Removes sessions that have run out. Returns how many.
pub(crate) async fn sweep(db: &Db) -> sqlx::Result<u64> {
    let removed =
        sqlx::query!("delete from app_session where expires_at < now()").execute(db.pool()).await?;
    Ok(removed.rows_affected())
}
