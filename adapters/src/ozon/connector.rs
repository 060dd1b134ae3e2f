//! Ozon as the workers see it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::interaction::{ChatReading, Delivery, Ingest, ReplyKind};
use domain::value::{BuyerWords, Content, ObservedAnswer, ObservedState, Product, Source};
use domain::{AccountId, Channel, Marketplace};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Client, Comment, CommentsOf, CommentsQuery, LIMIT, NewComment, Order, PAGE_MAX, Page, Question,
    QuestionsQuery, Review, ReviewsQuery, Status,
};
use crate::connector::{
    Connector, Found, LookUp, PageRead, Place, ReadError, Wanted, obey, take_turn,
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

/// Pages of answers read of one question; other sellers of the product answer, too.
const ANSWER_PAGES_MAX: usize = 5;

/// A cabinet of Ozon, open for calls.
pub(crate) struct Ozon {
    client: Client,
    account: AccountId,
    limiter: Limiter,
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
    /// `limiter` makes the limiter of a limit.
    pub(crate) fn new(
        client: Client,
        account: AccountId,
        limiter: impl Fn(Limit) -> Limiter,
    ) -> Self {
        Self { client, account, limiter: limiter(LIMIT) }
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

    async fn reviews(&self, place: &Place) -> Result<PageRead, ReadError> {
        let cursor = Cursor::of(place);
        let query = ReviewsQuery {
            published_from: cursor.from,
            limit: PAGE_MAX,
            last_id: cursor.last_id.clone(),
            order: Some(Order::Asc),
            ..ReviewsQuery::default()
        };
        let page = self.call(Priority::Read, PAGE_PATIENCE, self.client.reviews(&query)).await?;
        let (mut next, whole) = (cursor.after(&page), cursor.whole);
        let mut readings = Vec::with_capacity(page.items.len());
        for review in page.items.into_iter().filter(|it| !cursor.taken.contains(&it.id)) {
            match self.reading_of(review, place.now).await {
                Ok(reading) => readings.push(reading),
                Err(error) if readings.is_empty() => return Err(error),
                // A page costs a hundred calls and more: were it all or nothing, one in a hundred that fails would keep
                // it from ever being read. What stands in the way is met again at once, and said then.
                Err(_) => {
                    next = cursor.amid(&readings);
                    break;
                }
            }
        }
        let malformed = page.malformed;
        Ok(PageRead { readings, malformed, next, whole, ..PageRead::default() })
    }

    /// Reads what the list does not tell of a review.
    async fn reading_of(&self, review: Review, now: DateTime<Utc>) -> Result<Ingest, ReadError> {
        let review = self.with_media(review).await?;
        let answer = if review.comments_amount == Some(0) {
            None
        } else {
            standing(self.comments(&review.id, Priority::Read, PAGE_PATIENCE).await?)
        };
        Ok(reading_of_review(self.account, review, answer, now))
    }

    /// Pictures are told one review at a time.
    async fn with_media(&self, review: Review) -> Result<Review, ReadError> {
        let has_media = [review.photos_amount, review.videos_amount].iter().any(|n| *n > Some(0));
        if !has_media {
            return Ok(review);
        }
        let whole = self.client.review(&review.id);
        let whole = self.call(Priority::Read, PAGE_PATIENCE, whole).await?;
        Ok(whole.unwrap_or(review))
    }

    async fn comments(
        &self,
        review_id: &str,
        priority: Priority,
        patience: Duration,
    ) -> Result<Vec<Comment>, ReadError> {
        let query = CommentsQuery {
            of: CommentsOf::Review { id: review_id.to_owned() },
            limit: PAGE_MAX,
            offset: 0,
            order: Some(Order::Asc),
        };
        Ok(self.call(priority, patience, self.client.comments(&query)).await?.items)
    }

    async fn questions(&self, place: &Place) -> Result<PageRead, ReadError> {
        let cursor = Cursor::of(place);
        let query = QuestionsQuery {
            date_from: cursor.from,
            limit: PAGE_MAX,
            last_id: cursor.last_id.clone(),
            order: Some(Order::Asc),
            ..QuestionsQuery::default()
        };
        let page = self.call(Priority::Read, PAGE_PATIENCE, self.client.questions(&query)).await?;
        let next = cursor.after(&page);
        let reading = |question| reading_of_question(self.account, question, place.now);
        Ok(PageRead {
            readings: page.items.into_iter().map(reading).collect(),
            malformed: page.malformed,
            next,
            whole: cursor.whole,
            ..PageRead::default()
        })
    }

    async fn look_at_review(
        &self,
        wanted: &Wanted,
        priority: Priority,
    ) -> Result<Found, ReadError> {
        let comments = self.comments(&wanted.source.external_id, priority, LOOK_PATIENCE).await?;
        let answers = || comments.iter().filter_map(Comment::observed_answer);
        let ours = answers().find(|answer| wanted.is(answer));
        Ok(Found::Given(ours.or_else(|| standing(comments.clone()))))
    }

    /// Nothing tells who wrote an answer, and other sellers write them, too: only ours is looked for.
    async fn look_at_question(
        &self,
        wanted: &Wanted,
        priority: Priority,
    ) -> Result<Found, ReadError> {
        let (id, sku) = (&wanted.source.external_id, &wanted.article);
        let mut last_id: Option<String> = None;
        for _ in 0..ANSWER_PAGES_MAX {
            let page = self.client.answers(id, sku, last_id.as_deref());
            let page = self.call(priority, LOOK_PATIENCE, page).await?;
            let mut answers = page.items.iter().map(super::QuestionAnswer::observed_answer);
            if let Some(ours) = answers.find(|answer| wanted.is(answer)) {
                return Ok(Found::Given(Some(ours)));
            }
            let next = page.continuation().map(str::to_owned);
            if next.is_none() || next == last_id {
                break;
            }
            last_id = next;
        }
        Ok(Found::Given(None))
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
            Channel::Chat => no_such_channel(),
        }
    }

    fn look_up<'a>(
        &'a self,
        channel: Channel,
        wanted: &'a [Wanted],
        priority: Priority,
    ) -> BoxFuture<'a, Result<LookUp, ReadError>> {
        async move {
            let mut seen = LookUp::default();
            for one in wanted {
                let found = match channel {
                    Channel::Review => self.look_at_review(one, priority).await?,
                    Channel::Question => self.look_at_question(one, priority).await?,
                    Channel::Chat => return Err(CallError::no_such_call().into()),
                };
                seen.insert(one.source.external_id.clone(), found);
            }
            Ok(seen)
        }
        .boxed()
    }

    fn send<'a>(&'a self, delivery: &'a Delivery, text: &'a str) -> BoxFuture<'a, SendOutcome> {
        let id = delivery.source.external_id.as_str();
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
                // A comment or answer can only be deleted and written anew, which buyers see as another.
                (Channel::Review | Channel::Question, ReplyKind::Edit)
                | (Channel::Chat, ReplyKind::Answer | ReplyKind::Edit) => {
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

/// Of several comments of the seller the one that counts: the first that buyers see, otherwise the newest that may yet
/// be seen, otherwise the newest that was refused.
fn standing(comments: Vec<Comment>) -> Option<ObservedAnswer> {
    let answers: Vec<_> = comments.iter().filter_map(Comment::observed_answer).collect();
    let first = answers.iter().find(|answer| answer.state == ObservedState::Published);
    let newest = |state| answers.iter().rev().find(|answer| answer.state == state);
    first
        .or_else(|| newest(ObservedState::InModeration))
        .or_else(|| newest(ObservedState::Rejected))
        .cloned()
}

fn reading_of_review(
    account: AccountId,
    review: Review,
    answer: Option<ObservedAnswer>,
    seen_at: DateTime<Utc>,
) -> Ingest {
    let words = BuyerWords {
        text: review.text,
        photos: review.photos.into_iter().map(|photo| photo.url).collect(),
        video_url: review.videos.into_iter().map(|video| video.url).next(),
        facts: review.facts,
        ..BuyerWords::default()
    };
    Ingest {
        source: source(account, Channel::Review, review.id, review.published_at),
        content: Content {
            rating: review.rating,
            product: product(review.sku),
            words: words.into(),
        },
        answer,
        chat: ChatReading::default(),
        processed: review.status == Status::Processed,
        seen_at,
    }
}

fn reading_of_question(account: AccountId, question: Question, seen_at: DateTime<Utc>) -> Ingest {
    let words = BuyerWords {
        buyer_name: question.author_name,
        text: question.text,
        facts: question.facts,
        ..BuyerWords::default()
    };
    Ingest {
        source: source(account, Channel::Question, question.id, question.published_at),
        content: Content { rating: None, product: product(question.sku), words: words.into() },
        answer: None,
        chat: ChatReading::default(),
        processed: question.status == Status::Processed,
        seen_at,
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
        // Chats are not read yet, so nothing of them was kept.
        Channel::Chat => Err(ItemError::NotAnObject),
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

/// Chats of this marketplace are not read yet.
fn no_such_channel<T: Send + 'static>() -> BoxFuture<'static, Result<T, ReadError>> {
    async { Err(ReadError::Call(CallError::no_such_call())) }.boxed()
}
