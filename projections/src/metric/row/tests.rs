//! What counts an interaction, event by event.

use chrono::TimeDelta;
use domain::interaction::{Deadline, InteractionEvent as Event};
use domain::policy::edit::Changed;
use domain::value::{
    BulkId, BuyerWords, Channel, ChatMessage, Marketplace, MessageAuthor, MessageWords,
    ObservedAnswer, ObservedState, Priority, Product,
};
use domain::{AccountId, StreamId, TenantId};

use super::*;

const FIRST: ReplyId = ReplyId(Uuid::from_u128(1));
const SECOND: ReplyId = ReplyId(Uuid::from_u128(2));
const DRAFT: DraftId = DraftId(Uuid::from_u128(0xd));

/// Events one after another, each read an hour after the epoch.
struct Story(Option<Row>, i32);

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

impl Story {
    /// Begins with a buyer who wrote at the epoch.
    fn of(channel: Channel) -> Self {
        let source = Source {
            account_id: AccountId(Uuid::from_u128(3)),
            marketplace: Marketplace::Wildberries,
            channel,
            external_id: "1".into(),
            occurred_at: at(0),
        };
        let product = Product { article: "123".into(), ..Product::default() };
        let words = BuyerWords::default().into();
        let content = Content { rating: Some(5), product, words };
        Self(None, 0).then(Event::Ingested { source, content })
    }

    fn then(self, event: Event) -> Self {
        let version = self.1 + 1;
        let recorded = Recorded {
            tenant: TenantId(Uuid::from_u128(7)),
            stream: StreamId(Uuid::from_u128(8)),
            version,
            log: 1,
            position: i64::from(version),
            event_id: Uuid::from_u128(9),
            recorded_at: at(3_600),
            correlation_id: None,
            actor: Some("user:1".into()),
            events: vec![domain::Event::Interaction(event)],
        };
        Self(fold(self.0, &recorded), version)
    }

    fn asked(self, reply_id: ReplyId, measured: Option<(&str, &str)>) -> Self {
        self.then(asked(reply_id, measured))
    }

    fn sent(self, reply_id: ReplyId, seconds: i64) -> Self {
        let accepted_at = at(seconds);
        self.then(Event::ReplySent { reply_id, attempt: 1, accepted_at, external_id: None })
    }

    fn refused(self, reply_id: ReplyId) -> Self {
        let code = "rejected".to_owned();
        self.then(Event::ReplyModerationFailed { reply_id, code, marketplace_text: None })
    }

    fn failed(self, reply_id: ReplyId, failure: SendFailure) -> Self {
        self.then(Event::ReplySendFailed {
            reply_id,
            attempt: 1,
            failure,
            marketplace_text: None,
            retry_at: None,
            looks: vec![],
        })
    }

    fn observed(self, state: ObservedState, seconds: i64) -> Self {
        let text = "Благодарим!".to_owned().into();
        let answer =
            ObservedAnswer { text, state, editable: None, external_id: None, refusal: None };
        self.then(Event::ReplyObserved { answer, seen_at: at(seconds), ordinal: 0 })
    }

    fn wrote(self, author: MessageAuthor, seconds: i64) -> Self {
        let words = MessageWords::default().into();
        let external_id = seconds.to_string();
        let message = ChatMessage { external_id, author, sent_at: at(seconds), words };
        self.then(Event::MessageReceived { message, reply_id: None, seen_at: at(seconds) })
    }

    fn promised(self, answer_by: i64, was_past: bool) -> Self {
        let deadline = Deadline {
            priority: Priority::High,
            policy: 0,
            rule: None,
            since: at(0),
            warn_at: at(answer_by),
            answer_by: at(answer_by),
        };
        self.then(Event::DeadlineSet { said: 0, deadline, was_past })
    }

    fn row(&self) -> &Row {
        self.0.as_ref().unwrap()
    }

    /// What counts it, without what each answer is counted by.
    fn counted(&self) -> Vec<(&str, i64)> {
        let facts = self.row().facts.iter();
        facts
            .filter(|(name, _)| !["answered", "timed"].contains(&name.as_str()))
            .map(|(name, at)| (name.as_str(), at.timestamp()))
            .collect()
    }

    fn answered_at(&self) -> Option<i64> {
        self.row().answered_at.map(|at| at.timestamp())
    }
}

fn asked(reply_id: ReplyId, measured: Option<(&str, &str)>) -> Event {
    let lineage = measured
        .map(|(draft, sent)| Lineage { draft_id: DRAFT, changed: Changed::between(draft, sent) });
    Event::ReplyRequested {
        reply_id,
        text: "Спасибо!".to_owned().into(),
        draft_id: lineage.map(|lineage| lineage.draft_id),
        lineage,
        automation: None,
        bulk_id: None,
        files: vec![],
        guardrails: None,
        held_until: None,
    }
}

#[test]
fn an_answer_counts_by_what_it_is_to_its_draft_and_when_it_was_taken() {
    for (measured, outcome, changed) in [
        (Some(("Спасибо!", "Спасибо!")), "accepted", Some(0)),
        (Some(("Спасибо за отзыв!", "Спасибо вам за отзыв!")), "edited", Some(200)),
        (None, "manual", None),
    ] {
        let story = Story::of(Channel::Review).asked(FIRST, measured);
        assert_eq!(story.counted(), [], "it is on its way");
        let story = story.sent(FIRST, 7_200);
        let mut counted = vec![("answered_here", 7_200), ("judged", 7_200), (outcome, 7_200)];
        counted.extend(changed.map(|_| ("measured", 7_200)));
        counted.sort_unstable();
        assert_eq!(story.counted(), counted);
        let row = story.row();
        assert_eq!(row.changed.is_some(), changed.is_some());
        assert_eq!((row.waited_seconds, row.handled_seconds), (Some(7_200), Some(3_600)));
        assert_eq!(row.operator.as_deref(), Some("user:1"));
    }
}

#[test]
fn what_nobody_asked_for_and_what_went_to_many_is_not_judged() {
    for (automation, bulk_id, name) in
        [(Some(1), None, "automatic"), (None, Some(BulkId(Uuid::from_u128(5))), "in_bulk")]
    {
        let mut event = asked(FIRST, None);
        if let Event::ReplyRequested { automation: by, bulk_id: of, .. } = &mut event {
            (*by, *of) = (automation, bulk_id);
        }
        let story = Story::of(Channel::Question).then(event).sent(FIRST, 10);
        assert_eq!(story.counted(), [("answered_here", 10), (name, 10)]);
        assert_eq!(story.row().operator, None);
    }
}

#[test]
fn an_answer_that_does_not_stand_any_more_counts_nowhere_but_its_refusal_does() {
    let story = Story::of(Channel::Review).asked(FIRST, None).sent(FIRST, 10).refused(FIRST);
    assert_eq!((story.answered_at(), story.counted()), (None, vec![("refused", 3_600)]));
    let story = story.asked(SECOND, None).sent(SECOND, 20);
    assert_eq!(story.answered_at(), Some(20));
    let lost = story.failed(SECOND, SendFailure::NotPublished);
    assert_eq!(
        (lost.answered_at(), lost.counted()),
        (
            None,
            vec![
                ("failed", 3_600),
                ("failed_by_not_published", 3_600),
                ("in_doubt", 3_600),
                ("refused", 3_600)
            ]
        )
    );
}

#[test]
fn what_was_answered_elsewhere_counts_when_it_was_seen_and_nobody_knows_how_long_it_took() {
    let story = Story::of(Channel::Review).observed(ObservedState::Published, 50);
    assert_eq!(story.counted(), [("answered_elsewhere", 50)]);
    assert_eq!((story.row().waited_seconds, story.row().handled_seconds), (None, None));
    assert_eq!(story.observed(ObservedState::Rejected, 60).answered_at(), None);
}

#[test]
fn of_two_answers_that_stand_the_other_counts_once_the_first_is_lost() {
    let published = ObservedState::Published;
    let ours = || Story::of(Channel::Review).asked(FIRST, None).sent(FIRST, 10);
    let both = || ours().observed(published, 20);
    assert_eq!(both().answered_at(), Some(10));
    let lost = both().refused(FIRST);
    let of_elsewhere = vec![("answered_elsewhere", 20), ("refused", 3_600)];
    assert_eq!((lost.answered_at(), lost.counted()), (Some(20), of_elsewhere));
    assert_eq!((lost.row().waited_seconds, lost.row().operator.as_deref()), (None, None));
    assert_eq!(lost.observed(ObservedState::Rejected, 30).answered_at(), None);
    // The one that does not count is lost first.
    let alone = both().observed(ObservedState::Rejected, 30);
    assert_eq!(alone.answered_at(), Some(10));
    assert_eq!(alone.refused(FIRST).answered_at(), None);

    let late = || {
        let story = Story::of(Channel::Question).asked(FIRST, None).observed(published, 5);
        story.sent(FIRST, 10)
    };
    assert_eq!(late().answered_at(), Some(5));
    let lost = late().observed(ObservedState::Rejected, 30);
    assert_eq!(lost.answered_at(), Some(10));
    assert_eq!(lost.row().operator.as_deref(), Some("user:1"), "who asked for it is known still");
    assert_eq!(late().refused(FIRST).answered_at(), Some(5));
    let edited = both().then(Event::ReplyEdited {
        reply_id: SECOND,
        attempt: 1,
        accepted_at: at(40),
        external_id: None,
    });
    assert_eq!(edited.answered_at(), Some(10), "an edit is the same answer");
}

#[test]
fn a_promise_is_kept_by_an_answer_in_time_and_broken_when_the_time_has_passed() {
    let promised = || Story::of(Channel::Review).promised(100, false);
    let breached = || promised().then(Event::SlaBreached { answer_by: at(100) });
    let sla = |story: Story| -> Vec<(String, i64)> {
        let counted = story.counted().into_iter().filter(|(name, _)| name.starts_with("sla"));
        counted.map(|(name, at)| (name.to_owned(), at)).collect()
    };
    let is = |name: &str, at| vec![("sla_due".to_owned(), at), (name.to_owned(), at)];
    assert_eq!(sla(promised()), [], "it runs");
    assert_eq!(sla(promised().asked(FIRST, None).sent(FIRST, 100)), is("sla_met", 100));
    assert_eq!(sla(promised().asked(FIRST, None).sent(FIRST, 101)), is("sla_missed", 100));
    assert_eq!(sla(breached()), is("sla_missed", 100));
    // Taken in time, and heard of too late.
    assert_eq!(sla(breached().asked(FIRST, None).sent(FIRST, 99)), is("sla_met", 99));
    assert_eq!(sla(breached().promised(200, false)), [], "another promise runs");
    let past = || Story::of(Channel::Review).promised(100, true);
    assert_eq!(sla(past().asked(FIRST, None).sent(FIRST, 101)), []);
    assert_eq!(sla(past().promised(100, false).asked(FIRST, None).sent(FIRST, 101)), []);
    assert_eq!(sla(Story::of(Channel::Review).asked(FIRST, None).sent(FIRST, 1)), []);
}

#[test]
fn of_a_chat_the_first_answer_counts_whatever_follows() {
    let chat = || Story::of(Channel::Chat).wrote(MessageAuthor::Buyer, 10).asked(FIRST, None);
    assert_eq!(Story::of(Channel::Chat).row().read_at, None, "nobody waits yet");
    // The buyer writes again before the reply is taken: it answers what was said before.
    let story = chat().wrote(MessageAuthor::Buyer, 20).sent(FIRST, 30);
    assert_eq!((story.answered_at(), story.row().waited_seconds), (Some(30), Some(20)));
    let story = story.asked(SECOND, None).sent(SECOND, 40).wrote(MessageAuthor::Buyer, 50);
    assert_eq!(story.answered_at(), Some(30));
    assert_eq!(story.row().asked.len(), 1, "what does not matter any more is forgotten");
    let story = story.refused(FIRST);
    assert_eq!(story.answered_at(), None);
    let elsewhere =
        Story::of(Channel::Chat).wrote(MessageAuthor::Buyer, 10).wrote(MessageAuthor::Seller, 25);
    assert_eq!((elsewhere.answered_at(), elsewhere.row().waited_seconds), (Some(25), Some(15)));
    let begun =
        Story::of(Channel::Chat).wrote(MessageAuthor::Seller, 5).wrote(MessageAuthor::Buyer, 10);
    assert_eq!(begun.answered_at(), None, "what the seller began with answers nobody");
}

#[test]
fn what_went_wrong_counts_on_the_day_it_did_first() {
    let failed = Story::of(Channel::Review).asked(FIRST, None).failed(FIRST, SendFailure::NoRight);
    let counted = failed.row().facts.clone();
    assert_eq!(counted.len(), 2);
    let again = failed.failed(FIRST, SendFailure::NoRight);
    assert_eq!(again.row().facts, counted);
    assert_eq!(again.1, 4);
    assert_eq!(again.row().version, 3, "an event that changes nothing leaves no trace");
}
