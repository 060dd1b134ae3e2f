//! Claims for return as time goes on: given no more, erased and given again, waiting for their turn.

use adapters::sync::{self, ClaimSeen, claims_seen, unread_items};
use chrono::{TimeDelta, Utc};
use commands::Actor;
use commands::Context;
use commands::erase::Basis;
use domain::ClaimId;
use domain::interaction::ErasureGround;
use sandbox::Faults;
use serde_json::json;
use sqlx::PgPool;

use crate::whole_way::{TENANT, World};
use crate::wildberries_claims::{answered, give, made, round, until_state};

async fn seen(world: &World, id: &str) -> ClaimSeen {
    let wanted = [(world.account, id.to_owned())];
    let seen = claims_seen(&world.db, TENANT, wanted).await.unwrap();
    seen[&ClaimId::of_external(TENANT, world.account, id)]
}

/// A claim that is made so long ago that the marketplace lists it no more.
async fn falls_out(world: &World, id: &str) {
    let made_at = (Utc::now() - TimeDelta::days(20)).format("%Y-%m-%dT%H:%M:%S").to_string();
    made(world, &json!({"id": id, "dt": made_at, "status": 0})).await;
}

/// Holds what is known of a claim that is listed against one that is not; `Err` says what is wrong.
async fn one_falls_out(world: &World) -> Result<(), String> {
    let lost = made(world, &json!({"comment": "Не включается"})).await;
    let kept = made(world, &json!({"comment": "Не тот размер"})).await;
    round(world).await;
    until_state(world, &lost, "under_review").await;
    until_state(world, &kept, "under_review").await;
    assert!(seen(world, &lost).await.listed && seen(world, &kept).await.listed);

    falls_out(world, &lost).await;
    sqlx::query(
        "update reading_digest set seen_at = seen_at - interval '3 days' where channel = 'claim'",
    )
    .execute(world.db.pool())
    .await
    .unwrap();
    round(world).await;
    let (lost_seen, kept_seen) = (seen(world, &lost).await, seen(world, &kept).await);
    if lost_seen.listed || Utc::now() - lost_seen.at < TimeDelta::days(2) {
        return Err(format!("the one that is gone: {lost_seen:?}"));
    }
    if !kept_seen.listed || Utc::now() - kept_seen.at > TimeDelta::hours(1) {
        return Err(format!("the one that is there: {kept_seen:?}"));
    }
    // What was read of it stays as it was.
    until_state(world, &lost, "under_review").await;
    Ok(())
}

#[sqlx::test(migrations = "../migrations")]
async fn a_claim_that_is_listed_no_more_is_known_to_be_so(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    assert_eq!(one_falls_out(&world).await, Ok(()));
    world.end().await;
}

/// A program that does not note what it was given: the same check must notice.
#[sqlx::test(migrations = "../migrations")]
async fn noting_nothing_of_what_is_given_is_noticed(pool: PgPool) {
    sqlx::raw_sql(
        "create function note_nothing() returns trigger language plpgsql as
            'begin new.seen_at := least(new.seen_at, old.seen_at); return new; end';
        create trigger note_nothing before update on reading_digest for each row execute function note_nothing()",
    )
    .execute(&pool)
    .await
    .unwrap();
    let world = World::start(&pool, Faults::default()).await;
    let wrong = one_falls_out(&world).await.unwrap_err();
    assert!(wrong.starts_with("the one that is there"), "{wrong}");
    world.end().await;
}

/// Erases the buyer of a claim that the marketplace then gives in such a way that it cannot be read, beside another such
/// claim; `Err` says what was kept of the erased one.
async fn erased_and_given_again(world: &World) -> Result<(), String> {
    let id = made(world, &json!({"comment": "Пишите мне: +7 900 000-00-00"})).await;
    round(world).await;
    until_state(world, &id, "under_review").await;
    let context = Context::new(TENANT, Actor::System("test"));
    let basis = Basis { ground: ErasureGround::PersonsRequest, reference: None };
    let claim = ClaimId::of_external(TENANT, world.account, &id);
    world.erasures().erase(&context, claim, &basis).await.unwrap();

    let odd = json!({"id": "ID", "dt": "вчера", "user_comment": "Пишите мне: +7 900 000-00-00"});
    give(world, &id, &odd).await;
    give(world, "another", &odd).await;
    round(world).await;
    let kept = unread_items(&world.db, TENANT, world.account, 100).await.unwrap();
    let kept: Vec<_> = kept.into_iter().filter_map(|item| item.external_id).collect();
    if kept == ["another"] { Ok(()) } else { Err(format!("kept {kept:?}")) }
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_is_kept_of_an_erased_claim_that_cannot_be_read_now(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    assert_eq!(erased_and_given_again(&world).await, Ok(()));
    world.end().await;
}

/// A program that does not look at what was erased: the same check must notice.
#[sqlx::test(migrations = "../migrations")]
async fn keeping_what_an_erased_buyer_left_is_noticed(pool: PgPool) {
    sqlx::raw_sql(
        "create function list_nothing() returns trigger language plpgsql as 'begin return null; end';
        create trigger list_nothing before insert on erasure for each row execute function list_nothing()",
    )
    .execute(&pool)
    .await
    .unwrap();
    let world = World::start(&pool, Faults::default()).await;
    let kept = erased_and_given_again(&world).await.unwrap_err();
    assert!(kept.contains("another") && kept.contains(", "), "{kept}");
    world.end().await;
}

/// Calls for claims are seconds apart: whoever reads goes on with something else meanwhile.
#[sqlx::test(migrations = "../migrations")]
async fn no_reader_waits_for_the_turn_of_the_claims(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    round(&world).await;
    let before = answered(&world, 200).await;
    // The bucket is empty, and three tokens of it grow in nine seconds.
    let spent = "with spent as (
            update rate_limit set theoretical_arrival = now() + interval '27 seconds'
                where scope = 'wildberries_claims'
        )
        update channel_sync set next_at = now() where channel = 'claim' returning fence";
    let fence: i64 = sqlx::query_scalar(spent).fetch_one(&pool).await.unwrap();
    let wait = world
        .until("the claims to be left for later", async || {
            let left = "select extract(epoch from next_at - now())::float8 from channel_sync
                where channel = 'claim' and fence > $1 and lease_until is null";
            sqlx::query_scalar::<_, f64>(left).bind(fence).fetch_optional(&pool).await.unwrap()
        })
        .await;
    assert!(wait > 4.0, "left for {wait} s");
    assert_eq!(answered(&world, 200).await, before, "nothing was asked for meanwhile");
    let state = sync::states(&world.db, TENANT).await.unwrap();
    let claims = state.into_iter().find(|state| state.channel == sync::CLAIMS).unwrap();
    assert_eq!(claims.error_code, None);
    world.end().await;
}
