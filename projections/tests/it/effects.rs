//! The outbox: owed once, claimed by one, never called twice.

use std::time::Duration;

use domain::interaction::InteractionEvent;
use projections::effects::{self, Claim, EffectKind};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::*;

fn claim(lease: Duration) -> Claim {
    Claim { owner: Uuid::new_v4(), lease }
}

const MINUTE: Duration = Duration::from_secs(60);

/// A lease that has run out by the next statement.
const OVER: Duration = Duration::ZERO;

#[sqlx::test(migrations = "../migrations")]
async fn an_effect_is_claimed_by_one_worker(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1), requested(reply(1))]).await;
    world.catch_up().await;
    let first = effects::claim(&world.db, EffectKind::DeliverReply, claim(MINUTE)).await.unwrap();
    assert_eq!(first.unwrap().interaction, interaction_id(1));
    let second = effects::claim(&world.db, EffectKind::DeliverReply, claim(MINUTE)).await.unwrap();
    assert!(second.is_none());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_claim_that_ran_out_before_the_call_may_be_claimed_anew(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1), requested(reply(1))]).await;
    world.catch_up().await;
    let over = claim(OVER);
    let zombie = effects::claim(&world.db, EffectKind::DeliverReply, over).await.unwrap().unwrap();
    let next = effects::claim(&world.db, EffectKind::DeliverReply, claim(MINUTE)).await.unwrap();
    assert!(!next.unwrap().call_lost);
    let started = effects::start_call(&world.db, &zombie, over).await.unwrap();
    assert_eq!(started, None, "the zombie must not call");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_call_that_was_started_keeps_its_mark_until_it_is_reported(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1), requested(reply(1))]).await;
    world.catch_up().await;
    let over = claim(OVER);
    let lost = effects::claim(&world.db, EffectKind::DeliverReply, over).await.unwrap().unwrap();
    effects::start_call(&world.db, &lost, over).await.unwrap().unwrap();
    // The next owner dies as well before it has reported: the mark must survive that too.
    for _ in 0..2 {
        let found =
            effects::claim(&world.db, EffectKind::DeliverReply, over).await.unwrap().unwrap();
        assert!(found.call_lost);
        assert_eq!(effects::start_call(&world.db, &found, over).await.unwrap(), None);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_late_result_of_an_earlier_owner_changes_nothing(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1), requested(reply(1))]).await;
    world.catch_up().await;
    let zombie =
        effects::claim(&world.db, EffectKind::DeliverReply, claim(OVER)).await.unwrap().unwrap();
    effects::claim(&world.db, EffectKind::DeliverReply, claim(MINUTE)).await.unwrap().unwrap();
    effects::finish(&world.db, &zombie).await.unwrap();
    effects::put_back(&world.db, &zombie, Duration::ZERO, None).await.unwrap();
    let backlog = effects::backlog(&world.db).await.unwrap();
    assert_eq!(backlog, [("deliver_reply".into(), "leased".into(), 1)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unknown_outcome_is_settled_before_anything_is_delivered(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1), requested(reply(1)), unknown(reply(1))]).await;
    world.catch_up().await;
    let delivery =
        effects::claim(&world.db, EffectKind::DeliverReply, claim(MINUTE)).await.unwrap().unwrap();
    let settling = effects::claim(&world.db, EffectKind::SettleReply, claim(MINUTE)).await.unwrap();
    assert!(settling.is_none(), "the delivery that it is about is not done");
    effects::finish(&world.db, &delivery).await.unwrap();
    let settling = effects::claim(&world.db, EffectKind::SettleReply, claim(MINUTE)).await.unwrap();
    assert!(settling.is_some());
}

#[sqlx::test(migrations = "../migrations")]
async fn an_effect_of_an_unknown_account_is_not_forgotten_silently(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[requested(reply(1))]).await;
    world.interaction(2, &[ingested(2), requested(reply(2))]).await;
    world.catch_up().await;
    let parked: Vec<(String, Uuid)> =
        sqlx::query_as("select projection, stream_id from parked_stream")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(parked, [("effects".to_owned(), stream(1).0)]);
    let backlog = effects::backlog(&world.db).await.unwrap();
    assert_eq!(backlog, [("deliver_reply".into(), "pending".into(), 1)], "others go on");
}

#[sqlx::test(migrations = "../migrations")]
async fn one_reading_confirms_the_replies_of_one_account(pool: PgPool) {
    let world = World::new(&pool);
    for number in 0..5 {
        let reply = reply(number);
        world.interaction(number, &[ingested(number), requested(reply), sent(reply)]).await;
    }
    world.catch_up().await;
    let claimed =
        effects::claim_of_one_account(&world.db, EffectKind::ConfirmReply, claim(MINUTE), 10)
            .await
            .unwrap();
    assert_eq!(claimed.len(), 5);
    assert!(claimed.iter().all(|effect| effect.account == ACCOUNT));
}

#[sqlx::test(migrations = "../migrations")]
async fn no_reply_waits_for_a_mark(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1), InteractionEvent::Viewed, requested(reply(1))]).await;
    world.catch_up().await;
    let delivery =
        effects::claim(&world.db, EffectKind::DeliverReply, claim(MINUTE)).await.unwrap();
    assert!(delivery.is_some(), "though the mark is still to be made");
    let mark = effects::claim(&world.db, EffectKind::MarkViewed, claim(MINUTE)).await.unwrap();
    assert!(mark.is_some());
}
