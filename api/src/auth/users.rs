//! People who sign in, and the seller they belong to.

use std::collections::HashMap;

use anyhow::{Context as _, anyhow};
use domain::access::Role;
use domain::event::decode;
use domain::seller::SellerEvent;
use domain::{TenantId, UserId};
use eventlog::{Db, EventLog};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::people::GivenRole;

/// A person who signs in.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) tenant: TenantId,
    pub(crate) user_id: UserId,
    pub(crate) email: String,
    pub(crate) password_hash: String,
    /// Whether they are shut out.
    pub(crate) is_disabled: bool,
}

/// Brings an e-mail address to the form in which it is one person's; none when it is no address.
pub(crate) fn normal_email(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let (name, host) = email.split_once('@')?;
    let sound = !name.is_empty()
        && host.split('.').count() >= 2
        && host.split('.').all(|label| !label.is_empty())
        && email.len() <= 254
        && email.matches('@').count() == 1
        && !email.chars().any(|c| c.is_whitespace() || c.is_control());
    sound.then_some(email)
}

/// Reads the person who has `email`.
pub(crate) async fn by_email(db: &Db, email: &str) -> sqlx::Result<Option<User>> {
    let row = sqlx::query!(
        r#"select tenant_id, user_id, email, password_hash, disabled_at is not null as "is_disabled!"
            from app_user where email = $1"#,
        email,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|row| User {
        tenant: TenantId(row.tenant_id),
        user_id: UserId(row.user_id),
        email: row.email,
        password_hash: row.password_hash,
        is_disabled: row.is_disabled,
    }))
}

/// Reads the password hash of a person.
pub(crate) async fn password_hash(
    db: &Db,
    (tenant, user_id): (TenantId, UserId),
) -> sqlx::Result<String> {
    sqlx::query_scalar!(
        "select password_hash from app_user where tenant_id = $1 and user_id = $2",
        tenant.0,
        user_id.0,
    )
    .fetch_one(db.pool())
    .await
}

/// Puts another hash in the place of the one that the password was held against. Tells whether it was there still.
pub(crate) async fn replace_password_hash(
    connection: &mut PgConnection,
    (tenant, user_id): (TenantId, UserId),
    known: &str,
    hash: &str,
) -> sqlx::Result<bool> {
    let replaced = sqlx::query!(
        "update app_user set password_hash = $4 where tenant_id = $1 and user_id = $2 and password_hash = $3",
        tenant.0,
        user_id.0,
        known,
        hash,
    )
    .execute(connection)
    .await?;
    Ok(replaced.rows_affected() == 1)
}

/// Puts another hash in the place of whichever there is.
pub(crate) async fn set_password_hash(
    connection: &mut PgConnection,
    (tenant, user_id): (TenantId, UserId),
    hash: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update app_user set password_hash = $3 where tenant_id = $1 and user_id = $2",
        tenant.0,
        user_id.0,
        hash,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Reads the addresses of a seller's people.
pub(crate) async fn emails(db: &Db, tenant: TenantId) -> sqlx::Result<HashMap<Uuid, String>> {
    let rows = sqlx::query!("select user_id, email from app_user where tenant_id = $1", tenant.0)
        .fetch_all(db.pool())
        .await?;
    Ok(rows.into_iter().map(|row| (row.user_id, row.email)).collect())
}

/// Adds a person. Tells whether the e-mail was free.
pub(crate) async fn insert(
    executor: impl PgExecutor<'_>,
    user: &User,
    role: GivenRole,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "insert into app_user (tenant_id, user_id, email, password_hash, role, role_id)
            values ($1, $2, $3, $4, $5, $6)
            on conflict on constraint app_user_email_key do nothing",
        user.tenant.0,
        user.user_id.0,
        user.email,
        user.password_hash,
        role.built_in().map(Role::as_str),
        role.own(),
    )
    .execute(executor)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Reads the seller's name where it was said: in the first event of its stream.
pub(crate) async fn seller_name(log: &EventLog, tenant: TenantId) -> anyhow::Result<String> {
    let events = log.load_stream(tenant, tenant.into(), 0).await.context("reading the seller")?;
    for stored in events {
        for event in decode(stored.names(), stored.payload.clone())? {
            if let SellerEvent::SellerRegistered { name } = event {
                return Ok(name);
            }
        }
    }
    Err(anyhow!("seller {tenant} was never registered"))
}

impl User {
    /// Makes the first person of a new seller.
    pub(crate) fn of_new_seller(email: String, password_hash: String) -> Self {
        Self {
            tenant: TenantId(Uuid::now_v7()),
            user_id: UserId(Uuid::now_v7()),
            email,
            password_hash,
            is_disabled: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_one_form() {
        assert_eq!(normal_email(" Anna@Example.RU \n").as_deref(), Some("anna@example.ru"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "anna",
            "anna@",
            "@example.ru",
            "anna@example",
            "a b@example.ru",
            "a@b@c.ru",
            "a@.ru",
        ] {
            assert_eq!(normal_email(text), None, "{text}");
        }
    }
}
