//! When a draft is made, replaced, dismissed and out of date.

use uuid::Uuid;

use super::builders::*;
use crate::interaction::*;
use crate::value::{
    Channel, ChatMessage, Content, DraftId, InteractionId, MessageAuthor, MessageWords, Source,
};

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

fn given(basis: u32) -> InteractionEvent {
    InteractionEvent::DraftProposed {
        draft_id: DraftId(Uuid::from_u128(8)),
        text: TEXT.to_owned().into(),
        source: DraftSource::Operator,
        origin: Some(Box::new(DraftOrigin::given(basis))),
    }
}

/// A message of a chat that was sent so many seconds after the epoch.
fn received(text: &str, author: MessageAuthor, seconds: i64) -> InteractionEvent {
    let words = MessageWords { text: text.to_owned(), ..MessageWords::default() };
    let external_id = seconds.to_string();
    let message = ChatMessage { external_id, author, sent_at: at(seconds), words: words.into() };
    InteractionEvent::MessageReceived { message, reply_id: None, seen_at: at(600) }
}

fn chat() -> InteractionEvent {
    let source = Source { channel: Channel::Chat, ..source() };
    InteractionEvent::Ingested { source, content: Content { rating: None, ..content("") } }
}

fn told(events: &[InteractionEvent]) -> Conversation {
    events.iter().fold(Conversation::default(), Conversation::after)
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
fn whoever_lays_down_a_text_of_their_own_waits_for_no_other() {
    let InteractionEvent::DraftProposed { draft_id, source, origin, .. } = given(0) else {
        unreachable!("that is what it is")
    };
    let text = TEXT.to_owned();
    let lay_down = InteractionCommand::ProposeDraft { draft_id, text, source, origin };
    let history = [ingested(), asked(0, 1)];
    let laid_down = after(&history).decide(lay_down).unwrap();
    let interaction = after(&[&history[..], &laid_down].concat());
    assert!(interaction.has_present_draft() && !interaction.awaits_draft());
    assert_eq!(interaction.decide(make(0, 1)), Err(InteractionError::Changed), "it came too late");
    // As those say it that were written before that was so.
    let before = after(&[ingested(), asked(0, 1), given(0)]);
    assert!(before.has_present_draft() && before.awaits_draft());
}

#[test]
fn what_is_made_ahead_replaces_no_draft_that_is_there() {
    let laid_down = after(&[ingested(), given(0)]);
    assert_eq!(laid_down.decide(make(0, 0)), Err(InteractionError::Changed));
    let wished = after(&[ingested(), given(0), asked(0, 1)]);
    assert_eq!(wished.decide(make(0, 1)), Ok(vec![made(0, 1)]), "somebody wants another");
    let InteractionEvent::DraftProposed { draft_id, source, origin, .. } = given(1) else {
        unreachable!("that is what it is")
    };
    let given_again =
        InteractionCommand::ProposeDraft { draft_id, text: TEXT.into(), source, origin };
    let ready = after(&[ingested(), revised(), made(1, 0)]);
    assert!(ready.decide(given_again).is_ok(), "an operator's text replaces what was made");
}

#[test]
fn a_draft_is_carried_on_to_what_was_said_by_now_and_replaces_none_there() {
    let InteractionEvent::DraftProposed { draft_id: from, .. } = given(0) else {
        unreachable!("that is what it is")
    };
    let origin = DraftOrigin { carried_from: Some(from), ..DraftOrigin::given(1) };
    let carry = InteractionCommand::ProposeDraft {
        draft_id: DraftId::made_for(THIS, 1, 0),
        text: TEXT.into(),
        source: DraftSource::Operator,
        origin: Some(Box::new(origin)),
    };
    let before = [ingested(), given(0), with_picture()];
    assert!(after(&before).decide(carry.clone()).is_ok());
    let other = [&before[..], &[made(1, 0)]].concat();
    assert_eq!(after(&other).decide(carry.clone()), Ok(vec![]), "it was carried before");
    let of_operator = InteractionEvent::DraftProposed {
        draft_id: DraftId(Uuid::from_u128(9)),
        text: EDITED.to_owned().into(),
        source: DraftSource::Operator,
        origin: Some(Box::new(DraftOrigin::given(1))),
    };
    let newer = [&before[..], &[of_operator]].concat();
    assert_eq!(after(&newer).decide(carry), Err(InteractionError::Changed));
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
    let same = told(&[ingested(), made(0, 0), requested(FIRST)]);
    assert_eq!(same.draft_of_the_same().map(|draft| draft.id), Some(DraftId::made_for(THIS, 0, 0)));
    let picture = told(&[ingested(), made(0, 0), with_picture()]);
    assert!(picture.draft_of_the_same().is_some(), "a picture says nothing that was read");
    assert!(told(&[ingested(), made(0, 0), revised()]).draft_of_the_same().is_none());
    assert!(told(&[ingested()]).draft_of_the_same().is_none());
}

#[test]
fn the_same_words_have_the_same_name() {
    let named = |events: &[InteractionEvent]| told(events).name_of_words(THIS);
    let first = named(&[ingested()]);
    assert_eq!(named(&[ingested(), with_picture(), requested(FIRST)]), first);
    assert!(told(&[ingested(), with_picture()]).says_the_same_as(&told(&[ingested()])));
    assert_ne!(named(&[ingested(), revised()]), first);
    assert_ne!(told(&[ingested()]).name_of_words(InteractionId(Uuid::from_u128(4))), first);
    let stars = Content { rating: Some(1), ..content("Тёплый") };
    assert_ne!(named(&[ingested(), InteractionEvent::ContentRevised { content: stars }]), first);
    let hello = |seconds| received("Здравствуйте", MessageAuthor::Buyer, seconds);
    assert_ne!(named(&[chat(), hello(1)]), named(&[chat(), hello(1), hello(2)]));
}

#[test]
fn an_older_message_that_comes_late_does_not_turn_the_conversation_round() {
    let (buyer, seller) = (MessageAuthor::Buyer, MessageAuthor::Seller);
    let late = [
        chat(),
        received("Спасибо, разобрался", buyer, 30),
        received("Не включается", buyer, 10),
        received("Нажмите на кнопку", seller, 20),
    ];
    let texts: Vec<String> = told(&late).turns.into_iter().map(|turn| turn.text).collect();
    assert_eq!(texts, ["Не включается", "Нажмите на кнопку", "Спасибо, разобрался"]);
    let at_once = [received("Раз", buyer, 10), received("Два", buyer, 10)];
    let texts: Vec<String> = told(&at_once).turns.into_iter().map(|turn| turn.text).collect();
    assert_eq!(texts, ["Раз", "Два"], "of what was sent at once the first to come is first");
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
