//! Lives of interactions by chance: each could have been, in any order of what may happen to it.

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use domain::interaction::{
    Deadline, DraftOrigin, DraftSource, ErasureGround, InteractionEvent as Event, Lineage,
    SendFailure,
};
use domain::policy::edit::Changed;
use domain::value::{
    Analysis, BulkId, BuyerWords, ChatMessage, Confidence, Content, Intent, MessageAuthor,
    MessageWords, ObservedState, Priority, Product, Sentiment, Source,
};
use domain::{AccountId, Channel, DraftId, Marketplace, ReplyId};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use uuid::Uuid;

use crate::support::*;

pub(super) const ACCOUNTS: [Uuid; 2] = [Uuid::from_u128(0xacc1), Uuid::from_u128(0xacc2)];

pub(super) const CAUSES: [SendFailure; 13] = [
    SendFailure::Unavailable,
    SendFailure::Unauthorized,
    SendFailure::NoRight,
    SendFailure::ClosedByPlan,
    SendFailure::PaymentRequired,
    SendFailure::BadRequest,
    SendFailure::NotFound,
    SendFailure::AnsweredElsewhere,
    SendFailure::NotPublished,
    SendFailure::NeverArrived,
    SendFailure::Unprovable,
    SendFailure::Erased,
    SendFailure::FileGone,
];

const PEOPLE: [&str; 2] = ["user:anna", "user:boris"];

const DRAFT: &str = "Спасибо за отзыв!";

/// A life that is being written, later and later.
struct Life<'a> {
    random: &'a mut StdRng,
    number: u128,
    now: DateTime<Utc>,
    replies: u128,
    /// Who causes it, and what it is.
    events: Vec<(&'static str, Event)>,
}

/// Appends the lives of some interactions, of which half are of days to come: what was read before is answered then.
pub(super) async fn live(world: &World, seed: u64, numbers: Range<u128>) {
    let mut random = StdRng::seed_from_u64(seed);
    for number in numbers {
        let days = 10 * 86_400;
        let wrote_at = Utc::now() + TimeDelta::seconds(random.random_range(-days..days));
        let mut life =
            Life { random: &mut random, number, now: wrote_at, replies: 0, events: vec![] };
        life.begin();
        for (actor, event) in life.events {
            world.append_as(actor, TENANT, stream(number), "interaction", &[event]).await;
        }
    }
}

impl Life<'_> {
    fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.random.random_range(0..of.len())]
    }

    fn is(&mut self, event: Event) {
        self.events.push(("system:test", event));
    }

    /// Some time later: seconds, hours or days.
    fn later(&mut self) -> DateTime<Utc> {
        let most = self.one(&[60, 3_600, 2 * 86_400]);
        self.now += TimeDelta::milliseconds(self.random.random_range(0..most * 1_000));
        self.now
    }

    fn begin(&mut self) {
        let channel = self.one(&[Channel::Review, Channel::Question, Channel::Chat]);
        let source = Source {
            account_id: AccountId(self.one(&ACCOUNTS)),
            marketplace: self.one(&[Marketplace::Wildberries, Marketplace::Ozon]),
            channel,
            external_id: self.number.to_string(),
            occurred_at: self.now,
        };
        let content = self.content(channel);
        self.is(Event::Ingested { source, content });
        if channel == Channel::Chat {
            self.chat();
        } else {
            self.review(channel);
        }
        if self.chance(20) {
            self.draft(Intent::General);
        }
        if self.chance(10) {
            let ground = ErasureGround::PersonsRequest;
            self.is(Event::BuyerErased { ground, reference: None });
        }
    }

    fn content(&mut self, channel: Channel) -> Content {
        let article = self.one(&["", "1", "2", "3"]).to_owned();
        let rating = self.random.random_range(1..=5);
        Content {
            rating: (channel == Channel::Review).then_some(rating),
            product: Product { article, ..Product::default() },
            words: BuyerWords::default().into(),
        }
    }

    fn review(&mut self, channel: Channel) {
        if self.chance(20) {
            let content = self.content(channel);
            self.is(Event::ContentRevised { content });
        }
        let since = self.now;
        self.prepare(since);
        if self.chance(15) {
            self.see();
        }
        for _ in 0..self.random.random_range(0..4) {
            if self.is_answered_at_last() {
                break;
            }
        }
        if self.chance(15) {
            self.see();
        }
        if self.chance(30) {
            let content = self.content(channel);
            self.is(Event::ContentRevised { content });
        }
    }

    /// Sees an answer that is not from here, mostly one that stands.
    fn see(&mut self) {
        let mut event = observed();
        if let Event::ReplyObserved { answer, seen_at, .. } = &mut event {
            *seen_at = self.later();
            answer.state = self.one(&[
                ObservedState::Published,
                ObservedState::Published,
                ObservedState::Rejected,
            ]);
        }
        self.is(event);
    }

    /// What may come before anybody answers.
    fn prepare(&mut self, since: DateTime<Utc>) {
        if self.chance(60) {
            let intent = self.one(&[Intent::Defect, Intent::Thanks, Intent::Delivery]);
            self.draft(intent);
        }
        let mut answer_by = since + TimeDelta::hours(self.random.random_range(1..60));
        for _ in 0..self.random.random_range(0..3) {
            let priority = Priority::High;
            let (policy, rule, warn_at) = (0, None, answer_by);
            let deadline = Deadline { priority, policy, rule, since, warn_at, answer_by };
            let was_past = self.chance(20);
            self.is(Event::DeadlineSet { said: 0, deadline, was_past });
            if self.chance(30) {
                self.is(Event::SlaBreached { answer_by });
            }
            if self.chance(50) {
                answer_by += TimeDelta::hours(1);
            }
        }
    }

    fn draft(&mut self, intent: Intent) {
        let analysis = Analysis {
            intent,
            sentiment: Sentiment::Neutral,
            priority: Priority::High,
            confidence: Confidence::FULL,
        };
        let is_attacked = self.chance(10);
        let analysis = self.chance(80).then_some(analysis);
        let origin = DraftOrigin { analysis, is_attacked, ..DraftOrigin::given(0) };
        self.is(Event::DraftProposed {
            draft_id: DraftId(Uuid::new_v4()),
            text: DRAFT.to_owned().into(),
            source: DraftSource::Template,
            origin: Some(Box::new(origin)),
        });
    }

    /// Asks for a reply in one of the ways there are.
    fn ask(&mut self) -> ReplyId {
        self.replies += 1;
        let reply_id = ReplyId(Uuid::from_u128((self.number << 16) + self.replies));
        let sent = self.one(&[
            DRAFT,
            "Спасибо вам за отзыв!",
            "Спасибо за отзыв! Ждём вас снова.",
            "Нам жаль, что плед пришёл не того цвета.",
        ]);
        let draft_id = DraftId(Uuid::from_u128(self.number));
        let lineage = Lineage { draft_id, changed: Changed::between(DRAFT, sent) };
        let lineage = self.chance(70).then_some(lineage);
        let named = lineage.is_some() || self.chance(20);
        let kind = self.random.random_range(0..10);
        let actor = match kind {
            0 => "system:automatic",
            _ => self.one(&PEOPLE),
        };
        let event = Event::ReplyRequested {
            reply_id,
            text: sent.to_owned().into(),
            draft_id: named.then_some(draft_id),
            lineage,
            automation: (kind == 0).then_some(1),
            bulk_id: (kind == 1).then_some(BulkId(Uuid::from_u128(5))),
            files: vec![],
            guardrails: None,
            held_until: None,
        };
        self.events.push((actor, event));
        reply_id
    }

    /// One more attempt to answer what is no chat; tells whether nothing else is to come.
    fn is_answered_at_last(&mut self) -> bool {
        let reply_id = self.ask();
        if self.chance(20) {
            self.see();
        }
        if self.chance(20) {
            self.is(unknown(reply_id));
        }
        if self.chance(20) {
            self.fail(reply_id, Some(self.now));
        }
        match self.random.random_range(0..10) {
            0 => self.is(rejected(reply_id)),
            1 => self.is(cancelled(reply_id)),
            2 | 3 => self.fail(reply_id, None),
            _ => {
                self.take(reply_id);
                return self.is_kept(reply_id);
            }
        }
        false
    }

    fn take(&mut self, reply_id: ReplyId) {
        let at = self.later();
        let accepted_at = at;
        let sent = Event::ReplySent { reply_id, attempt: 1, accepted_at, external_id: None };
        let published = Event::ReplyPublished { reply_id, seen_at: at };
        let first = if self.chance(80) { sent } else { published };
        self.is(first);
    }

    fn fail(&mut self, reply_id: ReplyId, retry_at: Option<DateTime<Utc>>) {
        let failure = match retry_at {
            Some(_) => SendFailure::Unavailable,
            None => self.one(&CAUSES),
        };
        self.is(failed_for(reply_id, failure, retry_at));
    }

    /// What becomes of an answer that was taken; tells whether it stands in the end.
    fn is_kept(&mut self, reply_id: ReplyId) -> bool {
        match self.random.random_range(0..10) {
            0 => self.is(rejected(reply_id)),
            1 | 2 => {
                self.is(failed_for(reply_id, SendFailure::NotPublished, None));
                if self.chance(50) {
                    let (kind, at) = (domain::interaction::ReplyKind::Answer, self.later());
                    self.is(Event::ReplyMarkedSent { reply_id, kind, at });
                    return true;
                }
            }
            3 => {
                let edit = ReplyId(Uuid::new_v4());
                self.is(edit_requested(edit, reply_id));
                let accepted_at = self.later();
                let (attempt, external_id) = (1, None);
                self.is(Event::ReplyEdited { reply_id: edit, attempt, accepted_at, external_id });
                return true;
            }
            _ => return true,
        }
        false
    }

    fn chat(&mut self) {
        if self.chance(20) {
            self.write(MessageAuthor::Seller);
        }
        if self.chance(10) {
            return;
        }
        let since = self.later();
        self.write(MessageAuthor::Buyer);
        self.prepare(since);
        for _ in 0..self.random.random_range(1..4) {
            if self.chance(20) {
                self.later();
                self.write(MessageAuthor::Seller);
                continue;
            }
            let reply_id = self.ask();
            let meanwhile = self.chance(30);
            if meanwhile {
                self.later();
                self.write(MessageAuthor::Buyer);
            }
            self.take(reply_id);
            if !meanwhile && self.chance(20) {
                self.is(rejected(reply_id));
            }
            if self.chance(40) {
                self.later();
                self.write(MessageAuthor::Buyer);
            }
        }
    }

    fn write(&mut self, author: MessageAuthor) {
        let external_id = Uuid::new_v4().to_string();
        let words = MessageWords::default().into();
        let message = ChatMessage { external_id, author, sent_at: self.now, words };
        self.is(Event::MessageReceived { message, reply_id: None, seen_at: self.now });
    }
}

fn failed_for(reply_id: ReplyId, failure: SendFailure, retry_at: Option<DateTime<Utc>>) -> Event {
    Event::ReplySendFailed {
        reply_id,
        attempt: 1,
        failure,
        marketplace_text: None,
        retry_at,
        looks: vec![],
    }
}
