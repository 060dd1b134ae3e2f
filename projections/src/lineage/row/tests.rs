//! What becomes of drafts, event by event.

use chrono::TimeDelta;
use domain::interaction::{
    CancelReason, DismissReason, InteractionEvent as Event, Lineage, ReplyKind, SendFailure,
    Written,
};
use domain::value::BulkId;
use domain::{StreamId, TenantId};

use super::*;

const A: DraftId = DraftId(Uuid::from_u128(0xa));
const B: DraftId = DraftId(Uuid::from_u128(0xb));
const FIRST: ReplyId = ReplyId(Uuid::from_u128(1));
const SECOND: ReplyId = ReplyId(Uuid::from_u128(2));
const DRAFT: &str = "Спасибо за отзыв!";
const EDITED: &str = "Спасибо вам за отзыв!";
const OTHER: &str = "Нам жаль, что плед пришёл не того цвета.";

/// Events one after another, a second apart, as people caused them.
#[derive(Default)]
struct Story(Rows, i32);

impl Story {
    fn then(self, event: Event) -> Self {
        let version = self.1 + 1;
        let recorded = Recorded {
            tenant: TenantId(Uuid::from_u128(7)),
            stream: StreamId(Uuid::from_u128(8)),
            version,
            log: 1,
            position: i64::from(version),
            event_id: Uuid::from_u128(9),
            recorded_at: DateTime::UNIX_EPOCH + TimeDelta::seconds(i64::from(version)),
            correlation_id: None,
            actor: Some("user:1".into()),
            events: vec![domain::Event::Interaction(event)],
        };
        Self(fold(self.0, &recorded), version)
    }

    fn drafted(self, draft_id: DraftId, origin: DraftOrigin) -> Self {
        let (text, source) = (DRAFT.to_owned().into(), DraftSource::Model);
        self.then(Event::DraftProposed { draft_id, text, source, origin: Some(Box::new(origin)) })
    }

    fn replied(self, reply_id: ReplyId, draft_id: Option<DraftId>, text: &str) -> Self {
        self.then(asked(reply_id, draft_id, text, None))
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

    fn dismissed(self, draft_id: DraftId) -> Self {
        self.then(Event::DraftDismissed { draft_id, reason: DismissReason::WrongTone })
    }

    fn cancelled(self, reply_id: ReplyId) -> Self {
        self.then(Event::ReplyCancelled { reply_id, reason: CancelReason::ByPerson })
    }

    fn row(&self, id: Uuid) -> &Row {
        &self.0[&id]
    }

    /// Outcomes that are counted, in the order of their rows.
    fn counted(&self) -> Vec<&str> {
        let mut rows: Vec<_> = self.0.values().filter(|row| row.decided_at.is_some()).collect();
        rows.sort_by_key(|row| row.version);
        rows.into_iter().map(|row| row.outcome.as_str()).collect()
    }
}

fn asked(
    reply_id: ReplyId,
    draft_id: Option<DraftId>,
    text: &str,
    bulk_id: Option<BulkId>,
) -> Event {
    let of = |draft_id| Lineage { draft_id, changed: Changed::between(DRAFT, text) };
    Event::ReplyRequested {
        reply_id,
        text: text.to_owned().into(),
        draft_id,
        lineage: draft_id.map(of),
        automation: None,
        bulk_id,
        files: vec![],
        guardrails: None,
        held_until: None,
    }
}

fn drafted() -> Story {
    Story::default().drafted(A, DraftOrigin::given(0))
}

fn written() -> DraftOrigin {
    let written = Written {
        provider: "test".into(),
        model: "deepseek-flash".into(),
        prompt_version: 3,
        prompt_tokens: 1,
        cached_tokens: 0,
        completion_tokens: 1,
        cost_micro_usd: 1,
        price_version: "1".into(),
        duration_ms: 1,
        attempts: 1,
    };
    DraftOrigin { written: Some(written), ..DraftOrigin::given(0) }
}

#[test]
fn the_same_words_sent_again_after_a_failure_are_one_accepted_draft() {
    let rejected = |story: Story| {
        let code = "rejected".into();
        story.then(Event::ReplyModerationFailed { reply_id: FIRST, code, marketplace_text: None })
    };
    let failed = |story: Story| story.failed(FIRST, SendFailure::Unauthorized);
    let ends: [&dyn Fn(Story) -> Story; 2] = [&failed, &rejected];
    for end in ends {
        let story = end(drafted().replied(FIRST, Some(A), DRAFT));
        assert_eq!(story.counted(), Vec::<&str>::new(), "nothing went out");
        assert!(story.row(A.0).is_open());
        let story = story.replied(SECOND, Some(A), DRAFT);
        assert_eq!(story.counted(), ["accepted"]);
        assert_eq!(story.row(A.0).reply_id, Some(SECOND.0));
    }
}

#[test]
fn what_is_tried_again_by_itself_is_no_failure() {
    let retry_at = Some(DateTime::UNIX_EPOCH);
    let story = drafted().replied(FIRST, Some(A), EDITED).then(Event::ReplySendFailed {
        reply_id: FIRST,
        attempt: 1,
        failure: SendFailure::Unavailable,
        marketplace_text: None,
        retry_at,
        looks: vec![],
    });
    assert_eq!(story.counted(), ["edited"]);
}

#[test]
fn a_reply_that_was_given_up_and_stands_after_all_counts_again() {
    let at = DateTime::UNIX_EPOCH;
    for after_all in [
        Event::ReplyMarkedSent { reply_id: FIRST, kind: ReplyKind::Answer, at },
        Event::ReplyRetryRequested { reply_id: FIRST, attempt: 2, guardrails: None },
        Event::ReplyPublished { reply_id: FIRST, seen_at: at },
    ] {
        for draft in [Some(A), None] {
            let before = if draft.is_some() { drafted() } else { Story::default() };
            let story = before.replied(FIRST, draft, EDITED);
            let decided = story.counted().concat();
            let lost = story.failed(FIRST, SendFailure::NeverArrived);
            assert_ne!(lost.counted().concat(), decided);
            let story = lost.then(after_all.clone());
            assert_eq!(story.counted().concat(), decided, "{after_all:?}");
            let lost_again = story.failed(FIRST, SendFailure::NeverArrived);
            assert_ne!(lost_again.counted().concat(), decided);
        }
    }
    let story = drafted().replied(FIRST, Some(A), EDITED).failed(FIRST, SendFailure::NeverArrived);
    let story = story.drafted(B, DraftOrigin::given(1));
    let story = story.then(Event::ReplyPublished { reply_id: FIRST, seen_at: at });
    assert_eq!(story.counted(), ["edited", "unused"], "the draft that came meanwhile");
}

#[test]
fn a_dismissed_draft_that_is_named_and_taken_back_is_dismissed_as_before() {
    let dismissed = drafted().dismissed(A);
    let before = dismissed.row(A.0).clone();
    let story = dismissed.replied(FIRST, Some(A), DRAFT);
    assert_eq!((story.counted(), &story.row(A.0).reason), (vec!["accepted"], &None));
    let story = story.cancelled(FIRST);
    let now = story.row(A.0);
    assert_eq!(now.decision().outcome, "dismissed");
    assert_eq!((&now.reason, now.decided_at), (&before.reason, before.decided_at));
    assert_eq!((now.score, now.reply_id), (before.score, None));

    let held = drafted().replied(FIRST, Some(A), DRAFT).dismissed(A);
    assert_eq!(held.counted(), ["accepted"], "the reply is still to come");
    assert_eq!(held.cancelled(FIRST).counted(), ["dismissed"]);
}

#[test]
fn a_draft_that_goes_on_is_its_models_and_is_counted_once() {
    let carried = || DraftOrigin { carried_from: Some(A), ..DraftOrigin::given(1) };
    let story = Story::default().drafted(A, written()).drafted(B, carried());
    let row = story.row(B.0);
    assert_eq!((row.model.as_deref(), row.prompt_version), (Some("deepseek-flash"), Some(3)));
    assert_eq!(story.row(A.0).outcome, "carried");
    let story = story.replied(FIRST, Some(B), DRAFT);
    assert_eq!(story.counted(), ["accepted"]);

    let held = Story::default().drafted(A, written()).replied(FIRST, Some(A), DRAFT);
    let story = held.drafted(B, carried()).cancelled(FIRST);
    assert_eq!((story.counted(), story.row(B.0).is_open()), (vec![], true));
    let replaced = drafted().drafted(B, DraftOrigin::given(1));
    assert_eq!(replaced.counted(), ["superseded"]);
}

#[test]
fn one_text_for_many_judges_no_draft_but_the_one_that_it_is() {
    let bulk_id = Some(BulkId(Uuid::from_u128(5)));
    for (text, outcome) in [(DRAFT, "accepted"), (EDITED, "in_bulk"), (OTHER, "in_bulk")] {
        let story = drafted().then(asked(FIRST, Some(A), text, bulk_id));
        assert_eq!(story.counted(), [outcome], "{text}");
        assert_eq!(story.row(A.0).score, 0);
    }
    let story = Story::default().then(asked(FIRST, None, OTHER, bulk_id));
    assert_eq!((story.counted(), story.row(FIRST.0).score), (vec!["in_bulk"], 0));
}
