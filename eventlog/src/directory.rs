//! Which log a seller's events are in.

use domain::value::TenantId;
use moka::sync::Cache;

use crate::db::Db;
use crate::record::LogId;

/// Sellers remembered at most; about 100 bytes each.
const TENANTS_KEPT_MAX: u64 = 100_000;

/// The directory of sellers. Cheap to clone. What it has once answered never changes.
#[derive(Debug, Clone)]
pub(crate) struct Directory {
    db: Db,
    cache: Cache<TenantId, LogId>,
}

impl Directory {
    pub(crate) fn new(db: Db) -> Self {
        Self { db, cache: Cache::new(TENANTS_KEPT_MAX) }
    }

    /// Returns the log if this process knows it already.
    pub(crate) fn known(&self, tenant: TenantId) -> Option<LogId> {
        self.cache.get(&tenant)
    }

    /// Returns the log, giving a new seller one of those with the fewest sellers.
    pub(crate) async fn log_of(&self, tenant: TenantId) -> Result<LogId, sqlx::Error> {
        if let Some(log) = self.known(tenant) {
            return Ok(log);
        }
        let log = match self.stored(tenant).await? {
            Some(log) => log,
            None => self.assign(tenant).await?,
        };
        self.cache.insert(tenant, log);
        Ok(log)
    }

    async fn stored(&self, tenant: TenantId) -> Result<Option<LogId>, sqlx::Error> {
        let log =
            sqlx::query_scalar!("select log_id from es.tenant_log where tenant_id = $1", tenant.0)
                .fetch_optional(self.db.pool())
                .await?;
        Ok(log.map(LogId))
    }

    async fn assign(&self, tenant: TenantId) -> Result<LogId, sqlx::Error> {
        let assigned = sqlx::query_scalar!(
            "insert into es.tenant_log (tenant_id, log_id)
            select $1, h.log_id
            from es.log_head h
            left join es.tenant_log t on t.log_id = h.log_id
            where h.assignable
            group by h.log_id
            order by count(t.tenant_id), random()
            limit 1
            on conflict on constraint tenant_log_pk do nothing
            returning log_id",
            tenant.0,
        )
        .fetch_optional(self.db.pool())
        .await?;
        match assigned {
            Some(log) => Ok(LogId(log)),
            // Somebody else was first, and has committed by now.
            None => self.stored(tenant).await?.ok_or(sqlx::Error::RowNotFound),
        }
    }
}
