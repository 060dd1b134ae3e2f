//! The rules of bulks.

use cqrs_es::test::TestFramework;
use uuid::Uuid;

use super::*;
use crate::interaction::{DraftSource, InteractionEvent};

const BULK: crate::BulkId = crate::BulkId(Uuid::from_u128(1));
const TEXT: &str = "Спасибо за отзыв!";

fn id(number: u128) -> InteractionId {
    InteractionId(Uuid::from_u128(number))
}

fn item(number: u128) -> BulkItem {
    BulkItem {
        interaction_id: id(number),
        account_id: AccountId(Uuid::from_u128(7)),
        basis: 0,
        draft_id: Some(DraftId(Uuid::from_u128(number))),
    }
}

fn request(items: Vec<BulkItem>) -> BulkCommand {
    BulkCommand::Request { by: UserId(Uuid::from_u128(3)), items, text: None }
}

fn requested(numbers: impl IntoIterator<Item = u128>) -> BulkEvent {
    let items = numbers.into_iter().map(item).collect();
    BulkEvent::BulkRequested { by: UserId(Uuid::from_u128(3)), items, text: None }
}

fn take(number: u128) -> BulkCommand {
    BulkCommand::Take { interaction_id: id(number), reply_id: BULK.reply_to(id(number)) }
}

fn taken(number: u128) -> BulkEvent {
    BulkEvent::BulkItemTaken { interaction_id: id(number), reply_id: BULK.reply_to(id(number)) }
}

fn refuse(number: u128, reason: Refusal) -> BulkCommand {
    BulkCommand::Refuse { interaction_id: id(number), reason }
}

fn refused(number: u128, reason: Refusal) -> BulkEvent {
    BulkEvent::BulkItemRefused { interaction_id: id(number), reason }
}

fn after(events: Vec<BulkEvent>) -> cqrs_es::test::AggregateTestExecutor<Bulk> {
    TestFramework::<Bulk>::with(()).given(events)
}

#[test]
fn what_is_asked_for_is_kept_in_its_order_and_once() {
    after(vec![]).when(request(vec![item(2), item(1)])).then_expect_events(vec![requested([2, 1])]);
    after(vec![requested([2, 1])]).when(request(vec![item(3)])).then_expect_events(vec![]);
}

#[test]
fn a_bulk_has_one_to_a_thousand_items_each_once() {
    after(vec![]).when(request(vec![])).then_expect_error(BulkError::NoItems);
    let many = (0..=1_000).map(item).collect();
    after(vec![]).when(request(many)).then_expect_error(BulkError::TooManyItems);
    after(vec![])
        .when(request(vec![item(1), item(2), item(1)]))
        .then_expect_error(BulkError::Repeated);
}

#[test]
fn every_item_has_a_draft_unless_one_text_is_for_all() {
    let bare = BulkItem { draft_id: None, ..item(1) };
    after(vec![]).when(request(vec![bare])).then_expect_error(BulkError::NoWords);
    let by = UserId(Uuid::from_u128(3));
    let given =
        |text: &str| BulkCommand::Request { by, items: vec![bare], text: Some(text.to_owned()) };
    after(vec![]).when(given(&format!(" {TEXT}\n"))).then_expect_events(vec![
        BulkEvent::BulkRequested { by, items: vec![bare], text: Some(TEXT.to_owned().into()) },
    ]);
    after(vec![]).when(given(" \u{7}")).then_expect_error(BulkError::Text);
    after(vec![]).when(given(&"я".repeat(5_001))).then_expect_error(BulkError::Text);
}

#[test]
fn an_item_is_gone_about_once() {
    after(vec![requested([1, 2])]).when(take(2)).then_expect_events(vec![taken(2)]);
    after(vec![requested([1, 2]), taken(2)]).when(take(2)).then_expect_events(vec![]);
    after(vec![requested([1])]).when(take(3)).then_expect_error(BulkError::NoSuchItem);
    after(vec![]).when(take(1)).then_expect_error(BulkError::Unknown);
}

/// Asked for once more after a crash, perhaps under another id, it stays the reply that was noted first.
#[test]
fn an_item_keeps_its_reply() {
    let other = BulkCommand::Take { interaction_id: id(1), reply_id: BULK.reply_to(id(2)) };
    after(vec![requested([1]), taken(1)]).when(other).then_expect_events(vec![]);
}

#[test]
fn an_item_is_given_up_before_or_after_it_was_gone_about_and_not_twice() {
    let why = Refusal::AlreadyAnswered;
    for history in [vec![requested([1])], vec![requested([1]), taken(1)]] {
        after(history).when(refuse(1, why)).then_expect_events(vec![refused(1, why)]);
    }
    after(vec![requested([1]), refused(1, why)])
        .when(refuse(1, Refusal::Blocked))
        .then_expect_events(vec![]);
    after(vec![requested([1]), refused(1, why)]).when(take(1)).then_expect_events(vec![]);
}

#[test]
fn nothing_is_gone_about_once_it_is_stopped() {
    let history = || vec![requested([1, 2]), taken(1), BulkEvent::BulkStopped];
    after(history()).when(take(2)).then_expect_error(BulkError::Stopped);
    after(history()).when(refuse(2, Refusal::Changed)).then_expect_error(BulkError::Stopped);
    // What was found out about one that was gone about before is still noted.
    after(history())
        .when(refuse(1, Refusal::Changed))
        .then_expect_events(vec![refused(1, Refusal::Changed)]);
}

#[test]
fn it_is_stopped_once_and_not_after_its_end() {
    after(vec![requested([1])])
        .when(BulkCommand::Stop)
        .then_expect_events(vec![BulkEvent::BulkStopped]);
    for end in [BulkEvent::BulkStopped, BulkEvent::BulkFinished] {
        after(vec![requested([1]), taken(1), end])
            .when(BulkCommand::Stop)
            .then_expect_events(vec![]);
    }
}

#[test]
fn it_ends_when_nothing_waits_or_somebody_stopped_it() {
    let finish = || BulkCommand::Finish;
    after(vec![requested([1, 2]), taken(1)])
        .when(finish())
        .then_expect_error(BulkError::Unfinished);
    after(vec![requested([1, 2]), taken(1), refused(2, Refusal::NoDraft)])
        .when(finish())
        .then_expect_events(vec![BulkEvent::BulkFinished]);
    after(vec![requested([1, 2]), taken(1), BulkEvent::BulkStopped])
        .when(finish())
        .then_expect_events(vec![BulkEvent::BulkFinished]);
    after(vec![requested([1]), taken(1), BulkEvent::BulkFinished])
        .when(finish())
        .then_expect_events(vec![]);
}

/// The text for all is gone with its key by then, and a state must not depend on what may be erased.
#[test]
fn its_end_is_the_same_with_and_without_the_text() {
    let of = |text: Personal<String>| {
        let mut bulk = Bulk::default();
        let by = UserId(Uuid::from_u128(3));
        let items = vec![item(1)];
        for event in [
            BulkEvent::BulkRequested { by, items, text: Some(text) },
            taken(1),
            BulkEvent::BulkFinished,
        ] {
            bulk.apply(event);
        }
        bulk
    };
    assert_eq!(of(TEXT.to_owned().into()), of(Personal::Erased));
}

fn proposed(number: u128) -> InteractionEvent {
    InteractionEvent::DraftProposed {
        draft_id: DraftId(Uuid::from_u128(number)),
        text: TEXT.to_owned().into(),
        source: DraftSource::Operator,
        origin: None,
    }
}

fn offered(events: &[InteractionEvent]) -> Option<Words> {
    events.iter().fold(None, Words::after)
}

#[test]
fn an_item_gets_the_draft_that_was_seen() {
    let draft = |number| Some(DraftId(Uuid::from_u128(number)));
    let first = offered(&[proposed(1)]);
    assert_eq!(words_for(None, draft(1), first.as_ref()), Ok((TEXT.to_owned(), draft(1))));
    let second = offered(&[proposed(1), proposed(2)]);
    assert_eq!(words_for(None, draft(1), second.as_ref()), Err(Refusal::DraftChanged));
    assert_eq!(words_for(None, draft(1), None), Err(Refusal::NoDraft));
    // One text for all needs no draft.
    assert_eq!(words_for(Some("Да."), None, None), Ok(("Да.".to_owned(), None)));
}

#[test]
fn a_draft_that_was_sent_or_overtaken_is_not_sent_by_a_bulk() {
    let reply_id = ReplyId(Uuid::from_u128(5));
    let accepted_at = chrono::DateTime::UNIX_EPOCH;
    let sent = InteractionEvent::ReplySent { reply_id, attempt: 1, accepted_at, external_id: None };
    let words = offered(&[proposed(1), sent.clone()]);
    assert_eq!(words_for(None, None, words.as_ref()), Err(Refusal::DraftOutdated));
    // What was made afterwards is of today, and what was taken back can be sent still.
    assert!(words_for(None, None, offered(&[sent, proposed(2)]).as_ref()).is_ok());
    let released = InteractionEvent::ReplyReleased { reply_id };
    assert!(words_for(None, None, offered(&[proposed(1), released]).as_ref()).is_ok());
}
