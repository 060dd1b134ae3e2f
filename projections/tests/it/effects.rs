//! The outbox: owed once, claimed by one, never called twice.

use std::time::{Duration, Instant};

use domain::TenantId;
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

async fn stop(pool: &PgPool, tenant: TenantId) {
    sqlx::query("insert into sending (tenant_id, stopped_at, version) values ($1, now(), 2)")
        .bind(tenant.0)
        .execute(pool)
        .await
        .unwrap();
}

async fn resume(pool: &PgPool) {
    sqlx::raw_sql(
        "update sending set stopped_at = null;
        update installation_stop set resumed_at = now(), resumed_by = 'b'",
    )
    .execute(pool)
    .await
    .unwrap();
}

/// Gives the outbox so many replies of a seller that have been due for an hour.
async fn queue(pool: &PgPool, tenant: TenantId, replies: i32) {
    sqlx::query(
        r#"insert into effect (tenant_id, effect_id, log_id, stream_id, account_id, cause_pos, cause_event_id, kind,
                payload, next_at)
            select $1, gen_random_uuid(), 1, gen_random_uuid(), gen_random_uuid(), n, gen_random_uuid(),
                    'deliver_reply',
                    '{"kind": "deliver_reply", "reply_id": "00000000-0000-0000-0000-000000000001", "attempt": 1}',
                    now() - interval '1 hour'
                from generate_series(1, $2) n"#,
    )
    .bind(tenant.0)
    .bind(replies)
    .execute(pool)
    .await
    .unwrap();
    sqlx::raw_sql("analyze effect").execute(pool).await.unwrap();
}

async fn delivery(world: &World) -> Option<effects::Claimed> {
    effects::claim(&world.db, EffectKind::DeliverReply, claim(MINUTE)).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_stopped_is_left_out_and_comes_back(pool: PgPool) {
    let world = World::new(&pool);
    let (stopped, going) = (TenantId(Uuid::from_u128(7)), TenantId(Uuid::from_u128(8)));
    queue(&pool, stopped, 3).await;
    queue(&pool, going, 1).await;
    stop(&pool, stopped).await;
    assert_eq!(delivery(&world).await.unwrap().tenant, going);
    assert!(delivery(&world).await.is_none(), "nobody else's is due");
    assert_eq!(effects::count_waiting(&world.db, stopped).await.unwrap(), 3);

    sqlx::raw_sql("insert into installation_stop (stopped_by, reason) values ('a', 'b')")
        .execute(&pool)
        .await
        .unwrap();
    queue(&pool, going, 1).await;
    assert!(delivery(&world).await.is_none(), "everything is stopped");

    resume(&pool).await;
    let mut claimed = 0;
    while delivery(&world).await.is_some() {
        claimed += 1;
    }
    assert_eq!(claimed, 4);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_call_that_was_lost_is_told_of_though_its_seller_has_stopped(pool: PgPool) {
    let world = World::new(&pool);
    let tenant = TenantId(Uuid::from_u128(7));
    queue(&pool, tenant, 1).await;
    let over = claim(OVER);
    let lost = effects::claim(&world.db, EffectKind::DeliverReply, over).await.unwrap().unwrap();
    effects::start_call(&world.db, &lost, over).await.unwrap().unwrap();
    stop(&pool, tenant).await;
    let found = delivery(&world).await.unwrap();
    assert!(found.call_lost);
    assert_eq!(found.effect_id, lost.effect_id);
}

/// 100,000 replies of a seller that has stopped lie before one of another.
#[sqlx::test(migrations = "../migrations")]
async fn what_waits_for_a_stopped_seller_costs_the_others_nothing(pool: PgPool) {
    let world = World::new(&pool);
    let (stopped, going) = (TenantId(Uuid::from_u128(7)), TenantId(Uuid::from_u128(8)));
    queue(&pool, stopped, 100_000).await;
    queue(&pool, going, 20).await;
    stop(&pool, stopped).await;
    let mut took = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        assert_eq!(delivery(&world).await.unwrap().tenant, going);
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    // Looking at all of them takes twenty times as long on an idle machine.
    assert!(took[10] < Duration::from_millis(20), "{took:?}");
}
