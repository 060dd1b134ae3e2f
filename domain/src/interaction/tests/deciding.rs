//! What of an interaction's events a decision about its draft rests on.

use uuid::Uuid;

use super::builders::*;
use crate::interaction::*;
use crate::policy::decision::{Facts, Standing};
use crate::value::{ChatMessage, DraftId, MessageAuthor, ObservedState, Personal, ReplyId};

fn facts(history: &[InteractionEvent]) -> Facts {
    let standing = history.iter().fold(Standing::default(), Standing::after);
    Facts::of(&standing, DraftSource::Template, &DraftOrigin::given(0)).unwrap()
}

fn said_by(author: MessageAuthor, reply_id: Option<ReplyId>) -> InteractionEvent {
    let message = ChatMessage { author, ..message() };
    InteractionEvent::MessageReceived { message, reply_id, seen_at: at(60) }
}

#[test]
fn whoever_writes_silences_the_machine() {
    let answer = standing("Благодарим!", ObservedState::Published);
    for wrote in [
        requested(FIRST),
        edit_requested(FIRST),
        rejection_requested(FIRST),
        InteractionEvent::ReplyObserved { answer, seen_at: at(60), ordinal: 0 },
        said_by(MessageAuthor::Seller, None),
    ] {
        assert!(facts(&[ingested(), wrote.clone()]).a_person_wrote, "{wrote:?}");
    }
    let taken_back = [ingested(), held(FIRST, 30), cancelled(FIRST, CancelReason::ByPerson)];
    assert!(facts(&taken_back).a_person_wrote, "a person has seen to it");
    for other in [
        said_by(MessageAuthor::Buyer, None),
        said_by(MessageAuthor::Marketplace, None),
        said_by(MessageAuthor::Seller, Some(FIRST)),
        refused("Бот ответит."),
    ] {
        assert!(!facts(&[ingested(), other.clone()]).a_person_wrote, "{other:?}");
    }
}

#[test]
fn the_machine_answers_what_was_said_once() {
    let by_itself = by_itself(DraftId(Uuid::from_u128(1)), 30);
    let tried = |history: &[InteractionEvent]| {
        let facts = facts(history);
        (facts.was_tried, facts.a_person_wrote)
    };
    assert_eq!(tried(&[ingested(), by_itself.clone()]), (true, false), "nobody wrote");
    let InteractionEvent::ReplyRequested { reply_id, .. } = by_itself else { unreachable!() };
    let stopped = cancelled(reply_id, CancelReason::AutomationStopped);
    assert_eq!(tried(&[ingested(), by_itself.clone(), stopped]), (true, false));
    let taken_back = cancelled(reply_id, CancelReason::ByPerson);
    assert_eq!(tried(&[ingested(), by_itself.clone(), taken_back]), (true, true));
    let asks_on = said_by(MessageAuthor::Buyer, None);
    assert_eq!(tried(&[ingested(), by_itself, asks_on]), (false, false), "that is another matter");
}

#[test]
fn the_stars_are_those_that_stand() {
    let mut fewer = content(TEXT);
    fewer.rating = Some(1);
    assert_eq!(facts(&[ingested()]).rating, Some(4));
    let revised = InteractionEvent::ContentRevised { content: fewer };
    assert_eq!(facts(&[ingested(), revised]).rating, Some(1));
    assert!(Facts::of(&Standing::default(), DraftSource::Model, &DraftOrigin::given(0)).is_none());
}

/// What is decided when the buyer is erased is what was decided before.
#[test]
fn what_can_be_erased_decides_nothing() {
    let InteractionEvent::Ingested { source, mut content } = ingested() else { unreachable!() };
    content.words = Personal::Erased;
    let erased = InteractionEvent::Ingested { source, content };
    let mut unheard = message();
    unheard.words = Personal::Erased;
    let said =
        InteractionEvent::MessageReceived { message: unheard, reply_id: None, seen_at: at(60) };
    let before = facts(&[ingested(), said_by(MessageAuthor::Seller, None)]);
    assert_eq!(facts(&[erased, said]), before);
}
