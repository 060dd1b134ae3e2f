//! Asking for a reply or an edit, and what becomes of an attempt.

use chrono::TimeDelta;

use super::builders::*;
use crate::interaction::*;
use crate::value::TextError;

#[test]
fn a_reply_is_asked_for_once() {
    let interaction = after(&[ingested(), requested(FIRST)]);
    assert_eq!(interaction.decide(reply(FIRST, TEXT)), Ok(vec![]));
    assert_eq!(interaction.decide(reply(SECOND, TEXT)), Err(InteractionError::ReplyInFlight));
}

#[test]
fn an_unknown_outcome_forbids_another_reply() {
    let interaction = after(&[ingested(), requested(FIRST), unknown(FIRST)]);
    assert_eq!(interaction.decide(reply(SECOND, TEXT)), Err(InteractionError::ReplyInFlight));
}

#[test]
fn an_answered_interaction_is_not_answered_again() {
    let interaction = after(&[ingested(), requested(FIRST), sent(FIRST)]);
    assert_eq!(interaction.decide(reply(SECOND, TEXT)), Err(InteractionError::AlreadyAnswered));
}

#[test]
fn nothing_can_be_asked_before_it_was_ingested() {
    assert_eq!(after(&[]).decide(reply(FIRST, TEXT)), Err(InteractionError::Unknown));
}

#[test]
fn a_text_outside_the_limits_is_refused() {
    let interaction = after(&[ingested()]);
    assert_eq!(
        interaction.decide(reply(FIRST, "  ")),
        Err(InteractionError::Text(TextError::TooShort { chars: 0, min_chars: 2 }))
    );
    assert_eq!(
        interaction.decide(reply(FIRST, &"ы".repeat(5001))),
        Err(InteractionError::Text(TextError::TooLong { chars: 5001, max_chars: 5000 }))
    );
}

#[test]
fn a_transient_failure_schedules_the_next_attempt() {
    let failed = InteractionCommand::RecordFailed {
        reply_id: FIRST,
        attempt: 1,
        failure: SendFailure::Unavailable,
        marketplace_text: None,
        at: at(100),
    };
    let interaction = after(&[ingested(), requested(FIRST)]);
    let events = interaction.decide(failed.clone()).unwrap();
    assert!(matches!(
        events[..],
        [InteractionEvent::ReplySendFailed { attempt: 1, retry_at: Some(due), .. }] if due == at(110)
    ));

    let interaction = after(&[&[ingested(), requested(FIRST)], &events[..]].concat());
    assert_eq!(interaction.decide(failed), Ok(vec![]), "an attempt fails once");
    assert_eq!(interaction.delivery_due(FIRST, 1), None);
    assert!(interaction.delivery_due(FIRST, 2).is_some());
}

#[test]
fn a_refused_key_waits_for_a_person() {
    let interaction = after(&[ingested(), requested(FIRST)]);
    let events = interaction
        .decide(InteractionCommand::RecordFailed {
            reply_id: FIRST,
            attempt: 1,
            failure: SendFailure::Unauthorized,
            marketplace_text: Some("token problem".into()),
            at: at(100),
        })
        .unwrap();
    let interaction = after(&[&[ingested(), requested(FIRST)], &events[..]].concat());
    assert_eq!(interaction.version(FIRST).unwrap().state, ReplyState::Failed);
    assert!(interaction.decide(reply(SECOND, TEXT)).is_ok(), "a person may try again");
}

#[test]
fn an_unknown_outcome_is_sent_again_only_after_proof_of_absence() {
    let history = [ingested(), requested(FIRST), unknown(FIRST)];
    let interaction = after(&history);
    assert_eq!(interaction.delivery_due(FIRST, 2), None);

    let absent = InteractionCommand::ConfirmAbsent {
        reply_id: FIRST,
        attempt: 1,
        read_at: vec![at(130), at(700)],
    };
    let events = interaction.decide(absent.clone()).unwrap();
    let interaction = after(&[&history[..], &events[..]].concat());
    assert!(interaction.delivery_due(FIRST, 2).is_some());
    assert_eq!(interaction.decide(absent), Ok(vec![]), "an attempt is found absent once");
}

#[test]
fn a_reply_that_vanishes_three_times_is_given_to_a_person() {
    let vanished = |attempt| {
        [
            InteractionEvent::ReplyOutcomeUnknown {
                reply_id: FIRST,
                attempt,
                reason: UnknownReason::Timeout,
                at: at(0),
            },
            InteractionEvent::ReplyConfirmedAbsent { reply_id: FIRST, attempt, read_at: vec![] },
        ]
    };
    let [third_unknown, _] = vanished(3);
    let history =
        [&[ingested(), requested(FIRST)], &vanished(1)[..], &vanished(2)[..], &[third_unknown]]
            .concat();
    let events = after(&history)
        .decide(InteractionCommand::ConfirmAbsent { reply_id: FIRST, attempt: 3, read_at: vec![] })
        .unwrap();
    assert!(matches!(
        events[..],
        [InteractionEvent::ReplySendFailed {
            failure: SendFailure::NeverArrived,
            retry_at: None,
            ..
        }]
    ));
}

#[test]
fn an_accepted_reply_that_never_shows_needs_an_answer_again() {
    let history = [ingested(), requested(FIRST), sent(FIRST)];
    let events =
        after(&history).decide(InteractionCommand::RecordNotPublished { reply_id: FIRST }).unwrap();
    let interaction = after(&[&history[..], &events[..]].concat());
    assert_eq!(interaction.version(FIRST).unwrap().failure, Some(SendFailure::NotPublished));
    assert_eq!(interaction.may_answer(), Ok(()));
}

#[test]
fn an_answer_is_edited_once() {
    let answered = [ingested(), requested(FIRST), sent(FIRST), published(FIRST)];
    assert!(after(&answered).decide(edit(SECOND, at(100))).is_ok());

    let edited = InteractionEvent::ReplyEdited {
        reply_id: SECOND,
        attempt: 1,
        accepted_at: at(110),
        external_id: None,
    };
    let interaction = after(&[&answered[..], &[edit_requested(SECOND), edited]].concat());
    let third = crate::ReplyId(uuid::Uuid::from_u128(3));
    assert_eq!(interaction.decide(edit(third, at(200))), Err(InteractionError::EditSpent));
}

#[test]
fn an_edit_that_failed_does_not_spend_the_one_edit() {
    let failed = InteractionEvent::ReplyEditFailed {
        reply_id: SECOND,
        attempt: 1,
        failure: SendFailure::Unauthorized,
        marketplace_text: None,
        retry_at: None,
        looks: vec![],
    };
    let history = [ingested(), requested(FIRST), sent(FIRST), edit_requested(SECOND), failed];
    let third = crate::ReplyId(uuid::Uuid::from_u128(3));
    assert!(after(&history).decide(edit(third, at(200))).is_ok());
}

#[test]
fn an_answer_is_edited_within_sixty_days() {
    let answered = [ingested(), requested(FIRST), sent(FIRST)];
    let last_moment = at(10) + TimeDelta::days(60);
    assert!(after(&answered).decide(edit(SECOND, last_moment)).is_ok());
    assert_eq!(
        after(&answered).decide(edit(SECOND, last_moment + TimeDelta::seconds(1))),
        Err(InteractionError::EditWindowClosed)
    );
}

#[test]
fn without_an_answer_of_ours_there_is_nothing_to_edit() {
    assert_eq!(
        after(&[ingested()]).decide(edit(SECOND, at(0))),
        Err(InteractionError::NothingToEdit)
    );
}

#[test]
fn a_draft_is_proposed_once() {
    let draft_id = crate::DraftId(uuid::Uuid::from_u128(9));
    let propose = InteractionCommand::ProposeDraft {
        draft_id,
        text: TEXT.into(),
        source: DraftSource::Template,
        origin: None,
    };
    let events = after(&[ingested()]).decide(propose.clone()).unwrap();
    assert_eq!(events.len(), 1);
    let interaction = after(&[&[ingested()], &events[..]].concat());
    assert_eq!(interaction.decide(propose), Ok(vec![]));
}

#[test]
fn an_answer_whose_edit_stands_is_not_missed() {
    let edited = InteractionEvent::ReplyEdited {
        reply_id: SECOND,
        attempt: 1,
        accepted_at: at(20),
        external_id: None,
    };
    let history = [ingested(), requested(FIRST), sent(FIRST), edit_requested(SECOND), edited];
    let interaction = after(&history);
    assert!(!interaction.awaits_publication(FIRST));
    let gone = InteractionCommand::RecordNotPublished { reply_id: FIRST };
    assert_eq!(interaction.decide(gone), Ok(vec![]));
}

#[test]
fn an_outcome_that_reading_cannot_settle_is_given_to_a_person() {
    let history = [ingested(), requested(FIRST), unknown(FIRST)];
    let not_given = InteractionCommand::RecordFailed {
        reply_id: FIRST,
        attempt: 1,
        failure: SendFailure::NotFound,
        marketplace_text: None,
        at: at(100_000),
    };
    let events = after(&history).decide(not_given).unwrap();
    let interaction = after(&[&history[..], &events[..]].concat());
    assert_eq!(interaction.version(FIRST).unwrap().failure, Some(SendFailure::NotFound));
    let blind = InteractionCommand::RecordFailed {
        reply_id: FIRST,
        attempt: 1,
        failure: SendFailure::Unavailable,
        marketplace_text: None,
        at: at(100_000),
    };
    assert_eq!(
        after(&history).decide(blind),
        Ok(vec![]),
        "never back into the schedule of retries"
    );
}
