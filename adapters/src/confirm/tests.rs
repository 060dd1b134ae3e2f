//! What becomes of replies that a look at many leaves out, against a real database.

use domain::interaction::ReplyState::{Failed, Published, Sent};
use domain::interaction::{InteractionCommand, ReplyState};
use sqlx::PgPool;

use super::*;
use crate::played::{Played, answered, days_ago, reply_id, shown};

/// Lets three overdue replies be confirmed at a marketplace that shows this; returns how they stand, how many each look
/// was for, and how many wait to be looked at again.
async fn confirmed(
    pool: &PgPool,
    shows: fn(&[Wanted]) -> LookUp,
) -> ([ReplyState; 3], Vec<usize>, i64) {
    let played = Played::start(pool);
    for n in 1..=3 {
        let (reply_id, at) = (reply_id(n), days_ago(10));
        let accepted =
            InteractionCommand::RecordAccepted { reply_id, attempt: 1, at, external_id: None };
        played.replied(n, accepted).await;
    }
    played.owe().await;
    let confirm = Confirm {
        db: played.db.clone(),
        commands: played.commands.clone(),
        cabinets: played.cabinets.clone(),
        claim: played.claim,
        first_read_after: Duration::from_secs(60),
    };
    let kind = EffectKind::ConfirmReply;
    let due = effects::claim_of_one_account(&played.db, kind, played.claim, BATCH).await.unwrap();
    let mut awaited = Vec::new();
    for effect in due {
        awaited.extend(confirm.still_awaited(effect).await.unwrap());
    }
    assert_eq!(awaited.len(), 3);
    let (cabinet, asked) = played.cabinet(shows);
    confirm.look(&cabinet, Channel::Review, awaited).await.unwrap();
    let states = [played.state(1).await, played.state(2).await, played.state(3).await];
    let asked = asked.lock().unwrap().clone();
    (states, asked, played.waiting().await)
}

/// Of many the list leaves out the first.
fn left_out_of_many(wanted: &[Wanted], alone: Option<Found>) -> LookUp {
    let is_alone = wanted.len() == 1;
    shown(wanted, |id| match id {
        "1" if is_alone => alone.clone(),
        "1" => None,
        _ => Some(answered()),
    })
}

#[cfg(not(feature = "sabotage-hasty-looks"))]
#[sqlx::test(migrations = "../migrations")]
async fn a_reply_that_a_list_leaves_out_is_looked_at_alone_before_it_is_given_up(pool: PgPool) {
    let (states, asked, _) =
        confirmed(&pool, |wanted| left_out_of_many(wanted, Some(answered()))).await;
    assert_eq!((states, asked), ([Published; 3], vec![3, 1]));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reply_that_is_not_there_even_alone_is_given_up(pool: PgPool) {
    let (states, asked, waiting) =
        confirmed(&pool, |wanted| left_out_of_many(wanted, Some(Found::Given(None)))).await;
    assert_eq!((states, asked, waiting), ([Failed, Published, Published], vec![3, 1], 0));
}

/// Lets the marketplace show nothing of the first reply, however it is asked; `Err` says what came of that.
async fn left_out_always(pool: &PgPool) -> Result<(), String> {
    let (states, asked, waiting) = confirmed(pool, |wanted| left_out_of_many(wanted, None)).await;
    let is_kept = states == [Sent, Published, Published] && waiting == 1;
    if is_kept { Ok(()) } else { Err(format!("{states:?}, {waiting} wait, asked for {asked:?}")) }
}

#[cfg(not(feature = "sabotage-hasty-looks"))]
#[sqlx::test(migrations = "../migrations")]
async fn a_reply_of_which_nothing_is_shown_is_looked_for_again(pool: PgPool) {
    assert_eq!(left_out_always(&pool).await, Ok(()));
}

/// A program that takes what a look left out for nothing: the same check must notice.
#[cfg(feature = "sabotage-hasty-looks")]
#[sqlx::test(migrations = "../migrations")]
async fn taking_what_is_left_out_for_nothing_is_noticed(pool: PgPool) {
    let wrong = left_out_always(&pool).await.unwrap_err();
    assert!(wrong.starts_with("[Failed, Published, Published]"), "{wrong}");
}
