//! How events change the inbox.

use domain::interaction::{InteractionEvent, SendFailure};
use domain::value::{Content, ObservedState, Source};
use domain::{Event, Recorded, ReplyId};
use sqlx::PgConnection;

/// How much of the buyer's words a row shows, in characters: two lines of the list.
const PREVIEW_CHARS: usize = 200;

pub(crate) async fn apply(tx: &mut PgConnection, recorded: &Recorded) -> sqlx::Result<()> {
    let Event::Interaction(event) = &recorded.event else { return Ok(()) };
    match event {
        InteractionEvent::Ingested { source, content } => {
            insert(tx, recorded, source, content).await
        }
        InteractionEvent::ContentRevised { content } => revise(tx, recorded, content).await,
        InteractionEvent::Closed { .. } => close(tx, recorded).await,
        InteractionEvent::DraftProposed { .. } => note_draft(tx, recorded).await,
        InteractionEvent::ReplyRequested { reply_id, .. } => {
            request(tx, recorded, *reply_id, true).await
        }
        InteractionEvent::ReplyEditRequested { reply_id, .. } => {
            request(tx, recorded, *reply_id, false).await
        }
        InteractionEvent::ReplyConfirmedAbsent { reply_id, .. }
        | InteractionEvent::ReplySendFailed { reply_id, retry_at: Some(_), .. }
        | InteractionEvent::ReplyEditFailed { reply_id, retry_at: Some(_), .. } => {
            change(tx, recorded, *reply_id, "sending", None).await
        }
        InteractionEvent::ReplySent { reply_id, .. }
        | InteractionEvent::ReplyEdited { reply_id, .. } => {
            change(tx, recorded, *reply_id, "sent", Some(true)).await
        }
        InteractionEvent::ReplyPublished { reply_id, .. } => {
            change(tx, recorded, *reply_id, "published", Some(true)).await
        }
        InteractionEvent::ReplyOutcomeUnknown { reply_id, .. } => {
            change(tx, recorded, *reply_id, "unknown", None).await
        }
        InteractionEvent::ReplySendFailed {
            reply_id, failure: SendFailure::NotPublished, ..
        } => change(tx, recorded, *reply_id, "failed", Some(false)).await,
        InteractionEvent::ReplySendFailed { reply_id, .. }
        | InteractionEvent::ReplyEditFailed { reply_id, .. } => {
            change(tx, recorded, *reply_id, "failed", None).await
        }
        InteractionEvent::ReplyModerationFailed { reply_id, .. } => {
            reject(tx, recorded, *reply_id).await
        }
        InteractionEvent::ReplyObserved { answer, .. } => {
            observe(tx, recorded, answer.state != ObservedState::Rejected).await
        }
    }
}

async fn insert(
    tx: &mut PgConnection,
    recorded: &Recorded,
    source: &Source,
    content: &Content,
) -> sqlx::Result<()> {
    let words = content.words.known();
    sqlx::query!(
        "insert into inbox (tenant_id, interaction_id, account_id, marketplace, channel, external_id, rating,
                buyer_name, product_name, product_article, product_brand, preview, occurred_at, updated_at, version)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        recorded.tenant.0,
        recorded.stream.0,
        source.account_id.0,
        source.marketplace.as_str(),
        source.channel.as_str(),
        source.external_id,
        content.rating.map(i16::from),
        words.and_then(|words| words.buyer_name.as_deref()),
        content.product.name,
        content.product.article,
        content.product.brand,
        preview(content),
        source.occurred_at,
        recorded.recorded_at,
        recorded.version,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn revise(tx: &mut PgConnection, recorded: &Recorded, content: &Content) -> sqlx::Result<()> {
    let words = content.words.known();
    sqlx::query!(
        "update inbox set rating = $3, buyer_name = $4, product_name = $5, product_article = $6, product_brand = $7,
                preview = $8, updated_at = $9, version = $10
            where tenant_id = $1 and interaction_id = $2",
        recorded.tenant.0,
        recorded.stream.0,
        content.rating.map(i16::from),
        words.and_then(|words| words.buyer_name.as_deref()),
        content.product.name,
        content.product.article,
        content.product.brand,
        preview(content),
        recorded.recorded_at,
        recorded.version,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn close(tx: &mut PgConnection, recorded: &Recorded) -> sqlx::Result<()> {
    sqlx::query!(
        "update inbox set closed = true, updated_at = $3, version = $4
            where tenant_id = $1 and interaction_id = $2",
        recorded.tenant.0,
        recorded.stream.0,
        recorded.recorded_at,
        recorded.version,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn note_draft(tx: &mut PgConnection, recorded: &Recorded) -> sqlx::Result<()> {
    sqlx::query!(
        "update inbox set has_draft = true, updated_at = $3, version = $4
            where tenant_id = $1 and interaction_id = $2",
        recorded.tenant.0,
        recorded.stream.0,
        recorded.recorded_at,
        recorded.version,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A refused edit leaves the answer standing; a refused answer leaves the buyer without one.
async fn reject(tx: &mut PgConnection, recorded: &Recorded, reply_id: ReplyId) -> sqlx::Result<()> {
    sqlx::query!(
        "update inbox set reply_state = case when reply_id = $3 then 'rejected' else reply_state end,
                answer_stands = answer_stands and answer_id <> $3,
                updated_at = $4, version = $5
            where tenant_id = $1 and interaction_id = $2",
        recorded.tenant.0,
        recorded.stream.0,
        reply_id.0,
        recorded.recorded_at,
        recorded.version,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn observe(tx: &mut PgConnection, recorded: &Recorded, stands: bool) -> sqlx::Result<()> {
    sqlx::query!(
        "update inbox set observed_stands = $3, updated_at = $4, version = $5
            where tenant_id = $1 and interaction_id = $2",
        recorded.tenant.0,
        recorded.stream.0,
        stands,
        recorded.recorded_at,
        recorded.version,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes a new version for the newest.
async fn request(
    tx: &mut PgConnection,
    recorded: &Recorded,
    reply_id: ReplyId,
    is_answer: bool,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update inbox set reply_id = $3, reply_state = 'sending',
                answer_id = case when $4 then $3 else answer_id end, updated_at = $5, version = $6
            where tenant_id = $1 and interaction_id = $2",
        recorded.tenant.0,
        recorded.stream.0,
        reply_id.0,
        is_answer,
        recorded.recorded_at,
        recorded.version,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes how far a version has come; the row shows that of the newest only.
async fn change(
    tx: &mut PgConnection,
    recorded: &Recorded,
    reply_id: ReplyId,
    state: &str,
    answer_stands: Option<bool>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update inbox set reply_state = case when reply_id = $3 then $4 else reply_state end,
                answer_stands = coalesce($5, answer_stands), updated_at = $6, version = $7
            where tenant_id = $1 and interaction_id = $2",
        recorded.tenant.0,
        recorded.stream.0,
        reply_id.0,
        state,
        answer_stands,
        recorded.recorded_at,
        recorded.version,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The buyer's words on one line, shortened; what the list shows.
fn preview(content: &Content) -> String {
    let Some(words) = content.words.known() else { return String::new() };
    let parts = [&words.text, &words.pros, &words.cons];
    let line = parts.into_iter().filter(|part| !part.trim().is_empty()).fold(
        String::new(),
        |mut line, part| {
            if !line.is_empty() {
                line.push_str(" · ");
            }
            line.push_str(&part.split_whitespace().collect::<Vec<_>>().join(" "));
            line
        },
    );
    line.chars().take(PREVIEW_CHARS).collect()
}
