//! What looking for an unknown reply proves, against a real database.

use domain::interaction::ReplyState::{self, Failed, Published, Sending, Unknown};
use domain::interaction::{InteractionCommand, InteractionEvent, SendFailure, UnknownReason};
use sqlx::PgPool;

use super::*;
use crate::connector::LookUp;
use crate::played::{Played, answered, days_ago, reply_id, shown};

/// Looks twice for a reply whose outcome is unknown since long ago, at a marketplace that shows this; returns how it
/// stands after each look, and whether it waits to be looked for again then.
async fn looked_for_twice(
    pool: &PgPool,
    shows: fn(&[Wanted]) -> LookUp,
) -> [(ReplyState, bool); 2] {
    let played = Played::start(pool);
    looked_for(&played, days_ago(1) + TimeDelta::hours(1), shows).await
}

async fn looked_for(
    played: &Played,
    at: DateTime<Utc>,
    shows: fn(&[Wanted]) -> LookUp,
) -> [(ReplyState, bool); 2] {
    let reply_id = reply_id(1);
    let reason = UnknownReason::Timeout;
    played.replied(1, InteractionCommand::RecordUnknown { reply_id, attempt: 1, reason, at }).await;
    played.owe().await;
    let settle = Settle {
        db: played.db.clone(),
        commands: played.commands.clone(),
        cabinets: played.cabinets.clone(),
        claim: played.claim,
        policy: SettlePolicy::default(),
    };
    let (cabinet, _) = played.cabinet(shows);
    let mut after = Vec::new();
    for _ in 0..2 {
        played.all_due().await;
        let claimed = effects::claim(&played.db, EffectKind::SettleReply, played.claim).await;
        if let Some(claimed) = claimed.unwrap() {
            let question = Question::of(&claimed).unwrap();
            let wanted = settle.wanted_if_unknown(&claimed, &question).await.unwrap().unwrap();
            settle.look(&cabinet, &claimed, &question, wanted).await.unwrap();
        }
        after.push((played.state(1).await, played.waiting().await == 1));
    }
    after.try_into().unwrap()
}

fn nothing(wanted: &[Wanted]) -> LookUp {
    shown(wanted, |_| Some(Found::Given(None)))
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reply_that_is_found_is_published(pool: PgPool) {
    let after = looked_for_twice(&pool, |wanted| shown(wanted, |_| Some(answered()))).await;
    assert_eq!(after, [(Published, false); 2]);
}

/// Looks where nothing stands; `Err` says what the first look was taken for.
async fn nothing_is_there(pool: &PgPool) -> Result<(), String> {
    let after = looked_for_twice(pool, nothing).await;
    // Proven absent it is owed to the buyer again.
    let is_right = after == [(Unknown, true), (Sending, false)];
    if is_right { Ok(()) } else { Err(format!("{after:?}")) }
}

#[cfg(not(feature = "sabotage-hasty-looks"))]
#[sqlx::test(migrations = "../migrations")]
async fn only_the_second_look_proves_that_a_reply_is_absent(pool: PgPool) {
    assert_eq!(nothing_is_there(&pool).await, Ok(()));
}

/// A program to which one look proves it: the same check must notice.
#[cfg(feature = "sabotage-hasty-looks")]
#[sqlx::test(migrations = "../migrations")]
async fn taking_one_look_for_a_proof_is_noticed(pool: PgPool) {
    let wrong = nothing_is_there(&pool).await.unwrap_err();
    assert!(!wrong.starts_with("[(Unknown, true)"), "{wrong}");
}

/// Looks where the marketplace leaves the review out; `Err` says what that was taken for.
async fn it_is_left_out(pool: &PgPool) -> Result<(), String> {
    let after = looked_for_twice(pool, |_| LookUp::default()).await;
    if after == [(Unknown, true); 2] { Ok(()) } else { Err(format!("{after:?}")) }
}

#[cfg(not(feature = "sabotage-hasty-looks"))]
#[sqlx::test(migrations = "../migrations")]
async fn a_reply_that_is_left_out_is_not_absent(pool: PgPool) {
    assert_eq!(it_is_left_out(&pool).await, Ok(()));
}

/// A program that takes what a look left out for nothing: the same check must notice.
#[cfg(feature = "sabotage-hasty-looks")]
#[sqlx::test(migrations = "../migrations")]
async fn taking_what_is_left_out_for_absent_is_noticed(pool: PgPool) {
    assert!(it_is_left_out(&pool).await.is_err());
}

/// What is told of the looks at a reply that is unknown since over a day.
async fn told_after_a_day(pool: &PgPool, shows: fn(&[Wanted]) -> LookUp) -> Vec<Saw> {
    let played = Played::start(pool);
    let after = looked_for(&played, days_ago(1) - TimeDelta::hours(1), shows).await;
    assert_eq!(after, [(Failed, false); 2], "nothing is looked for any more");
    let last = played.events(1).await.pop();
    let Some(InteractionEvent::ReplySendFailed { failure: SendFailure::Unprovable, looks, .. }) =
        last
    else {
        panic!("{last:?}")
    };
    looks.into_iter().map(|look| look.saw).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_item_that_is_not_given_for_a_day_is_left_to_a_person_with_what_was_seen(pool: PgPool) {
    let gone = |wanted: &[Wanted]| shown(wanted, |_| Some(Found::NotGiven));
    assert_eq!(told_after_a_day(&pool, gone).await, [Saw::ItemGone]);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_read_for_a_day_is_left_to_a_person(pool: PgPool) {
    assert_eq!(told_after_a_day(&pool, |_| LookUp::default()).await, [Saw::Unreadable]);
}
