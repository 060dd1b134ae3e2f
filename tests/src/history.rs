//! A seller's history of many days: reviews, questions and chats, answered in all the ways that metrics tell apart.

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use domain::event::present_version;
use domain::interaction::{
    Deadline, DraftOrigin, DraftSource, InteractionEvent as Event, Lineage, SendFailure,
    UnknownReason,
};
use domain::policy::edit::Changed;
use domain::value::{
    Analysis, BulkId, BuyerWords, ChatMessage, Confidence, Content, Intent, MessageAuthor,
    MessageWords, ObservedAnswer, ObservedState, Priority, Product, Sentiment, Source,
};
use domain::{
    AccountId, Channel, DraftId, InteractionId, Marketplace, ReplyId, StreamId, TenantId,
};
use eventlog::{Db, EventLog, Expected, NewEvent, NewEvents};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use projections::metric;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use uuid::Uuid;

/// How many days the history has.
pub const DAYS: i64 = 400;

/// Interactions whose keys are made in one round trip.
const PREPARED: usize = 2000;

/// Appends under way at once.
const SIDE_BY_SIDE: usize = 256;

const DRAFT: &str = "Здравствуйте! Спасибо за отзыв!";

/// What goes out instead of the draft: it itself, it with an edit, another text.
const SENT: [&str; 4] = [
    DRAFT,
    "Здравствуйте! Спасибо вам за отзыв!",
    "Здравствуйте! Спасибо за отзыв! Ждём вас снова.",
    "Нам жаль, что плед пришёл не того цвета.",
];

const CAUSES: [SendFailure; 6] = [
    SendFailure::BadRequest,
    SendFailure::NoRight,
    SendFailure::NotFound,
    SendFailure::NeverArrived,
    SendFailure::Unprovable,
    SendFailure::AnsweredElsewhere,
];

/// What happens to one interaction, later and later.
struct Life<'a> {
    random: &'a mut StdRng,
    now: DateTime<Utc>,
    events: Vec<Event>,
}

/// Appends the history of so many interactions, from the oldest to those of today.
///
/// # Errors
/// What the log says.
pub async fn append(log: &EventLog, seller: TenantId, interactions: u32) -> anyhow::Result<()> {
    let mut random = StdRng::seed_from_u64(1);
    let begun = (Utc::now() - TimeDelta::days(DAYS)).trunc_subsecs(0);
    let step = TimeDelta::days(DAYS).num_seconds();
    let all: Vec<u32> = (0..interactions).collect();
    for numbers in all.chunks(PREPARED) {
        let lives: Vec<_> = numbers
            .iter()
            .map(|n| {
                let seconds = step * i64::from(*n) / i64::from(interactions);
                life(&mut random, seller, *n, begun + TimeDelta::seconds(seconds))
            })
            .collect();
        log.prepare(seller, lives.iter().map(|life| life.stream.0)).await?;
        stream::iter(lives)
            .map(|life| log.append(life))
            .buffer_unordered(SIDE_BY_SIDE)
            .try_for_each(async |_| Ok(()))
            .await?;
    }
    Ok(())
}

/// Counts all days of a seller beforehand, as the worker does. Returns how many there are.
///
/// # Errors
/// What the database says.
pub async fn count_days(db: &Db, seller: TenantId, zone: &str) -> sqlx::Result<usize> {
    let mut days = 0;
    loop {
        match metric::days::count(db, seller, zone).await? {
            0 => return Ok(days),
            counted => days += counted,
        }
    }
}

fn life(random: &mut StdRng, tenant: TenantId, n: u32, at: DateTime<Utc>) -> NewEvents {
    let stream = StreamId::from(InteractionId(Uuid::now_v7()));
    let person = Uuid::from_u128(random.random_range(1..=20));
    let mut life = Life { random, now: at, events: Vec::new() };
    life.begin(n);
    NewEvents {
        tenant,
        stream,
        stream_type: "interaction",
        expected: Expected::Version(0),
        command_id: Uuid::now_v7(),
        correlation_id: None,
        causation_id: None,
        actor: Some(format!("user:{person}")),
        subject: stream.0,
        events: life.events.iter().map(new_event).collect(),
    }
}

impl Life<'_> {
    fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.random.random_range(0..of.len())]
    }

    /// Some time later: minutes, hours or days.
    fn later(&mut self) -> DateTime<Utc> {
        let most = self.one(&[600, 7_200, 2 * 86_400]);
        self.now += TimeDelta::seconds(self.random.random_range(1..most));
        self.now
    }

    fn begin(&mut self, n: u32) {
        let channel =
            self.one(&[Channel::Review, Channel::Review, Channel::Question, Channel::Chat]);
        let (marketplace, account) = self.one(&[
            (Marketplace::Wildberries, 1),
            (Marketplace::Wildberries, 2),
            (Marketplace::Ozon, 3),
            (Marketplace::YandexMarket, 4),
        ]);
        let source = Source {
            account_id: AccountId(Uuid::from_u128(account)),
            marketplace,
            channel,
            external_id: n.to_string(),
            occurred_at: self.now,
        };
        let content = self.content(channel);
        self.events.push(Event::Ingested { source, content });
        if channel != Channel::Chat && self.chance(5) {
            let content = self.content(channel);
            self.events.push(Event::ContentRevised { content });
        }
        if channel == Channel::Chat {
            self.write(MessageAuthor::Buyer);
        }
        self.promise();
        self.draft();
        match channel {
            Channel::Chat => self.chat(),
            Channel::Review | Channel::Question => self.answer(),
        }
    }

    fn content(&mut self, channel: Channel) -> Content {
        let rating = self.random.random_range(1..=5);
        let article = self.random.random_range(0..300);
        Content {
            rating: (channel == Channel::Review).then_some(rating),
            product: Product { article: article.to_string(), ..Product::default() },
            words: BuyerWords::default().into(),
        }
    }

    fn promise(&mut self) {
        if self.chance(10) {
            return;
        }
        let answer_by = self.now + TimeDelta::hours(self.random.random_range(1..24));
        let (since, priority) = (self.now, Priority::High);
        let deadline =
            Deadline { priority, policy: 0, rule: None, since, warn_at: answer_by, answer_by };
        let was_past = self.chance(5);
        self.events.push(Event::DeadlineSet { said: 0, deadline, was_past });
        if self.chance(20) {
            self.events.push(Event::SlaBreached { answer_by });
        }
    }

    fn draft(&mut self) {
        let intent = self.one(&[Intent::Defect, Intent::Thanks, Intent::Delivery]);
        let analysis = Analysis {
            intent,
            sentiment: Sentiment::Neutral,
            priority: Priority::High,
            confidence: Confidence::FULL,
        };
        let analysis = self.chance(90).then_some(analysis);
        let is_attacked = self.chance(2);
        let origin = DraftOrigin { analysis, is_attacked, ..DraftOrigin::given(0) };
        self.events.push(Event::DraftProposed {
            draft_id: DraftId(Uuid::now_v7()),
            text: DRAFT.to_owned().into(),
            source: DraftSource::Template,
            origin: Some(Box::new(origin)),
        });
    }

    /// What becomes of a review or a question.
    fn answer(&mut self) {
        if self.chance(10) {
            self.see();
        }
        for _ in 0..3 {
            if self.chance(10) {
                return;
            }
            let reply_id = self.ask();
            if self.chance(10) {
                let reason = UnknownReason::Timeout;
                let at = self.now;
                self.events.push(Event::ReplyOutcomeUnknown { reply_id, attempt: 1, reason, at });
            }
            if self.chance(10) {
                let cause = self.one(&CAUSES);
                self.fail(reply_id, cause);
                continue;
            }
            self.take(reply_id);
            if self.chance(5) {
                self.refuse(reply_id);
            } else if self.chance(5) {
                self.fail(reply_id, SendFailure::NotPublished);
            } else {
                break;
            }
        }
        if self.chance(5) {
            self.see();
        }
    }

    fn chat(&mut self) {
        for _ in 0..2 {
            if self.chance(15) {
                return;
            }
            if self.chance(20) {
                self.later();
                self.write(MessageAuthor::Seller);
                return;
            }
            let reply_id = self.ask();
            self.take(reply_id);
            if self.chance(5) {
                self.refuse(reply_id);
                continue;
            }
            if self.chance(50) {
                self.later();
                self.write(MessageAuthor::Buyer);
            }
        }
    }

    fn ask(&mut self) -> ReplyId {
        let reply_id = ReplyId(Uuid::now_v7());
        let sent = self.one(&SENT);
        let draft_id = DraftId(Uuid::now_v7());
        let lineage = Lineage { draft_id, changed: Changed::between(DRAFT, sent) };
        let lineage = self.chance(85).then_some(lineage);
        let is_named = lineage.is_some() || self.chance(30);
        let kind = self.random.random_range(0..10);
        self.events.push(Event::ReplyRequested {
            reply_id,
            text: sent.to_owned().into(),
            draft_id: is_named.then_some(draft_id),
            lineage,
            automation: (kind == 0).then_some(1),
            bulk_id: (kind == 1).then_some(BulkId(Uuid::from_u128(5))),
            files: vec![],
            guardrails: None,
            held_until: None,
        });
        reply_id
    }

    fn take(&mut self, reply_id: ReplyId) {
        let accepted_at = self.later();
        self.events.push(Event::ReplySent { reply_id, attempt: 1, accepted_at, external_id: None });
        if self.chance(70) {
            let seen_at = self.later();
            self.events.push(Event::ReplyPublished { reply_id, seen_at });
        }
    }

    fn refuse(&mut self, reply_id: ReplyId) {
        let (code, marketplace_text) = ("prohibited_content".to_owned(), None);
        self.events.push(Event::ReplyModerationFailed { reply_id, code, marketplace_text });
    }

    fn fail(&mut self, reply_id: ReplyId, failure: SendFailure) {
        self.events.push(Event::ReplySendFailed {
            reply_id,
            attempt: 1,
            failure,
            marketplace_text: None,
            retry_at: None,
            looks: vec![],
        });
    }

    /// Sees an answer that is not from here, mostly one that stands.
    fn see(&mut self) {
        let state = self.one(&[
            ObservedState::Published,
            ObservedState::Published,
            ObservedState::Rejected,
        ]);
        let text = "Благодарим!".to_owned().into();
        let answer =
            ObservedAnswer { text, state, editable: None, external_id: None, refusal: None };
        let seen_at = self.later();
        self.events.push(Event::ReplyObserved { answer, seen_at, ordinal: 0 });
    }

    fn write(&mut self, author: MessageAuthor) {
        let external_id = Uuid::now_v7().to_string();
        let words = MessageWords::default().into();
        let message = ChatMessage { external_id, author, sent_at: self.now, words };
        self.events.push(Event::MessageReceived { message, reply_id: None, seen_at: self.now });
    }
}

fn new_event(event: &Event) -> NewEvent {
    let payload = serde_json::to_value(event).expect("an event has string keys");
    let event_type = <&str>::from(event).to_owned();
    let schema_version = present_version("interaction", &event_type);
    NewEvent { event_type, schema_version, payload }
}
