//! Read model: one interaction whole — what the buyer left, and the draft on offer.

use domain::interaction::InteractionEvent;
use domain::value::{BuyerWords, Content};
use domain::{Event, InteractionId, Recorded, TenantId};
use eventlog::Db;
use serde_json::{Value, json};
use sqlx::PgConnection;

/// One interaction whole.
#[derive(Debug, Clone)]
pub struct Thread {
    /// What the buyer left: `text`, `pros`, `cons`, `photos`, `video_url`, `facts`.
    pub content: Value,
    /// How often the buyer changed it.
    pub revisions: i32,
    /// The draft on offer: `draft_id`, `text`, `source`, `proposed_at`.
    pub draft: Option<Value>,
}

/// Reads one interaction; none when the seller has no such interaction.
///
/// # Errors
/// What the database says.
pub async fn one(db: &Db, tenant: TenantId, id: InteractionId) -> sqlx::Result<Option<Thread>> {
    sqlx::query_as!(
        Thread,
        "select content, revisions, draft from thread where tenant_id = $1 and interaction_id = $2",
        tenant.0,
        id.0,
    )
    .fetch_optional(db.pool())
    .await
}

pub(crate) async fn apply(tx: &mut PgConnection, recorded: &Recorded) -> sqlx::Result<()> {
    let Event::Interaction(event) = &recorded.event else { return Ok(()) };
    match event {
        InteractionEvent::Ingested { content, .. } => {
            sqlx::query!(
                "insert into thread (tenant_id, interaction_id, content, version) values ($1, $2, $3, $4)",
                recorded.tenant.0,
                recorded.stream.0,
                words(content),
                recorded.version,
            )
            .execute(tx)
            .await?;
        }
        InteractionEvent::ContentRevised { content } => {
            sqlx::query!(
                "update thread set content = $3, revisions = revisions + 1, version = $4
                    where tenant_id = $1 and interaction_id = $2",
                recorded.tenant.0,
                recorded.stream.0,
                words(content),
                recorded.version,
            )
            .execute(tx)
            .await?;
        }
        InteractionEvent::DraftProposed { draft_id, text, source } => {
            let draft = json!({
                "draft_id": draft_id,
                "text": text.known(),
                "source": source,
                "proposed_at": recorded.recorded_at,
            });
            sqlx::query!(
                "update thread set draft = $3, version = $4 where tenant_id = $1 and interaction_id = $2",
                recorded.tenant.0,
                recorded.stream.0,
                draft,
                recorded.version,
            )
            .execute(tx)
            .await?;
        }
        InteractionEvent::Closed { .. }
        | InteractionEvent::ReplyRequested { .. }
        | InteractionEvent::ReplyEditRequested { .. }
        | InteractionEvent::ReplySent { .. }
        | InteractionEvent::ReplyEdited { .. }
        | InteractionEvent::ReplyOutcomeUnknown { .. }
        | InteractionEvent::ReplyConfirmedAbsent { .. }
        | InteractionEvent::ReplySendFailed { .. }
        | InteractionEvent::ReplyEditFailed { .. }
        | InteractionEvent::ReplyPublished { .. }
        | InteractionEvent::ReplyModerationFailed { .. }
        | InteractionEvent::ReplyObserved { .. } => (),
    }
    Ok(())
}

/// The buyer's words without the name, which the inbox row holds.
fn words(content: &Content) -> Value {
    let Some(BuyerWords { text, pros, cons, photos, video_url, facts, buyer_name: _ }) =
        content.words.known()
    else {
        return json!({"erased": true});
    };
    json!({
        "text": text,
        "pros": pros,
        "cons": cons,
        "photos": photos,
        "video_url": video_url,
        "facts": facts,
        "product": content.product,
    })
}
