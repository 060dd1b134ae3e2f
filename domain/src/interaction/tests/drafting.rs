//! When a draft is made, replaced, dismissed and out of date.

use uuid::Uuid;

use super::builders::*;
use crate::interaction::*;
use crate::value::{DraftId, InteractionId};

const THIS: InteractionId = InteractionId(Uuid::from_u128(3));

fn made(basis: u32, asked: u32) -> InteractionEvent {
    let origin = DraftOrigin { asked, ..DraftOrigin::given(basis) };
    InteractionEvent::DraftProposed {
        draft_id: DraftId::made_for(THIS, basis, asked),
        text: TEXT.to_owned().into(),
        source: DraftSource::Template,
        origin: Some(Box::new(origin)),
    }
}

fn make(basis: u32, asked: u32) -> InteractionCommand {
    let InteractionEvent::DraftProposed { draft_id, source, origin, .. } = made(basis, asked)
    else {
        unreachable!("that is what it makes")
    };
    InteractionCommand::ProposeDraft { draft_id, text: TEXT.into(), source, origin }
}

fn dismiss(basis: u32, asked: u32) -> InteractionCommand {
    let draft_id = DraftId::made_for(THIS, basis, asked);
    InteractionCommand::DismissDraft { draft_id, reason: DismissReason::WrongFact }
}

fn asked(basis: u32, asked: u32) -> InteractionEvent {
    InteractionEvent::DraftRequested { basis, asked }
}

fn revised() -> InteractionEvent {
    InteractionEvent::ContentRevised { content: content("Тёплый, но колется") }
}

#[test]
fn a_draft_of_what_was_said_before_is_refused() {
    let interaction = after(&[ingested(), revised()]);
    assert_eq!(interaction.decide(make(0, 0)), Err(InteractionError::Changed));
    assert_eq!(interaction.decide(make(1, 0)), Ok(vec![made(1, 0)]));
}

#[test]
fn a_draft_is_out_of_date_once_more_was_said() {
    let known = [ingested(), made(0, 0)];
    assert!(after(&known).has_present_draft());
    let changed = after(&[&known[..], &[revised()]].concat());
    assert!(!changed.has_present_draft());
    assert_eq!(changed.draft_on_offer(), Some(DraftId::made_for(THIS, 0, 0)));
}

#[test]
fn a_wish_is_met_once_however_often_it_is_said() {
    let wishing = after(&[ingested(), made(0, 0)]);
    assert_eq!(wishing.decide(InteractionCommand::RequestDraft), Ok(vec![asked(0, 1)]));
    let waiting = after(&[ingested(), made(0, 0), asked(0, 1)]);
    assert!(waiting.awaits_draft());
    assert_eq!(waiting.decide(InteractionCommand::RequestDraft), Ok(vec![]));
    let met = after(&[ingested(), made(0, 0), asked(0, 1), made(0, 1)]);
    assert!(!met.awaits_draft());
    assert_eq!(met.decide(make(0, 1)), Ok(vec![]));
    assert_eq!(met.decide(InteractionCommand::RequestDraft), Ok(vec![asked(0, 2)]));
}

#[test]
fn nobody_wants_a_draft_of_what_is_answered() {
    let answered = after(&[ingested(), requested(FIRST), sent(FIRST)]);
    let refused = answered.decide(InteractionCommand::RequestDraft);
    assert_eq!(refused, Err(InteractionError::AlreadyAnswered));
}

#[test]
fn a_text_that_is_given_meets_no_wish() {
    let given = InteractionEvent::DraftProposed {
        draft_id: DraftId(Uuid::from_u128(8)),
        text: TEXT.to_owned().into(),
        source: DraftSource::Operator,
        origin: Some(Box::new(DraftOrigin::given(0))),
    };
    let interaction = after(&[ingested(), asked(0, 1), given]);
    assert!(interaction.has_present_draft() && interaction.awaits_draft());
}

#[test]
fn a_draft_that_is_dismissed_is_gone_and_not_made_again() {
    let offered = after(&[ingested(), made(0, 0)]);
    let dismissed = InteractionEvent::DraftDismissed {
        draft_id: DraftId::made_for(THIS, 0, 0),
        reason: DismissReason::WrongFact,
    };
    assert_eq!(offered.decide(dismiss(0, 0)), Ok(vec![dismissed.clone()]));
    let without = after(&[ingested(), made(0, 0), dismissed.clone()]);
    assert_eq!((without.draft_on_offer(), without.has_present_draft()), (None, false));
    assert_eq!(without.decide(dismiss(0, 0)), Ok(vec![]), "once is enough");
    assert_eq!(without.decide(make(0, 0)), Ok(vec![]), "it was made before");
    let replaced = after(&[ingested(), made(0, 0), asked(0, 1), made(0, 1)]);
    assert_eq!(replaced.decide(dismiss(0, 0)), Ok(vec![]), "it is gone already");
    assert_eq!(offered.decide(dismiss(7, 0)), Err(InteractionError::NoSuchDraft));
}

#[test]
fn the_same_words_keep_their_draft_and_others_do_not() {
    let told = |events: &[InteractionEvent]| {
        events.iter().fold(Conversation::default(), Conversation::after)
    };
    let same = told(&[ingested(), made(0, 0), requested(FIRST)]);
    assert_eq!(same.draft_of_the_same().map(|draft| draft.id), Some(DraftId::made_for(THIS, 0, 0)));
    let picture = told(&[ingested(), made(0, 0), with_picture()]);
    assert!(picture.draft_of_the_same().is_some(), "a picture says nothing that was read");
    assert!(told(&[ingested(), made(0, 0), revised()]).draft_of_the_same().is_none());
    assert!(told(&[ingested()]).draft_of_the_same().is_none());
}

fn with_picture() -> InteractionEvent {
    let mut content = content("Тёплый");
    let words = crate::value::BuyerWords {
        text: "Тёплый".into(),
        photos: vec!["https://basket.example/1.jpg".into()],
        ..Default::default()
    };
    content.words = words.into();
    InteractionEvent::ContentRevised { content }
}
