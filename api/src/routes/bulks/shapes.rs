//! A bulk as the API tells it.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use domain::BulkId;
use domain::bulk::{Bulk as Aggregate, Progress};
use projections::bulks::{BulkReply, BulkRow};
use projections::feed::Cursor;
use projections::inbox::InboxRow;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::refusal::Reason;
use crate::routes::interactions::InteractionSummary;

/// Where a bulk stands.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes a word in openapi.json")]
enum BulkState {
    /// Replies are still to be asked for, or on their way.
    Running,
    /// A person stopped it, and what is held is being taken back.
    Stopping,
    /// A person stopped it.
    Stopped,
    /// Nothing is left to do.
    Done,
}

/// How far an item of a bulk has come.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes a word in openapi.json")]
enum BulkItemState {
    /// Not gone about yet.
    Waiting,
    /// Its reply can still be taken back.
    Held,
    /// Its reply is on its way.
    Sending,
    /// The marketplace took its reply.
    Sent,
    /// Its reply was seen at the marketplace.
    Published,
    /// Nobody knows yet whether its reply arrived; that is being read.
    Unknown,
    /// Its reply did not go out.
    Failed,
    /// The marketplace's moderation refused its reply.
    Rejected,
    /// Its reply was taken back before it went out.
    Cancelled,
    /// It gets no reply.
    Refused,
    /// The bulk was stopped before its reply was asked for.
    NotSent,
}

/// The latest bulks.
#[derive(Serialize, ToSchema)]
pub(crate) struct BulkList {
    /// The latest first.
    pub(super) items: Vec<BulkSummary>,
}

/// A bulk in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct BulkSummary {
    bulk_id: Uuid,
    #[schema(value_type = BulkState)]
    state: String,
    /// Whether each item gets its own draft, not one text for all.
    drafts: bool,
    /// Its items.
    total: i32,
    /// Replies that the marketplace took.
    sent: i64,
    /// Items that get no reply.
    refused: i32,
    requested_at: DateTime<Utc>,
    /// Who asked: `user:<id>`.
    requested_by: String,
}

/// A bulk with what became of each of its items.
#[derive(Serialize, ToSchema)]
pub(crate) struct Bulk {
    bulk_id: Uuid,
    #[schema(value_type = BulkState)]
    state: &'static str,
    /// Whether each item gets its own draft, not one text for all.
    drafts: bool,
    requested_at: DateTime<Utc>,
    /// Who asked: `user:<id>`.
    requested_by: Option<String>,
    counts: BulkCounts,
    /// In the order in which they are gone about.
    items: Vec<BulkItem>,
    /// The feed's place of what is told here.
    cursor: String,
}

/// How many items there are.
#[derive(Serialize, ToSchema)]
struct BulkCounts {
    total: usize,
    /// Whose reply the marketplace took.
    sent: usize,
    /// By state; a state that no item has is left out.
    by_state: BTreeMap<String, usize>,
}

/// What became of an item.
#[derive(Serialize, ToSchema)]
struct BulkItem {
    interaction_id: Uuid,
    #[schema(value_type = BulkItemState)]
    state: String,
    /// Its reply, once it was gone about.
    reply_id: Option<Uuid>,
    /// Why it gets no reply, or why its reply did not go out.
    reason: Option<Reason>,
    /// The interaction as lists show it.
    interaction: Option<InteractionSummary>,
}

/// What is known of a bulk.
pub(super) struct Told {
    pub(super) id: BulkId,
    pub(super) bulk: Aggregate,
    pub(super) requested_at: DateTime<Utc>,
    pub(super) cursor: Cursor,
    pub(super) replies: Vec<BulkReply>,
    pub(super) rows: Vec<InboxRow>,
}

impl From<BulkRow> for BulkSummary {
    fn from(row: BulkRow) -> Self {
        Self {
            bulk_id: row.bulk_id,
            state: row.state,
            drafts: row.drafts,
            total: row.items,
            sent: row.sent,
            refused: row.refused,
            requested_at: row.requested_at,
            requested_by: row.requested_by,
        }
    }
}

impl From<Told> for Bulk {
    fn from(told: Told) -> Self {
        let Told { id, bulk, requested_at, cursor, replies, rows } = told;
        let mut replies: HashMap<Uuid, BulkReply> =
            replies.into_iter().map(|reply| (reply.reply_id, reply)).collect();
        let mut rows: HashMap<Uuid, InboxRow> =
            rows.into_iter().map(|row| (row.interaction_id, row)).collect();
        let stopped = bulk.was_stopped();
        let mut items = Vec::with_capacity(bulk.items().len());
        for (item, progress) in bulk.items() {
            let interaction_id = item.interaction_id.0;
            // What its reply has come to says more than what the bulk noted.
            let reply = replies.remove(&id.reply_to(item.interaction_id).0);
            let (state, reply_id, reason) = match (reply, progress) {
                (Some(BulkReply { reply_id, state, failure }), _) => {
                    (state, Some(reply_id), failure.map(Reason::of_reply))
                }
                (None, Progress::Waiting) if stopped => ("not_sent".to_owned(), None, None),
                (None, Progress::Waiting) => ("waiting".to_owned(), None, None),
                (None, Progress::Taken(reply_id)) => ("sending".to_owned(), Some(reply_id.0), None),
                (None, Progress::Refused(reason)) => {
                    ("refused".to_owned(), None, Some(Reason::from(*reason)))
                }
            };
            let interaction = rows.remove(&interaction_id).map(InteractionSummary::from);
            items.push(BulkItem { interaction_id, state, reply_id, reason, interaction });
        }
        let state = match (bulk.is_open(), stopped) {
            (true, false) => "running",
            (true, true) => "stopping",
            (false, true) => "stopped",
            (false, false) => "done",
        };
        Self {
            bulk_id: id.0,
            state,
            drafts: bulk.text().is_none(),
            requested_at,
            requested_by: bulk.by().map(|id| format!("user:{id}")),
            counts: BulkCounts::of(&items),
            items,
            cursor: cursor.to_string(),
        }
    }
}

impl BulkCounts {
    fn of(items: &[BulkItem]) -> Self {
        let mut by_state = BTreeMap::new();
        for item in items {
            *by_state.entry(item.state.clone()).or_default() += 1;
        }
        let of = |state| by_state.get(state).copied().unwrap_or(0);
        Self { total: items.len(), sent: of("sent") + of("published"), by_state }
    }
}
