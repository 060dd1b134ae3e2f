//! Erasing the buyer: what ends, what is refused afterwards, what is forgotten.

use super::builders::*;
use crate::interaction::*;
use crate::value::{Content, DraftId, ObservedAnswer, ObservedState, Personal};

fn erase() -> InteractionCommand {
    asking(Some("17/2026"))
}

fn asking(reference: Option<&str>) -> InteractionCommand {
    InteractionCommand::EraseBuyer {
        ground: ErasureGround::PersonsRequest,
        reference: reference.map(str::to_owned),
    }
}

fn erased() -> InteractionEvent {
    InteractionEvent::BuyerErased {
        ground: ErasureGround::PersonsRequest,
        reference: Some("17/2026".into()),
    }
}

fn closed() -> InteractionEvent {
    InteractionEvent::Closed { reason: CloseReason::BuyerErased }
}

#[test]
fn a_buyer_is_erased_once() {
    let interaction = after(&[ingested()]);
    assert_eq!(interaction.decide(erase()), Ok(vec![closed(), erased()]));
    assert_eq!(after(&[ingested(), erased()]).decide(erase()), Ok(vec![]));
}

#[test]
fn a_reference_cannot_name_anybody() {
    let interaction = after(&[ingested()]);
    for reference in ["", "Анна", "a@b", "12 34", &"7".repeat(REFERENCE_CHARS_MAX + 1)] {
        let refused = interaction.decide(asking(Some(reference)));
        assert_eq!(refused, Err(InteractionError::Reference), "{reference}");
    }
    assert!(interaction.decide(asking(None)).is_ok());
}

#[test]
fn what_was_on_its_way_ends_by_name() {
    for history in
        [vec![ingested(), requested(FIRST)], vec![ingested(), requested(FIRST), unknown(FIRST)]]
    {
        let events = after(&history).decide(erase()).unwrap();
        let [InteractionEvent::ReplySendFailed { failure, retry_at: None, .. }, rest @ ..] =
            &events[..]
        else {
            panic!("{events:?}")
        };
        assert_eq!((*failure, rest), (SendFailure::Erased, &[closed(), erased()][..]));
        let interaction = after(&[history, events].concat());
        assert_eq!(interaction.delivery_due(FIRST, 1), None);
        assert_eq!(interaction.version(FIRST).unwrap().state, ReplyState::Failed);
    }
}

#[test]
fn an_attempt_that_was_under_way_may_still_turn_out_to_have_arrived() {
    let history = [ingested(), requested(FIRST)];
    let events = after(&history).decide(erase()).unwrap();
    let interaction = after(&[history.to_vec(), events].concat());
    let accepted = InteractionCommand::RecordAccepted {
        reply_id: FIRST,
        attempt: 1,
        at: at(10),
        external_id: None,
    };
    assert_eq!(interaction.decide(accepted), Ok(vec![sent(FIRST)]));
}

#[test]
fn what_the_marketplace_says_afterwards_is_not_kept() {
    let interaction = after(&[ingested(), requested(FIRST), sent(FIRST), erased()]);
    let refused = InteractionCommand::RecordModerationFailed {
        reply_id: FIRST,
        code: "rejected".into(),
        marketplace_text: Some("В ответе Анне есть ссылка".into()),
    };
    let [InteractionEvent::ReplyModerationFailed { marketplace_text: None, .. }] =
        interaction.decide(refused).unwrap()[..]
    else {
        panic!("the words are kept")
    };
}

#[test]
fn nothing_is_written_to_an_erased_buyer() {
    let interaction = after(&[ingested(), requested(FIRST), sent(FIRST), erased()]);
    let draft = InteractionCommand::ProposeDraft {
        draft_id: DraftId(uuid::Uuid::from_u128(5)),
        text: TEXT.into(),
        source: DraftSource::Operator,
        origin: None,
    };
    for command in [reply(SECOND, TEXT), edit(SECOND, at(20)), draft] {
        assert_eq!(interaction.decide(command), Err(InteractionError::BuyerErased));
    }
    assert!(!interaction.awaits_publication(FIRST));
}

#[test]
fn what_the_marketplace_shows_again_is_not_kept_again() {
    let interaction = after(&[ingested(), erased()]);
    assert_eq!(interaction.decide(reading(None)), Ok(vec![]));
    let answer = standing("Благодарим, Анна!", ObservedState::Published);
    assert_eq!(interaction.decide(reading(Some(answer.clone()))), Ok(vec![]));
    let observe = InteractionCommand::Observe { answer, seen_at: at(70) };
    assert_eq!(interaction.decide(observe), Ok(vec![]));
}

/// What a process remembers is what it would read: with the key gone every text reads as erased.
#[test]
fn what_is_remembered_is_what_would_be_read() {
    let observed = |text: Personal<String>| {
        let answer = ObservedAnswer { text, ..standing("", ObservedState::Published) };
        InteractionEvent::ReplyObserved { answer, seen_at: at(60), ordinal: 0 }
    };
    let requested = |text, file| InteractionEvent::ReplyRequested {
        reply_id: FIRST,
        text,
        draft_id: None,
        lineage: None,
        automation: None,
        bulk_id: None,
        files: vec![file],
        guardrails: None,
        held_until: None,
    };
    let known = "Благодарим, Анна!".to_owned();
    let remembered = [
        ingested(),
        requested(known.clone().into(), file().into()),
        observed(known.into()),
        erased(),
    ];
    let content = Content { words: Personal::Erased, ..content("") };
    let ingested = InteractionEvent::Ingested { source: source(), content };
    let requested = requested(Personal::Erased, Personal::Erased);
    let read = [ingested, requested, observed(Personal::Erased), erased()];
    assert_eq!(after(&remembered), after(&read));
}
