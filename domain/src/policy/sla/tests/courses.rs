//! Waits as history has them, held against the interaction itself: there is one notion of who waits, and since when.

mod random;

use cqrs_es::Aggregate as _;
use proptest::prelude::*;
use uuid::Uuid;

use self::random::histories;
use super::history::*;
use super::*;
use crate::interaction::{
    CloseReason, Conversation, Interaction, InteractionEvent as Event, SendFailure, UnknownReason,
};
use crate::policy::sla::what_if::{Change, Question, Report, WhatIf};
use crate::value::{BuyerWords, Content, MessageAuthor, ObservedState, Personal, Product, ReplyId};

/// What buyers write here: about nothing, with thanks, about what is broken, and what a rule finds.
const WORDS: &[&str] =
    &["", "Ау", "Спасибо большое", "Пришёл сломанный", "Верните деньги", "Из достоинств ничего"];

/// Gives everything so many minutes; nothing is different at night.
fn flat(minutes: u32) -> Sla {
    let minutes = Minutes { urgent: minutes, high: minutes, normal: minutes, low: minutes };
    let rule = Rule {
        phrases: vec!["достоинства".to_owned(), "верните".to_owned()],
        channel: None,
        priority: Priority::High,
        minutes: minutes.high,
    };
    Sla { minutes, clock: Clock::WallClock, rules: Rules::new(vec![rule]), ..Sla::default() }
}

/// Finds everything as urgent as can be, or as little.
fn extreme(level_shift: i8) -> Sla {
    let hours = Hours { week: Default::default(), ..Hours::default() };
    Sla { hours, off_hours: OffHours { level_shift, ..OffHours::default() }, ..flat(1) }
}

/// What two policies say of a history, of which three events each are recorded together.
fn told(events: &[Event], (before, after): (Sla, Sla)) -> Report {
    let (since, until) = (at(-100_000), at(100_000));
    let mut what_if = WhatIf::new(Question { before, after, since, until, now: at(50_000) });
    for (n, event) in (0..).zip(events) {
        what_if.take(id(1), at(1_000 + n / 3), event);
    }
    what_if.report()
}

/// What becomes of waits that are in time under one policy, and late under the other: whatever goes on is one.
fn changes(events: &[Event]) -> Vec<Change> {
    told(events, (flat(1_000_000), flat(1))).changes
}

/// The minutes since and until when somebody waited.
fn waits(events: &[Event]) -> Vec<(i64, Option<i64>)> {
    let minutes = |time: DateTime<Utc>| (time - at(0)).num_minutes();
    let of = |change: Change| (minutes(change.since), change.ended_at.map(minutes));
    let report = told(events, (extreme(-3), extreme(3)));
    assert_eq!(report.waits as usize, report.changes.len());
    report.changes.into_iter().map(of).collect()
}

fn closed() -> Event {
    Event::Closed { reason: CloseReason::ChatClosed }
}

fn seller(minutes: i64) -> Event {
    said(MessageAuthor::Seller, "Здравствуйте", minutes)
}

fn failed(reply_id: ReplyId, failure: SendFailure, retry_at: Option<DateTime<Utc>>) -> Event {
    let marketplace_text = None;
    Event::ReplySendFailed {
        reply_id,
        attempt: 1,
        failure,
        marketplace_text,
        retry_at,
        looks: vec![],
    }
}

fn unknown(reply_id: ReplyId, minutes: i64) -> Event {
    let reason = UnknownReason::SenderLost;
    Event::ReplyOutcomeUnknown { reply_id, attempt: 1, reason, at: at(minutes) }
}

fn absent(reply_id: ReplyId) -> Event {
    Event::ReplyConfirmedAbsent { reply_id, attempt: 1, read_at: vec![] }
}

fn edited(reply_id: ReplyId, minutes: i64) -> Event {
    Event::ReplyEdited { reply_id, attempt: 1, accepted_at: at(minutes), external_id: None }
}

fn asked_otherwise(
    reply_id: ReplyId,
    is_rejection: bool,
    held_until: Option<DateTime<Utc>>,
) -> Event {
    let text = Personal::from("Из хлопка".to_owned());
    if is_rejection {
        return Event::RejectionRequested { reply_id, text, held_until };
    }
    Event::ReplyEditRequested { reply_id, replaces: REPLY, text, guardrails: None, held_until }
}

fn revised(rating: Option<u8>, text: &str, pros: &str) -> Event {
    let words = BuyerWords { text: text.into(), pros: pros.into(), ..BuyerWords::default() };
    let content = Content { rating, product: Product::default(), words: words.into() };
    Event::ContentRevised { content }
}

#[test]
fn who_can_be_written_to_again_waits_on() {
    let events = [chat(), buyer("Ау", 0), seller(5), buyer("Ау", 9), closed(), Event::Reopened];
    assert_eq!(waits(&events[..5]), [(0, Some(5)), (9, Some(1_001))]);
    assert_eq!(waits(&events), [(0, Some(5)), (9, None)]);
    assert_eq!(waits(&[&events[..], &[seller(30)]].concat()), [(0, Some(5)), (9, Some(30))]);
}

#[test]
fn of_whom_nobody_knows_how_long_they_waited_it_is_known_once_they_wait_again() {
    let events = [chat(), buyer("Ау", 0), closed(), Event::Reopened];
    assert_eq!(waits(&events[..3]), [], "closed when it was first read");
    assert_eq!(waits(&events), [(0, None)]);
}

#[test]
fn nobody_waits_in_a_closed_chat() {
    let events = [chat(), buyer("Ау", 0), seller(5), closed(), buyer("Ау", 9)];
    assert_eq!(waits(&events), [(0, Some(5))]);
    assert_eq!(waits(&[&events[..], &[Event::Reopened]].concat()), [(0, Some(5)), (9, None)]);
    // An older page that is read meanwhile, with its answer, begins no other wait.
    let older = [buyer("Эй", 1), seller(2), Event::Reopened];
    let begun = [chat(), Event::Viewed, Event::Viewed, buyer("Ау", 9), closed()];
    assert_eq!(waits(&[&begun[..], &older].concat()), [(9, None)]);
}

#[test]
fn what_is_closed_while_a_reply_has_failed_waits_on() {
    let events =
        [question(0), asked(REPLY), failed(REPLY, SendFailure::BadRequest, None), closed()];
    assert_eq!(waits(&events), [(0, None)]);
}

#[test]
fn an_older_page_after_a_reply_of_ours_begins_no_wait() {
    let events = [chat(), buyer("Ау", 5), asked(REPLY), sent(REPLY, 9), buyer("Эй", 3)];
    assert_eq!(waits(&events), [(5, Some(9))]);
    // Without one it is what the buyer waits with.
    assert_eq!(waits(&[chat(), buyer("Ау", 5), buyer("Эй", 3)]), [(3, None)]);
}

#[test]
fn nobody_is_said_to_wait_for_a_reply_that_may_have_arrived() {
    let events = [question(0), asked(REPLY), unknown(REPLY, 7)];
    assert_eq!(waits(&events), [(0, Some(7))]);
    assert_eq!(waits(&[&events[..], &[absent(REPLY)]].concat()), [(0, None)]);
    let again = [&events[..], &[absent(REPLY), sent(REPLY, 40)]].concat();
    assert_eq!(waits(&again), [(0, Some(40))]);
}

#[test]
fn of_what_was_written_around_an_answer_that_is_read_later_the_last_waits() {
    let events = [chat(), buyer("Ау", 0), buyer("Эй", 20), buyer("Алло", 30), seller(10)];
    assert_eq!(waits(&events), [(0, Some(10)), (30, None)]);
}

#[test]
fn what_was_written_after_an_answer_is_no_part_of_the_wait_that_it_ended() {
    let mut late = seller(10);
    if let Event::MessageReceived { seen_at, .. } = &mut late {
        *seen_at = at(900);
    }
    let events = [chat(), buyer("Ау", 0), buyer("Пришёл сломанный", 20), late];
    assert_eq!(waits(&events), [(0, Some(10)), (20, None)], "by the time of the message");
    let priorities = changes(&events).into_iter().map(|change| change.before.priority);
    assert_eq!(priorities.collect::<Vec<_>>(), [Priority::Normal, Priority::Urgent]);
}

#[test]
fn a_reply_that_arrives_brings_nothing_back_that_the_seller_has_answered() {
    let asked_twice = [chat(), buyer("Ау", 0), asked(REPLY), buyer("Эй", 10), buyer("Алло", 30)];
    let answered = [&asked_twice[..], &[seller(20)]].concat();
    assert_eq!(waits(&answered), [(0, Some(20)), (30, None)]);
    let arrived = [&answered[..], &[sent(REPLY, 40)]].concat();
    assert_eq!(waits(&arrived), [(0, Some(20)), (30, None)]);
}

#[test]
fn a_reply_answers_what_was_there_when_it_was_asked_for() {
    let events = [chat(), buyer("Ау", 0), asked(REPLY), buyer("Эй", 4), sent(REPLY, 5)];
    assert_eq!(waits(&events), [(0, Some(5)), (4, None)]);
    // The first wait is over, whatever becomes of the reply.
    assert_eq!(waits(&[&events[..], &[refused(REPLY)]].concat()), [(0, Some(5)), (4, None)]);
}

#[test]
fn words_that_are_revised_between_an_answer_and_its_refusal_count() {
    let events = [
        read(Channel::Review, Some(5), "Отлично", 0),
        asked(REPLY),
        sent(REPLY, 5),
        revised(Some(1), "Сломался", ""),
    ];
    let priority = |events: &[Event]| changes(events)[0].before.priority;
    assert_eq!(priority(&events), Priority::Low, "as it was answered");
    let refused = [&events[..], &[refused(REPLY)]].concat();
    assert_eq!(waits(&refused), [(0, None)]);
    assert_eq!(priority(&refused), Priority::Urgent);
}

#[test]
fn a_rule_finds_what_the_buyer_wrote_and_no_heading() {
    let rule = |pros| {
        let events = [read(Channel::Review, None, "", 0), revised(None, "Плед", pros)];
        let (interaction, conversation) = folded(&events);
        assert!(conversation.turns[0].text.contains("Достоинства"), "whoever answers reads it");
        let promised = of_interaction(&flat(60), 1, &interaction, &conversation).unwrap();
        assert_eq!(changes(&events)[0].before.rule, promised.rule);
        promised.rule
    };
    assert_eq!(rule("тёплый"), None);
    assert_eq!(rule("одни достоинства"), Some(1));
}

/// The interaction, and what whoever answers reads of it.
fn folded(events: &[Event]) -> (Interaction, Conversation) {
    let begun = (Interaction::default(), Conversation::default());
    events.iter().fold(begun, |(mut interaction, conversation), event| {
        let conversation = conversation.after(event);
        interaction.apply(event.clone());
        (interaction, conversation)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn who_waits_in_history_is_who_waits_in_the_interaction(events in histories()) {
        for count in 1..=events.len() {
            let events = &events[..count];
            let (interaction, conversation) = folded(events);
            let answering = interaction.answering();
            let since = answering.waits_since.filter(|_| answering.awaits_answer());
            let open = changes(events).into_iter().find(|change| change.ended_at.is_none());
            prop_assert_eq!(open.as_ref().map(|change| change.since), since);
            let Some(open) = open else { continue };
            // What was erased has no words, also before: histories are read once that is so.
            if events.iter().any(|event| matches!(event, Event::BuyerErased { .. })) {
                continue;
            }
            let promised = of_interaction(&flat(1_000_000), 1, &interaction, &conversation);
            let promised = promised.map(|given| (given.priority, given.rule, given.answer_by));
            let told = (open.before.priority, open.before.rule, open.before.answer_by);
            prop_assert_eq!(Some(told), promised, "read otherwise");
        }
    }

    #[test]
    fn the_same_policy_changes_no_history(events in histories()) {
        for sla in [Sla::default(), office(), flat(7)] {
            let report = told(&events, (sla.clone(), sla));
            prop_assert_eq!(report.all.before, report.all.after);
            for sides in report.priorities.values().chain(report.days.values()) {
                prop_assert_eq!(sides.before, sides.after);
            }
            prop_assert_eq!((report.changes, report.changes_left_out), (vec![], 0));
        }
    }

    #[test]
    fn a_wait_is_counted_once_and_no_more_than_the_last_goes_on(events in histories()) {
        let waits = waits(&events);
        let begins: Vec<i64> = waits.iter().map(|(since, _)| *since).collect();
        let before_last = waits.iter().rev().skip(1);
        prop_assert!(before_last.into_iter().all(|(_, end)| end.is_some()), "{:?}", waits);
        prop_assert!(begins.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", waits);
    }
}
