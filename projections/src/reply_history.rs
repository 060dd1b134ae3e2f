//! Read model: every version of every reply, ours and those given at the marketplace, with its times.

use chrono::{DateTime, Utc};
use domain::interaction::{InteractionEvent, SendFailure};
use domain::value::{ObservedAnswer, ObservedState};
use domain::{Event, InteractionId, Recorded, ReplyId, TenantId};
use eventlog::Db;
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

/// One version of a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReplyRow {
    /// The version.
    pub reply_id: Uuid,
    /// `answer`, `edit`, or `observed` for one given at the marketplace.
    pub kind: String,
    /// `sending`, `sent`, `published`, `failed`, `rejected` or `unknown`.
    pub state: String,
    /// Its text; none when the buyer's data was erased.
    pub text: Option<String>,
    /// When it was asked for, or seen.
    pub requested_at: DateTime<Utc>,
    /// Who asked: `user:<id>` or `system:<part>`.
    pub requested_by: Option<String>,
    /// When the marketplace accepted it.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it was seen published.
    pub published_at: Option<DateTime<Utc>>,
    /// Attempts whose outcome is recorded.
    pub attempts: i32,
    /// Why the last attempt failed.
    pub failure: Option<String>,
    /// The marketplace's own words about that.
    pub marketplace_text: Option<String>,
    /// When the next attempt is due.
    pub retry_at: Option<DateTime<Utc>>,
}

/// Reads the versions of an interaction's reply, oldest first.
///
/// # Errors
/// What the database says.
pub async fn of(db: &Db, tenant: TenantId, id: InteractionId) -> sqlx::Result<Vec<ReplyRow>> {
    sqlx::query_as!(
        ReplyRow,
        "select reply_id, kind, state, text, requested_at, requested_by, sent_at, published_at, attempts, failure,
                marketplace_text, retry_at
            from reply_history
            where tenant_id = $1 and interaction_id = $2
            order by version",
        tenant.0,
        id.0,
    )
    .fetch_all(db.pool())
    .await
}

pub(crate) async fn apply(tx: &mut PgConnection, recorded: &Recorded) -> sqlx::Result<()> {
    let Event::Interaction(event) = &recorded.event else { return Ok(()) };
    match event {
        InteractionEvent::ReplyRequested { reply_id, text, .. } => {
            request(tx, recorded, *reply_id, "answer", text.known()).await
        }
        InteractionEvent::ReplyEditRequested { reply_id, text, .. } => {
            request(tx, recorded, *reply_id, "edit", text.known()).await
        }
        InteractionEvent::ReplySent { reply_id, attempt, accepted_at }
        | InteractionEvent::ReplyEdited { reply_id, attempt, accepted_at } => {
            accept(tx, recorded, *reply_id, *attempt, *accepted_at).await
        }
        InteractionEvent::ReplyOutcomeUnknown { reply_id, attempt, reason, .. } => {
            let failure = Some(<&str>::from(reason));
            end_attempt(
                tx,
                recorded,
                *reply_id,
                Attempt { number: *attempt, state: "unknown", failure },
            )
            .await
        }
        InteractionEvent::ReplyConfirmedAbsent { reply_id, attempt, .. } => {
            let attempt = Attempt { number: *attempt, state: "sending", failure: None };
            end_attempt(tx, recorded, *reply_id, attempt).await
        }
        InteractionEvent::ReplySendFailed {
            reply_id,
            attempt,
            failure,
            marketplace_text,
            retry_at,
        }
        | InteractionEvent::ReplyEditFailed {
            reply_id,
            attempt,
            failure,
            marketplace_text,
            retry_at,
        } => {
            let words = marketplace_text.as_deref();
            fail(tx, recorded, *reply_id, *attempt, *failure, words, *retry_at).await
        }
        InteractionEvent::ReplyPublished { reply_id, seen_at } => {
            publish(tx, recorded, *reply_id, *seen_at).await
        }
        InteractionEvent::ReplyModerationFailed { reply_id, code, marketplace_text } => {
            reject(tx, recorded, *reply_id, code, marketplace_text.as_deref()).await
        }
        InteractionEvent::ReplyObserved { answer, seen_at } => {
            observe(tx, recorded, answer, *seen_at).await
        }
        InteractionEvent::Ingested { .. }
        | InteractionEvent::ContentRevised { .. }
        | InteractionEvent::Closed { .. }
        | InteractionEvent::DraftProposed { .. } => Ok(()),
    }
}

/// How an attempt ended.
struct Attempt<'a> {
    number: u32,
    state: &'a str,
    failure: Option<&'a str>,
}

async fn request(
    tx: &mut PgConnection,
    recorded: &Recorded,
    reply_id: ReplyId,
    kind: &str,
    text: Option<&String>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into reply_history
                (tenant_id, interaction_id, reply_id, kind, state, text, requested_at, requested_by, version)
            values ($1, $2, $3, $4, 'sending', $5, $6, $7, $8)",
        recorded.tenant.0,
        recorded.stream.0,
        reply_id.0,
        kind,
        text,
        recorded.recorded_at,
        recorded.actor,
        recorded.version,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn accept(
    tx: &mut PgConnection,
    recorded: &Recorded,
    reply_id: ReplyId,
    attempt: u32,
    accepted_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update reply_history
            set state = 'sent', sent_at = $4, attempts = $5, failure = null, marketplace_text = null, retry_at = null
            where tenant_id = $1 and interaction_id = $2 and reply_id = $3",
        recorded.tenant.0,
        recorded.stream.0,
        reply_id.0,
        accepted_at,
        count(attempt),
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn end_attempt(
    tx: &mut PgConnection,
    recorded: &Recorded,
    reply_id: ReplyId,
    attempt: Attempt<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update reply_history set state = $4, attempts = $5, failure = $6, marketplace_text = null, retry_at = null
            where tenant_id = $1 and interaction_id = $2 and reply_id = $3",
        recorded.tenant.0,
        recorded.stream.0,
        reply_id.0,
        attempt.state,
        count(attempt.number),
        attempt.failure,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn fail(
    tx: &mut PgConnection,
    recorded: &Recorded,
    reply_id: ReplyId,
    attempt: u32,
    failure: SendFailure,
    marketplace_text: Option<&str>,
    retry_at: Option<DateTime<Utc>>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update reply_history set state = $4, attempts = $5, failure = $6, marketplace_text = $7, retry_at = $8
            where tenant_id = $1 and interaction_id = $2 and reply_id = $3",
        recorded.tenant.0,
        recorded.stream.0,
        reply_id.0,
        if retry_at.is_some() { "sending" } else { "failed" },
        count(attempt),
        <&str>::from(failure),
        marketplace_text,
        retry_at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn publish(
    tx: &mut PgConnection,
    recorded: &Recorded,
    reply_id: ReplyId,
    seen_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update reply_history
            set state = 'published', sent_at = coalesce(sent_at, $4), published_at = $4,
                failure = null, marketplace_text = null, retry_at = null
            where tenant_id = $1 and interaction_id = $2 and reply_id = $3",
        recorded.tenant.0,
        recorded.stream.0,
        reply_id.0,
        seen_at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn reject(
    tx: &mut PgConnection,
    recorded: &Recorded,
    reply_id: ReplyId,
    code: &str,
    marketplace_text: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update reply_history set state = 'rejected', failure = $4, marketplace_text = $5, retry_at = null
            where tenant_id = $1 and interaction_id = $2 and reply_id = $3",
        recorded.tenant.0,
        recorded.stream.0,
        reply_id.0,
        code,
        marketplace_text,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// An answer given at the marketplace has no request of ours: the event that first saw it names it, and later ones tell
/// how its moderation went on.
async fn observe(
    tx: &mut PgConnection,
    recorded: &Recorded,
    answer: &ObservedAnswer,
    seen_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let (state, published_at) = match answer.state {
        ObservedState::Published => ("published", Some(seen_at)),
        ObservedState::InModeration => ("sent", None),
        ObservedState::Rejected => ("rejected", None),
    };
    let known = sqlx::query!(
        "update reply_history set state = $4, published_at = coalesce(published_at, $5)
            where tenant_id = $1 and interaction_id = $2 and kind = 'observed' and text = $3",
        recorded.tenant.0,
        recorded.stream.0,
        answer.text.known(),
        state,
        published_at,
    )
    .execute(&mut *tx)
    .await?;
    if known.rows_affected() > 0 {
        return Ok(());
    }
    sqlx::query!(
        "insert into reply_history
                (tenant_id, interaction_id, reply_id, kind, state, text, requested_at, published_at, version)
            values ($1, $2, $3, 'observed', $4, $5, $6, $7, $8)",
        recorded.tenant.0,
        recorded.stream.0,
        recorded.event_id,
        state,
        answer.text.known(),
        seen_at,
        published_at,
        recorded.version,
    )
    .execute(tx)
    .await?;
    Ok(())
}

fn count(attempts: u32) -> i32 {
    i32::try_from(attempts).unwrap_or(i32::MAX)
}
