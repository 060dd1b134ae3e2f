//! What the runner leaves in tables is what the folds say in memory, whatever happened and in whatever order.

use domain::ReplyId;
use domain::interaction::{ErasureGround, InteractionEvent};
use domain::value::MessageAuthor;
use projections::{Folded, ReadModel, recorded};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool};

use crate::support::*;

const SEEDS: std::ops::Range<u64> = 0..3;
const EVENTS: usize = 250;
const STREAMS: u128 = 12;

/// Any event about any of the first versions of a reply, sensible or not: folds must not care.
pub(crate) fn any_event(random: &mut StdRng, number: u128) -> InteractionEvent {
    let reply = reply(random.random_range(0..3));
    match random.random_range(0..44) {
        0 | 41 | 42 if is_chat(number) => chat_ingested(number),
        0 | 41 | 42 => ingested(number),
        1 => revised("Передумал"),
        2 => drafted(),
        3 => requested(reply),
        4 => edit_requested(reply, reply),
        5 => sent(reply),
        6 => published(reply),
        7 => rejected(reply),
        8 => unknown(reply),
        9 => failed(reply),
        10 => observed(),
        11 => observed_refused(),
        12 => closed(),
        13 => chat_closed(),
        14 => InteractionEvent::Reopened,
        15 => any_message(random, Some(reply)),
        16 => any_message(random, None),
        17 => rejection_requested(reply),
        18 => rejection_sent(reply),
        19 => rejection_confirmed(reply),
        20 => linked(Some("wb-1"), None),
        21 => linked(None, Some("wb-2")),
        22 => InteractionEvent::Viewed,
        23 => held(reply),
        24 => InteractionEvent::ReplyReleased { reply_id: reply },
        25 => cancelled(reply),
        26 => given_up(reply),
        27 => marked_sent(reply),
        28 => retried(reply),
        29 => refused(),
        30 => draft_asked(0, random.random_range(1..4)),
        31 => draft_made(number, random.random_range(0..4), random.random_range(0..4)),
        32 => draft_dismissed(number, random.random_range(0..4), random.random_range(0..4)),
        33 => measured(number, reply, random.random_range(0..4), random.random_range(0..4)),
        34 => draft_carried(number, random.random_range(0..4), random.random_range(0..4)),
        35 => {
            in_bulk(measured(number, reply, random.random_range(0..4), random.random_range(0..4)))
        }
        36..=38 => deadline_set(number, random.random_range(0..3), random.random_range(0..3)),
        39 => InteractionEvent::SlaEscalated { answer_by: at(random.random_range(0..3) * 3_600) },
        40 => InteractionEvent::SlaBreached { answer_by: at(random.random_range(0..3) * 3_600) },
        _ => failed_for_now(reply),
    }
}

/// A message from anybody, in any order, maybe one that was there before.
fn any_message(random: &mut StdRng, reply_id: Option<ReplyId>) -> InteractionEvent {
    let authors = [MessageAuthor::Buyer, MessageAuthor::Seller, MessageAuthor::Marketplace];
    let author = authors[random.random_range(0..3)];
    let id = random.random_range(0..20).to_string();
    received(&id, author, random.random_range(0..200), reply_id)
}

async fn history(world: &World, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    world.connect_account().await;
    for _ in 0..EVENTS {
        let number = random.random_range(0..STREAMS);
        let event = any_event(&mut random, number);
        world.interaction(number, &[event]).await;
    }
    world.lose_access().await;
    world.stop_sending().await;
    if seed == SEEDS.start || !SEEDS.contains(&seed) {
        // Once: a key that is destroyed seals nothing more, and a bulk is asked for once.
        world.claims().await;
        world.bulks().await;
        world.knowledge().await;
    }
    // The buyers of every third one were erased: their words come as `{"$erased": true}`.
    for number in (0..STREAMS).filter(|number| number.is_multiple_of(3)) {
        world.keys.destroy(TENANT, stream(number).0).await.unwrap();
    }
}

async fn refolded(world: &World, model: ReadModel) -> Folded {
    let mut folded = Folded::new(model);
    for (log, head) in world.log.heads().await.unwrap() {
        for stored in world.log.read_log(log, 0, head.max(1)).await.unwrap() {
            folded.apply(&recorded(stored).unwrap()).unwrap();
        }
    }
    folded
}

async fn served(pool: &PgPool, table: &str) -> Vec<Value> {
    let key = key_of(table);
    let statement = format!(
        "select to_jsonb(t) - '{{stems,words_digest}}'::text[] from {table} t order by tenant_id, {key}"
    );
    sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn tables_hold_what_the_folds_say(pool: PgPool) {
    let world = World::new(&pool);
    for seed in SEEDS {
        history(&world, seed).await;
        world.catch_up().await;
        for model in ReadModel::ALL {
            let Some(table) = model.table() else { continue };
            let (served, folded) = (served(&pool, table).await, refolded(&world, model).await);
            assert!(!served.is_empty(), "{table} is empty: void");
            assert_eq!(served, folded.rows().collect::<Vec<_>>(), "{table}, seed {seed}");
            assert_eq!(served.into_iter().collect::<projections::Digest>(), folded.digest());
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_event_that_comes_again_changes_nothing(pool: PgPool) {
    let world = World::new(&pool);
    history(&world, 7).await;
    for model in ReadModel::ALL {
        let mut folded = refolded(&world, model).await;
        let once = folded.digest();
        let log = world.log.log_of(TENANT).await.unwrap();
        for stored in world.log.read_log(log, 0, 10_000).await.unwrap() {
            folded.apply(&recorded(stored).unwrap()).unwrap();
        }
        assert_eq!(folded.digest(), once, "{}", model.name());
    }
}

/// Erases every buyer whose row is served by now, and tells which read models then equal the log folded anew.
async fn equal_after_erasure(pool: &PgPool, is_noted: bool) -> Vec<(&'static str, bool)> {
    let world = World::new(pool);
    history(&world, 11).await;
    world.catch_up().await;
    for number in (0..STREAMS).filter(|number| !number.is_multiple_of(3)) {
        let ground = ErasureGround::PersonsRequest;
        if is_noted {
            let erased = InteractionEvent::BuyerErased { ground, reference: None };
            world.interaction(number, &[erased]).await;
        }
        world.keys.destroy(TENANT, stream(number).0).await.unwrap();
    }
    world.catch_up().await;
    let mut equal = Vec::new();
    for model in ReadModel::ALL {
        let Some(table) = model.table() else { continue };
        let folded = refolded(&world, model).await;
        let is_equal = served(pool, table).await == folded.rows().collect::<Vec<_>>();
        equal.push((table, is_equal));
    }
    equal
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_served_after_an_erasure_is_the_log_folded_anew(pool: PgPool) {
    let equal = equal_after_erasure(&pool, true).await;
    assert!(equal.iter().all(|(_, is_equal)| *is_equal), "{equal:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_key_destroyed_without_a_word_is_noticed(pool: PgPool) {
    let equal = equal_after_erasure(&pool, false).await;
    for table in ["inbox", "thread", "reply_history"] {
        assert!(equal.contains(&(table, false)), "{equal:?}");
    }
}
