//! Tokens that people make for programs: shown once, with an end and some of their owner's permissions.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::access::{Permissions, Standing};
use domain::{TenantId, UserId};
use eventlog::Db;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::people::{GivenRole, Person, known, names};
use super::session::{TokenHash, USE_NOTED_EVERY, new_token};
use crate::sql::interval;

/// Tells such a token from a session's.
const PREFIX: &str = "aiq_api_";

/// Tokens that one person may have.
const TOKENS_MAX: i64 = 50;

/// A token that was made just now.
pub(crate) struct MadeToken {
    pub(crate) token_id: Uuid,
    pub(crate) token: SecretString,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

/// A token as its owner sees it later.
pub(crate) struct ListedToken {
    pub(crate) token_id: Uuid,
    pub(crate) name: String,
    pub(crate) permissions: Permissions,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_used_at: Option<DateTime<Utc>>,
    pub(crate) expires_at: DateTime<Utc>,
}

/// Tells whether a token is one of these.
pub(super) fn is_one(token: &SecretString) -> bool {
    token.expose_secret().starts_with(PREFIX)
}

/// Makes a token; none where its owner has as many as may be.
pub(crate) async fn make(
    db: &Db,
    (tenant, user_id): (TenantId, UserId),
    name: &str,
    permissions: &Permissions,
    lasts: Duration,
) -> sqlx::Result<Option<MadeToken>> {
    let (token, token_id) = (new_token(PREFIX), Uuid::now_v7());
    let names = names(permissions);
    let made = sqlx::query!(
        "insert into app_token (tenant_id, token_id, user_id, token_hash, name, permissions, expires_at)
            select $1, $2, $3, $4, $5, $6, now() + $7
            where (select count(*) from app_token where tenant_id = $1 and user_id = $3) < $8
            returning created_at, expires_at",
        tenant.0,
        token_id,
        user_id.0,
        TokenHash::of(&token).0,
        name,
        &names,
        interval(lasts),
        TOKENS_MAX,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(made.map(|row| MadeToken {
        token_id,
        token,
        created_at: row.created_at,
        expires_at: row.expires_at,
    }))
}

/// Reads a person's tokens, the newest first; those that have run out, too, until they are swept.
pub(crate) async fn list(
    db: &Db,
    (tenant, user_id): (TenantId, UserId),
) -> sqlx::Result<Vec<ListedToken>> {
    let rows = sqlx::query!(
        "select token_id, name, permissions, created_at, last_used_at, expires_at
            from app_token
            where tenant_id = $1 and user_id = $2
            order by created_at desc, token_id",
        tenant.0,
        user_id.0,
    )
    .fetch_all(db.pool())
    .await?;
    let listed = rows.into_iter().map(|row| ListedToken {
        token_id: row.token_id,
        name: row.name,
        permissions: known(&row.permissions),
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
    });
    Ok(listed.collect())
}

/// Takes a token back. Tells whether the person had it.
pub(crate) async fn revoke(
    db: &Db,
    (tenant, user_id): (TenantId, UserId),
    token_id: Uuid,
) -> sqlx::Result<bool> {
    let revoked = sqlx::query!(
        "delete from app_token where tenant_id = $1 and user_id = $2 and token_id = $3",
        tenant.0,
        user_id.0,
        token_id,
    )
    .execute(db.pool())
    .await?;
    Ok(revoked.rows_affected() == 1)
}

/// Reads for whom a program calls, if its token is in force and its owner is not shut out, and notes that it is used.
pub(super) async fn resolve(db: &Db, token: &TokenHash) -> sqlx::Result<Option<Person>> {
    let row = sqlx::query!(
        r#"select t.tenant_id, t.user_id, t.permissions as chosen, u.email, u.role, u.role_id,
                r.permissions as "permissions?",
                coalesce(t.last_used_at < now() - $2::interval, true) as "unnoted!"
            from app_token t
            join app_user u on u.tenant_id = t.tenant_id and u.user_id = t.user_id
            left join app_role r on r.tenant_id = u.tenant_id and r.role_id = u.role_id
            where t.token_hash = $1 and t.expires_at > now() and u.disabled_at is null"#,
        token.0,
        interval(USE_NOTED_EVERY) as _,
    )
    .fetch_optional(db.pool())
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.unnoted {
        sqlx::query!("update app_token set last_used_at = now() where token_hash = $1", token.0)
            .execute(db.pool())
            .await?;
    }
    let role = GivenRole::of(row.role.as_deref(), row.role_id);
    let owners = role.standing(row.permissions.as_deref()).permissions;
    let chosen = known(&row.chosen).intersection(&owners).copied().collect();
    Ok(Some(Person {
        tenant: TenantId(row.tenant_id),
        user_id: UserId(row.user_id),
        email: row.email,
        role,
        standing: Standing::with(chosen),
    }))
}

/// Removes tokens that ran out more than a month ago: until then their owner sees why a program stopped. Returns how many.
pub(crate) async fn sweep(db: &Db) -> sqlx::Result<u64> {
    let removed =
        sqlx::query!("delete from app_token where expires_at < now() - interval '30 days'")
            .execute(db.pool())
            .await?;
    Ok(removed.rows_affected())
}
