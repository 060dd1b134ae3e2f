//! A reply that is held: it goes out when its time has come, and can be taken back until then.

use super::builders::*;
use crate::effect::{self, Effect};
use crate::event::Event;
use crate::interaction::*;
use crate::value::*;

const BASIS: Option<u32> = Some(0);

fn until(seconds: i64) -> Timing {
    Timing { held_until: Some(at(seconds)), basis: None }
}

fn owed(event: InteractionEvent) -> Option<Effect> {
    effect::owed(&Event::Interaction(event))
}

fn chat() -> InteractionEvent {
    let source = Source { channel: Channel::Chat, marketplace: Marketplace::Ozon, ..source() };
    InteractionEvent::Ingested { source, content: Content { rating: None, ..content("") } }
}

fn message(id: &str, author: MessageAuthor, seconds: i64) -> ChatMessage {
    let words = MessageWords { text: "Ещё вопрос".into(), ..MessageWords::default() };
    ChatMessage { external_id: id.into(), author, sent_at: at(seconds), words: words.into() }
}

fn received(message: ChatMessage) -> InteractionEvent {
    InteractionEvent::MessageReceived { message, reply_id: None, seen_at: at(60) }
}

fn receive(message: ChatMessage) -> InteractionCommand {
    InteractionCommand::ReceiveMessages { messages: vec![message], seen_at: at(60) }
}

#[test]
fn what_is_held_is_owed_only_when_it_is_let_out() {
    let asked = after(&[ingested()]).decide(reply_at(FIRST, TEXT, until(30))).unwrap();
    assert_eq!(asked, [held(FIRST, 30)]);
    let release = Effect::ReleaseReply { reply_id: FIRST, held_until: at(30) };
    assert_eq!(owed(held(FIRST, 30)), Some(release));

    let waiting = after(&[ingested(), held(FIRST, 30)]);
    assert_eq!(waiting.delivery_due(FIRST, 1), None);
    let released = InteractionEvent::ReplyReleased { reply_id: FIRST };
    let release = InteractionCommand::Release { reply_id: FIRST };
    assert_eq!(waiting.decide(release.clone()), Ok(vec![released.clone()]));
    let deliver = Effect::DeliverReply { reply_id: FIRST, attempt: 1, not_before: None };
    assert_eq!(owed(released.clone()), Some(deliver));

    let out = after(&[ingested(), held(FIRST, 30), released]);
    assert!(out.delivery_due(FIRST, 1).is_some());
    assert_eq!(out.decide(release), Ok(vec![]), "it is out already");
    let cancel = InteractionCommand::Cancel { reply_id: FIRST };
    assert_eq!(out.decide(cancel), Err(InteractionError::TooLate));
}

#[test]
fn what_was_taken_back_never_goes_out() {
    let cancel = InteractionCommand::Cancel { reply_id: FIRST };
    let by_person = cancelled(FIRST, CancelReason::ByPerson);
    let waiting = after(&[ingested(), held(FIRST, 30)]);
    assert_eq!(waiting.decide(cancel.clone()), Ok(vec![by_person.clone()]));

    let back = after(&[ingested(), held(FIRST, 30), by_person]);
    assert_eq!(back.decide(cancel), Ok(vec![]));
    let release = InteractionCommand::Release { reply_id: FIRST };
    assert_eq!(back.decide(release), Err(InteractionError::ReplyCancelled));
    assert_eq!(back.delivery_due(FIRST, 1), None);
    assert_eq!(back.may_answer(), Ok(()), "another may be written");
    let unknown = InteractionCommand::Cancel { reply_id: SECOND };
    assert_eq!(back.decide(unknown), Err(InteractionError::NoSuchReply));
}

#[test]
fn nothing_else_is_written_beside_what_is_held() {
    let waiting = after(&[ingested(), held(FIRST, 30)]);
    assert_eq!(waiting.decide(reply(SECOND, TEXT)), Err(InteractionError::ReplyHeld));
    assert_eq!(waiting.decide(reply_at(FIRST, TEXT, until(30))), Ok(vec![]), "asked for already");
}

#[test]
fn an_answer_given_elsewhere_takes_it_back_though_it_says_the_same() {
    for text in ["Благодарим!", TEXT] {
        let waiting = after(&[ingested(), held(FIRST, 30)]);
        let answer = standing(text, ObservedState::Published);
        let events = waiting.decide(reading(Some(answer.clone()))).unwrap();
        let observed = InteractionEvent::ReplyObserved { answer, seen_at: at(60), ordinal: 0 };
        assert_eq!(events, [observed, cancelled(FIRST, CancelReason::AnsweredElsewhere)]);
    }
}

#[test]
fn other_words_of_the_buyer_take_it_back_and_other_news_do_not() {
    let waiting = after(&[ingested(), held(FIRST, 30)]);
    let read = |content: Content| {
        let InteractionCommand::Ingest(mut read) = reading(None) else { unreachable!() };
        read.content = content;
        waiting.decide(InteractionCommand::Ingest(read)).unwrap()
    };
    let back = cancelled(FIRST, CancelReason::BuyerWrote);
    assert_eq!(read(content("Колется")).last(), Some(&back));
    assert_eq!(read(Content { rating: Some(1), ..content("Тёплый") }).last(), Some(&back));
    let product = Product { name: "Плед 2x2".into(), ..content("").product };
    let renamed = Content { product, ..content("Тёплый") };
    assert_eq!(read(renamed.clone()), [InteractionEvent::ContentRevised { content: renamed }]);
}

#[test]
fn a_new_message_takes_it_back_and_an_older_one_does_not() {
    let first = received(message("1", MessageAuthor::Buyer, 10));
    let waiting = after(&[chat(), first, held(FIRST, 30)]);
    let back = |reason| Some(cancelled(FIRST, reason));
    for (author, seconds, expected) in [
        (MessageAuthor::Buyer, 20, back(CancelReason::BuyerWrote)),
        (MessageAuthor::Seller, 20, back(CancelReason::AnsweredElsewhere)),
        (MessageAuthor::Marketplace, 20, None),
        (MessageAuthor::Buyer, 5, None),
        (MessageAuthor::Seller, 5, None),
    ] {
        let new = message("2", author, seconds);
        let events = waiting.decide(receive(new.clone())).unwrap();
        let expected: Vec<_> = [received(new)].into_iter().chain(expected).collect();
        assert_eq!(events, expected, "{author:?} at {seconds}");
    }
}

#[test]
fn a_chat_that_closes_and_a_buyer_who_is_erased_take_it_back() {
    let waiting = after(&[chat(), held(FIRST, 30)]);
    let erase =
        InteractionCommand::EraseBuyer { ground: ErasureGround::PersonsRequest, reference: None };
    let events = waiting.decide(erase).unwrap();
    assert_eq!(events.first(), Some(&cancelled(FIRST, CancelReason::BuyerErased)));

    let InteractionCommand::Ingest(mut read) = reading(None) else { unreachable!() };
    read.source.channel = Channel::Chat;
    read.content = Content { rating: None, ..content("") };
    read.chat =
        ChatReading { messages: vec![message("1", MessageAuthor::Buyer, 20)], open: Some(false) };
    let events = waiting.decide(InteractionCommand::Ingest(read)).unwrap();
    let back = events.iter().filter(|e| matches!(e, InteractionEvent::ReplyCancelled { .. }));
    assert_eq!(back.count(), 1, "taken back once: {events:?}");
}

#[test]
fn it_is_taken_back_once_though_there_are_two_reasons() {
    let waiting = after(&[ingested(), held(FIRST, 30)]);
    let answer = standing("Благодарим!", ObservedState::Published);
    let InteractionCommand::Ingest(mut read) = reading(Some(answer)) else { unreachable!() };
    read.content = content("Колется");
    let events = waiting.decide(InteractionCommand::Ingest(read)).unwrap();
    let back: Vec<_> =
        events.iter().filter(|e| matches!(e, InteractionEvent::ReplyCancelled { .. })).collect();
    assert_eq!(back, [&cancelled(FIRST, CancelReason::BuyerWrote)], "{events:?}");
}

#[test]
fn what_was_taken_back_leaves_it_as_if_nothing_had_been_written() {
    let back = after(&[ingested(), held(FIRST, 30), cancelled(FIRST, CancelReason::ByPerson)]);
    let InteractionCommand::Ingest(mut read) = reading(None) else { unreachable!() };
    read.processed = true;
    let closed = InteractionEvent::Closed { reason: CloseReason::ProcessedByMarketplace };
    assert_eq!(back.decide(InteractionCommand::Ingest(read)), Ok(vec![closed]));
    let held_question = after(&[question(), held(FIRST, 30)]);
    assert!(!held_question.is_unviewed());
    let question = after(&[question(), held(FIRST, 30), cancelled(FIRST, CancelReason::ByPerson)]);
    assert!(question.is_unviewed());
}

#[test]
fn an_edit_that_is_held_leaves_the_answer_to_be_confirmed() {
    let hold = InteractionCommand::RequestEdit {
        reply_id: SECOND,
        text: EDITED.into(),
        at: at(20),
        timing: until(30),
        grounds: crate::guardrail::Grounds::default(),
    };
    let answered = [ingested(), requested(FIRST), sent(FIRST)];
    let asked = after(&answered).decide(hold).unwrap();
    let waiting = after(&[answered.as_slice(), &asked].concat());
    assert!(waiting.awaits_publication(FIRST));
    assert!(waiting.delivery_due(SECOND, 1).is_none());
}

#[test]
fn a_writer_who_has_not_seen_the_last_is_asked_to_look() {
    let timing = Timing { held_until: None, basis: BASIS };
    let seen = after(&[chat()]);
    assert_eq!(seen.basis(), 0);
    assert!(seen.decide(reply_at(FIRST, TEXT, timing)).is_ok());

    let news = [
        received(message("1", MessageAuthor::Buyer, 20)),
        received(message("1", MessageAuthor::Seller, 20)),
        requested(SECOND),
        // Erased words tell nobody whether they were others, and must not have to.
        InteractionEvent::ContentRevised {
            content: Content { words: Personal::Erased, ..content("") },
        },
    ];
    for new in news {
        // What a colleague wrote stands at the marketplace by now.
        let changed = after(&[chat(), new, published(SECOND)]);
        let refused = changed.decide(reply_at(FIRST, TEXT, timing));
        assert_eq!(refused, Err(InteractionError::Changed));
        let seen = Timing { basis: Some(changed.basis()), ..timing };
        assert!(changed.decide(reply_at(FIRST, TEXT, seen)).is_ok());
        assert!(changed.decide(reply(FIRST, TEXT)).is_ok(), "who does not ask is not told");
    }
    let told = received(message("1", MessageAuthor::Marketplace, 20));
    assert!(after(&[chat(), told]).decide(reply_at(FIRST, TEXT, timing)).is_ok());
}
