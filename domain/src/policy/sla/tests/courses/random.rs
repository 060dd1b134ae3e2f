//! Histories of chats, reviews and questions in which anything may happen in any order.

use std::iter;

use proptest::option;
use proptest::sample::select;

use super::*;
use crate::interaction::{
    Answering, CancelReason, Deadline, ErasureGround, InteractionCommand, ReplyKind,
};

/// Anything that may happen, in any order: also what no interaction would decide.
fn anything() -> impl Strategy<Value = Event> {
    let reply = || (1..4_u128).prop_map(|n| ReplyId(Uuid::from_u128(n)));
    let minutes = || 0..60_i64;
    let held = || option::weighted(0.2, minutes().prop_map(at));
    let authors = [
        MessageAuthor::Buyer,
        MessageAuthor::Buyer,
        MessageAuthor::Seller,
        MessageAuthor::Marketplace,
    ];
    let message = (select(authors.to_vec()), select(WORDS), minutes());
    let message =
        (message, option::weighted(0.2, reply())).prop_map(|((author, text, minutes), ours)| {
            let mut event = said(author, text, minutes);
            if let Event::MessageReceived { reply_id, .. } = &mut event {
                *reply_id = ours.filter(|_| author == MessageAuthor::Seller);
            }
            event
        });
    let asks = prop_oneof![
        (reply(), held()).prop_map(|(reply_id, until)| {
            let mut event = asked(reply_id);
            if let Event::ReplyRequested { held_until, .. } = &mut event {
                *held_until = until;
            }
            event
        }),
        (reply(), any::<bool>(), held()).prop_map(|(id, is, until)| asked_otherwise(id, is, until)),
        reply().prop_map(|reply_id| Event::ReplyReleased { reply_id }),
        reply().prop_map(|reply_id| {
            Event::ReplyRetryRequested { reply_id, attempt: 2, guardrails: None }
        }),
        reply().prop_map(|reply_id| Event::ReplyCancelled {
            reply_id,
            reason: CancelReason::ByPerson
        }),
    ];
    let kinds = [ReplyKind::Answer, ReplyKind::Rejection];
    let arrives = prop_oneof![
        (reply(), minutes()).prop_map(|(id, minutes)| sent(id, minutes)),
        (reply(), minutes()).prop_map(|(id, minutes)| edited(id, minutes)),
        (reply(), minutes()).prop_map(|(reply_id, minutes)| {
            Event::ReplyPublished { reply_id, seen_at: at(minutes) }
        }),
        (reply(), minutes()).prop_map(|(reply_id, minutes)| {
            Event::RejectionSent { reply_id, attempt: 1, accepted_at: at(minutes) }
        }),
        (reply(), minutes()).prop_map(|(reply_id, minutes)| {
            Event::RejectionConfirmed { reply_id, seen_at: at(minutes) }
        }),
        (reply(), select(kinds.to_vec()), minutes()).prop_map(|(reply_id, kind, minutes)| {
            Event::ReplyMarkedSent { reply_id, kind, at: at(minutes) }
        }),
    ];
    let failures = [SendFailure::BadRequest, SendFailure::NotPublished];
    let fails = prop_oneof![
        (reply(), select(failures.to_vec()), held())
            .prop_map(|(id, failure, retry_at)| failed(id, failure, retry_at)),
        (reply(), minutes()).prop_map(|(id, minutes)| unknown(id, minutes)),
        reply().prop_map(absent),
        reply().prop_map(refused),
    ];
    let states = [
        ObservedState::Published,
        ObservedState::InModeration,
        ObservedState::Rejected,
        ObservedState::RejectsQuestion,
    ];
    prop_oneof![
        8 => message,
        4 => asks,
        4 => arrives,
        4 => fails,
        2 => (select(states.to_vec()), minutes()).prop_map(|(state, minutes)| observed(state, minutes)),
        2 => (option::of(1..6_u8), select(WORDS), select(WORDS))
            .prop_map(|(rating, text, pros)| revised(rating, text, pros)),
        2 => Just(closed()),
        2 => Just(Event::Reopened),
        1 => Just(Event::Viewed),
        1 => Just(Event::BuyerErased { ground: ErasureGround::PersonsRequest, reference: None }),
    ]
}

pub(super) fn histories() -> impl Strategy<Value = Vec<Event>> {
    let begun = prop_oneof![
        2 => Just(chat()),
        1 => select(WORDS).prop_map(|text| read(Channel::Question, None, text, 3)),
        1 => (1..6_u8, select(WORDS)).prop_map(|(stars, text)| read(Channel::Review, Some(stars), text, 3)),
    ];
    let more = prop::collection::vec(anything(), 0..24);
    (begun, more).prop_map(|(begun, mut more)| {
        // Messages are said in chats, and answers stand elsewhere.
        let is_chat = begun == chat();
        more.retain(|event| match is_chat {
            true => !matches!(event, Event::ReplyObserved { .. }),
            false => !matches!(event, Event::MessageReceived { .. }),
        });
        let interaction = Interaction::default();
        let promises = |interaction: &mut Interaction, event| {
            let event = if event == Event::Viewed { promise(interaction) } else { event };
            interaction.apply(event.clone());
            Some(event)
        };
        iter::once(begun).chain(more).scan(interaction, promises).collect()
    })
}

/// Promises whoever waits an answer.
fn promise(interaction: &Interaction) -> Event {
    let Answering { said, waits_since, .. } = *interaction.answering();
    let since = waits_since.unwrap_or_else(|| at(0));
    let (priority, answer_by) = (Priority::Normal, since + TimeDelta::minutes(60));
    let deadline = Deadline { priority, policy: 1, rule: None, since, warn_at: since, answer_by };
    let command = InteractionCommand::SetDeadline { said, deadline, known_at: at(9) };
    interaction.decide(command).unwrap().pop().unwrap_or(Event::Viewed)
}
