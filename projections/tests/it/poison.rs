//! An event that cannot be applied parks its stream and nothing else.

use std::time::Duration;

use domain::Recorded;
use projections::feed::{self, Cursor};
use projections::inbox::{self, Filter};
use projections::past::{Limits, PastInbox};
use projections::rebuild::rebuild_tenant;
use projections::runner::Runner;
use projections::{ReadModel, audit, thread};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};
use tokio_util::sync::CancellationToken;

use crate::drill::figure;
use crate::support::*;

const LEASE: Duration = Duration::from_secs(10);

async fn parked(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from parked_stream").fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unreadable_event_parks_its_stream_and_others_go_on(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1)]).await;
    let unheard_of = json!({"type": "HeldByAliens"});
    world.append(TENANT, stream(1), "interaction", &[unheard_of]).await;
    world.interaction(1, &[requested(reply(1))]).await;
    world.interaction(2, &[ingested(2)]).await;
    world.catch_up().await;

    assert_eq!(inbox::count(&world.db, TENANT, &Filter::default()).await.unwrap().total, 2);
    let first = inbox::one(&world.db, TENANT, interaction_id(1)).await.unwrap().unwrap();
    assert_eq!(first.version, 1, "what follows the unreadable event waits");
    assert_eq!(parked(&pool).await, 12, "one stream in each read model");
}

/// Somebody with the rights of the owner changes what is stored.
async fn tamper(pool: &PgPool, statement: &str) {
    let mut owner = pool.acquire().await.unwrap();
    sqlx::query("set session_replication_role = replica").execute(&mut *owner).await.unwrap();
    let changed =
        sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut *owner).await.unwrap();
    assert_eq!(changed.rows_affected(), 1);
    sqlx::query("set session_replication_role = default").execute(&mut *owner).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_tampered_with_parks_its_stream_and_others_go_on(pool: PgPool) {
    let world = World::new(&pool);
    for number in 1..=3 {
        world.interaction(number, &[ingested(number)]).await;
    }
    // The ciphertext of another place, and a key that was changed.
    tamper(
        &pool,
        "update es.event e set payload = o.payload from es.event o where e.pos = 1 and o.pos = 3",
    )
    .await;
    let key = format!(
        "update keys.subject_key set wrapped_key = wrapped_key || '\\x00'::bytea where subject_id = '{}'",
        stream(2).0
    );
    tamper(&pool, &key).await;
    let world = World::new(&pool);
    world.catch_up().await;

    assert_eq!(inbox::count(&world.db, TENANT, &Filter::default()).await.unwrap().total, 1);
    let reasons: Vec<String> = sqlx::query_scalar("select distinct error from parked_stream")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons.iter().all(|reason| reason.starts_with("opening the event: ")), "{reasons:?}");

    // Integrators get every place of the feed, and are told which events hold nothing any more.
    let end = feed::end(&world.db, &world.log, TENANT).await.unwrap();
    let start = feed::start(&world.log, TENANT).await.unwrap();
    let events = feed::read(&world.log, start, 10).await.unwrap().events;
    let told: Vec<_> =
        events.iter().map(|it| (it.sequence, it.aiqdamaged, it.data == json!({}))).collect();
    assert_eq!(told, [(1, true, true), (2, true, true), (3, false, false)]);
    // So does the past, folded from the beginning, and where only what changed since is folded.
    for (until, events_max) in [(end, 10), (end, 0), (Cursor { seq: 2, pos: 2, ..end }, 0)] {
        let limits = Limits { events_max, changed_max: 10 };
        let past = PastInbox::read(&world.db, &world.log, until, limits).await.unwrap();
        let total = past.count(&Filter::default()).await.unwrap().total;
        assert_eq!(total, i64::from(until.seq == 3), "{until:?} {events_max}");
    }

    // What whoever is on call does about it leaves the same out.
    for model in ReadModel::ALL {
        if model.table().is_some() {
            rebuild_tenant(&world.db, &world.log, model, TENANT).await.unwrap();
        }
        assert!(audit::tenant(&world.db, &world.log, model, TENANT).await.unwrap().is_sound());
    }
    assert_eq!(inbox::count(&world.db, TENANT, &Filter::default()).await.unwrap().total, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_key_that_is_gone_stops_everybody(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1)]).await;
    tamper(&pool, "delete from keys.subject_key").await;
    let outcome = World::new(&pool).runner(LEASE).catch_up().await;
    let error = format!("{:#}", outcome.expect_err("nothing tells that the key was destroyed"));
    assert!(error.contains("no key of subject"), "{error}");
    assert_eq!(parked(&pool).await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_parked_stream_goes_on_in_order_after_the_fix(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1)]).await;
    world.interaction(2, &[ingested(2)]).await;
    // The fault to be fixed: a fold that panics at what interaction 1 says.
    let is_first = |recorded: &Recorded| recorded.stream == stream(1);
    let broken = Runner::new(world.db.clone(), world.log.clone(), &[ReadModel::Thread], LEASE)
        .watched_by(move |recorded| assert!(!is_first(recorded), "the fault"));
    broken.catch_up().await.unwrap();
    world.interaction(1, &[revised("Ещё раз"), drafted()]).await;
    broken.catch_up().await.unwrap();
    assert_eq!(parked(&pool).await, 1);
    assert_eq!(broken.retry_parked().await.unwrap(), 0, "the fault is still there");
    broken.catch_up().await.unwrap();
    let other = thread::one(&world.db, TENANT, interaction_id(2)).await.unwrap();
    assert!(other.is_some(), "another stream goes on");

    assert_eq!(world.runner(LEASE).retry_parked().await.unwrap(), 1);
    let thread = thread::one(&world.db, TENANT, interaction_id(1)).await.unwrap().unwrap();
    assert_eq!(thread.revisions, 1);
    assert!(thread.draft.is_some());
    assert_eq!(parked(&pool).await, 0);
}

/// How long read models that have nothing to do with a poisoned event may be behind.
const LAG_MAX: Duration = Duration::from_secs(2);

/// Lives around the poisoned one, which is number 3.
async fn poisoned(pool: &PgPool) -> World {
    let world = World::new(pool);
    for number in 0..20 {
        world.life(number).await;
    }
    world
}

async fn total(world: &World) -> i64 {
    inbox::count(&world.db, TENANT, &Filter::default()).await.unwrap().total
}

/// Steps until everything is applied or parked; tells how often it took.
async fn catch_up_counting(runner: &Runner, world: &World, steps_max: u32) -> Option<u32> {
    for step in 1..=steps_max {
        _ = runner.step().await;
        let heads = world.log.heads().await.unwrap();
        let behind = projections::runner::behind(&world.db, &heads).await.unwrap();
        if behind.iter().all(|(model, events)| *model != ReadModel::Inbox || *events == 0) {
            return Some(step);
        }
    }
    None
}

fn inbox_runner(world: &World) -> Runner {
    Runner::new(world.db.clone(), world.log.clone(), &[ReadModel::Inbox], LEASE)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_fold_that_panics_parks_one_stream(pool: PgPool) {
    let world = poisoned(&pool).await;
    let broken = inbox_runner(&world)
        .watched_by(|recorded| assert!(recorded.stream != stream(3), "the fault"));
    assert_eq!(catch_up_counting(&broken, &world, 3).await, Some(1));
    assert_eq!((parked(&pool).await, total(&world).await), (1, 19));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_fold_that_does_not_end_parks_one_stream_and_is_not_tried_again(pool: PgPool) {
    let world = poisoned(&pool).await;
    let endless = inbox_runner(&world).watched_by(|recorded| {
        while recorded.stream == stream(3) {
            std::hint::spin_loop();
        }
    });
    let begun = std::time::Instant::now();
    assert_eq!(catch_up_counting(&endless, &world, 3).await, Some(1));
    let took = begun.elapsed();
    figure("r14_others_wait", format!("{:.1}", took.as_secs_f64()), "s", "<= 3");
    // The fold is let alone by its processor time, which a busy machine stretches.
    assert!(took < 5 * LAG_MAX, "took {took:?}");
    assert_eq!((parked(&pool).await, total(&world).await), (1, 19));
    let harmed: i64 =
        sqlx::query_scalar("select count(*) from parked_stream where harms_program is not null")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(harmed, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_fold_that_gets_no_processor_for_a_while_parks_nothing(pool: PgPool) {
    let world = poisoned(&pool).await;
    // Longer than an endless fold is let alone.
    let starved = inbox_runner(&world).watched_by(|recorded| {
        if recorded.stream == stream(3) && recorded.version == 1 {
            std::thread::sleep(LAG_MAX);
        }
    });
    assert_eq!(catch_up_counting(&starved, &world, 3).await, Some(1));
    assert_eq!((parked(&pool).await, total(&world).await), (0, 20));
}

/// The sabotage: a runner that stops where it fails. It must fail what the others pass.
#[sqlx::test(migrations = "../migrations")]
async fn a_runner_that_stops_the_world_is_caught(pool: PgPool) {
    let world = poisoned(&pool).await;
    // Whoever holds up a whole batch, here by never letting it be written.
    sqlx::query("alter table inbox rename column preview to other").execute(&pool).await.unwrap();
    let stops = inbox_runner(&world);
    assert_eq!(catch_up_counting(&stops, &world, 5).await, None);
}

/// Where the test below finds the database when it runs as the process that dies.
const VICTIM: &str = "POISON_TEST_DATABASE";

/// Set when that process is to try what is parked.
const RETRIES: &str = "POISON_TEST_RETRIES";

/// Applies the log in a process that an event aborts; passes at once when it is not that process.
#[tokio::test]
async fn a_process_that_an_event_aborts() {
    let Ok(url) = std::env::var(VICTIM) else { return };
    let pool = PgPool::connect(&url).await.unwrap();
    let world = World::new(&pool);
    let lease = Duration::from_millis(50);
    let runner = Runner::new(world.db.clone(), world.log.clone(), &[ReadModel::Inbox], lease)
        .watched_by(|recorded| {
            if recorded.stream == stream(3) {
                std::process::abort();
            }
        });
    if std::env::var_os(RETRIES).is_some() {
        retry(&runner).await;
    } else {
        runner.catch_up().await.unwrap();
    }
}

/// Lets a runner try what is parked, as it does by itself.
async fn retry(runner: &Runner) {
    let stop = CancellationToken::new();
    let soon = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.cancel();
    };
    tokio::join!(runner.run(stop.clone()), soon);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_event_that_kills_its_runner_is_found_at_the_third_try(pool: PgPool) {
    let world = poisoned(&pool).await;
    let database: String =
        sqlx::query_scalar("select current_database()").fetch_one(&pool).await.unwrap();
    let url = std::env::var("DATABASE_URL").unwrap();
    let url = format!("{}/{database}", url.rsplit_once('/').unwrap().0);
    let victim = || {
        let mut victim = std::process::Command::new(std::env::current_exe().unwrap());
        victim.args(["--exact", "poison::a_process_that_an_event_aborts"]).env(VICTIM, &url);
        victim
    };
    let mut deaths = 0;
    let begun = std::time::Instant::now();
    while total(&world).await < 19 {
        let ended = victim().output().unwrap();
        deaths += u32::from(!ended.status.success());
        assert!(deaths <= 3, "the same event killed {deaths} runners");
        assert!(begun.elapsed() < Duration::from_secs(60), "others do not go on");
    }
    figure("r14_deaths", deaths, "runners", "= 3");
    assert_eq!(deaths, 3, "two in company, one alone");
    assert_eq!(parked(&pool).await, 1);
    // Aside, it is suspected only: somebody may have killed the runners. It is tried again, and not for ever.
    let deaths = (0..4).filter(|_| !victim().env(RETRIES, "1").output().unwrap().status.success());
    assert_eq!(deaths.count(), 2, "suspected, and suspected again");
    assert_eq!(parked(&pool).await, 1);
    // A program without the fault goes on where they stopped.
    assert_eq!(inbox_runner(&world).retry_parked().await.unwrap(), 1);
    assert_eq!(total(&world).await, 20);
}

/// Processes are killed by people and machines, too, and the events that they had in their hands are good.
#[sqlx::test(migrations = "../migrations")]
async fn a_stream_whose_runner_was_killed_by_somebody_goes_on_by_itself(pool: PgPool) {
    let world = poisoned(&pool).await;
    let killed = "insert into projection_checkpoint (projection, generation, log_id, owner, lease_until, alone_until)
        select 'inbox', 'live', log_id, gen_random_uuid(), now() - interval '1 s', 1000 from es.tenant_log";
    sqlx::query(killed).execute(&pool).await.unwrap();
    let runner = inbox_runner(&world);
    runner.catch_up().await.unwrap();
    assert_eq!((parked(&pool).await, total(&world).await), (1, 19), "nobody was suspected: void");
    retry(&runner).await;
    assert_eq!((parked(&pool).await, total(&world).await), (0, 20));
}
