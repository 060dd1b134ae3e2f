//! Two policies held against the same history.

use uuid::Uuid;

use super::*;
use crate::interaction::{CloseReason, InteractionEvent as Event};
use crate::policy::sla::what_if::{Class, Counts, Question, Report, WhatIf};
use crate::value::{
    AccountId, BuyerWords, ChatMessage, Content, InteractionId, Marketplace, MessageAuthor,
    MessageWords, ObservedAnswer, ObservedState, Product, ReplyId, Source,
};

pub(super) const REPLY: ReplyId = ReplyId(Uuid::from_u128(1));
pub(super) const OTHER: ReplyId = ReplyId(Uuid::from_u128(2));

/// Minutes after the beginning of a Tuesday in Moscow.
pub(super) fn at(minutes: i64) -> DateTime<Utc> {
    moscow("2026-03-10 00:00") + TimeDelta::minutes(minutes)
}

pub(super) fn id(n: u128) -> InteractionId {
    InteractionId(Uuid::from_u128(n))
}

pub(super) fn read(channel: Channel, rating: Option<u8>, text: &str, minutes: i64) -> Event {
    let source = Source {
        account_id: AccountId(Uuid::from_u128(9)),
        marketplace: Marketplace::Ozon,
        channel,
        external_id: "1".into(),
        occurred_at: at(minutes),
    };
    let words = BuyerWords { text: text.into(), ..BuyerWords::default() };
    Event::Ingested {
        source,
        content: Content { rating, product: Product::default(), words: words.into() },
    }
}

pub(super) fn question(minutes: i64) -> Event {
    read(Channel::Question, None, "Из чего он сделан?", minutes)
}

pub(super) fn chat() -> Event {
    read(Channel::Chat, None, "", 0)
}

pub(super) fn said(author: MessageAuthor, text: &str, minutes: i64) -> Event {
    let words = MessageWords { text: text.into(), ..MessageWords::default() };
    let message = ChatMessage {
        external_id: format!("{minutes}"),
        author,
        sent_at: at(minutes),
        words: words.into(),
    };
    Event::MessageReceived { message, reply_id: None, seen_at: at(minutes) }
}

pub(super) fn buyer(text: &str, minutes: i64) -> Event {
    said(MessageAuthor::Buyer, text, minutes)
}

pub(super) fn asked(reply_id: ReplyId) -> Event {
    Event::ReplyRequested {
        reply_id,
        text: "Из хлопка".to_owned().into(),
        draft_id: None,
        lineage: None,
        automation: None,
        bulk_id: None,
        files: vec![],
        guardrails: None,
        held_until: None,
    }
}

pub(super) fn sent(reply_id: ReplyId, minutes: i64) -> Event {
    Event::ReplySent { reply_id, attempt: 1, accepted_at: at(minutes), external_id: None }
}

pub(super) fn refused(reply_id: ReplyId) -> Event {
    Event::ReplyModerationFailed { reply_id, code: "9".into(), marketplace_text: None }
}

pub(super) fn observed(state: ObservedState, minutes: i64) -> Event {
    let answer = ObservedAnswer {
        text: "Из хлопка".to_owned().into(),
        state,
        editable: None,
        external_id: None,
        refusal: None,
    };
    Event::ReplyObserved { answer, seen_at: at(minutes), ordinal: 0 }
}

fn asking(before: Sla, after: Sla) -> Question {
    Question { before, after, since: at(0), until: at(2_880), now: at(2_880) }
}

/// What comes of the events of one interaction, each recorded a minute after the other; under the default policy, and one
/// that gives everything ten minutes.
fn report(events: &[Event]) -> Report {
    let ten = Minutes { urgent: 10, high: 10, normal: 10, low: 10 };
    let strict = Sla { minutes: ten, ..Sla::default() };
    let mut what_if = WhatIf::new(asking(Sla::default(), strict));
    for (n, event) in (1..).zip(events) {
        what_if.take(id(1), at(3_000 + n), event);
    }
    what_if.report()
}

fn counts(met: u32, breached: u32, open: u32) -> Counts {
    Counts { met, breached, open }
}

#[test]
fn what_is_answered_in_time_is_met() {
    let report = report(&[question(0), asked(REPLY), sent(REPLY, 200)]);
    assert_eq!((report.waits, report.all.before), (1, counts(1, 0, 0)));
    assert_eq!(report.all.after, counts(0, 1, 0));
    let [change] = &report.changes[..] else { panic!("{report:?}") };
    assert_eq!((change.before.class, change.after.class), (Class::Met, Class::Breached));
    assert_eq!((change.since, change.ended_at), (at(0), Some(at(200))));
    assert_eq!(change.after.answer_by, at(10));
    let day = NaiveDate::from_ymd_opt(2026, 3, 10).unwrap();
    assert_eq!(report.days.keys().collect::<Vec<_>>(), [&day]);
    assert_eq!(report.accounts.len(), 1);
    assert_eq!(report.priorities[&Priority::Normal], report.all);
}

#[test]
fn what_nobody_answered_waits_or_is_late() {
    let late = report(&[question(0)]);
    assert_eq!((late.all.before, late.all.after), (counts(0, 1, 0), counts(0, 1, 0)));
    assert_eq!(late.changes, []);
    let waits = report(&[question(2_700)]);
    assert_eq!((waits.all.before, waits.all.after), (counts(0, 0, 1), counts(0, 1, 0)));
}

#[test]
fn an_answer_that_was_refused_was_none() {
    let events = [question(0), asked(REPLY), sent(REPLY, 5), refused(REPLY)];
    assert_eq!(report(&events).all.before, counts(0, 1, 0));
    let again = [&events[..], &[asked(OTHER), sent(OTHER, 230)]].concat();
    assert_eq!(report(&again).all.before, counts(1, 0, 0));
    assert_eq!(report(&again).all.after, counts(0, 1, 0));
    let elsewhere = [
        question(0),
        observed(ObservedState::InModeration, 5),
        observed(ObservedState::Rejected, 9),
    ];
    assert_eq!(report(&elsewhere).all.before, counts(0, 1, 0));
}

#[test]
fn what_was_answered_before_it_was_read_is_not_counted() {
    let mut what_if = WhatIf::new(asking(Sla::default(), Sla::default()));
    for event in [question(0), observed(ObservedState::Published, 2_000)] {
        what_if.take(id(1), at(2_000), &event);
    }
    for event in [question(1), Event::Closed { reason: CloseReason::ProcessedByMarketplace }] {
        what_if.take(id(2), at(2_000), &event);
    }
    let report = what_if.report();
    assert_eq!((report.waits, report.unknown), (0, 2));
    // Whoever answers there later answers at some time that is known.
    assert_eq!(self::report(&[question(0), observed(ObservedState::Published, 100)]).waits, 1);
}

#[test]
fn messages_that_wait_for_one_answer_are_one_wait() {
    let seller = |minutes| said(MessageAuthor::Seller, "Здравствуйте", minutes);
    let one =
        report(&[chat(), buyer("Добрый вечер", 0), buyer("Пришёл сломанный", 20), seller(25)]);
    assert_eq!((one.waits, one.all.before), (1, counts(1, 0, 0)));
    assert_eq!(one.priorities.keys().collect::<Vec<_>>(), [&Priority::Urgent]);
    let two =
        report(&[chat(), buyer("Ау", 0), seller(5), buyer("Пришёл сломанный", 60), seller(95)]);
    assert_eq!((two.waits, two.all.before), (2, counts(1, 1, 0)));
    // A page that brings an older message later.
    let older = report(&[chat(), buyer("Ау", 0), seller(5), buyer("Эй", 3)]);
    assert_eq!(older.waits, 1);
}

#[test]
fn what_was_written_after_a_reply_was_asked_for_is_not_answered_by_it() {
    let report = report(&[chat(), buyer("Ау", 0), asked(REPLY), buyer("И ещё", 4), sent(REPLY, 5)]);
    assert_eq!((report.waits, report.all.before), (2, counts(1, 1, 0)));
}

#[test]
fn a_revised_review_is_read_as_it_stood_when_it_was_answered() {
    let kind = read(Channel::Review, Some(5), "Отлично", 0);
    let Event::Ingested { content, .. } = read(Channel::Review, Some(1), "Сломался", 0)
    else {
        panic!("a reading");
    };
    let report = report(&[kind, Event::ContentRevised { content }, asked(REPLY), sent(REPLY, 25)]);
    assert_eq!(report.priorities.keys().collect::<Vec<_>>(), [&Priority::Urgent]);
    assert_eq!(report.all.before, counts(1, 0, 0));
}

#[test]
fn only_waits_that_began_in_the_period_are_counted() {
    assert_eq!(report(&[question(-1), asked(REPLY), sent(REPLY, 9)]).waits, 0);
    assert_eq!(report(&[question(2_880)]).waits, 0);
    assert_eq!(report(&[question(2_879)]).waits, 1);
}

#[test]
fn a_rule_changes_the_priority_of_what_it_finds() {
    let rule = Rule {
        phrases: vec!["сделать".to_owned()],
        channel: Some(Channel::Question),
        priority: Priority::High,
        minutes: 240,
    };
    let after = Sla { rules: Rules::new(vec![rule]), ..Sla::default() };
    let mut what_if = WhatIf::new(asking(Sla::default(), after));
    for (n, event) in (1..).zip([read(Channel::Question, None, "Кем сделали?", 0), asked(REPLY)])
    {
        what_if.take(id(1), at(n), &event);
    }
    what_if.take(id(1), at(9), &sent(REPLY, 9));
    let report = what_if.report();
    let [change] = &report.changes[..] else { panic!("{report:?}") };
    assert_eq!((change.before.priority, change.after.priority), (Priority::Normal, Priority::High));
    assert_eq!((change.before.rule, change.after.rule), (None, Some(1)));
    assert_eq!((change.before.class, change.after.class), (Class::Met, Class::Met));
}

#[test]
fn the_same_policy_changes_nothing() {
    let sla = office();
    let mut what_if = WhatIf::new(asking(sla.clone(), sla));
    for n in 0..200_u128 {
        let minutes = i64::try_from(n).unwrap() * 13;
        what_if.take(id(n), at(minutes), &question(minutes));
        if n % 3 > 0 {
            what_if.take(id(n), at(minutes + 1), &asked(REPLY));
            what_if.take(
                id(n),
                at(minutes + 1),
                &sent(REPLY, minutes + 97 * i64::try_from(n % 7).unwrap()),
            );
        }
    }
    let report = what_if.report();
    assert_eq!(report.waits, 200);
    assert_eq!(report.all.before, report.all.after);
    let Counts { met, breached, open } = report.all.before;
    assert!(met > 50 && breached > 50 && open > 5, "{report:?}");
    assert!(report.days.values().all(|sides| sides.before == sides.after));
    assert_eq!((report.changes, report.changes_left_out), (vec![], 0));
}
