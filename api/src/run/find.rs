//! Finds what a command names.

use anyhow::{Context as _, bail};
use domain::{InteractionId, TenantId};
use eventlog::Db;
use uuid::Uuid;

/// Returns whose interaction it is, which must be `tenant` where one is given.
pub(super) async fn seller_of_interaction(
    db: &Db,
    id: InteractionId,
    tenant: Option<TenantId>,
) -> anyhow::Result<TenantId> {
    let looking = "looking for the interaction";
    let seller = match tenant {
        Some(tenant) => Some(tenant),
        None => seller_of(db, id.0).await.context(looking)?,
    };
    match seller {
        Some(seller) if is_interaction(db, seller, id.0).await.context(looking)? => Ok(seller),
        Some(_) | None => match tenant {
            Some(tenant) => bail!("seller {tenant} has no interaction {id}"),
            None => bail!("there is no interaction {id}"),
        },
    }
}

async fn seller_of(db: &Db, id: Uuid) -> sqlx::Result<Option<TenantId>> {
    let tenant = sqlx::query_scalar!(
        "select tenant_id from es.stream where stream_id = $1 and stream_type = 'interaction' limit 1",
        id,
    );
    Ok(tenant.fetch_optional(db.pool()).await?.map(TenantId))
}

/// Tells whether the seller has such an interaction. Asked before the log is: to read a seller's events gives a new one a
/// log.
async fn is_interaction(db: &Db, tenant: TenantId, id: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
            select from es.tenant_log l
            join es.stream s on s.log_id = l.log_id and s.tenant_id = l.tenant_id
            where l.tenant_id = $1 and s.stream_id = $2 and s.stream_type = 'interaction') as "is!""#,
        tenant.0,
        id,
    )
    .fetch_one(db.pool())
    .await
}
