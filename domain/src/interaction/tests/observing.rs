//! What follows from reading the marketplace.

use super::builders::*;
use crate::interaction::*;
use crate::value::{Links, ObservedAnswer, ObservedState, Personal};

#[test]
fn the_same_reading_twice_is_one_event() {
    assert_eq!(after(&[]).decide(reading(None)), Ok(vec![ingested()]));
    assert_eq!(after(&[ingested()]).decide(reading(None)), Ok(vec![]));
}

#[test]
fn a_changed_text_is_a_revision() {
    let known = InteractionEvent::Ingested { source: source(), content: content("Тёпл") };
    assert_eq!(
        after(&[known]).decide(reading(None)),
        Ok(vec![InteractionEvent::ContentRevised { content: content("Тёплый") }])
    );
}

#[test]
fn our_reply_seen_published_is_published_once() {
    let seen = reading(Some(standing(TEXT, ObservedState::Published)));
    let history = [ingested(), requested(FIRST), sent(FIRST)];
    assert_eq!(after(&history).decide(seen.clone()), Ok(vec![published(FIRST)]));
    let history = [&history[..], &[published(FIRST)]].concat();
    assert_eq!(after(&history).decide(seen), Ok(vec![]));
}

#[test]
fn reading_settles_an_unknown_outcome() {
    let history = [ingested(), requested(FIRST), unknown(FIRST)];
    let seen = reading(Some(standing("  Спасибо   за отзыв!", ObservedState::Published)));
    assert_eq!(after(&history).decide(seen), Ok(vec![published(FIRST)]));
}

#[test]
fn reading_tells_the_id_that_a_lost_receipt_would_have_told() {
    let history = [ingested(), requested(FIRST), unknown(FIRST)];
    let named = ObservedAnswer {
        external_id: Some("7001".into()),
        ..standing(TEXT, ObservedState::Published)
    };
    let events = after(&history).decide(reading(Some(named.clone()))).unwrap();
    let history = [&history[..], &events[..]].concat();
    let version = after(&history).version(FIRST).cloned().unwrap();
    assert_eq!(
        (version.state, version.external_id),
        (ReplyState::Published, named.external_id.clone())
    );
    assert_eq!(after(&history).decide(reading(Some(named))), Ok(vec![]));
}

#[test]
fn a_reply_in_moderation_counts_as_sent() {
    let history = [ingested(), requested(FIRST), unknown(FIRST)];
    let seen = reading(Some(standing(TEXT, ObservedState::InModeration)));
    let events = after(&history).decide(seen).unwrap();
    assert!(matches!(events[..], [InteractionEvent::ReplySent { reply_id: FIRST, .. }]));
}

#[test]
fn a_moderation_refusal_seen_by_reading_ends_the_reply() {
    let history = [ingested(), requested(FIRST), sent(FIRST)];
    let seen = reading(Some(standing(TEXT, ObservedState::Rejected)));
    let events = after(&history).decide(seen.clone()).unwrap();
    let history = [&history[..], &events[..]].concat();
    assert_eq!(after(&history).version(FIRST).unwrap().state, ReplyState::Rejected);
    assert_eq!(after(&history).decide(seen), Ok(vec![]));
    assert_eq!(after(&history).may_answer(), Ok(()), "a corrected text may be sent");
}

#[test]
fn an_answer_given_elsewhere_is_observed_once_and_forbids_ours() {
    let seen = reading(Some(standing("Благодарим!", ObservedState::Published)));
    let events = after(&[ingested()]).decide(seen.clone()).unwrap();
    assert!(matches!(events[..], [InteractionEvent::ReplyObserved { .. }]));
    let interaction = after(&[&[ingested()], &events[..]].concat());
    assert_eq!(interaction.decide(seen), Ok(vec![]));
    assert_eq!(interaction.decide(reply(FIRST, TEXT)), Err(InteractionError::AlreadyAnswered));
}

#[test]
fn an_answer_given_elsewhere_stops_a_reply_that_was_not_sent() {
    let history = [ingested(), requested(FIRST)];
    let seen = reading(Some(standing("Благодарим!", ObservedState::Published)));
    let events = after(&history).decide(seen).unwrap();
    let interaction = after(&[&history[..], &events[..]].concat());
    assert_eq!(interaction.delivery_due(FIRST, 1), None);
    assert_eq!(interaction.version(FIRST).unwrap().failure, Some(SendFailure::AnsweredElsewhere));
}

#[test]
fn the_old_text_seen_while_an_edit_is_on_its_way_is_no_news() {
    let history =
        [ingested(), requested(FIRST), sent(FIRST), published(FIRST), edit_requested(SECOND)];
    let seen = reading(Some(standing(TEXT, ObservedState::Published)));
    assert_eq!(after(&history).decide(seen), Ok(vec![]));
}

#[test]
fn processed_without_an_answer_is_closed_once() {
    let processed = || {
        InteractionCommand::Ingest(Box::new(Ingest {
            source: source(),
            content: content("Тёплый"),
            answer: None,
            chat: ChatReading::default(),
            links: Links::default(),
            processed: true,
            seen_at: at(60),
        }))
    };
    let closed = InteractionEvent::Closed { reason: CloseReason::ProcessedByMarketplace };
    assert_eq!(after(&[]).decide(processed()), Ok(vec![ingested(), closed.clone()]));
    assert_eq!(after(&[ingested(), closed]).decide(processed()), Ok(vec![]));
    let history = [ingested(), requested(FIRST), sent(FIRST)];
    assert_eq!(after(&history).decide(processed()), Ok(vec![]), "our reply is not visible yet");
}

#[test]
fn a_view_counted_by_the_marketplace_is_no_revision() {
    let mut seen = content("Тёплый");
    let mut words = seen.words.known().unwrap().clone();
    words.facts.insert("wasViewed".into(), true.into());
    seen.words = words.into();
    let known = InteractionEvent::Ingested { source: source(), content: seen };
    assert_eq!(after(&[known]).decide(reading(None)), Ok(vec![]));
}

#[test]
fn an_earlier_answer_that_turns_up_stops_a_second_one() {
    let lost = InteractionEvent::ReplySendFailed {
        reply_id: FIRST,
        attempt: 1,
        failure: SendFailure::NotPublished,
        marketplace_text: None,
        retry_at: None,
        looks: vec![],
    };
    let second = InteractionEvent::ReplyRequested {
        reply_id: SECOND,
        text: EDITED.to_owned().into(),
        draft_id: None,
        lineage: None,
        automation: None,
        bulk_id: None,
        files: vec![],
        guardrails: passed(EDITED),
        held_until: None,
    };
    let history = [ingested(), requested(FIRST), sent(FIRST), lost, second];
    let seen = reading(Some(standing(TEXT, ObservedState::Published)));
    let events = after(&history).decide(seen).unwrap();
    let interaction = after(&[&history[..], &events[..]].concat());
    assert_eq!(interaction.version(FIRST).unwrap().state, ReplyState::Published);
    assert_eq!(interaction.delivery_due(SECOND, 1), None);
}

#[test]
fn a_refusal_by_moderation_keeps_the_marketplaces_words() {
    let words: Personal<String> = "Контакты в ответе запрещены".to_owned().into();
    let refused =
        ObservedAnswer { refusal: Some(words.clone()), ..standing(TEXT, ObservedState::Rejected) };
    let history = [ingested(), requested(FIRST), sent(FIRST)];
    let events = after(&history).decide(reading(Some(refused.clone()))).unwrap();
    let rejected = InteractionEvent::ReplyModerationFailed {
        reply_id: FIRST,
        code: "rejected".into(),
        marketplace_text: Some(words),
    };
    assert_eq!(events, vec![rejected]);
    let history = [&history[..], &events[..]].concat();
    assert_eq!(after(&history).decide(reading(Some(refused))), Ok(vec![]));
}

fn linked(links: &Links) -> InteractionCommand {
    let InteractionCommand::Ingest(mut reading) = reading(None) else { unreachable!() };
    reading.links = links.clone();
    InteractionCommand::Ingest(reading)
}

#[test]
fn what_a_review_belongs_with_is_learned_once_and_is_no_revision() {
    let links = supplemented_by("r-2");
    let learned = InteractionEvent::Linked { links: links.clone() };
    assert_eq!(after(&[ingested()]).decide(linked(&links)), Ok(vec![learned.clone()]));
    assert_eq!(after(&[]).decide(linked(&links)), Ok(vec![ingested(), learned.clone()]));
    assert_eq!(after(&[ingested(), learned]).decide(linked(&links)), Ok(vec![]));
}

#[test]
fn what_a_review_belongs_with_is_not_forgotten_when_a_reading_leaves_it_out() {
    let known = after(&[ingested(), InteractionEvent::Linked { links: supplemented_by("r-2") }]);
    assert_eq!(known.decide(linked(&Links::default())), Ok(vec![]));
    let both = Links { parent: Some("r-0".into()), ..supplemented_by("r-2") };
    let parent = Links { supplement: None, ..both.clone() };
    assert_eq!(known.decide(linked(&parent)), Ok(vec![InteractionEvent::Linked { links: both }]));
}

#[test]
fn what_a_review_belongs_with_stays_what_it_was_told_to_be_first() {
    let known = after(&[ingested(), InteractionEvent::Linked { links: supplemented_by("r-2") }]);
    assert_eq!(known.decide(linked(&supplemented_by("r-3"))), Ok(vec![]));
}

#[test]
fn a_supplement_is_answered_apart_from_its_review() {
    let links = Links { parent: Some("r-0".into()), supplement: None };
    let answered = [ingested(), requested(FIRST), sent(FIRST), published(FIRST)];
    let supplemented = InteractionEvent::Linked { links: supplemented_by("r-2") };
    let parent = after(&[&answered[..], &[supplemented]].concat());
    assert_eq!(parent.may_answer(), Err(InteractionError::AlreadyAnswered));
    let supplement = after(&[ingested(), InteractionEvent::Linked { links }]);
    assert_eq!(supplement.may_answer(), Ok(()));
}
