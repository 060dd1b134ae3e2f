//! How a comparison is carried out: claimed by one worker at a time, its drafts chosen once, each of them kept when it
//! was looked at. Whoever dies leaves drafts without an outcome, which the next one goes on with.

use std::time::Duration;

use domain::policy::edit::Changed;
use domain::value::{DraftId, ReplyId};
use domain::{InteractionId, TenantId};
use eventlog::Db;
use uuid::Uuid;

use super::{Outcome, Question, State, count, number};
use crate::effects::Claim;
use crate::sql::interval;

/// A comparison that one worker is at.
#[derive(Debug, Clone)]
pub struct Run {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub comparison_id: Uuid,
    /// What is asked.
    pub question: Question,
    /// Whether the drafts that it is about are chosen.
    pub is_chosen: bool,
    owner: Uuid,
}

/// A draft that is to be reckoned again.
#[derive(Debug, Clone, Copy)]
pub struct Due {
    /// The draft as it was.
    pub draft: DraftId,
    /// Of which interaction.
    pub interaction: InteractionId,
    /// What people sent.
    pub reply: ReplyId,
}

/// How a draft was made the first time; what is none is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Before {
    /// Which model wrote it.
    pub model: Option<String>,
    /// By which version of our prompt.
    pub prompt_version: Option<u32>,
    /// What it cost, in millionths of a dollar.
    pub cost_micro_usd: Option<u64>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<u32>,
}

/// What is kept of a draft that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// What came of it.
    pub outcome: Outcome,
    /// Why it was left out or could not be used.
    pub reason: Option<String>,
    /// The share in which what people sent differs from what was written now.
    pub changed: Option<Changed>,
    /// How it was made the first time.
    pub before: Before,
}

/// Claims a comparison that wants work: of each seller the one that was asked for first, so that there is one at a
/// time.
///
/// # Errors
/// What the database says.
pub async fn claim(db: &Db, claim: Claim) -> sqlx::Result<Option<Run>> {
    let row = sqlx::query!(
        r#"with due as (
                select c.tenant_id, c.comparison_id
                    from comparison c
                    where c.ended_at is null and c.next_at <= clock_timestamp()
                        and not exists (
                            select from comparison first
                                where first.tenant_id = c.tenant_id and first.ended_at is null
                                    and (first.made_at, first.comparison_id) < (c.made_at, c.comparison_id))
                    order by c.next_at
                    limit 1
                    for update of c skip locked
            )
            update comparison c
                set state = 'running', owner = $1, next_at = clock_timestamp() + $2
                from due
                where c.tenant_id = due.tenant_id and c.comparison_id = due.comparison_id
                returning c.tenant_id, c.comparison_id, c.since, c.until, c.model, c.budget_micro_usd, c.drafts_max,
                    c.passed_over is not null as "is_chosen!""#,
        claim.owner,
        interval(claim.lease),
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|row| Run {
        tenant: TenantId(row.tenant_id),
        comparison_id: row.comparison_id,
        question: Question {
            since: row.since,
            until: row.until,
            model: row.model,
            budget_micro_usd: number(row.budget_micro_usd),
            drafts_max: count(row.drafts_max.into()),
        },
        is_chosen: row.is_chosen,
        owner: claim.owner,
    }))
}

/// Leaves a comparison alone for so long.
///
/// # Errors
/// What the database says; then it comes back when the lease ends.
pub async fn rest(db: &Db, run: &Run, pause: Duration) -> sqlx::Result<()> {
    sqlx::query!(
        "update comparison set next_at = clock_timestamp() + $4, owner = null
            where tenant_id = $1 and comparison_id = $2 and owner = $3",
        run.tenant.0,
        run.comparison_id,
        run.owner,
        interval(pause),
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Ends a comparison; one that has ended, such as one that was stopped meanwhile, stays as it is.
///
/// # Errors
/// What the database says.
pub async fn end(db: &Db, run: &Run, state: State, failure: Option<&str>) -> sqlx::Result<()> {
    sqlx::query!(
        "update comparison set state = $3, failure = $4, ended_at = clock_timestamp()
            where tenant_id = $1 and comparison_id = $2 and ended_at is null",
        run.tenant.0,
        run.comparison_id,
        state.as_str(),
        failure,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Chooses the drafts that a comparison is about: those that a model wrote and people then sent a text after, by their
/// ids, which are hashes: a sample that depends neither on the hour nor on who looks.
///
/// # Errors
/// What the database says.
pub async fn choose(db: &Db, run: &Run) -> sqlx::Result<()> {
    let Question { since, until, drafts_max, .. } = &run.question;
    sqlx::query!(
        "with written as (
                select draft_id, interaction_id, reply_id, proposed_at, changed, erased,
                        outcome in ('accepted', 'edited', 'manual') and reply_id is not null and changed is not null
                            as answered
                    from lineage
                    where tenant_id = $1 and source = 'model' and proposed_at >= $3 and proposed_at < $4
                        and draft_id is not null and outcome <> 'carried'
            ), chosen as (
                insert into comparison_draft
                        (tenant_id, comparison_id, draft_id, interaction_id, reply_id, proposed_at, changed_before)
                    select $1, $2, draft_id, interaction_id, reply_id, proposed_at, changed
                        from written where answered and not erased order by draft_id limit $5
                    on conflict on constraint comparison_draft_pkey do nothing
                    returning draft_id
            )
            update comparison
                set passed_over = (
                    select jsonb_build_object(
                            'not_answered', count(*) filter (where not answered and not erased),
                            'erased', count(*) filter (where erased),
                            'beyond', count(*) filter (where answered and not erased)
                                - (select count(*) from chosen))
                        from written)
                where tenant_id = $1 and comparison_id = $2 and passed_over is null",
        run.tenant.0,
        run.comparison_id,
        since,
        until,
        i64::from(*drafts_max),
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Returns the drafts that are to be reckoned next.
///
/// # Errors
/// What the database says.
pub async fn next(db: &Db, run: &Run, limit: i64) -> sqlx::Result<Vec<Due>> {
    let rows = sqlx::query!(
        "select draft_id, interaction_id, reply_id from comparison_draft
            where tenant_id = $1 and comparison_id = $2 and outcome is null order by draft_id limit $3",
        run.tenant.0,
        run.comparison_id,
        limit,
    )
    .fetch_all(db.pool())
    .await?;
    let due = rows.into_iter().map(|row| Due {
        draft: DraftId(row.draft_id),
        interaction: InteractionId(row.interaction_id),
        reply: ReplyId(row.reply_id),
    });
    Ok(due.collect())
}

/// Keeps what came of a draft, with what its calls cost; what is kept already stays.
///
/// # Errors
/// What the database says.
pub async fn keep(db: &Db, run: &Run, draft: DraftId, found: &Measured) -> sqlx::Result<()> {
    let Measured { outcome, reason, changed, before } = found;
    sqlx::query!(
        "update comparison_draft d
            set outcome = $4, reason = $5, changed = $6, model_before = $7, prompt_before = $8,
                cost_before_micro_usd = $9, duration_before_ms = $10,
                cost_micro_usd = calls.cost, duration_ms = calls.duration
            from (
                select sum(coalesce(cost_micro_usd, reserved_micro_usd))::bigint as cost,
                        sum(duration_ms)::int as duration
                    from comparison_call
                    where tenant_id = $1 and comparison_id = $2 and draft_id = $3) calls
            where d.tenant_id = $1 and d.comparison_id = $2 and d.draft_id = $3 and d.outcome is null",
        run.tenant.0,
        run.comparison_id,
        draft.0,
        outcome.as_str(),
        reason.as_deref(),
        changed.map(|share| i16::try_from(share.thousandths()).unwrap_or(i16::MAX)),
        before.model.as_deref(),
        before.prompt_version.map(super::int),
        before.cost_micro_usd.map(super::bigint),
        before.duration_ms.map(super::int),
    )
    .execute(db.pool())
    .await?;
    Ok(())
}
