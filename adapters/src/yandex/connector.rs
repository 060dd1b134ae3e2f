//! Yandex.Market as the workers see it.

mod chats;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc};
use domain::interaction::{Delivery, Ingest, ReplyKind};
use domain::{AccountId, Channel};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tracing::warn;

pub(super) use self::chats::read_kept;
use super::page::{PAGE_MAX, Page, PageRequest};
use super::question::{Entity, Question, QuestionOrder, QuestionsQuery};
use super::review::ReviewsQuery;
use super::standing::{Note, Notes, Standing, notes};
use super::walk::{Cursor, Pace};
use super::{Client, Operation, reading};
use crate::chat_notes::ChatNotes;
use crate::connector::{
    Apart, Connector, Found, Letter, LookUp, OneByOne, PageRead, Place, ReadError, Wanted, obey,
    take_turn,
};
use crate::http::{CallError, Failure, Receipt, SendOutcome};
use crate::rate_limit::{Limit, Limiter, Priority};

/// Longest wait for a turn before a page is left for later.
const PAGE_PATIENCE: Duration = Duration::from_secs(20);

/// Longest wait for a turn before a look-up is left for later: it keeps a worker from others.
const LOOK_PATIENCE: Duration = Duration::from_secs(3);

/// Reviews of six months are given at once, the shortest of which have 181 days.
const REVIEWS: Pace = Pace { window: TimeDelta::days(180), recent: TimeDelta::days(37) };

/// Questions of a month are given at once, by whole days at both ends.
const QUESTIONS: Pace = Pace { window: TimeDelta::days(27), recent: TimeDelta::days(27) };

/// Pages read of what stands under one item.
const NOTE_PAGES_MAX: usize = 20;

/// The marketplace's days are Moscow's.
const MOSCOW_SECONDS: i32 = 3 * 60 * 60;

/// A cabinet of Yandex.Market, open for calls.
pub(crate) struct Yandex {
    client: Client,
    account: AccountId,
    reviews: Method,
    comments: Method,
    write_comment: Method,
    questions: Method,
    answers: Method,
    write_answer: Method,
    chats: Method,
    history: Method,
    send_message: Method,
    send_file: Method,
    notes: ChatNotes,
}

/// A method of the marketplace, with the quota of its own that it is under.
struct Method {
    operation: Operation,
    limiter: Limiter,
}

impl Yandex {
    /// `limiter` makes the limiter of a limit; `notes` are those about the cabinet's chats.
    pub(crate) fn new(
        client: Client,
        account: AccountId,
        limiter: impl Fn(Limit) -> Limiter,
        notes: ChatNotes,
    ) -> Self {
        let of = |operation| Method { limiter: limiter(client.limit(operation)), operation };
        Self {
            account,
            reviews: of(Operation::Reviews),
            comments: of(Operation::Comments),
            write_comment: of(Operation::WriteComment),
            questions: of(Operation::Questions),
            answers: of(Operation::Answers),
            write_answer: of(Operation::WriteAnswer),
            chats: of(Operation::Chats),
            history: of(Operation::History),
            send_message: of(Operation::SendMessage),
            send_file: of(Operation::SendFile),
            client,
            notes,
        }
    }

    /// Waits for a turn, makes the call, and obeys what it says about the next.
    async fn call<T>(
        &self,
        method: &Method,
        (priority, patience): (Priority, Duration),
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, ReadError> {
        take_turn(&method.limiter, priority, patience).await?;
        let answer = call.await;
        self.heed(method).await?;
        obey(&method.limiter, answer).await
    }

    /// Makes no call after the one that used up the quota: the next would be refused.
    async fn heed(&self, method: &Method) -> sqlx::Result<()> {
        match self.client.used_up(method.operation) {
            Some(wait) => method.limiter.block(wait).await,
            None => Ok(()),
        }
    }

    async fn reviews(&self, place: &Place) -> Result<PageRead, ReadError> {
        let cursor = Cursor::of(place, REVIEWS);
        let (window, request) = cursor.here();
        let query = ReviewsQuery { need_reaction: false, from: Some(window.from), to: window.to };
        let page = self.client.reviews(&query, &request);
        let page = self.call(&self.reviews, (Priority::Read, PAGE_PATIENCE), page).await?;
        let reading = |review: super::Review| review.into_reading(self.account, place.now);
        Ok(PageRead {
            readings: page.items.into_iter().map(reading).collect(),
            malformed: page.malformed,
            whole: cursor.whole,
            next: cursor.after(page.next, REVIEWS),
            ..PageRead::default()
        })
    }

    async fn questions(&self, place: &Place) -> Result<PageRead, ReadError> {
        let cursor = Cursor::of(place, QUESTIONS);
        let (window, request) = cursor.here();
        let query = QuestionsQuery {
            need_answer: false,
            from: Some(day(window.from)),
            to: window.to.map(day),
            order: Some(QuestionOrder::CreatedAsc),
        };
        let page = self.client.questions(&query, &request);
        let page = self.call(&self.questions, (Priority::Read, PAGE_PATIENCE), page).await?;
        let waiting = self.waiting(&page.items, &query).await?;
        let reading = |question: Question| {
            let needs_answer = waiting.as_ref().map(|waiting| waiting.contains(&question.id));
            question.into_reading(self.account, needs_answer, place.now)
        };
        Ok(PageRead {
            readings: page.items.into_iter().map(reading).collect(),
            malformed: page.malformed,
            whole: cursor.whole,
            next: cursor.after(page.next, QUESTIONS),
            ..PageRead::default()
        })
    }

    /// Returns the ids of those questions that wait for an answer; none when that could not be read.
    async fn waiting(
        &self,
        questions: &[Question],
        query: &QuestionsQuery,
    ) -> Result<Option<HashSet<String>>, ReadError> {
        if questions.is_empty() {
            return Ok(None);
        }
        let ids: Vec<_> = questions.iter().map(|question| question.id.clone()).collect();
        let page = self.client.questions_waiting(&ids, query);
        let page = self.call(&self.questions, (Priority::Read, PAGE_PATIENCE), page).await?;
        let readable = page.items.into_iter().map(|question| Some(question.id));
        Ok(readable.chain(page.malformed.into_iter().map(|item| item.id)).collect())
    }

    async fn look(
        &self,
        under: Under,
        wanted: &[Wanted],
        priority: Priority,
    ) -> Result<LookUp, ReadError> {
        let mut looked = OneByOne::default();
        let known = self.notes_by_id(under, wanted, priority).await?;
        let mut others = Vec::new();
        for one in wanted {
            let note = one.reply.as_ref().and_then(|id| known.get(id));
            match note.and_then(|note| note.answer.clone()) {
                Some(answer) => {
                    let found = Found::Given(Some(answer));
                    looked.take(&one.source.external_id, Ok(Some(found)))?;
                }
                None => others.push(one),
            }
        }
        for one in others {
            let found = self.look_under(under, one, priority).await;
            if !looked.take(&one.source.external_id, found)? {
                break;
            }
        }
        looked.end()
    }

    /// Reads replies whose ids are known, many with one call.
    async fn notes_by_id(
        &self,
        under: Under,
        wanted: &[Wanted],
        priority: Priority,
    ) -> Result<HashMap<String, Note>, ReadError> {
        let ids: HashSet<_> = wanted.iter().filter_map(|one| one.reply.clone()).collect();
        let ids: Vec<String> = ids.into_iter().collect();
        let mut known = HashMap::new();
        for ids in ids.chunks(PAGE_MAX as usize) {
            let turn = (priority, LOOK_PATIENCE);
            let page = match under {
                Under::Review => {
                    let page = self.client.comments_by_id(ids);
                    notes(self.call(&self.comments, turn, page).await?)
                }
                Under::Question => {
                    let page = self.client.answers_by_id(ids);
                    notes(self.call(&self.answers, turn, page).await?)
                }
            };
            known.extend(page.items.into_iter().map(|note| (note.id.clone(), note)));
        }
        Ok(known)
    }

    /// Reads everything under one item; none when what is looked for may be in what cannot be read.
    async fn look_under(
        &self,
        under: Under,
        wanted: &Wanted,
        priority: Priority,
    ) -> Result<Option<Found>, ReadError> {
        let mut seen = Notes::default();
        let mut request = PageRequest { limit: Some(PAGE_MAX), token: None };
        for _ in 0..NOTE_PAGES_MAX {
            let id = &wanted.source.external_id;
            let page = match self.page_under(under, id, &request, priority).await {
                Err(ReadError::Call(error)) if error.failure == Failure::NotFound => {
                    return Ok(Some(Found::NotGiven));
                }
                page => page?,
            };
            request.token = page.next.clone();
            seen.add(page);
            if request.token.is_none() {
                break;
            }
        }
        if request.token.is_some() {
            seen.cut();
        }
        Ok(match seen.standing(wanted) {
            Standing::Known(answer) => Some(Found::Given(answer)),
            Standing::Unclear => None,
        })
    }

    async fn page_under(
        &self,
        under: Under,
        id: &str,
        request: &PageRequest,
        priority: Priority,
    ) -> Result<Page<Note>, ReadError> {
        let turn = (priority, LOOK_PATIENCE);
        match under {
            Under::Review => {
                let page = self.client.comments(id, request);
                Ok(notes(self.call(&self.comments, turn, page).await?))
            }
            Under::Question => {
                let page = self.client.answers(id, request);
                Ok(notes(self.call(&self.answers, turn, page).await?))
            }
        }
    }

    async fn write(&self, delivery: &Delivery, letter: Letter<'_>) -> SendOutcome {
        let text = letter.text;
        let id = delivery.source.external_id.as_str();
        match (delivery.source.channel, delivery.kind, &delivery.edits) {
            (Channel::Review, ReplyKind::Answer, _) => {
                self.client.write_comment(id, None, text).await
            }
            (Channel::Review, ReplyKind::Edit, Some(comment)) => {
                still(comment, self.client.edit_comment(id, comment, text).await)
            }
            (Channel::Question, ReplyKind::Answer, _) => {
                self.client.write_answer(Entity::Question(id), text).await
            }
            (Channel::Question, ReplyKind::Edit, Some(answer)) => {
                still(answer, self.client.edit_answer(Entity::Answer(answer), text).await)
            }
            (Channel::Chat, ReplyKind::Answer, _) => self.write_in_chat(id, letter).await,
            // Without the id of what it changes an edit would be another comment; a message stays as it is.
            (Channel::Review | Channel::Question, ReplyKind::Edit, None)
            | (Channel::Chat, ReplyKind::Edit, _)
            | (_, ReplyKind::Rejection, _) => SendOutcome::NotSent(CallError::no_such_call()),
        }
    }

    /// Only chats take files, with a method that has a quota of its own.
    fn file_method(&self, channel: Channel) -> &Method {
        match channel {
            Channel::Chat => &self.send_file,
            Channel::Review | Channel::Question => self.write_method(channel),
        }
    }

    fn write_method(&self, channel: Channel) -> &Method {
        match channel {
            Channel::Review => &self.write_comment,
            Channel::Question => &self.write_answer,
            Channel::Chat => &self.send_message,
        }
    }
}

/// What replies stand under.
#[derive(Debug, Clone, Copy)]
enum Under {
    Review,
    Question,
}

impl Connector for Yandex {
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
        match channel {
            Channel::Review => self.look(Under::Review, wanted, priority).boxed(),
            Channel::Question => self.look(Under::Question, wanted, priority).boxed(),
            Channel::Chat => self.look_at_chats(wanted, priority).boxed(),
        }
    }

    fn send<'a>(
        &'a self,
        delivery: &'a Delivery,
        letter: Letter<'a>,
    ) -> BoxFuture<'a, SendOutcome> {
        async move {
            let channel = delivery.source.channel;
            let method = if letter.files.is_empty() {
                self.write_method(channel)
            } else {
                self.file_method(channel)
            };
            let outcome = self.write(delivery, letter).await;
            if let Err(error) = self.heed(method).await {
                let error = &error as &dyn std::error::Error;
                warn!(error, "could not note that a quota is used up");
            }
            outcome
        }
        .boxed()
    }

    fn write_limiter(&self, channel: Channel) -> &Limiter {
        &self.write_method(channel).limiter
    }

    fn file_limiter(&self, channel: Channel) -> &Limiter {
        &self.file_method(channel).limiter
    }

    fn answer_apart(&self, reading: &Ingest) -> Option<Apart> {
        reading::answer_apart(reading)
    }
}

/// An edit keeps the id of what it changes, whether or not the marketplace repeats it.
fn still(id: &str, outcome: SendOutcome) -> SendOutcome {
    match outcome {
        SendOutcome::Accepted(receipt) => {
            let external_id = receipt.external_id.or_else(|| Some(id.to_owned()));
            SendOutcome::Accepted(Receipt { external_id })
        }
        outcome @ (SendOutcome::NotSent(_) | SendOutcome::Unknown(_)) => outcome,
    }
}

/// The marketplace's day of a moment.
fn day(moment: DateTime<Utc>) -> NaiveDate {
    let moscow = FixedOffset::east_opt(MOSCOW_SECONDS).expect("three hours are an offset");
    moment.with_timezone(&moscow).date_naive()
}
