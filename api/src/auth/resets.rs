//! Ways back in for whoever forgot the password: a link that is good once, for an hour.

use std::time::Duration;

use domain::{TenantId, UserId};
use eventlog::Db;
use secrecy::SecretString;
use sqlx::PgConnection;

use super::session::{TokenHash, new_token};
use crate::sql::interval;

/// How long a link is good.
const LASTS: Duration = Duration::from_hours(1);

/// Tells what is in such a link from other secrets.
const PREFIX: &str = "aiq_reset_";

/// Makes the way back in of a person; a link of before is void. Returns what is in the link.
pub(crate) async fn make(
    db: &Db,
    (tenant, user_id): (TenantId, UserId),
) -> sqlx::Result<SecretString> {
    let token = new_token(PREFIX);
    sqlx::query!(
        "insert into app_password_reset (token_hash, tenant_id, user_id, expires_at) values ($1, $2, $3, now() + $4)
            on conflict on constraint app_password_reset_user_key do update
                set token_hash = excluded.token_hash, created_at = now(), expires_at = excluded.expires_at",
        TokenHash::of(&token).0,
        tenant.0,
        user_id.0,
        interval(LASTS),
    )
    .execute(db.pool())
    .await?;
    Ok(token)
}

/// Finds whose way back in it is, if it is good still.
pub(crate) async fn find(
    db: &Db,
    token: &SecretString,
) -> sqlx::Result<Option<((TenantId, UserId), String)>> {
    let row = sqlx::query!(
        "select u.tenant_id, u.user_id, u.email
            from app_password_reset w
            join app_user u on u.tenant_id = w.tenant_id and u.user_id = w.user_id
            where w.token_hash = $1 and w.expires_at > now() and u.disabled_at is null",
        TokenHash::of(token).0,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|row| ((TenantId(row.tenant_id), UserId(row.user_id)), row.email)))
}

/// Uses the way back in up. Tells whether nobody had.
pub(crate) async fn use_up(
    connection: &mut PgConnection,
    token: &SecretString,
) -> sqlx::Result<bool> {
    let used = sqlx::query!(
        "delete from app_password_reset where token_hash = $1 and expires_at > now()",
        TokenHash::of(token).0,
    )
    .execute(connection)
    .await?;
    Ok(used.rows_affected() == 1)
}

/// Removes those that have run out. Returns how many.
pub(crate) async fn sweep(db: &Db) -> sqlx::Result<u64> {
    let removed = sqlx::query!("delete from app_password_reset where expires_at < now()")
        .execute(db.pool())
        .await?;
    Ok(removed.rows_affected())
}
