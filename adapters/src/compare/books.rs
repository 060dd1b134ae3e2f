//! The books of a comparison's calls: as those for drafts, against the comparison's own budget.

use domain::value::DraftId;
use eventlog::Db;
use projections::comparisons::Run;
use sqlx::PgConnection;

use crate::model::ModelError;
use crate::model::ask::Usage;
use crate::model::books::{Books, End, Note};

/// How often a call is made that was refused before anything was carried out.
const ATTEMPTS_MAX: i32 = 4;

/// The books of one draft of a comparison.
pub(super) struct OfComparison<'a> {
    pub(super) db: &'a Db,
    pub(super) run: &'a Run,
    pub(super) draft: DraftId,
}

/// A call of a comparison that is about to be made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noted {
    attempt: i32,
    reserved: i64,
}

impl Books for OfComparison<'_> {
    type Noted = Noted;

    async fn begin(&self, note: Note<'_>) -> Result<Noted, ModelError> {
        let mut tx = self.db.begin().await?;
        self.reserve(&mut tx, note).await?;
        let made = sqlx::query!(
            r#"select coalesce(max(attempt), 0) as "attempts!", coalesce(bool_and(is_free), true) as "are_free!"
                from comparison_call where tenant_id = $1 and comparison_id = $2 and draft_id = $3"#,
            self.run.tenant.0,
            self.run.comparison_id,
            self.draft.0,
        )
        .fetch_one(&mut *tx)
        .await?;
        // The sabotage that the tests must catch: what another process may have paid for is asked for again.
        let is_made = !cfg!(feature = "sabotage-compares-again") && !made.are_free;
        if is_made || made.attempts >= ATTEMPTS_MAX {
            return Err(ModelError::AlreadyMade);
        }
        let noted = self.note(&mut tx, note, made.attempts + 1).await?;
        tx.commit().await?;
        Ok(noted)
    }

    async fn begin_again(&self, note: Note<'_>, first: Noted) -> Result<Noted, ModelError> {
        let mut tx = self.db.begin().await?;
        self.reserve(&mut tx, note).await?;
        let noted = self.note(&mut tx, note, first.attempt + 1).await?;
        tx.commit().await?;
        Ok(noted)
    }

    async fn settle(&self, noted: Noted, end: End<'_>) -> sqlx::Result<()> {
        let cost = if end.is_free { Some(0) } else { end.cost.map(bigint) };
        let tokens = |of: fn(Usage) -> u32| end.usage.map(|usage| int(of(usage)));
        sqlx::query!(
            "with settled as (
                update comparison_call
                    set ended_at = clock_timestamp(), outcome = $5, is_free = $6, cost_micro_usd = $7,
                        model_returned = $8, prompt_tokens = $9, cached_tokens = $10, completion_tokens = $11,
                        duration_ms = $12
                    where tenant_id = $1 and comparison_id = $2 and draft_id = $3 and attempt = $4
                        and ended_at is null
                    returning tenant_id, comparison_id
            )
            update comparison c set spent_micro_usd = c.spent_micro_usd - $13
                from settled
                where c.tenant_id = settled.tenant_id and c.comparison_id = settled.comparison_id",
            self.run.tenant.0,
            self.run.comparison_id,
            self.draft.0,
            noted.attempt,
            end.outcome,
            end.is_free,
            cost,
            end.model_returned,
            tokens(|usage| usage.prompt_tokens),
            tokens(|usage| usage.cached_tokens),
            tokens(|usage| usage.completion_tokens),
            i32::try_from(end.duration.as_millis()).unwrap_or(i32::MAX),
            cost.map_or(0, |cost| noted.reserved - cost),
        )
        .execute(self.db.pool())
        .await?;
        Ok(())
    }
}

impl OfComparison<'_> {
    /// Takes the most that a call can cost from what the budget has left; of a comparison that was stopped nothing is
    /// left. It locks the comparison, so that one call is noted after the other.
    async fn reserve(&self, tx: &mut PgConnection, note: Note<'_>) -> Result<(), ModelError> {
        let reserved = sqlx::query!(
            "update comparison set spent_micro_usd = spent_micro_usd + $3
                where tenant_id = $1 and comparison_id = $2 and ended_at is null
                    and spent_micro_usd + $3 <= budget_micro_usd",
            self.run.tenant.0,
            self.run.comparison_id,
            bigint(note.reserved),
        )
        .execute(tx)
        .await?;
        if reserved.rows_affected() == 0 { Err(ModelError::OverBudget) } else { Ok(()) }
    }

    async fn note(
        &self,
        tx: &mut PgConnection,
        note: Note<'_>,
        attempt: i32,
    ) -> Result<Noted, ModelError> {
        let reserved = bigint(note.reserved);
        sqlx::query!(
            "insert into comparison_call (tenant_id, comparison_id, draft_id, attempt, provider, model, prompt_version,
                    price_version, reserved_micro_usd)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            self.run.tenant.0,
            self.run.comparison_id,
            self.draft.0,
            attempt,
            note.provider,
            note.model,
            int(note.prompt_version),
            note.price_version,
            reserved,
        )
        .execute(tx)
        .await?;
        Ok(Noted { attempt, reserved })
    }
}

fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
