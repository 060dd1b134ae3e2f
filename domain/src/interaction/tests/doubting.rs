//! A reply of which reading cannot tell is decided by a person, once, and a reading that finds it comes before their
//! word.

use super::builders::*;
use crate::effect::{Effect, owed};
use crate::event::Event;
use crate::interaction::*;
use crate::value::ObservedState;

fn mark_sent(reply_id: crate::ReplyId) -> InteractionCommand {
    InteractionCommand::MarkSent { reply_id, at: at(1_000) }
}

/// A reply whose third attempt ended in the dark.
fn in_the_dark() -> Vec<InteractionEvent> {
    let third = InteractionEvent::ReplyOutcomeUnknown {
        reply_id: FIRST,
        attempt: 3,
        reason: UnknownReason::Timeout,
        at: at(0),
    };
    vec![ingested(), requested(FIRST), third]
}

fn left_to_a_person() -> Vec<InteractionEvent> {
    [in_the_dark(), vec![given_up(FIRST, SendFailure::NeverArrived)]].concat()
}

fn and(mut history: Vec<InteractionEvent>, more: Vec<InteractionEvent>) -> Vec<InteractionEvent> {
    history.extend(more);
    history
}

#[test]
fn what_was_seen_is_told_with_what_is_left_to_a_person() {
    let absent = InteractionCommand::ConfirmAbsent {
        reply_id: FIRST,
        attempt: 3,
        read_at: vec![at(120), at(600)],
    };
    let events = after(&in_the_dark()).decide(absent).unwrap();
    let [InteractionEvent::ReplySendFailed { failure, looks, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(*failure, SendFailure::NeverArrived);
    let saw = Saw::Absent;
    assert_eq!(*looks, [Look { at: at(120), saw }, Look { at: at(600), saw }]);

    let looks = vec![Look { at: at(90_000), saw: Saw::ItemGone }];
    let unprovable =
        InteractionCommand::RecordUnprovable { reply_id: FIRST, attempt: 3, looks: looks.clone() };
    let events = after(&in_the_dark()).decide(unprovable.clone()).unwrap();
    assert!(matches!(
        &events[..],
        [InteractionEvent::ReplySendFailed {
            failure: SendFailure::Unprovable, looks: told, retry_at: None, ..
        }] if *told == looks
    ));
    let known = after(&left_to_a_person());
    assert_eq!(known.decide(unprovable), Ok(vec![]), "only what is unknown is left to a person");
}

#[test]
fn what_a_person_saw_counts_as_sent() {
    let doubted = after(&left_to_a_person());
    let events = doubted.decide(mark_sent(FIRST)).unwrap();
    let marked = InteractionEvent::ReplyMarkedSent {
        reply_id: FIRST,
        kind: ReplyKind::Answer,
        at: at(1_000),
    };
    assert_eq!(events, std::slice::from_ref(&marked));
    assert_eq!(owed(&Event::Interaction(marked)), None, "nobody looks for it any more");
    let sent = after(&and(left_to_a_person(), events));
    assert_eq!(sent.version(FIRST).unwrap().state, ReplyState::Sent);
    assert_eq!(sent.may_answer(), Err(InteractionError::AlreadyAnswered));
    assert_eq!(sent.decide(mark_sent(FIRST)), Ok(vec![]), "it is said once");
    assert_eq!(sent.decide(send_again(FIRST, None)), Err(InteractionError::NotInDoubt));
}

#[test]
fn what_a_person_did_not_see_is_sent_again_as_the_same_version() {
    let events = after(&left_to_a_person()).decide(send_again(FIRST, None)).unwrap();
    let [event @ InteractionEvent::ReplyRetryRequested { attempt: 4, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    let due = Effect::DeliverReply { reply_id: FIRST, attempt: 4, not_before: None };
    assert_eq!(owed(&Event::Interaction(event.clone())), Some(due));
    let again = after(&and(left_to_a_person(), events));
    assert!(again.delivery_due(FIRST, 4).is_some());
    assert_eq!(again.decide(send_again(FIRST, None)), Err(InteractionError::NotInDoubt));
    assert_eq!(again.decide(mark_sent(FIRST)), Err(InteractionError::NotInDoubt));
    assert_eq!(again.decide(reply(SECOND, TEXT)), Err(InteractionError::ReplyInFlight));
}

#[test]
fn a_reading_that_finds_it_comes_before_a_persons_word() {
    let found = reading(Some(standing(TEXT, ObservedState::Published)));
    let events = after(&left_to_a_person()).decide(found.clone()).unwrap();
    let seen = after(&and(left_to_a_person(), events));
    assert_eq!(seen.version(FIRST).unwrap().state, ReplyState::Published);
    assert_eq!(seen.decide(send_again(FIRST, None)), Err(InteractionError::NotInDoubt));
    assert_eq!(seen.decide(mark_sent(FIRST)), Ok(vec![]), "it stands as it was said");

    // The word was given, and before the worker gets to it the reply is seen.
    let again = after(&left_to_a_person()).decide(send_again(FIRST, None)).unwrap();
    let history = and(left_to_a_person(), again);
    let events = after(&history).decide(found).unwrap();
    let seen = after(&and(history, events));
    assert_eq!(seen.delivery_due(FIRST, 4), None, "nothing is sent twice");
}

#[test]
fn only_what_reading_cannot_tell_is_left_to_a_person() {
    for failure in
        [SendFailure::Unauthorized, SendFailure::NotFound, SendFailure::AnsweredElsewhere]
    {
        let history = and(in_the_dark(), vec![given_up(FIRST, failure)]);
        let state = after(&history);
        assert_eq!(state.decide(mark_sent(FIRST)), Err(InteractionError::NotInDoubt));
        assert_eq!(state.decide(send_again(FIRST, None)), Err(InteractionError::NotInDoubt));
    }
    let never = after(&left_to_a_person());
    assert_eq!(never.decide(mark_sent(SECOND)), Err(InteractionError::NoSuchReply));
}

#[test]
fn another_answer_or_new_words_of_the_buyer_stop_it() {
    let elsewhere = reading(Some(standing("Благодарим!", ObservedState::Published)));
    let events = after(&left_to_a_person()).decide(elsewhere).unwrap();
    let answered = after(&and(left_to_a_person(), events));
    assert_eq!(answered.decide(send_again(FIRST, None)), Err(InteractionError::AlreadyAnswered));
    assert_eq!(answered.decide(mark_sent(FIRST)), Err(InteractionError::AlreadyAnswered));

    let state = after(&left_to_a_person());
    let seen = state.basis();
    assert!(state.decide(send_again(FIRST, Some(seen))).is_ok());
    let revised = InteractionEvent::ContentRevised { content: content("Передумал") };
    let state = after(&and(left_to_a_person(), vec![revised]));
    assert_eq!(state.decide(send_again(FIRST, Some(seen))), Err(InteractionError::Changed));

    let second = after(&and(left_to_a_person(), vec![requested(SECOND)]));
    assert_eq!(second.decide(mark_sent(FIRST)), Err(InteractionError::ReplyInFlight));
    assert_eq!(second.decide(send_again(FIRST, None)), Err(InteractionError::ReplyInFlight));
}
