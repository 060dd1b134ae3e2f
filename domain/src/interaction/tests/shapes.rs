//! Events as JSON are the storage format: a changed shape means a new version and an upcaster.

use uuid::Uuid;

use super::builders::*;
use crate::guardrail::{Listed, Place, Severity};
use crate::interaction::*;
use crate::policy::decision::{Decision, Reason, Verdict};
use crate::value::{Analysis, Confidence, DraftId, Intent, ObservedState, Priority, Sentiment};

pub(super) fn one_of_each() -> Vec<InteractionEvent> {
    vec![
        ingested(),
        InteractionEvent::ContentRevised { content: content("Тёплый, но колется") },
        InteractionEvent::Linked { links: supplemented_by("r-2") },
        InteractionEvent::Closed { reason: CloseReason::ProcessedByMarketplace },
        InteractionEvent::DraftProposed {
            draft_id: DraftId(Uuid::from_u128(9)),
            text: TEXT.to_owned().into(),
            source: DraftSource::Template,
            origin: None,
        },
        InteractionEvent::DraftRequested { basis: 1, asked: 2 },
        made_by_model(),
        InteractionEvent::DraftDismissed {
            draft_id: DraftId(Uuid::from_u128(9)),
            reason: DismissReason::WrongTone,
        },
        requested(FIRST),
        requested_with(SECOND, TEXT, vec![file()]),
        made_of(SECOND, DraftId(Uuid::from_u128(9)), "Спасибо за отзыв, Анна!"),
        edit_requested(SECOND),
        sent(FIRST),
        InteractionEvent::ReplyEdited {
            reply_id: SECOND,
            attempt: 1,
            accepted_at: at(10),
            external_id: None,
        },
        unknown(FIRST),
        InteractionEvent::ReplyConfirmedAbsent {
            reply_id: FIRST,
            attempt: 1,
            read_at: vec![at(120), at(600)],
        },
        InteractionEvent::ReplySendFailed {
            reply_id: FIRST,
            attempt: 1,
            failure: SendFailure::Unavailable,
            marketplace_text: None,
            retry_at: Some(at(20)),
            looks: vec![],
        },
        InteractionEvent::ReplyEditFailed {
            reply_id: SECOND,
            attempt: 1,
            failure: SendFailure::BadRequest,
            marketplace_text: Some("Неверный синтаксис JSON".to_owned().into()),
            retry_at: None,
            looks: vec![],
        },
        published(FIRST),
        rejection_requested(FIRST),
        rejection_sent(FIRST),
        held(FIRST, 30),
        InteractionEvent::ReplyReleased { reply_id: FIRST },
        cancelled(FIRST, CancelReason::BuyerWrote),
        by_itself(DraftId(Uuid::from_u128(9)), 30),
        cancelled(FIRST, CancelReason::AutomationStopped),
        InteractionEvent::RejectionConfirmed { reply_id: FIRST, seen_at: at(60) },
        InteractionEvent::ReplyModerationFailed {
            reply_id: FIRST,
            code: "rejected".into(),
            marketplace_text: None,
        },
        InteractionEvent::ReplyObserved {
            answer: standing("Благодарим!", ObservedState::Published),
            seen_at: at(60),
            ordinal: 0,
        },
        InteractionEvent::MessageReceived {
            message: message(),
            reply_id: Some(FIRST),
            seen_at: at(60),
        },
        given_up(FIRST, SendFailure::NeverArrived),
        InteractionEvent::ReplyMarkedSent { reply_id: FIRST, kind: ReplyKind::Answer, at: at(700) },
        InteractionEvent::ReplyRetryRequested {
            reply_id: FIRST,
            attempt: 4,
            guardrails: passed(TEXT),
        },
        refused("Бот ответит."),
        InteractionEvent::Reopened,
        InteractionEvent::Viewed,
        InteractionEvent::DeadlineSet {
            said: 2,
            deadline: Deadline {
                priority: Priority::High,
                policy: 3,
                rule: Some(1),
                since: at(0),
                warn_at: at(1_800),
                answer_by: at(3_600),
            },
            was_past: true,
        },
        InteractionEvent::SlaEscalated { answer_by: at(3_600) },
        InteractionEvent::SlaBreached { answer_by: at(3_600) },
        InteractionEvent::BuyerErased {
            ground: ErasureGround::PersonsRequest,
            reference: Some("17/2026".into()),
        },
    ]
}

/// A draft with everything that can be told of one.
fn made_by_model() -> InteractionEvent {
    let origin = DraftOrigin {
        basis: 1,
        asked: 2,
        analysis: Some(Analysis {
            intent: Intent::Defect,
            sentiment: Sentiment::Negative,
            priority: Priority::Urgent,
            confidence: Confidence::new(85).unwrap(),
        }),
        own_priority: Some(Priority::High),
        assessment: Some(1),
        drafting: 3,
        template: Some(WhyTemplate::ModelStopped),
        written: Some(Written {
            provider: "deepseek".into(),
            model: "deepseek-chat".into(),
            prompt_version: 1,
            prompt_tokens: 500,
            cached_tokens: 300,
            completion_tokens: 200,
            cost_micro_usd: 126,
            price_version: "2026-09".into(),
            duration_ms: 2_400,
            attempts: 1,
        }),
        context: vec![Used { kind: UsedKind::Passage, id: Uuid::from_u128(11), version: 2 }],
        advice: Some(Advice {
            version: 4,
            own_version: 1,
            found: vec![Advised {
                rule: "own".into(),
                severity: Severity::Error,
                place: Some(Place { start: 0, end: 7 }),
                listed: Some(Listed { phrase: "спасибо".into(), instead: None }),
            }],
        }),
        is_attacked: true,
        carried_from: Some(DraftId(Uuid::from_u128(8))),
        decision: Some(Decision {
            verdict: Verdict::Escalate,
            reasons: vec![Reason::Handoff, Reason::Attacked],
            policy: 1,
            automation: 2,
        }),
    };
    InteractionEvent::DraftProposed {
        draft_id: DraftId(Uuid::from_u128(9)),
        text: TEXT.to_owned().into(),
        source: DraftSource::Template,
        origin: Some(Box::new(origin)),
    }
}

#[test]
fn every_event_has_its_stored_shape() {
    insta::assert_json_snapshot!(one_of_each());
}

#[test]
fn every_event_survives_json() {
    for event in one_of_each() {
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<InteractionEvent>(&json).unwrap(), event);
    }
}
