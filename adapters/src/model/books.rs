//! The books of the model's calls: each is noted before it is made, with the most that it can cost, and settled when
//! its outcome is known. Those for drafts are kept by the seller's day.

use std::time::Duration;

use domain::TenantId;
use eventlog::Db;
use sqlx::PgConnection;
use uuid::Uuid;

use super::ask::{Allowance, CallId, Usage};
use super::error::ModelError;

/// How often a call is made that was refused before anything was carried out.
const ATTEMPTS_MAX: i32 = 4;

/// Where calls are noted before they are made, and settled when their outcome is known.
pub(crate) trait Books: Sync {
    /// A call that is about to be made.
    type Noted: Copy + Send;

    /// Notes the first request, unless it was made before or there is no money for it.
    fn begin(&self, note: Note<'_>)
    -> impl Future<Output = Result<Self::Noted, ModelError>> + Send;

    /// Notes a second request of the same call.
    fn begin_again(
        &self,
        note: Note<'_>,
        first: Self::Noted,
    ) -> impl Future<Output = Result<Self::Noted, ModelError>> + Send;

    /// Settles a call. One that is never settled keeps its reservation.
    fn settle(
        &self,
        noted: Self::Noted,
        end: End<'_>,
    ) -> impl Future<Output = sqlx::Result<()>> + Send;
}

/// The books of a draft, which is a part of its seller's day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day<'a> {
    pub(super) db: &'a Db,
    pub(super) call: CallId,
    pub(super) tenant: TenantId,
    pub(super) allowance: Allowance,
}

/// A call for a draft that is about to be made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noted {
    call: Uuid,
    attempt: i32,
    reserved: u64,
    /// Whether it counts as a draft: the first request of one that is made ahead does.
    is_counted: bool,
}

/// What a call is noted with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Note<'a> {
    pub(crate) provider: &'static str,
    pub(crate) model: &'a str,
    pub(crate) prompt_version: u32,
    pub(crate) price_version: &'a str,
    /// The most that it can cost.
    pub(crate) reserved: u64,
}

/// What became of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End<'a> {
    /// `answered`, or what went wrong.
    pub(crate) outcome: &'a str,
    /// Whether nothing was carried out.
    pub(crate) is_free: bool,
    /// What it cost; the reservation where that is not known.
    pub(crate) cost: Option<u64>,
    pub(crate) model_returned: Option<&'a str>,
    pub(crate) usage: Option<Usage>,
    pub(crate) duration: Duration,
}

impl Books for Day<'_> {
    type Noted = Noted;

    async fn begin(&self, note: Note<'_>) -> Result<Noted, ModelError> {
        let call = self.call.uuid();
        let mut tx = self.db.begin().await?;
        let made = sqlx::query!(
            r#"select coalesce(max(attempt), 0) as "attempts!", coalesce(bool_and(is_free), true) as "are_free!"
            from model_call where call_id = $1"#,
            call
        )
        .fetch_one(&mut *tx)
        .await?;
        if !made.are_free || made.attempts >= ATTEMPTS_MAX {
            return Err(ModelError::AlreadyMade);
        }
        let of_drafts = self.allowance.drafts;
        let noted = self.reserve(&mut tx, &note, made.attempts + 1, of_drafts).await?;
        tx.commit().await?;
        Ok(noted)
    }

    /// It is no draft more.
    async fn begin_again(&self, note: Note<'_>, first: Noted) -> Result<Noted, ModelError> {
        let mut tx = self.db.begin().await?;
        let noted = self.reserve(&mut tx, &note, first.attempt + 1, None).await?;
        tx.commit().await?;
        Ok(noted)
    }

    async fn settle(&self, noted: Noted, end: End<'_>) -> sqlx::Result<()> {
        let usage = end.usage;
        let tokens = |of: fn(Usage) -> u32| usage.map(|usage| int(of(usage)));
        let cost = if end.is_free { Some(0) } else { end.cost };
        sqlx::query!(
            "with settled as (
            update model_call
                set ended_at = clock_timestamp(), outcome = $3, is_free = $4, cost_micro_usd = $5, model_returned = $6,
                    prompt_tokens = $7, cached_tokens = $8, completion_tokens = $9, duration_ms = $10
                where call_id = $1 and attempt = $2 and ended_at is null
                returning tenant_id, day
        )
        update model_spending spending
            set micro_usd = spending.micro_usd - $11, drafts = spending.drafts - $12
            from settled
            where spending.tenant_id = settled.tenant_id and spending.day = settled.day",
            noted.call,
            noted.attempt,
            end.outcome,
            end.is_free,
            cost.map(bigint),
            end.model_returned,
            tokens(|usage| usage.prompt_tokens),
            tokens(|usage| usage.cached_tokens),
            tokens(|usage| usage.completion_tokens),
            i32::try_from(end.duration.as_millis()).unwrap_or(i32::MAX),
            bigint(noted.reserved) - cost.map_or(bigint(noted.reserved), bigint),
            i32::from(end.is_free && noted.is_counted),
        )
        .execute(self.db.pool())
        .await?;
        Ok(())
    }
}

impl Day<'_> {
    /// Notes a request that counts as one of so many drafts a day, or as none.
    async fn reserve(
        &self,
        tx: &mut PgConnection,
        note: &Note<'_>,
        attempt: i32,
        of_drafts: Option<u32>,
    ) -> Result<Noted, ModelError> {
        let (tenant, reserved) = (self.tenant.0, bigint(note.reserved));
        let call = self.call.uuid();
        // Another process may be noting the same: the row that is there first wins.
        let inserted = sqlx::query_scalar!(
            r#"insert into model_call (call_id, attempt, tenant_id, interaction_id, day, provider, model, prompt_version,
                price_version, reserved_micro_usd)
            values ($1, $2, $3, $4, (clock_timestamp() at time zone 'Europe/Moscow')::date, $5, $6, $7, $8, $9)
            on conflict on constraint model_call_pkey do nothing
            returning day"#,
            call,
            attempt,
            tenant,
            self.call.interaction.0,
            note.provider,
            note.model,
            int(note.prompt_version),
            note.price_version,
            reserved,
        )
        .fetch_optional(&mut *tx)
        .await?;
        let day = inserted.ok_or(ModelError::AlreadyMade)?;
        let spent = sqlx::query!(
            "insert into model_spending as spending (tenant_id, day, drafts, micro_usd) values ($1, $2, $3, $4)
            on conflict on constraint model_spending_pkey do update
                set drafts = spending.drafts + excluded.drafts, micro_usd = spending.micro_usd + excluded.micro_usd
            returning drafts, micro_usd",
            tenant,
            day,
            i32::from(of_drafts.is_some()),
            reserved,
        )
        .fetch_one(&mut *tx)
        .await?;
        // Refused, all of it is rolled back with the transaction.
        if of_drafts.is_some_and(|most| spent.drafts > int(most)) {
            return Err(ModelError::OverLimit);
        }
        if spent.micro_usd > bigint(self.allowance.micro_usd) {
            return Err(ModelError::OverBudget);
        }
        Ok(Noted { call, attempt, reserved: note.reserved, is_counted: of_drafts.is_some() })
    }
}

/// Tells whether somebody is at a call, or has just had its answer and is about to lay it before people.
pub(super) async fn is_under_way(
    db: &Db,
    call: Uuid,
    lease: Duration,
    laid_within: Duration,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
                select from model_call
                    where call_id = $1
                        and (ended_at is null and started_at > clock_timestamp() - make_interval(secs => $2)
                            or outcome = 'answered' and ended_at > clock_timestamp() - make_interval(secs => $3))
            ) as "is!""#,
        call,
        lease.as_secs_f64(),
        laid_within.as_secs_f64(),
    )
    .fetch_one(db.pool())
    .await
}

/// What a seller has spent today.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Drafts that a model was asked for ahead.
    pub drafts: u32,
    /// Money in millionths of a dollar, what calls under way may cost included.
    pub micro_usd: u64,
}

/// Returns what a seller has spent today, in Moscow.
///
/// # Errors
/// What the database says.
pub async fn spent_today(db: &Db, tenant: TenantId) -> sqlx::Result<Spent> {
    let row = sqlx::query!(
        "select drafts, micro_usd from model_spending
            where tenant_id = $1 and day = (clock_timestamp() at time zone 'Europe/Moscow')::date",
        tenant.0,
    )
    .fetch_optional(db.pool())
    .await?;
    let spent = |row: i64| u64::try_from(row).unwrap_or(0);
    Ok(row.map_or_else(Spent::default, |row| Spent {
        drafts: u32::try_from(row.drafts).unwrap_or(0),
        micro_usd: spent(row.micro_usd),
    }))
}

fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
