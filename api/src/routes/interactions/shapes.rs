//! Interactions as the API shows them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::interaction::Interaction as Aggregate;
use domain::{TenantId, value};
use projections::feed::CloudEvent;
use projections::inbox::{Counts, InboxRow, RelatedRow};
use projections::past::Whole;
use projections::reply_history::ReplyRow;
use projections::thread::Thread;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::allowed::{CanAnswer, CanEdit, Limits};
use super::deadline::{Deadline, DeadlineReasons};
use super::draft::Draft;
use crate::app::App;
use crate::error::ApiError;
use crate::reply::{Reply, with_stop};
use crate::routes::words::{
    Channel, DraftState, Intent, InteractionStatus, Marketplace, MessageAuthor, Priority,
    RelatedKind, ReplyState, Sentiment,
};

/// A page of the list.
#[derive(Serialize, ToSchema)]
pub(crate) struct InteractionPage {
    pub(super) items: Vec<InteractionSummary>,
    /// Where the next page begins; none after the last.
    pub(super) next: Option<String>,
}

/// How many interactions there are.
#[derive(Serialize, ToSchema)]
pub(crate) struct InteractionCounts {
    total: i64,
    needs_response: i64,
    by_status: StatusCounts,
    /// By stars, `"1"` to `"5"`.
    by_rating: BTreeMap<String, i64>,
}

/// How many interactions there are of each status.
#[derive(Serialize, ToSchema)]
struct StatusCounts {
    waiting: i64,
    held: i64,
    replying: i64,
    responded: i64,
    failed: i64,
    closed: i64,
}

/// An interaction as lists show it.
#[derive(Serialize, ToSchema)]
pub(crate) struct InteractionSummary {
    interaction_id: Uuid,
    account_id: Uuid,
    /// The seller's name for the cabinet.
    account_name: String,
    #[schema(value_type = Marketplace)]
    marketplace: String,
    #[schema(value_type = Channel)]
    channel: String,
    /// The marketplace's own id.
    external_id: String,
    /// Stars; reviews only.
    #[schema(minimum = 1, maximum = 5)]
    rating: Option<i16>,
    buyer_name: Option<String>,
    product: Product,
    /// Beginning of what the buyer wrote; empty when only stars were left.
    preview: String,
    #[schema(value_type = InteractionStatus)]
    status: String,
    /// Whether an operator must answer.
    needs_response: bool,
    /// State of the newest version of the reply that is not held and was not taken back.
    #[schema(value_type = Option<ReplyState>)]
    reply_state: Option<String>,
    /// Until when a version that is held can be taken back; none where none is.
    held_until: Option<DateTime<Utc>>,
    draft_state: DraftState,
    /// Whether the draft was made before anybody asked.
    draft_ahead: bool,
    /// What the buyer wants.
    #[schema(value_type = Intent)]
    intent: String,
    /// How the buyer feels.
    #[schema(value_type = Sentiment)]
    sentiment: String,
    /// How soon somebody should answer.
    priority: Priority,
    /// By when to answer; none where nobody waits, or that is not settled yet.
    deadline: Option<Deadline>,
    /// Whether the buyer added it to a review of theirs.
    is_supplement: bool,
    /// When the buyer wrote.
    occurred_at: DateTime<Utc>,
    /// When it last changed here.
    updated_at: DateTime<Utc>,
    /// Number of its events so far.
    version: i32,
}

/// What the buyer writes about.
#[derive(Serialize, ToSchema)]
struct Product {
    name: String,
    /// The marketplace's article.
    article: String,
    brand: Option<String>,
}

/// One interaction whole.
#[derive(Serialize, ToSchema)]
pub(crate) struct Interaction {
    #[serde(flatten)]
    summary: InteractionSummary,
    content: Content,
    /// The order that the product was bought with, where the marketplace tells: chats of Wildberries. Claims for return
    /// name the same.
    order_id: Option<String>,
    /// The review that this one adds to, or the buyer's later addition to it, as far as it was read.
    related: Vec<Related>,
    /// What was said; chats only.
    chat: Option<Chat>,
    /// Why the deadline is when it is; none where there is none, or it is being settled anew.
    deadline_reasons: Option<DeadlineReasons>,
    /// The draft on offer.
    draft: Option<Draft>,
    /// Whether a draft was asked for that has not been made.
    draft_awaited: bool,
    /// The newest version of the reply.
    reply: Option<Reply>,
    /// Counts what an answer should know of; sent back with a reply, it stops one whose writer had not seen the last.
    basis: u32,
    limits: Limits,
    can_answer: CanAnswer,
    can_edit: CanEdit,
    /// Whether it may be rejected instead of answered; none where the marketplace has no such thing.
    can_reject: Option<CanAnswer>,
    /// Whether the marketplace is to be told when a person opens it, with `POST …/viewed`.
    unviewed: bool,
    /// Whether the buyer's data was erased: texts are empty then, for good.
    erased: bool,
}

/// What the buyer left.
#[derive(Serialize, ToSchema)]
struct Content {
    text: String,
    pros: String,
    cons: String,
    /// Addresses of pictures.
    photos: Vec<String>,
    video_url: Option<String>,
    occurred_at: DateTime<Utc>,
    /// How often the buyer changed it.
    revisions: i32,
}

/// The other half of a review and its supplement.
#[derive(Serialize, ToSchema)]
struct Related {
    interaction_id: Uuid,
    #[schema(value_type = RelatedKind)]
    kind: String,
    /// Beginning of what the buyer wrote there; empty when only stars were left.
    preview: String,
    /// When the buyer wrote it.
    occurred_at: DateTime<Utc>,
}

/// A chat.
#[derive(Serialize, ToSchema)]
struct Chat {
    /// Oldest first.
    messages: Vec<Message>,
    /// Whether it can be written in.
    open: bool,
    /// Until when the marketplace surely takes a message, where it sets such a time; later it may refuse.
    reply_window_until: Option<DateTime<Utc>>,
}

/// A message of a chat.
#[derive(Serialize, Deserialize, ToSchema)]
struct Message {
    /// The marketplace's own id.
    message_id: String,
    #[schema(value_type = MessageAuthor)]
    author: String,
    sent_at: DateTime<Utc>,
    /// Empty when it is only files.
    text: String,
    files: Vec<MessageFile>,
    /// The reply from here that it is.
    reply_id: Option<Uuid>,
    /// Whether its words were erased.
    erased: bool,
}

/// A file of a message.
#[derive(Serialize, Deserialize, ToSchema)]
struct MessageFile {
    /// Empty where the marketplace gives none.
    name: String,
    /// Its address, or the marketplace's id of it.
    address: String,
    is_image: bool,
    size_bytes: Option<u64>,
}

/// The journal of an interaction.
#[derive(Serialize, ToSchema)]
pub(crate) struct Journal {
    pub(super) items: Vec<CloudEvent>,
}

impl Interaction {
    /// Puts it together from its read models and from the rules, as they stand now or stood at a past moment.
    pub(super) fn new(
        whole: Whole,
        related: Vec<RelatedRow>,
        aggregate: &Aggregate,
        now: DateTime<Utc>,
    ) -> Self {
        let Whole { mut row, mut thread, mut replies } = whole;
        if aggregate.is_erased() {
            forget(&mut row, &mut thread, &mut replies);
        }
        // In a chat a draft was for what is said by now.
        let kept = thread.draft.take().filter(|_| row.has_draft);
        let draft = kept.and_then(|kept| Draft::read(kept, aggregate.basis(), row.draft_is_stale));
        // The draft comes from another read model than the row, and either may have come further.
        row.has_draft = draft.is_some();
        row.draft_is_stale = draft.as_ref().is_some_and(Draft::is_stale);
        Self {
            content: Content::new(&thread, row.occurred_at),
            order_id: order_of(&thread),
            related: related.into_iter().map(Related::from).collect(),
            chat: aggregate.is_chat().then(|| Chat::new(thread.messages, aggregate)),
            deadline_reasons: None,
            draft,
            // A wish that was answered otherwise meanwhile is waited for by nobody.
            draft_awaited: aggregate.awaits_draft() && aggregate.may_answer().is_ok(),
            reply: replies.into_iter().last().map(Reply::from),
            basis: aggregate.basis(),
            limits: Limits::of(aggregate),
            unviewed: aggregate.is_unviewed(),
            erased: aggregate.is_erased(),
            can_answer: CanAnswer::new(aggregate.may_answer().err()),
            can_reject: CanAnswer::to_reject(aggregate),
            can_edit: CanEdit::new(aggregate.may_edit(now).err(), aggregate.editable_until()),
            summary: row.into(),
        }
    }
}

impl Interaction {
    /// Says why its deadline is when it is.
    pub(super) async fn with_reasons(
        self,
        app: &App,
        tenant: TenantId,
        aggregate: &Aggregate,
    ) -> Result<Self, ApiError> {
        if aggregate.answering().running().is_none() {
            return Ok(self);
        }
        let (version, sla) = app.commands.sla(tenant).await?;
        Ok(Self { deadline_reasons: DeadlineReasons::of(aggregate, (version, &sla)), ..self })
    }

    /// Says of a reply that is to go out what keeps it from that.
    pub(super) async fn with_stop(self, app: &App, tenant: TenantId) -> Result<Self, ApiError> {
        let reply = with_stop(app, tenant, self.reply.into_iter().collect()).await?.pop();
        Ok(Self { reply, ..self })
    }
}

/// Blanks what read models that are behind the log may still have of an erased buyer: an answer that repeats for a key
/// is kept for a day.
fn forget(row: &mut InboxRow, thread: &mut Thread, replies: &mut [ReplyRow]) {
    row.buyer_name = None;
    row.preview.clear();
    thread.content = Value::Null;
    if let Some(draft) = &mut thread.draft {
        draft["text"] = "".into();
    }
    for message in thread.messages.as_array_mut().into_iter().flatten() {
        message["text"] = "".into();
        message["files"] = Value::Array(Vec::new());
        message["erased"] = true.into();
    }
    for reply in replies {
        reply.text = None;
        reply.files = Value::Array(Vec::new());
        reply.marketplace_text = None;
    }
}

fn order_of(thread: &Thread) -> Option<String> {
    thread.content.pointer("/product/order_id")?.as_str().map(str::to_owned)
}

impl Content {
    fn new(thread: &Thread, occurred_at: DateTime<Utc>) -> Self {
        let content = &thread.content;
        let text =
            |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let photos = content.get("photos").and_then(Value::as_array);
        let photos = photos.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        Self {
            text: text("text"),
            pros: text("pros"),
            cons: text("cons"),
            photos: photos.collect(),
            video_url: content.get("video_url").and_then(Value::as_str).map(str::to_owned),
            occurred_at,
            revisions: thread.revisions,
        }
    }
}

impl Chat {
    fn new(messages: Value, aggregate: &Aggregate) -> Self {
        Self {
            messages: serde_json::from_value(messages).unwrap_or_default(),
            open: !aggregate.is_closed(),
            reply_window_until: aggregate.reply_window_until(),
        }
    }
}

impl From<RelatedRow> for Related {
    fn from(row: RelatedRow) -> Self {
        let RelatedRow { interaction_id, kind, preview, occurred_at } = row;
        Self { interaction_id, kind, preview, occurred_at }
    }
}

impl From<InboxRow> for InteractionSummary {
    fn from(row: InboxRow) -> Self {
        Self {
            deadline: Deadline::of(&row),
            interaction_id: row.interaction_id,
            account_id: row.account_id,
            account_name: row.account_name.unwrap_or_default(),
            marketplace: row.marketplace,
            channel: row.channel,
            external_id: row.external_id,
            rating: row.rating,
            buyer_name: row.buyer_name,
            product: Product {
                name: row.product_name,
                article: row.product_article,
                brand: row.product_brand,
            },
            preview: row.preview,
            status: row.status,
            needs_response: row.needs_response,
            reply_state: row.reply_state,
            held_until: row.held_until,
            draft_state: match (row.has_draft, row.draft_is_stale) {
                (false, _) => DraftState::None,
                (true, false) => DraftState::Ready,
                (true, true) => DraftState::Stale,
            },
            draft_ahead: row.has_draft && row.draft_ahead,
            intent: row.intent,
            sentiment: row.sentiment,
            priority: priority(row.priority),
            is_supplement: row.is_supplement,
            occurred_at: row.occurred_at,
            updated_at: row.updated_at,
            version: row.version,
        }
    }
}

/// Says a rank of the read model in the API's words.
pub(super) fn priority(rank: i16) -> Priority {
    value::Priority::of_rank(u8::try_from(rank).unwrap_or(u8::MAX)).into()
}

impl From<Counts> for InteractionCounts {
    fn from(counts: Counts) -> Self {
        let of = |status: InteractionStatus| {
            counts.by_status.get(<&str>::from(status)).copied().unwrap_or_default()
        };
        let by_status = StatusCounts {
            waiting: of(InteractionStatus::Waiting),
            held: of(InteractionStatus::Held),
            replying: of(InteractionStatus::Replying),
            responded: of(InteractionStatus::Responded),
            failed: of(InteractionStatus::Failed),
            closed: of(InteractionStatus::Closed),
        };
        let mut by_rating: BTreeMap<_, _> = (1..=5).map(|stars| (stars.to_string(), 0)).collect();
        by_rating.extend(counts.by_rating);
        Self { total: counts.total, needs_response: counts.needs_response, by_status, by_rating }
    }
}
