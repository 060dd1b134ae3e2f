//! Comparisons of models: the inputs of past drafts, answered once more by another model, and set beside what the first
//! one wrote and what people sent. None of it is history: it is kept in tables of its own, and no words are.

mod figures;
mod run;

use chrono::{DateTime, Utc};
pub use domain::policy::comparison::{Outcome, State};
use domain::{InteractionId, TenantId};
use eventlog::Db;
use uuid::Uuid;

pub use self::figures::{Figures, Sides, sides};
pub use self::run::{Before, Due, Measured, Run, choose, claim, end, keep, next, rest};

/// Most drafts that a comparison is about: what it finds is read in one answer.
pub const DRAFTS_MAX: u32 = 1_000;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Drafts that were made since this time.
    pub since: DateTime<Utc>,
    /// Drafts that were made before this time.
    pub until: DateTime<Utc>,
    /// The model that answers once more, by the provider's name.
    pub model: String,
    /// What it may cost, in millionths of a dollar.
    pub budget_micro_usd: u64,
    /// How many drafts it is about at most.
    pub drafts_max: u32,
}

/// A comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Its id.
    pub comparison_id: Uuid,
    /// When it was asked for.
    pub made_at: DateTime<Utc>,
    /// By whom.
    pub made_by: String,
    /// What was asked.
    pub question: Question,
    /// How far it has come.
    pub state: State,
    /// Why it failed: the word of an error of the model, or `no_price`.
    pub failure: Option<String>,
    /// What it has cost, in millionths of a dollar, with the most that calls can cost whose outcome is not known.
    pub spent_micro_usd: u64,
    /// Drafts that it is about.
    pub drafts: u32,
    /// Those among them that are reckoned or left out.
    pub looked_at: u32,
    /// Drafts of the period that it is not about; none until those that it is about are chosen.
    pub passed_over: Option<PassedOver>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Drafts of a model that a comparison is not about: nothing was paid for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PassedOver {
    /// No person has sent a text of their own after them, so that there is nothing to hold them against.
    pub not_answered: u32,
    /// Their buyer was erased.
    pub erased: u32,
    /// More than were wanted.
    pub beyond: u32,
}

/// A draft of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The draft as it was.
    pub draft_id: Uuid,
    /// Of which interaction.
    pub interaction: InteractionId,
    /// When it was made.
    pub proposed_at: DateTime<Utc>,
    /// The share of it that people changed, in thousandths.
    pub changed_before: u16,
    /// Which model wrote it, where it is known.
    pub model_before: Option<String>,
    /// By which version of our prompt.
    pub prompt_before: Option<u32>,
    /// What it cost then, in millionths of a dollar.
    pub cost_before_micro_usd: Option<u64>,
    /// How long it took then, in milliseconds.
    pub duration_before_ms: Option<u32>,
    /// What came of asking once more; none until that was done.
    pub outcome: Option<Outcome>,
    /// Why it was left out or could not be used.
    pub reason: Option<String>,
    /// The share in which what people sent differs from what the model wrote now, in thousandths.
    pub changed: Option<u16>,
    /// What that cost, in millionths of a dollar.
    pub cost_micro_usd: Option<u64>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<u32>,
}

/// Asks for a comparison under `comparison_id`. One that is asked for already stays.
///
/// # Errors
/// What the database says.
pub async fn want(
    db: &Db,
    tenant: TenantId,
    comparison_id: Uuid,
    made_by: &str,
    question: &Question,
) -> sqlx::Result<()> {
    let Question { since, until, model, budget_micro_usd, drafts_max } = question;
    sqlx::query!(
        "insert into comparison (tenant_id, comparison_id, made_by, since, until, model, budget_micro_usd, drafts_max)
            values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict on constraint comparison_pkey do nothing",
        tenant.0,
        comparison_id,
        made_by,
        since,
        until,
        model,
        bigint(*budget_micro_usd),
        int(*drafts_max),
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Stops a comparison: no other call is made for it. One that has ended stays as it is.
///
/// # Errors
/// What the database says.
pub async fn stop(db: &Db, tenant: TenantId, comparison_id: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update comparison set state = 'stopped', ended_at = clock_timestamp()
            where tenant_id = $1 and comparison_id = $2 and ended_at is null",
        tenant.0,
        comparison_id,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Returns the seller's latest comparisons, the latest first, or the one that is named.
///
/// # Errors
/// What the database says.
pub async fn list(
    db: &Db,
    tenant: TenantId,
    named: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Comparison>> {
    let rows = sqlx::query!(
        r#"select c.comparison_id, c.made_at, c.made_by, c.since, c.until, c.model, c.budget_micro_usd, c.drafts_max,
                c.state, c.failure, c.spent_micro_usd, c.ended_at,
                c.passed_over as "passed_over: sqlx::types::Json<PassedOver>",
                d.drafts as "drafts!", d.looked_at as "looked_at!"
            from comparison c
            cross join lateral (
                select count(*) as drafts, count(outcome) as looked_at from comparison_draft d
                    where d.tenant_id = c.tenant_id and d.comparison_id = c.comparison_id) d
            where c.tenant_id = $1 and ($2::uuid is null or c.comparison_id = $2)
            order by c.made_at desc, c.comparison_id desc
            limit $3"#,
        tenant.0,
        named,
        limit,
    )
    .fetch_all(db.pool())
    .await?;
    let read = rows.into_iter().map(|row| Comparison {
        comparison_id: row.comparison_id,
        made_at: row.made_at,
        made_by: row.made_by,
        question: Question {
            since: row.since,
            until: row.until,
            model: row.model,
            budget_micro_usd: number(row.budget_micro_usd),
            drafts_max: count(row.drafts_max.into()),
        },
        // Only a later program could have written another.
        state: row.state.parse().unwrap_or(State::Failed),
        failure: row.failure,
        spent_micro_usd: number(row.spent_micro_usd),
        drafts: count(row.drafts),
        looked_at: count(row.looked_at),
        passed_over: row.passed_over.map(|counts| counts.0),
        ended_at: row.ended_at,
    });
    Ok(read.collect())
}

/// Returns the drafts of a comparison, those first of which the two models are furthest apart.
///
/// # Errors
/// What the database says.
pub async fn drafts(db: &Db, tenant: TenantId, comparison_id: Uuid) -> sqlx::Result<Vec<Compared>> {
    let rows = sqlx::query!(
        "select draft_id, interaction_id, proposed_at, changed_before, model_before, prompt_before,
                cost_before_micro_usd, duration_before_ms, outcome, reason, changed, cost_micro_usd, duration_ms
            from comparison_draft
            where tenant_id = $1 and comparison_id = $2
            order by abs(changed - changed_before) desc nulls last, outcome nulls last, draft_id",
        tenant.0,
        comparison_id,
    )
    .fetch_all(db.pool())
    .await?;
    let share = |thousandths: i16| u16::try_from(thousandths).unwrap_or_default();
    let read = rows.into_iter().map(|row| Compared {
        draft_id: row.draft_id,
        interaction: InteractionId(row.interaction_id),
        proposed_at: row.proposed_at,
        changed_before: share(row.changed_before),
        model_before: row.model_before,
        prompt_before: row.prompt_before.map(|version| count(version.into())),
        cost_before_micro_usd: row.cost_before_micro_usd.map(number),
        duration_before_ms: row.duration_before_ms.map(|ms| count(ms.into())),
        outcome: row.outcome.and_then(|outcome| outcome.parse().ok()),
        reason: row.reason,
        changed: row.changed.map(share),
        cost_micro_usd: row.cost_micro_usd.map(number),
        duration_ms: row.duration_ms.map(|ms| count(ms.into())),
    });
    Ok(read.collect())
}

fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn number(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or_default()
}

fn count(stored: i64) -> u32 {
    u32::try_from(stored).unwrap_or_default()
}
