//! Backtests: rules about automatic replies held against a seller's history, and kept as they were found.

use chrono::{DateTime, Utc};
use domain::automation::Rules;
use domain::policy::backtest::{Backtest, Report};
use domain::policy::decision;
use domain::{InteractionId, TenantId};
use eventlog::{Db, EventLog, LogError};
use sqlx::types::Json;
use tracing::warn;
use uuid::Uuid;

use crate::fold::readable;

/// Events of a seller read at once.
const CHUNK: i64 = 2_000;

/// The type of the streams that drafts are in.
const INTERACTION: &str = "interaction";

/// What is to be held against history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The rules.
    pub rules: Rules,
    /// Drafts that were made since this time.
    pub since: DateTime<Utc>,
    /// Drafts that were made before this time.
    pub until: DateTime<Utc>,
    /// What one reply is taken to cost, in seconds.
    pub seconds_per_reply: u32,
}

/// A backtest that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its id.
    pub backtest_id: Uuid,
    /// When.
    pub made_at: DateTime<Utc>,
    /// By whom.
    pub made_by: String,
    /// What was asked.
    pub question: Question,
    /// The version of whoever decided.
    pub policy: u32,
    /// What was found.
    pub report: Report,
}

/// Why a backtest cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// The log is out of reach, or an event of it is missing.
    #[error("reading the event log")]
    Log(#[from] LogError),
    /// The database is out of reach.
    #[error("keeping a backtest")]
    Database(#[from] sqlx::Error),
}

/// Reads the seller's history from its beginning, since what came before the period decides, too. An interaction of which
/// an event cannot be read is left out, and the report says how many were.
///
/// # Errors
/// [`BacktestError`].
pub async fn look(
    log: &EventLog,
    tenant: TenantId,
    question: &Question,
) -> Result<Report, BacktestError> {
    let Question { rules, since, until, .. } = question.clone();
    let mut backtest = Backtest::new(rules, since, until);
    let mut after = 0;
    loop {
        let chunk = log.read_tenant_marked(tenant, after, CHUNK).await?;
        let Some(last) = chunk.last() else { return Ok(backtest.report()) };
        after = last.tenant_seq;
        for stored in chunk {
            if stored.stream_type != INTERACTION {
                continue;
            }
            let (id, pos) = (InteractionId(stored.stream.0), stored.pos);
            match readable(stored) {
                Ok(recorded) => {
                    let events = recorded.of_interaction();
                    events.for_each(|event| backtest.take(id, recorded.recorded_at, event));
                }
                Err(reason) => {
                    warn!(interaction.id = %id, pos, reason, "left interaction {id} out of a backtest");
                    backtest.leave_out(id);
                }
            }
        }
    }
}

/// Keeps what was found under `backtest_id`. What is kept already stays.
///
/// # Errors
/// [`BacktestError::Database`].
pub async fn keep(
    db: &Db,
    tenant: TenantId,
    backtest_id: Uuid,
    made_by: &str,
    question: &Question,
    report: &Report,
) -> Result<(), BacktestError> {
    let Question { rules, since, until, seconds_per_reply } = question;
    sqlx::query!(
        "insert into backtest (tenant_id, backtest_id, made_by, since, until, rules, policy, seconds_per_reply, report)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict on constraint backtest_pkey do nothing",
        tenant.0,
        backtest_id,
        made_by,
        since,
        until,
        Json(rules) as _,
        number(decision::VERSION),
        number(*seconds_per_reply),
        Json(report) as _,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Returns a backtest of the seller; none where there is no such.
///
/// # Errors
/// [`BacktestError::Database`].
pub async fn find(
    db: &Db,
    tenant: TenantId,
    backtest_id: Uuid,
) -> Result<Option<Made>, BacktestError> {
    let row = sqlx::query_as!(
        Row,
        r#"select backtest_id, made_at, made_by, since, until, rules as "rules: Json<Rules>", policy, seconds_per_reply,
                report as "report: Json<Report>"
            from backtest where tenant_id = $1 and backtest_id = $2"#,
        tenant.0,
        backtest_id,
    );
    Ok(row.fetch_optional(db.pool()).await?.map(Made::from))
}

/// Returns the seller's latest backtests, the latest first.
///
/// # Errors
/// [`BacktestError::Database`].
pub async fn recent(db: &Db, tenant: TenantId, limit: i64) -> Result<Vec<Made>, BacktestError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select backtest_id, made_at, made_by, since, until, rules as "rules: Json<Rules>", policy, seconds_per_reply,
                report as "report: Json<Report>"
            from backtest where tenant_id = $1 order by made_at desc, backtest_id desc limit $2"#,
        tenant.0,
        limit,
    );
    Ok(rows.fetch_all(db.pool()).await?.into_iter().map(Made::from).collect())
}

struct Row {
    backtest_id: Uuid,
    made_at: DateTime<Utc>,
    made_by: String,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    rules: Json<Rules>,
    policy: i32,
    seconds_per_reply: i32,
    report: Json<Report>,
}

impl From<Row> for Made {
    fn from(row: Row) -> Self {
        let count = |number: i32| u32::try_from(number).unwrap_or_default();
        Self {
            backtest_id: row.backtest_id,
            made_at: row.made_at,
            made_by: row.made_by,
            question: Question {
                rules: row.rules.0,
                since: row.since,
                until: row.until,
                seconds_per_reply: count(row.seconds_per_reply),
            },
            policy: count(row.policy),
            report: row.report.0,
        }
    }
}

fn number(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
