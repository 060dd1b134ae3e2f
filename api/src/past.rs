//! Answers about the past: the moment that `as_of` names, and one interaction as its events tell it.

use std::convert::Infallible;

use anyhow::Context as _;
use axum::http::HeaderValue;
use axum::response::{IntoResponseParts, ResponseParts};
use chrono::{DateTime, SecondsFormat};
use cqrs_es::Aggregate as _;
use domain::interaction::Interaction as Aggregate;
use domain::{InteractionId, Recorded, StreamId, TenantId};
use eventlog::StoredEvent;
use projections::feed::{self, Cursor, Moment};
use projections::inbox::{self, RelatedRow};
use projections::lineage::ReplyLineage;
use projections::past::{PastAccount, PastItem, Whole};
use projections::recorded;

use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::layers::{AS_OF, AS_OF_TIME};

/// The stream type of interactions: a seller's own id or an account's is none.
const INTERACTION: &str = "interaction";

/// The moment an answer stands for; says so in the answer's headers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AsOf(pub(crate) Moment);

impl IntoResponseParts for AsOf {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        let time = self.0.at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        for (name, text) in [(AS_OF, self.0.cursor.to_string()), (AS_OF_TIME, time)] {
            if let Ok(value) = HeaderValue::try_from(text) {
                parts.headers_mut().insert(name, value);
            }
        }
        Ok(parts)
    }
}

/// Reads the moment that a request names, where it names one.
pub(crate) async fn moment(
    app: &App,
    caller: &Caller,
    as_of: Option<&str>,
    at_least: Option<&str>,
) -> Result<Option<AsOf>, ApiError> {
    let Some(text) = as_of else { return Ok(None) };
    if at_least.is_some() {
        return Err(refused("вместе с at_least не передаётся: прошлое уже не меняется"));
    }
    let moment = if let Ok(cursor) = text.parse::<Cursor>() {
        // Another seller's cursor is as unknown as one that was never given out.
        if cursor.tenant != caller.tenant() {
            return Err(ApiError::new(Code::NotFound));
        }
        feed::of(&app.log, cursor).await?
    } else {
        let at = DateTime::parse_from_rfc3339(text).map_err(|_| {
            refused("ожидается курсор события или время вида 2026-03-01T12:00:00Z («+» в адресе пишется %2B)")
        })?;
        let moment = feed::at(&app.db, &app.log, caller.tenant(), at.to_utc()).await?;
        moment.ok_or_else(|| refused("этот момент ещё не наступил"))?
    };
    Ok(Some(AsOf(moment)))
}

fn refused(message: &str) -> ApiError {
    ApiError::new(Code::BadQuery).field("as_of", message)
}

/// One interaction after some of its events.
#[derive(Default)]
pub(crate) struct Item {
    rows: PastItem,
    pub(crate) aggregate: Aggregate,
}

impl Item {
    /// Takes in the interaction's next event.
    pub(crate) fn apply(&mut self, stored: StoredEvent) -> anyhow::Result<()> {
        let id = stored.event_id;
        let recorded = recorded(stored).with_context(|| format!("reading event {id}"))?;
        self.rows.apply(&recorded)?;
        decide_on(&mut self.aggregate, &recorded);
        Ok(())
    }

    /// Returns it whole; none before its first event.
    pub(crate) fn whole(&self, account: &PastAccount) -> Option<Whole> {
        self.rows.whole(account.name())
    }

    /// Tells how its replies came about.
    pub(crate) fn lineage(&self) -> Vec<ReplyLineage> {
        self.rows.lineage()
    }
}

/// Applies a recorded event to the state that rules are held against.
pub(crate) fn decide_on(aggregate: &mut Aggregate, recorded: &Recorded) {
    for event in recorded.of_interaction() {
        aggregate.apply(event.clone());
    }
}

/// The events of an interaction and of the cabinet it was read from.
pub(crate) struct Story {
    /// The interaction's, oldest first.
    pub(crate) events: Vec<StoredEvent>,
    account: Vec<StoredEvent>,
}

impl Story {
    /// Reads the events of an interaction of `tenant`, and of its cabinet.
    pub(crate) async fn read(
        app: &App,
        tenant: TenantId,
        id: InteractionId,
    ) -> Result<Self, ApiError> {
        let events = app.log.load_stream(tenant, id.into(), 0).await?;
        let Some(first) = events.first().filter(|event| event.stream_type == INTERACTION) else {
            return Err(ApiError::new(Code::NotFound));
        };
        let mut item = Item::default();
        item.apply(first.clone())?;
        let account = match item.rows.account_id() {
            Some(id) => app.log.load_stream(tenant, StreamId(id), 0).await?,
            None => Vec::new(),
        };
        Ok(Self { events, account })
    }

    /// Leaves out what happened after a moment.
    pub(crate) fn until(mut self, moment: Moment) -> Result<Self, ApiError> {
        self.events.retain(|event| event.pos <= moment.cursor.pos);
        self.account.retain(|event| event.pos <= moment.cursor.pos);
        if self.events.is_empty() {
            return Err(ApiError::new(Code::NotThereYet));
        }
        Ok(self)
    }

    /// Returns the events of its cabinet, oldest first.
    pub(crate) fn of_account(&self) -> &[StoredEvent] {
        &self.account
    }

    /// Folds all of the interaction's events.
    pub(crate) fn item(&self) -> anyhow::Result<Item> {
        let mut item = Item::default();
        self.events.iter().try_for_each(|event| item.apply(event.clone()))?;
        Ok(item)
    }

    /// Folds the cabinet's events up to a position of the log.
    pub(crate) fn account_at(&self, pos: i64) -> anyhow::Result<PastAccount> {
        let mut account = PastAccount::default();
        for stored in self.account.iter().filter(|event| event.pos <= pos) {
            account.apply(&recorded(stored.clone())?)?;
        }
        Ok(account)
    }
}

/// The events of whatever an interaction belongs with, each oldest first.
pub(crate) struct Others(Vec<Vec<StoredEvent>>);

impl Others {
    /// Reads them for an interaction of `tenant`.
    pub(crate) async fn read(
        app: &App,
        tenant: TenantId,
        id: InteractionId,
    ) -> Result<Self, ApiError> {
        let mut others = Vec::new();
        // What was told once stays so: whatever belonged together then still does.
        for other in inbox::related_ids(&app.db, tenant, id).await? {
            others.push(app.log.load_stream(tenant, other.into(), 0).await?);
        }
        Ok(Self(others))
    }

    /// Tells what `item` belonged with at a position of the log, oldest first.
    pub(crate) fn related_to(&self, item: &Item, pos: i64) -> anyhow::Result<Vec<RelatedRow>> {
        let mut related = Vec::new();
        for events in &self.0 {
            let mut other = Item::default();
            let then = events.iter().filter(|event| event.pos <= pos);
            then.cloned().try_for_each(|event| other.apply(event))?;
            related.extend(item.rows.related_to(&other.rows));
        }
        related.sort_unstable_by_key(|row| (row.occurred_at, row.interaction_id));
        Ok(related)
    }
}
