//! Ozon as the workers see it.

mod chats;
mod questions;
mod reviews;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::interaction::{Delivery, Ingest, ReplyKind};
use domain::value::{Product, Source};
use domain::{AccountId, Channel, Marketplace};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::questions::reading_of_question;
use self::reviews::reading_of_review;
use super::{Client, LIMIT, NewComment, Page, Question, Review};
use crate::chat_notes::ChatNotes;
use crate::connector::{
    Connector, Letter, LookUp, OneByOne, PageRead, Place, ReadError, Wanted, obey, take_turn,
};
use crate::http::{CallError, ItemError, SendOutcome};
use crate::rate_limit::{Limit, Limiter, Priority};

/// Longest wait for a turn before a page is left for later.
const PAGE_PATIENCE: Duration = Duration::from_secs(20);

/// Longest wait for a turn before a look-up is left for later: it keeps a worker from others.
const LOOK_PATIENCE: Duration = Duration::from_secs(3);

/// How far back a round reads, unless it reads everything: what is written, moderated and answered later than that is
/// seen once a day.
const RECENT: TimeDelta = TimeDelta::days(37);

/// A cabinet of Ozon, open for calls.
pub(crate) struct Ozon {
    client: Client,
    account: AccountId,
    limiter: Limiter,
    notes: ChatNotes,
}

/// Where the next page begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    /// Published at this time or later; none for the beginning.
    from: Option<DateTime<Utc>>,
    last_id: Option<String>,
    /// Of the page after that, what was taken in before a call about one of its reviews failed.
    taken: Vec<String>,
    /// Whether everything is read.
    whole: bool,
}

impl Cursor {
    /// A cursor of another program begins the round anew: reading twice is harmless.
    fn of(place: &Place) -> Self {
        serde_json::from_value(place.cursor.clone()).unwrap_or_else(|_| Self {
            from: (!place.whole_due).then(|| place.now - RECENT),
            whole: place.whole_due,
            ..Self::default()
        })
    }

    /// Returns where to go on after `page`; none when the round is over.
    fn after<T>(&self, page: &Page<T>) -> Option<Value> {
        let last_id = page.continuation().filter(|next| Some(*next) != self.last_id.as_deref())?;
        let next = Self { last_id: Some(last_id.to_owned()), taken: Vec::new(), ..self.clone() };
        serde_json::to_value(next).ok()
    }

    /// Returns where to go on when only so much of the page is taken in now.
    fn amid(&self, readings: &[Ingest]) -> Option<Value> {
        let mut next = self.clone();
        next.taken.extend(readings.iter().map(|reading| reading.source.external_id.clone()));
        serde_json::to_value(next).ok()
    }
}

impl Ozon {
    /// `limiter` makes the limiter of a limit; `notes` are those about the cabinet's chats.
    pub(crate) fn new(
        client: Client,
        account: AccountId,
        limiter: impl Fn(Limit) -> Limiter,
        notes: ChatNotes,
    ) -> Self {
        Self { client, account, limiter: limiter(LIMIT), notes }
    }

    /// Waits for a turn, makes the call, and obeys what it says about the next.
    async fn call<T>(
        &self,
        priority: Priority,
        patience: Duration,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, ReadError> {
        take_turn(&self.limiter, priority, patience).await?;
        obey(&self.limiter, call.await).await
    }
}

impl Connector for Ozon {
    fn read_page<'a>(
        &'a self,
        channel: Channel,
        place: &'a Place,
    ) -> BoxFuture<'a, Result<PageRead, ReadError>> {
        match channel {
            Channel::Review => self.reviews(place).boxed(),
            Channel::Question => self.questions(place).boxed(),
            Channel::Chat => self.chats(place).boxed(),
        }
    }

    fn look_up<'a>(
        &'a self,
        channel: Channel,
        wanted: &'a [Wanted],
        priority: Priority,
    ) -> BoxFuture<'a, Result<LookUp, ReadError>> {
        async move {
            let mut looked = OneByOne::default();
            for one in wanted {
                let found = match channel {
                    Channel::Review => self.look_at_review(one, priority).await,
                    Channel::Question => self.look_at_question(one, priority).await,
                    Channel::Chat => return self.look_at_chats(wanted, priority).await,
                };
                if !looked.take(&one.source.external_id, found)? {
                    break;
                }
            }
            looked.end()
        }
        .boxed()
    }

    fn send<'a>(
        &'a self,
        delivery: &'a Delivery,
        letter: Letter<'a>,
    ) -> BoxFuture<'a, SendOutcome> {
        let id = delivery.source.external_id.as_str();
        let text = letter.text;
        async move {
            match (delivery.source.channel, delivery.kind) {
                (Channel::Review, ReplyKind::Answer) => {
                    let comment = NewComment {
                        review_id: id,
                        text,
                        parent_comment_id: None,
                        mark_review_as_processed: true,
                    };
                    self.client.comment(&comment).await
                }
                (Channel::Question, ReplyKind::Answer) => {
                    self.client.answer_question(id, &delivery.article, text).await
                }
                (Channel::Chat, ReplyKind::Answer) => self.write_in_chat(id, &letter).await,
                // A comment or answer can only be deleted and written anew, which buyers see as another; a message
                // stays.
                (_, ReplyKind::Edit | ReplyKind::Rejection) => {
                    SendOutcome::NotSent(CallError::no_such_call())
                }
            }
        }
        .boxed()
    }

    fn write_limiter(&self, _: Channel) -> &Limiter {
        &self.limiter
    }
}

/// Reads an item of a page that was kept, as it came.
pub(crate) fn read_item(
    channel: Channel,
    account: AccountId,
    raw: &str,
    seen_at: DateTime<Utc>,
) -> Result<Ingest, ItemError> {
    match channel {
        Channel::Review => {
            Review::read(raw).map(|review| reading_of_review(account, review, None, seen_at))
        }
        Channel::Question => {
            Question::read(raw).map(|question| reading_of_question(account, question, seen_at))
        }
        Channel::Chat => chats::read_kept(account, raw, seen_at),
    }
}

/// Ozon tells the article alone; the name is that of another method, for another right.
fn product(sku: Option<String>) -> Product {
    Product { article: sku.unwrap_or_default(), ..Product::default() }
}

fn source(
    account_id: AccountId,
    channel: Channel,
    external_id: String,
    occurred_at: DateTime<Utc>,
) -> Source {
    Source { account_id, marketplace: Marketplace::Ozon, channel, external_id, occurred_at }
}
