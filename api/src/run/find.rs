//! Finds what a command names.

use anyhow::{Context as _, bail};
use commands::erase::Subject;
use domain::TenantId;
use eventlog::Db;

/// Returns whose interaction or claim it is, which must be `tenant` where one is given.
pub(super) async fn seller_of(
    db: &Db,
    subject: Subject,
    tenant: Option<TenantId>,
) -> anyhow::Result<TenantId> {
    let looking = || format!("looking for {subject}");
    let seller = match tenant {
        Some(tenant) => Some(tenant),
        None => owner_of(db, subject).await.with_context(looking)?,
    };
    match seller {
        Some(seller) if is_of(db, seller, subject).await.with_context(looking)? => Ok(seller),
        Some(_) | None => match tenant {
            Some(tenant) => bail!("seller {tenant} has no {subject}"),
            None => bail!("there is no {subject}"),
        },
    }
}

async fn owner_of(db: &Db, subject: Subject) -> sqlx::Result<Option<TenantId>> {
    let tenant = sqlx::query_scalar!(
        "select tenant_id from es.stream where stream_id = $1 and stream_type = $2 limit 1",
        subject.id(),
        subject.kind(),
    );
    Ok(tenant.fetch_optional(db.pool()).await?.map(TenantId))
}

/// Tells whether the seller has such a one. Asked before the log is: to read a seller's events gives a new one a
/// log.
async fn is_of(db: &Db, tenant: TenantId, subject: Subject) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
            select from es.tenant_log l
            join es.stream s on s.log_id = l.log_id and s.tenant_id = l.tenant_id
            where l.tenant_id = $1 and s.stream_id = $2 and s.stream_type = $3) as "is!""#,
        tenant.0,
        subject.id(),
        subject.kind(),
    )
    .fetch_one(db.pool())
    .await
}
