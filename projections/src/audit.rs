//! Audit: what is served to a seller is compared with the log folded anew to the same place. Differences are told,
//! never mended silently.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use chrono::NaiveTime;
use domain::TenantId;
use eventlog::{Db, EventLog};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};
use tracing::{error, info};
use uuid::Uuid;

use crate::fold::readable;
use crate::{Digest, Folded, ReadModel, snapshot};

/// Differences that are told by key; the digests tell that there are more.
const DIFFERENCES_MAX: usize = 100;

/// Events of a seller read at once.
const CHUNK: i64 = 2000;

/// How often to look whether it is time.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// When sellers are audited, and how many.
#[derive(Debug, Clone, Copy)]
pub struct AuditOptions {
    /// Time of day, UTC.
    pub at: NaiveTime,
    /// Sellers chosen by chance.
    pub sellers: u32,
}

/// What an audit of one seller and read model found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The seller.
    pub tenant: TenantId,
    /// The read model.
    pub model: ReadModel,
    /// Where both were compared.
    pub pos: i64,
    /// Digest of what is served.
    pub served: Digest,
    /// Digest of the log folded anew.
    pub folded: Digest,
    /// Keys of rows that differ, are missing or should not be there.
    pub differences: Vec<String>,
}

impl Finding {
    /// Tells whether both are equal.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.served == self.folded
    }
}

/// What is served to a seller, as of one moment.
struct Served {
    pos: i64,
    /// Columns that name a row within its seller.
    key: Vec<String>,
    rows: BTreeMap<String, Value>,
    /// Streams that wait, each with its first event that was left out.
    parked: BTreeMap<Uuid, i64>,
}

/// Compares what `model` serves to `tenant` with the log folded anew to the same place. Nobody waits for it.
///
/// # Errors
/// When the database fails or an event cannot be read.
pub async fn tenant(
    db: &Db,
    log: &EventLog,
    model: ReadModel,
    tenant: TenantId,
) -> anyhow::Result<Finding> {
    let served = Served::read(db, log, model, tenant).await.context("reading what is served")?;
    let mut folded = Folded::new(model);
    let mut after = 0;
    'events: loop {
        let events = log.read_tenant_marked(tenant, after, CHUNK).await?;
        let Some(last) = events.last() else { break };
        after = last.tenant_seq;
        for stored in events {
            if stored.pos > served.pos {
                break 'events;
            }
            if served.parked.get(&stored.stream.0).is_none_or(|first| stored.pos < *first) {
                folded.apply(&readable(stored).map_err(anyhow::Error::msg)?)?;
            }
        }
    }
    let rows: BTreeMap<String, Value> =
        folded.rows().map(|row| (name(&row, &served.key), row)).collect();
    let keys = served.rows.keys().chain(rows.keys().filter(|key| !served.rows.contains_key(*key)));
    let differs = |key: &&String| served.rows.get(*key) != rows.get(*key);
    Ok(Finding {
        tenant,
        model,
        pos: served.pos,
        differences: keys.filter(differs).take(DIFFERENCES_MAX).cloned().collect(),
        served: served.rows.into_values().collect(),
        folded: rows.into_values().collect(),
    })
}

impl Served {
    async fn read(
        db: &Db,
        log: &EventLog,
        model: ReadModel,
        tenant: TenantId,
    ) -> anyhow::Result<Self> {
        let log = log.log_of(tenant).await?.0;
        let mut tx = snapshot::of(db, model.table()).await?;
        // A seller's rows may be more than a request has time for.
        sqlx::query!("set local statement_timeout = 0").execute(&mut *tx).await?;
        let pos = sqlx::query_scalar!(
            "select pos from projection_checkpoint
                where projection = $1 and generation = 'live' and log_id = $2",
            model.name(),
            log,
        )
        .fetch_optional(&mut *tx)
        .await?;
        let parked = sqlx::query!(
            "select stream_id, first_pos from parked_stream
                where projection = $1 and generation = 'live' and tenant_id = $2",
            model.name(),
            tenant.0,
        )
        .fetch_all(&mut *tx)
        .await?;
        let (key, rows) = match model.table() {
            Some(table) => (key(&mut tx, table).await?, rows(&mut tx, table, tenant).await?),
            None => (Vec::new(), Vec::new()),
        };
        tx.commit().await?;
        Ok(Self {
            pos: pos.unwrap_or(0),
            rows: rows.into_iter().map(|row| (name(&row, &key), row)).collect(),
            key,
            parked: parked.into_iter().map(|row| (row.stream_id, row.first_pos)).collect(),
        })
    }
}

async fn rows(tx: &mut PgConnection, table: &str, tenant: TenantId) -> sqlx::Result<Vec<Value>> {
    let statement = format!(
        "select to_jsonb(t) - '{{stems,words_digest}}'::text[] from {table} t where tenant_id = $1"
    );
    sqlx::query_scalar(AssertSqlSafe(statement)).bind(tenant.0).fetch_all(tx).await
}

/// Returns the columns of a table's primary key; the seller is left out where another column is in it.
async fn key(tx: &mut PgConnection, table: &str) -> sqlx::Result<Vec<String>> {
    let mut columns = sqlx::query_scalar!(
        r#"select a.attname::text as "name!"
            from pg_index i
            cross join unnest(i.indkey::int2[]) with ordinality k (number, place)
            join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
            where i.indrelid = to_regclass($1) and i.indisprimary
            order by k.place"#,
        table,
    )
    .fetch_all(tx)
    .await?;
    if columns.len() > 1 {
        columns.retain(|column| column != "tenant_id");
    }
    Ok(columns)
}

/// Returns what names a row within its seller: what it holds in the columns of its `key`.
fn name(row: &Value, key: &[String]) -> String {
    let held = key.iter().filter_map(|column| row.get(column));
    held.map(|held| held.as_str().map_or_else(|| held.to_string(), str::to_owned))
        .collect::<Vec<_>>()
        .join("/")
}

/// Audits sellers chosen by chance and keeps what was found. Returns what is not as it should be.
///
/// # Errors
/// When an audit failed: the database did, or an event cannot be read. The others were made all the same.
pub async fn sample(db: &Db, log: &EventLog, sellers: u32) -> anyhow::Result<Vec<Finding>> {
    let tenants = sqlx::query_scalar!(
        "select tenant_id from es.tenant_log order by random() limit $1",
        i64::from(sellers),
    )
    .fetch_all(db.pool())
    .await?;
    let (mut unsound, mut failed) = (Vec::new(), 0);
    for id in tenants {
        for model in ReadModel::ALL.into_iter().filter(|model| model.table().is_some()) {
            match one(db, log, model, TenantId(id)).await {
                Ok(finding) if finding.is_sound() => (),
                Ok(finding) => {
                    tell(&finding);
                    unsound.push(finding);
                }
                Err(error) => {
                    failed += 1;
                    let (model, error) = (model.name(), format!("{error:#}"));
                    error!(tenant.id = %id, projection = model, error, "could not audit {model} of seller {id}");
                }
            }
        }
    }
    metrics::gauge!("agentiq_audit_differing")
        .set(u32::try_from(unsound.len()).unwrap_or(u32::MAX));
    ensure!(failed == 0, "audits that failed: {failed}");
    Ok(unsound)
}

/// Audits one read model of a seller and keeps what was found.
async fn one(db: &Db, log: &EventLog, model: ReadModel, id: TenantId) -> anyhow::Result<Finding> {
    let finding = tenant(db, log, model, id).await?;
    keep(db, log, &finding).await.context("keeping what was found")?;
    Ok(finding)
}

fn tell(finding: &Finding) {
    let Finding { tenant, model, pos, differences, .. } = finding;
    let (model, keys) = (model.name(), differences.join(" "));
    metrics::counter!("agentiq_audit_differences_total", "projection" => model).increment(1);
    error!(
        tenant.id = %tenant, projection = model, position = pos, rows = keys,
        "{model} of seller {tenant} is not what the log leads to; `agentiq rebuild {model} --tenant {tenant}` mends it"
    );
}

async fn keep(db: &Db, log: &EventLog, finding: &Finding) -> anyhow::Result<()> {
    let rows = |digest: &Digest| i64::try_from(digest.rows()).unwrap_or(i64::MAX);
    sqlx::query!(
        "insert into projection_audit (tenant_id, projection, audited_at, log_id, pos, served_rows, folded_rows,
                served_digest, folded_digest, differences)
            values ($1, $2, clock_timestamp(), $3, $4, $5, $6, $7, $8, $9)",
        finding.tenant.0,
        finding.model.name(),
        log.log_of(finding.tenant).await?.0,
        finding.pos,
        rows(&finding.served),
        rows(&finding.folded),
        finding.served.to_string(),
        finding.folded.to_string(),
        &finding.differences,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Audits once a day, whichever process comes first; never returns.
pub async fn nightly(db: Db, log: EventLog, options: AuditOptions) {
    loop {
        match is_due(&db, options.at).await {
            Ok(true) => match sample(&db, &log, options.sellers).await {
                Ok(unsound) => {
                    info!(
                        sellers = options.sellers,
                        differing = unsound.len(),
                        "audited read models"
                    );
                }
                Err(error) => {
                    error!(error = format!("{error:#}"), "not all read models were audited")
                }
            },
            Ok(false) => (),
            Err(error) => error!(
                error = &error as &dyn std::error::Error,
                "could not see whether an audit is due"
            ),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Takes today's audit, by the database's clock, if it is due and nobody has.
async fn is_due(db: &Db, at: NaiveTime) -> sqlx::Result<bool> {
    let taken = sqlx::query!(
        "insert into projection_audit_day (day)
            select (now() at time zone 'utc')::date where (now() at time zone 'utc')::time >= $1
            on conflict on constraint projection_audit_day_pkey do nothing",
        at,
    )
    .execute(db.pool())
    .await?;
    Ok(taken.rows_affected() > 0)
}
