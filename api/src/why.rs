//! Why an interaction stands as it does: the events that led there, oldest first, in words (N1).

mod deadlines;
mod drafts;
mod facts;
mod obstacles;
mod people;
mod summary;
mod title;
mod told;

use chrono::{DateTime, Utc};
use domain::TenantId;
use eventlog::StoredEvent;
use projections::feed::Cursor;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use self::facts::Fact;
pub(crate) use self::people::People;
use self::summary::summary;
use self::told::Told;
use crate::app::App;
use crate::error::ApiError;
use crate::past::Story;
use crate::routes::words::{InteractionStatus, ReplyState};

pub(crate) use drafts::template_reason;
pub(crate) use title::title;

/// Why an interaction stands as it does.
#[derive(Serialize, ToSchema)]
pub(crate) struct Why {
    #[schema(value_type = InteractionStatus)]
    status: String,
    /// State of the newest version of the reply that is not held and was not taken back.
    #[schema(value_type = Option<ReplyState>)]
    reply_state: Option<String>,
    /// How it stands, and what happens next, in the user's words.
    summary: String,
    /// Since when the status is this one.
    since: DateTime<Utc>,
    /// What led there, oldest first: from what the buyer last wrote that had to be answered. What keeps the cabinet
    /// from answering is among them.
    lines: Vec<Line>,
    /// How many of the interaction's events are left out: they led to how it stood before.
    left_out: usize,
}

/// One event and what it did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Line {
    event_id: Uuid,
    /// `agentiq.`, the aggregate's type, a dot and the event's name, as in the feed.
    #[schema(example = "agentiq.interaction.ReplySent")]
    r#type: String,
    /// The stream: the id of the interaction or of its account.
    subject: Uuid,
    /// Its place in the stream, from 1.
    number: i32,
    /// Its number among the seller's events, by which it is proved.
    sequence: i64,
    /// Where the feed goes on after it; as `as_of` it shows everything as it was then.
    cursor: String,
    /// When it was recorded.
    at: DateTime<Utc>,
    /// Who caused it: `user:<id>` or `system:<part>`.
    actor: Option<String>,
    /// Who that is, in the user's words.
    who: String,
    /// What happened, in a few words.
    title: &'static str,
    /// What was decided or learned with it.
    facts: Vec<Fact>,
    /// The status since this event; none where it stayed as it was.
    #[schema(value_type = Option<InteractionStatus>)]
    status: Option<String>,
    /// The state of the reply since this event; none where it stayed as it was.
    #[schema(value_type = Option<ReplyState>)]
    reply_state: Option<String>,
}

impl Why {
    /// Explains an interaction by its events and by those of its cabinet.
    pub(crate) async fn of(app: &App, tenant: TenantId, story: &Story) -> Result<Self, ApiError> {
        let people = People::read(&app.db, tenant).await?;
        let mut told = Told::default();
        for stored in &story.events {
            told.take(stored, &people)?;
        }
        let whole = told.whole()?;
        let obstacles = obstacles::lines(story.of_account(), told.channel(), &people)?;
        let reply = whole.replies.last();
        Ok(Self {
            summary: summary(&whole.row, reply, told.close_reason()),
            status: whole.row.status,
            reply_state: whole.row.reply_state,
            since: told.since(),
            left_out: told.left_out(),
            lines: told.lines_with(obstacles),
        })
    }
}

impl Line {
    fn new(stored: &StoredEvent, people: &People, title: &'static str, facts: Vec<Fact>) -> Self {
        Self {
            event_id: stored.event_id,
            r#type: format!("agentiq.{}.{}", stored.stream_type, stored.event_type),
            subject: stored.stream.0,
            number: stored.version,
            sequence: stored.tenant_seq,
            cursor: Cursor::of(stored).to_string(),
            at: stored.recorded_at,
            actor: stored.actor.clone(),
            who: people.name(stored.actor.as_deref()),
            title,
            facts,
            status: None,
            reply_state: None,
        }
    }
}
