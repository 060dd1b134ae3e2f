//! Wildberries as the workers see it.

mod chats;
mod returns;

use std::collections::HashMap;
use std::time::Duration;

use domain::interaction::{Delivery, ReplyKind};
use domain::value::Source;
use domain::{AccountId, Channel};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::Value;

use super::cursor::{Cursor, PageHeld, Plan};
use super::page::{Feedback, ListQuery, Order, Page};
use super::question::Question;
use super::review::Review;
use super::{ChatClient, Client, ReturnsClient, chat_limit_of, claims_limit_of, limit_of};
use crate::chat_notes::ChatNotes;
use crate::connector::{
    ClaimsRead, Connector, Found, Letter, LookUp, PageRead, Place, ReadError, Wanted, obey,
    take_turn,
};
use crate::http::{CallError, Download, SendOutcome};
use crate::rate_limit::{Limit, Limiter, Priority};
use chats::Chats;
use returns::Returns;

/// Longest wait for a turn before a page is left for later.
const PAGE_PATIENCE: Duration = Duration::from_secs(20);

/// Longest wait for a turn before a look-up is left for later: it keeps a worker from others.
const LOOK_PATIENCE: Duration = Duration::from_secs(3);

/// Up to so many interactions are looked at one by one: a list would bring more than is needed.
const ONE_BY_ONE: usize = 2;

/// Pages of the archive after which is looked for what is new, where the key allows many calls.
const FRESH_AFTER: u32 = 10;

/// A key that allows a call only so often has its calls planned one by one.
const SLOW: Duration = Duration::from_secs(60);

/// Pages read for one look-up: the items may lie far apart, and reading must not use up the limit.
const PAGES_MAX: u32 = 4;

/// A cabinet of Wildberries, open for calls.
pub(crate) struct Wildberries {
    client: Client,
    account: AccountId,
    /// Of all methods for questions and reviews together.
    feedbacks: Limiter,
    chats: Chats,
    returns: Returns,
}

impl Wildberries {
    /// `limiter` makes the limiter of a limit.
    pub(crate) fn new(
        client: Client,
        (chats, returns): (ChatClient, ReturnsClient),
        account: AccountId,
        notes: ChatNotes,
        limiter: impl Fn(Limit) -> Limiter,
    ) -> Self {
        let feedbacks = limiter(limit_of(client.token()));
        let chat_limiter = |scope| limiter(chat_limit_of(client.token(), scope));
        let chats = Chats::new(chats, account, notes, chat_limiter);
        let claims = limiter(claims_limit_of(returns.token()));
        let returns = Returns::new(returns, account, claims);
        Self { client, account, feedbacks, chats, returns }
    }

    fn is_slow(&self) -> bool {
        self.feedbacks.limit().interval >= SLOW
    }

    async fn page<T: Feedback>(&self, place: &Place) -> Result<PageRead, ReadError> {
        // A cursor of another program begins the round anew: reading twice is harmless.
        let cursor: Cursor = serde_json::from_value(place.cursor.clone()).unwrap_or_default();
        let query = ListQuery {
            is_answered: cursor.is_processed(),
            take: T::TAKE_MAX,
            skip: cursor.place.skip,
            order: Some(Order::DateAsc),
            // Whole seconds, and nothing says whether the ends are included.
            date_from: cursor.place.from.map(|from| from.timestamp() - 1),
            date_to: cursor.until(place.now).map(|until| until.timestamp() + 1),
        };
        let page: Page<T> = self.list(&query, Priority::Read, PAGE_PATIENCE).await?;
        let times: Vec<_> = page.items.iter().map(T::created_at).collect();
        let full = page.is_full(&query).then_some(T::SKIP_MAX);
        let held = PageHeld { times: &times, items: page.given(), full };
        let fresh_after = if self.is_slow() { 1 } else { FRESH_AFTER };
        let plan = Plan { whole_due: place.whole_due, fresh_after, now: place.now };
        let next = cursor.after(held, plan);
        let processed = cursor.is_processed();
        let reading = |item: T| item.into_reading(self.account, processed, place.now);
        Ok(PageRead {
            readings: page.items.into_iter().map(reading).collect(),
            malformed: page.malformed,
            processed,
            next: next.map(|next| serde_json::to_value(next).unwrap_or(Value::Null)),
            whole: cursor.whole,
            ..PageRead::default()
        })
    }

    async fn list<T: Feedback>(
        &self,
        query: &ListQuery,
        priority: Priority,
        patience: Duration,
    ) -> Result<Page<T>, ReadError> {
        take_turn(&self.feedbacks, priority, patience).await?;
        obey(&self.feedbacks, self.client.list(query).await).await
    }

    async fn look<T: Feedback>(
        &self,
        wanted: &[Wanted],
        priority: Priority,
    ) -> Result<LookUp, ReadError> {
        if wanted.len() <= ONE_BY_ONE {
            self.look_one_by_one::<T>(wanted, priority).await
        } else {
            self.look_at_list::<T>(wanted, priority).await
        }
    }

    async fn look_one_by_one<T: Feedback>(
        &self,
        wanted: &[Wanted],
        priority: Priority,
    ) -> Result<LookUp, ReadError> {
        let mut seen = LookUp::default();
        for Wanted { source, .. } in wanted {
            take_turn(&self.feedbacks, priority, LOOK_PATIENCE).await?;
            let item = self.client.item::<T>(&source.external_id).await;
            let found = match obey(&self.feedbacks, item).await? {
                Some(item) => Found::Given(item.observed_answer()),
                None => Found::NotGiven,
            };
            seen.insert(source.external_id.clone(), found);
        }
        Ok(seen)
    }

    /// Reads the processed items of the time in which the wanted ones were written.
    async fn look_at_list<T: Feedback>(
        &self,
        wanted: &[Wanted],
        priority: Priority,
    ) -> Result<LookUp, ReadError> {
        let times = || wanted.iter().map(|one| one.source.occurred_at);
        let (Some(first), Some(last)) = (times().min(), times().max()) else {
            return Ok(LookUp::default());
        };
        let mut items: HashMap<String, T> = HashMap::new();
        let mut read_up_to = Some(first);
        for page in 0..PAGES_MAX {
            let query = ListQuery {
                is_answered: true,
                take: T::TAKE_MAX,
                skip: page * T::TAKE_MAX,
                order: Some(Order::DateAsc),
                // Whole seconds, and nothing says whether the ends are included.
                date_from: Some(first.timestamp() - 1),
                date_to: Some(last.timestamp() + 1),
            };
            if query.skip > T::SKIP_MAX {
                break;
            }
            let page: Page<T> = self.list(&query, priority, LOOK_PATIENCE).await?;
            let full = page.is_full(&query);
            read_up_to = page.items.last().map(T::created_at).or(read_up_to);
            items.extend(page.items.into_iter().map(|item| (item.id().to_owned(), item)));
            if !full {
                read_up_to = None;
                break;
            }
        }
        let mut seen = LookUp::default();
        for Wanted { source, .. } in wanted {
            match items.get(&source.external_id) {
                Some(item) => {
                    seen.insert(source.external_id.clone(), Found::Given(item.observed_answer()));
                }
                // Not listed as processed: it has no answer.
                None if read_up_to.is_none_or(|up_to| source.occurred_at < up_to) => {
                    seen.insert(source.external_id.clone(), Found::Given(None));
                }
                None => (),
            }
        }
        Ok(seen)
    }
}

impl Connector for Wildberries {
    fn read_page<'a>(
        &'a self,
        channel: Channel,
        place: &'a Place,
    ) -> BoxFuture<'a, Result<PageRead, ReadError>> {
        match channel {
            Channel::Review => self.page::<Review>(place).boxed(),
            Channel::Question => self.page::<Question>(place).boxed(),
            Channel::Chat => self.chats.page(place).boxed(),
        }
    }

    fn read_claims<'a>(
        &'a self,
        cursor: &'a Value,
    ) -> BoxFuture<'a, Result<ClaimsRead, ReadError>> {
        self.returns.page(cursor).boxed()
    }

    fn look_up<'a>(
        &'a self,
        channel: Channel,
        wanted: &'a [Wanted],
        priority: Priority,
    ) -> BoxFuture<'a, Result<LookUp, ReadError>> {
        match channel {
            Channel::Review => self.look::<Review>(wanted, priority).boxed(),
            Channel::Question => self.look::<Question>(wanted, priority).boxed(),
            Channel::Chat => self.chats.look_up(wanted, priority).boxed(),
        }
    }

    fn send<'a>(
        &'a self,
        delivery: &'a Delivery,
        letter: Letter<'a>,
    ) -> BoxFuture<'a, SendOutcome> {
        let text = letter.text;
        let id = delivery.source.external_id.as_str();
        match (delivery.source.channel, delivery.kind) {
            (Channel::Review, ReplyKind::Answer) => self.client.answer(id, text).boxed(),
            (Channel::Review, ReplyKind::Edit) => self.client.edit_answer(id, text).boxed(),
            (Channel::Question, ReplyKind::Answer | ReplyKind::Edit) => {
                self.client.answer_question(id, text).boxed()
            }
            (Channel::Chat, ReplyKind::Answer) => self.chats.send(delivery, letter).boxed(),
            (Channel::Question, ReplyKind::Rejection) => {
                self.client.reject_question(id, text).boxed()
            }
            // There is no call that changes a message, or that rejects anything else.
            (Channel::Chat, ReplyKind::Edit | ReplyKind::Rejection)
            | (Channel::Review, ReplyKind::Rejection) => {
                async { SendOutcome::NotSent(CallError::no_such_call()) }.boxed()
            }
        }
    }

    fn mark_viewed<'a>(&'a self, source: &'a Source) -> Option<BoxFuture<'a, SendOutcome>> {
        let is_question = source.channel == Channel::Question;
        let may_call = is_question && !self.is_slow();
        may_call.then(|| self.client.mark_question_viewed(&source.external_id).boxed())
    }

    fn download<'a>(&'a self, address: &'a str) -> BoxFuture<'a, Result<Download, ReadError>> {
        self.chats.download(address).boxed()
    }

    fn write_limiter(&self, channel: Channel) -> &Limiter {
        match channel {
            Channel::Review | Channel::Question => &self.feedbacks,
            Channel::Chat => self.chats.write_limiter(),
        }
    }

    fn pace(&self, channel: Channel) -> Duration {
        match channel {
            Channel::Review | Channel::Question => pace_of(self.feedbacks.limit()),
            // Sending has a limit of its own.
            Channel::Chat => self.chats.write_limiter().limit().interval,
        }
    }

    fn page_pause(&self, channel: Channel) -> Duration {
        match channel {
            Channel::Review | Channel::Question if self.is_slow() => self.pace(channel),
            Channel::Review | Channel::Question | Channel::Chat => Duration::ZERO,
        }
    }
}

/// The pause after a call: two channels share the limit, and half of it is for sending.
fn pace_of(feedbacks: Limit) -> Duration {
    feedbacks.interval * 2 * 2
}

#[cfg(test)]
mod tests {
    use super::super::{LIMIT, LIMIT_BASIC};
    use super::*;

    /// A basic token has five calls an hour, of which each of two channels makes one in 48 minutes: a round of what waits
    /// and of what was processed of late takes an hour and a half, with a page of the archive half as long again.
    #[test]
    fn reading_leaves_half_of_the_calls_to_sending() {
        let minutes = |limit| pace_of(limit).as_secs() / 60;
        assert_eq!((minutes(LIMIT_BASIC), minutes(LIMIT)), (48, 0));
        let calls_an_hour = 2.0 * 3600.0 / pace_of(LIMIT_BASIC).as_secs_f64();
        assert!(calls_an_hour <= 2.5, "{calls_an_hour}");
    }
}
