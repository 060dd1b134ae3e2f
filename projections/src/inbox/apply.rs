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
            Change::to("sending").answer(*reply_id).write(tx, recorded).await
        }
        InteractionEvent::ReplyEditRequested { .. }
        | InteractionEvent::ReplyConfirmedAbsent { .. } => {
            Change::to("sending").write(tx, recorded).await
        }
        InteractionEvent::ReplySent { .. } | InteractionEvent::ReplyEdited { .. } => {
            Change::to("sent").stands(true).write(tx, recorded).await
        }
        InteractionEvent::ReplyPublished { .. } => {
            Change::to("published").stands(true).write(tx, recorded).await
        }
        InteractionEvent::ReplyOutcomeUnknown { .. } => {
            Change::to("unknown").write(tx, recorded).await
        }
        InteractionEvent::ReplySendFailed { retry_at: Some(_), .. }
        | InteractionEvent::ReplyEditFailed { retry_at: Some(_), .. } => {
            Change::to("sending").write(tx, recorded).await
        }
        InteractionEvent::ReplySendFailed { failure: SendFailure::NotPublished, .. } => {
            Change::to("failed").stands(false).write(tx, recorded).await
        }
        InteractionEvent::ReplySendFailed { .. } | InteractionEvent::ReplyEditFailed { .. } => {
            Change::to("failed").write(tx, recorded).await
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
        "update inbox set reply_state = 'rejected', answer_stands = answer_stands and answer_id <> $3,
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
        "update inbox set answer_stands = answer_stands or $3, updated_at = $4, version = $5
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

/// A change of the reply's state.
struct Change {
    state: &'static str,
    stands: Option<bool>,
    answer_id: Option<ReplyId>,
}

impl Change {
    fn to(state: &'static str) -> Self {
        Self { state, stands: None, answer_id: None }
    }

    fn stands(self, stands: bool) -> Self {
        Self { stands: Some(stands), ..self }
    }

    fn answer(self, reply_id: ReplyId) -> Self {
        Self { answer_id: Some(reply_id), ..self }
    }

    async fn write(self, tx: &mut PgConnection, recorded: &Recorded) -> sqlx::Result<()> {
        sqlx::query!(
            "update inbox set reply_state = $3, answer_stands = coalesce($4, answer_stands),
                    answer_id = coalesce($5, answer_id), updated_at = $6, version = $7
                where tenant_id = $1 and interaction_id = $2",
            recorded.tenant.0,
            recorded.stream.0,
            self.state,
            self.stands,
            self.answer_id.map(|id| id.0),
            recorded.recorded_at,
            recorded.version,
        )
        .execute(tx)
        .await?;
        Ok(())
    }
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
