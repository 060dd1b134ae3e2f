//! One seller's rows made anew while everybody is served.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::TenantId;
use eventlog::{Db, EventLog, LogId, StoredEvent};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::fold::{self, Fold, Stream};
use crate::replay::{ReplayError, home_of};
use crate::{
    ReadModel, accounts, bulks, claims, failures, inbox, knowledge, lineage, metric, reply_history,
    sending, thread,
};

/// Events of a seller read at once.
const CHUNK: i64 = 2000;

/// Rows written by one statement.
const ROWS: usize = 2000;

/// Deletes the rows that `model` has of `tenant` and folds them anew, as far as the log is applied for everybody.
/// Returns how many rows there are now.
///
/// Only the end of the work, what was recorded since it began and the writing, holds up the read model, and that only
/// for the sellers of the same log.
///
/// # Errors
/// When `model` is the outbox, there is no such seller, or the database fails.
pub async fn rebuild_tenant(
    db: &Db,
    log: &EventLog,
    model: ReadModel,
    tenant: TenantId,
) -> anyhow::Result<usize> {
    let table = super::table(model)?;
    match model {
        ReadModel::Inbox => again::<inbox::Row>(db, log, model, table, tenant).await,
        ReadModel::Thread => again::<thread::Row>(db, log, model, table, tenant).await,
        ReadModel::ReplyHistory => again::<reply_history::Row>(db, log, model, table, tenant).await,
        ReadModel::Accounts => again::<accounts::Row>(db, log, model, table, tenant).await,
        ReadModel::Claims => again::<claims::Row>(db, log, model, table, tenant).await,
        ReadModel::Sending => again::<sending::Row>(db, log, model, table, tenant).await,
        ReadModel::Bulks => again::<bulks::Row>(db, log, model, table, tenant).await,
        ReadModel::Failures => again::<failures::Row>(db, log, model, table, tenant).await,
        ReadModel::Knowledge => again::<knowledge::Row>(db, log, model, table, tenant).await,
        ReadModel::Lineage => again::<lineage::Row>(db, log, model, table, tenant).await,
        ReadModel::Metric => again::<metric::Row>(db, log, model, table, tenant).await,
        ReadModel::Effects => Ok(0),
    }
}

async fn again<F: Fold>(
    db: &Db,
    log: &EventLog,
    model: ReadModel,
    table: &str,
    tenant: TenantId,
) -> anyhow::Result<usize> {
    let home = home_of(db, tenant).await?.ok_or(ReplayError::NoSeller(tenant))?;
    let mut refold =
        Refold::<F> { tenant, after: 0, rows: BTreeMap::new(), parked: BTreeMap::new() };
    let applied = sqlx::query_scalar!(
        "select pos from projection_checkpoint
            where projection = $1 and generation = 'live' and log_id = $2",
        model.name(),
        home.0,
    )
    .fetch_optional(db.pool())
    .await?;
    refold.read_to(log, applied.unwrap_or(0)).await?;

    let mut tx = db.begin().await?;
    // Whoever applies this log waits here, and then finds the new rows.
    let held = super::hold(&mut tx, model, Some(home)).await.context("holding the checkpoint")?;
    refold.read_to(log, held.first().copied().unwrap_or(0)).await?;
    let written = refold.put_in_place(&mut tx, model, table, home).await?;
    tx.commit().await?;
    Ok(written)
}

struct Refold<F: Fold> {
    tenant: TenantId,
    /// The seller's last event that was read.
    after: i64,
    rows: BTreeMap<Stream, F::Rows>,
    /// Streams that cannot be folded on, each with its first event left out and why.
    parked: BTreeMap<Uuid, (i64, String)>,
}

impl<F: Fold> Refold<F> {
    async fn read_to(&mut self, log: &EventLog, until: i64) -> anyhow::Result<()> {
        loop {
            let events = log.read_tenant_marked(self.tenant, self.after, CHUNK).await?;
            if events.is_empty() {
                return Ok(());
            }
            for stored in events {
                if stored.pos > until {
                    return Ok(());
                }
                self.after = stored.tenant_seq;
                self.fold(stored);
            }
        }
    }

    fn fold(&mut self, stored: StoredEvent) {
        let (stream, pos) = (Stream::new(stored.tenant, stored.stream), stored.pos);
        if self.parked.contains_key(&stream.id) {
            return;
        }
        let rows = self.rows.get(&stream).cloned().unwrap_or_default();
        let folded = fold::readable(stored).and_then(|recorded| {
            fold::guarded::<F>(rows, &recorded, |_| ()).map_err(|error| error.to_string())
        });
        match folded {
            Ok(rows) => _ = self.rows.insert(stream, rows),
            Err(reason) => _ = self.parked.insert(stream.id, (pos, reason)),
        }
    }

    async fn put_in_place(
        &self,
        tx: &mut PgConnection,
        model: ReadModel,
        table: &str,
        home: LogId,
    ) -> sqlx::Result<usize> {
        let statement = format!("delete from {table} where tenant_id = $1");
        sqlx::query(AssertSqlSafe(statement)).bind(self.tenant.0).execute(&mut *tx).await?;
        let rows: Vec<&F> = self.rows.values().flat_map(F::each).collect();
        for rows in rows.chunks(ROWS) {
            F::store(&mut *tx, rows).await?;
        }
        self.park(tx, model, home).await?;
        Ok(rows.len())
    }

    /// Parks what could not be folded, and lets go on what could.
    async fn park(&self, tx: &mut PgConnection, model: ReadModel, home: LogId) -> sqlx::Result<()> {
        sqlx::query!(
            "delete from parked_stream where projection = $1 and generation = 'live' and tenant_id = $2",
            model.name(),
            self.tenant.0,
        )
        .execute(&mut *tx)
        .await?;
        let streams: Vec<Uuid> = self.parked.keys().copied().collect();
        let (positions, reasons): (Vec<i64>, Vec<String>) = self.parked.values().cloned().unzip();
        sqlx::query!(
            "insert into parked_stream (projection, generation, log_id, tenant_id, stream_id, first_pos, error)
                select $1, 'live', $2, $3, p.stream, p.pos, p.reason
                    from unnest($4::uuid[], $5::bigint[], $6::text[]) p (stream, pos, reason)",
            model.name(),
            home.0,
            self.tenant.0,
            &streams,
            &positions,
            &reasons,
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}
