//! A question that is rejected instead of being answered.

use super::builders::*;
use crate::interaction::*;
use crate::value::ObservedState;

fn seen() -> InteractionCommand {
    let answer = standing(REASON, ObservedState::RejectsQuestion);
    InteractionCommand::Observe { answer, seen_at: at(60) }
}

fn confirmed(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::RejectionConfirmed { reply_id, seen_at: at(60) }
}

#[test]
fn a_question_is_rejected_once_and_not_answered_after_that() {
    let open = after(&[question()]);
    let asked = open.decide(rejection(FIRST)).unwrap();
    assert_eq!(asked, [rejection_requested(FIRST)]);

    let requested = after(&[question(), rejection_requested(FIRST)]);
    assert_eq!(requested.decide(rejection(FIRST)), Ok(vec![]), "asked for already");
    assert_eq!(requested.decide(rejection(SECOND)), Err(InteractionError::ReplyInFlight));
    assert_eq!(requested.delivery_due(FIRST, 1).unwrap().kind, ReplyKind::Rejection);

    let accepted = InteractionCommand::RecordAccepted {
        reply_id: FIRST,
        attempt: 1,
        at: at(10),
        external_id: None,
    };
    assert_eq!(requested.decide(accepted), Ok(vec![rejection_sent(FIRST)]));
    let sent = after(&[question(), rejection_requested(FIRST), rejection_sent(FIRST)]);
    assert!(sent.awaits_publication(FIRST));
    for (command, refused) in [
        (rejection(SECOND), InteractionError::QuestionRejected),
        (reply(SECOND, TEXT), InteractionError::QuestionRejected),
        (edit(SECOND, at(20)), InteractionError::NothingToEdit),
    ] {
        assert_eq!(sent.decide(command), Err(refused));
    }
    assert_eq!(sent.decide(seen()), Ok(vec![confirmed(FIRST)]));
    let seen_before =
        after(&[question(), rejection_requested(FIRST), rejection_sent(FIRST), confirmed(FIRST)]);
    assert!(!seen_before.awaits_publication(FIRST));
    assert_eq!(seen_before.decide(seen()), Ok(vec![]));
}

#[test]
fn only_an_open_question_of_wildberries_can_be_rejected() {
    let review = after(&[ingested()]);
    assert_eq!(review.decide(rejection(FIRST)), Err(InteractionError::RejectionNotOffered));
    let answered = after(&[question(), requested(FIRST), sent(FIRST)]);
    assert_eq!(answered.decide(rejection(SECOND)), Err(InteractionError::NothingToReject));
    let closed = InteractionEvent::Closed { reason: CloseReason::ProcessedByMarketplace };
    let closed = after(&[question(), closed]);
    assert_eq!(closed.decide(rejection(FIRST)), Err(InteractionError::NothingToReject));
}

#[test]
fn a_rejection_whose_outcome_is_unknown_is_settled_by_what_is_read() {
    let unknown = after(&[question(), rejection_requested(FIRST), unknown(FIRST)]);
    assert_eq!(unknown.decide(seen()), Ok(vec![confirmed(FIRST)]));
    let failed = unknown.decide(InteractionCommand::RecordFailed {
        reply_id: FIRST,
        attempt: 1,
        failure: SendFailure::NotFound,
        marketplace_text: None,
        at: at(20),
    });
    let failed = failed.unwrap();
    assert!(matches!(failed[..], [InteractionEvent::ReplySendFailed { retry_at: None, .. }]));
    // It can be answered then, or rejected anew.
    let history = [question(), rejection_requested(FIRST), failed[0].clone()];
    assert_eq!(after(&history).may_answer(), Ok(()));
    assert_eq!(after(&history).may_reject(), Ok(()));
}

#[test]
fn a_rejection_in_the_cabinet_closes_the_question_and_overtakes_an_answer_under_way() {
    let open = after(&[question()]);
    let closed = InteractionEvent::Closed { reason: CloseReason::RejectedElsewhere };
    assert_eq!(open.decide(seen()), Ok(vec![closed.clone()]));
    assert_eq!(after(&[question(), closed.clone()]).decide(seen()), Ok(vec![]));

    let events = after(&[question(), requested(FIRST)]).decide(seen()).unwrap();
    assert_eq!(events[0], closed);
    let failed = |event: &InteractionEvent| {
        matches!(
            event,
            InteractionEvent::ReplySendFailed {
                failure: SendFailure::AnsweredElsewhere,
                retry_at: None,
                ..
            }
        )
    };
    assert!(failed(&events[1]) && events.len() == 2, "{events:?}");
}

/// The answer was given up as never arrived, and stands after all when its question is about to be rejected.
#[test]
fn an_answer_of_ours_that_turns_up_overtakes_a_rejection_under_way() {
    let given_up = InteractionEvent::ReplySendFailed {
        reply_id: FIRST,
        attempt: 3,
        failure: SendFailure::NeverArrived,
        marketplace_text: None,
        retry_at: None,
        looks: vec![],
    };
    let history = [question(), requested(FIRST), given_up, rejection_requested(SECOND)];
    let answer = standing(TEXT, ObservedState::Published);
    let seen = InteractionCommand::Observe { answer, seen_at: at(60) };
    let events = after(&history).decide(seen).unwrap();
    let [published, overtaken] = &events[..] else { panic!("{events:?}") };
    assert_eq!(published, &InteractionEvent::ReplyPublished { reply_id: FIRST, seen_at: at(60) });
    let InteractionEvent::ReplySendFailed { reply_id, failure, retry_at, .. } = overtaken else {
        panic!("{overtaken:?}")
    };
    assert_eq!((*reply_id, *failure), (SECOND, SendFailure::AnsweredElsewhere));
    assert_eq!(*retry_at, None);
    let end = after(&[&history[..], &events].concat());
    assert_eq!(end.delivery_due(SECOND, 1), None, "the rejection does not go out");
}

/// An answer with the words of a rejection is another's answer.
#[test]
fn an_answer_is_not_taken_for_our_rejection() {
    let sent = after(&[question(), rejection_requested(FIRST), rejection_sent(FIRST)]);
    let answer = standing(REASON, ObservedState::Published);
    let events = sent.decide(InteractionCommand::Observe { answer, seen_at: at(60) }).unwrap();
    assert!(matches!(events[..], [InteractionEvent::ReplyObserved { .. }]), "{events:?}");
}

#[test]
fn a_question_is_viewed_once_and_a_review_never() {
    let view = || InteractionCommand::MarkViewed;
    let opened = [question()];
    assert_eq!(after(&opened).decide(view()), Ok(vec![InteractionEvent::Viewed]));
    let viewed = [question(), InteractionEvent::Viewed];
    assert_eq!(after(&viewed).decide(view()), Ok(vec![]));
    assert_eq!(after(&viewed).may_answer(), Ok(()), "no reply waits for it");
    assert_eq!(after(&[ingested()]).decide(view()), Ok(vec![]), "there is no such call");
    assert_eq!(after(&[]).decide(view()), Err(InteractionError::Unknown));
}

#[test]
fn a_question_that_is_answered_counts_as_viewed() {
    let answered = [question(), requested(FIRST)];
    assert_eq!(after(&answered).decide(InteractionCommand::MarkViewed), Ok(vec![]));
}
