//! Read model: connected marketplace cabinets and whether their keys are accepted.

use chrono::{DateTime, Utc};
use domain::account::AccountEvent;
use domain::{AccountId, Event, Recorded, TenantId};
use eventlog::Db;
use sqlx::PgConnection;
use uuid::Uuid;

/// A connected cabinet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// The cabinet.
    pub account_id: Uuid,
    /// Whose it is: `wildberries`, `ozon` or `yandex_market`.
    pub marketplace: String,
    /// The seller's name for it.
    pub name: String,
    /// Why the marketplace does not accept the key; none while it does.
    pub access_lost_reason: Option<String>,
    /// Since when.
    pub access_lost_since: Option<DateTime<Utc>>,
    /// When it was connected.
    pub connected_at: DateTime<Utc>,
}

/// Reads a seller's cabinets in the order they were connected.
///
/// # Errors
/// What the database says.
pub async fn list(db: &Db, tenant: TenantId) -> sqlx::Result<Vec<AccountRow>> {
    sqlx::query_as!(
        AccountRow,
        "select account_id, marketplace, name, access_lost_reason, access_lost_since, connected_at
            from account where tenant_id = $1 order by connected_at, account_id",
        tenant.0,
    )
    .fetch_all(db.pool())
    .await
}

/// Reads one cabinet; none when the seller has no such cabinet.
///
/// # Errors
/// What the database says.
pub async fn one(db: &Db, tenant: TenantId, id: AccountId) -> sqlx::Result<Option<AccountRow>> {
    sqlx::query_as!(
        AccountRow,
        "select account_id, marketplace, name, access_lost_reason, access_lost_since, connected_at
            from account where tenant_id = $1 and account_id = $2",
        tenant.0,
        id.0,
    )
    .fetch_optional(db.pool())
    .await
}

pub(crate) async fn apply(tx: &mut PgConnection, recorded: &Recorded) -> sqlx::Result<()> {
    let Event::Account(event) = &recorded.event else { return Ok(()) };
    match event {
        AccountEvent::AccountConnected { marketplace, name } => {
            sqlx::query!(
                "insert into account (tenant_id, account_id, marketplace, name, connected_at)
                    values ($1, $2, $3, $4, $5)",
                recorded.tenant.0,
                recorded.stream.0,
                marketplace.as_str(),
                name,
                recorded.recorded_at,
            )
            .execute(tx)
            .await?;
        }
        AccountEvent::AccessLost { reason } => {
            sqlx::query!(
                "update account set access_lost_reason = $3, access_lost_since = $4
                    where tenant_id = $1 and account_id = $2",
                recorded.tenant.0,
                recorded.stream.0,
                <&str>::from(reason),
                recorded.recorded_at,
            )
            .execute(tx)
            .await?;
        }
        AccountEvent::AccessRestored => {
            sqlx::query!(
                "update account set access_lost_reason = null, access_lost_since = null
                    where tenant_id = $1 and account_id = $2",
                recorded.tenant.0,
                recorded.stream.0,
            )
            .execute(tx)
            .await?;
        }
        AccountEvent::CredentialReplaced => (),
    }
    Ok(())
}
