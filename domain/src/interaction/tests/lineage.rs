//! Which draft a reply is measured against, and how far from it it is.

use uuid::Uuid;

use super::builders::*;
use crate::guardrail::Grounds;
use crate::interaction::*;
use crate::policy::edit::Changed;
use crate::value::{Channel, DraftId, ReplyId, Source};

const A: DraftId = DraftId(Uuid::from_u128(0xa));
const B: DraftId = DraftId(Uuid::from_u128(0xb));
const OTHER: &str = "Нам жаль, что плед пришёл не того цвета.";

fn drafted(draft_id: DraftId, text: &str) -> InteractionEvent {
    InteractionEvent::DraftProposed {
        draft_id,
        text: text.to_owned().into(),
        source: DraftSource::Model,
        origin: None,
    }
}

/// Where one may go on writing whatever became of a reply.
fn chat() -> InteractionEvent {
    let source = Source { channel: Channel::Chat, ..source() };
    InteractionEvent::Ingested { source, content: content("") }
}

fn dismissed(draft_id: DraftId) -> InteractionEvent {
    InteractionEvent::DraftDismissed { draft_id, reason: DismissReason::WrongFact }
}

/// What a reply with `text` is measured against after `history`.
fn measured(
    history: &[InteractionEvent],
    text: &str,
    draft_id: Option<DraftId>,
) -> Option<Lineage> {
    let command = InteractionCommand::RequestReply {
        reply_id: ReplyId(Uuid::from_u128(77)),
        text: text.into(),
        draft_id,
        bulk_id: None,
        files: vec![],
        timing: Timing::default(),
        grounds: Grounds::default(),
    };
    let asked = after(history).decide(command).unwrap();
    let [InteractionEvent::ReplyRequested { lineage, .. }] = &asked[..] else {
        panic!("{asked:?}")
    };
    *lineage
}

fn of(draft_id: DraftId, draft: &str, text: &str) -> Option<Lineage> {
    Some(Lineage { draft_id, changed: Changed::between(draft, text) })
}

#[test]
fn a_reply_is_measured_against_the_draft_on_offer_whether_it_is_named_or_not() {
    let history = [ingested(), drafted(A, OTHER), drafted(B, TEXT)];
    assert_eq!(measured(&history, EDITED, None), of(B, TEXT, EDITED));
    assert_eq!(measured(&history, EDITED, Some(DraftId(Uuid::nil()))), of(B, TEXT, EDITED));
    assert_eq!(measured(&history, OTHER, Some(A)), of(A, OTHER, OTHER), "the one that is named");
    assert_eq!(DraftOutcome::from(Changed::between(OTHER, OTHER)), DraftOutcome::Accepted);
    assert_eq!(DraftOutcome::from(Changed::between(TEXT, EDITED)), DraftOutcome::Edited);
    assert_eq!(DraftOutcome::from(Changed::between(TEXT, OTHER)), DraftOutcome::Manual);
}

#[test]
fn without_a_draft_on_offer_nothing_is_measured() {
    assert_eq!(measured(&[ingested()], EDITED, Some(A)), None);
    assert_eq!(measured(&[ingested(), drafted(A, TEXT), dismissed(A)], EDITED, None), None);
}

#[test]
fn a_draft_belongs_to_one_reply_unless_that_never_goes_out() {
    let rejected = InteractionEvent::ReplyModerationFailed {
        reply_id: FIRST,
        code: "rejected".into(),
        marketplace_text: None,
    };
    let answered = [chat(), drafted(A, TEXT), made_of(FIRST, A, TEXT)];
    for end in [
        cancelled(FIRST, CancelReason::ByPerson),
        given_up(FIRST, SendFailure::Unauthorized),
        given_up(FIRST, SendFailure::NeverArrived),
        rejected,
    ] {
        let history = [&answered[..], std::slice::from_ref(&end)].concat();
        assert_eq!(measured(&history, EDITED, None), of(A, TEXT, EDITED), "{end:?}");
        assert_eq!(measured(&history, TEXT, Some(A)), of(A, TEXT, TEXT), "{end:?}");
    }
    let stands = [&answered[..], &[published(FIRST)]].concat();
    assert_eq!(measured(&stands, TEXT, Some(A)), None);
}

#[test]
fn a_reply_that_was_given_up_and_stands_after_all_has_its_draft_again() {
    let history = [
        chat(),
        drafted(A, TEXT),
        made_of(FIRST, A, TEXT),
        given_up(FIRST, SendFailure::NeverArrived),
        InteractionEvent::ReplyMarkedSent { reply_id: FIRST, kind: ReplyKind::Answer, at: at(900) },
    ];
    assert_eq!(measured(&history, TEXT, Some(A)), None);
}

#[test]
fn the_state_is_the_same_when_the_words_are_erased_before_it_is_read() {
    // As the log yields them once the key is destroyed.
    let erased = |event: &InteractionEvent| {
        let mut json = serde_json::to_value(event).unwrap();
        for place in ["/text", "/content/words"] {
            if let Some(words) = json.pointer_mut(place) {
                *words = serde_json::json!({"$erased": true});
            }
        }
        serde_json::from_value::<InteractionEvent>(json).unwrap()
    };
    let ground = ErasureGround::PersonsRequest;
    let history = [
        ingested(),
        drafted(A, TEXT),
        made_of(FIRST, A, EDITED),
        InteractionEvent::BuyerErased { ground, reference: None },
    ];
    let read_later = history.each_ref().map(erased);
    assert_eq!(after(&history), after(&read_later));
}
