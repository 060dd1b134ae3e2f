//! A replay gives the rows that were served then, into anything but the served tables.

use std::collections::BTreeMap;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use eventlog::LogId;
use projections::ReadModel;
use projections::feed;
use projections::replay::{
    self, ReplayError, Scope, Scratch, ScratchError, Until, events as replay_events,
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};

use crate::support::*;

fn scope(until: Until) -> Scope {
    Scope { tenant: None, log: None, until, in_clear: true }
}

async fn rows(world: &World, model: ReadModel, scope: &Scope) -> anyhow::Result<Vec<Value>> {
    let mut rows = Vec::new();
    let sink = async |row| {
        rows.push(row);
        Ok(())
    };
    replay::rows(&world.db, &world.log, model, scope, sink, |_| ()).await?;
    Ok(rows)
}

async fn table(pool: &PgPool, table: &str) -> Vec<Value> {
    let key = key_of(table);
    let statement = format!(
        "select to_jsonb(t) - '{{stems,words_digest}}'::text[] from {table} t order by tenant_id, {key}"
    );
    sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(pool).await.unwrap()
}

/// What was served in every table at one place.
struct Then {
    pos: i64,
    at: DateTime<Utc>,
    tables: BTreeMap<&'static str, Vec<Value>>,
}

/// Makes a history and notes what is served on the way.
async fn history(world: &World, pool: &PgPool) -> Vec<Then> {
    let mut found = Vec::new();
    world.connect_account().await;
    for number in 0..12 {
        world.life(number).await;
        if number == 5 {
            world.lose_access().await;
            world.claims().await;
            world.bulks().await;
            world.knowledge().await;
            world.stop_sending().await;
        }
        let log = world.log.log_of(TENANT).await.unwrap();
        let last = world.log.read_log(log, 0, 1000).await.unwrap().pop().unwrap();
        world.catch_up().await;
        let mut tables = BTreeMap::new();
        for name in ReadModel::ALL.into_iter().filter_map(ReadModel::table) {
            tables.insert(name, table(pool, name).await);
        }
        found.push(Then { pos: last.pos, at: last.recorded_at, tables });
    }
    found
}

#[sqlx::test(migrations = "../migrations")]
async fn a_replay_is_what_was_served_then(pool: PgPool) {
    let world = World::new(&pool);
    let log = world.log.log_of(TENANT).await.unwrap();
    let history = history(&world, &pool).await;
    let mut off_by_one = 0;
    for then in &history[..history.len() - 1] {
        for model in ReadModel::ALL {
            let Some(table) = model.table() else { continue };
            let by_position = Scope { log: Some(log), ..scope(Until::Position(then.pos)) };
            let found = rows(&world, model, &by_position).await.unwrap();
            assert_eq!(found, then.tables[table], "{table} at {}", then.pos);
            let found = rows(&world, model, &scope(Until::Time(then.at))).await.unwrap();
            assert_eq!(found, then.tables[table], "{table} at {}", then.at);
            let one_more = Scope { log: Some(log), ..scope(Until::Position(then.pos + 1)) };
            let found = rows(&world, model, &one_more).await.unwrap();
            off_by_one += usize::from(found != then.tables[table]);
        }
    }
    assert!(off_by_one > 10, "the comparison must see one event too many: {off_by_one}");
    let last = history.last().unwrap();
    for model in ReadModel::ALL.into_iter().filter(|model| model.table().is_some()) {
        let now = rows(&world, model, &scope(Until::Now)).await.unwrap();
        assert_eq!(now, last.tables[model.table().unwrap()]);
        let mine = Scope { tenant: Some(TENANT), ..scope(Until::Now) };
        assert_eq!(rows(&world, model, &mine).await.unwrap(), now);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_scratch_schema_holds_what_is_served_and_nothing_else_is_touched(pool: PgPool) {
    let world = World::new(&pool);
    history(&world, &pool).await;
    for model in ReadModel::ALL {
        let Some(name) = model.table() else { continue };
        let served = table(&pool, name).await;
        let mut scratch = Scratch::make(&world.db, "a \"scratch\"", model, true).await.unwrap();
        let sink = async |row| Ok(scratch.add(row).await?);
        let until_now = scope(Until::Now);
        replay::rows(&world.db, &world.log, model, &until_now, sink, |_| ()).await.unwrap();
        scratch.finish("it's a test").await.unwrap();
        assert_eq!(table(&pool, &format!("\"a \"\"scratch\"\"\".{name}")).await, served);
        assert_eq!(table(&pool, name).await, served);
        let persistence: String = sqlx::query_scalar(
            "select relpersistence::text from pg_class c join pg_namespace n on n.oid = relnamespace
                where nspname = 'a \"scratch\"' and relname = $1",
        )
        .bind(name)
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(persistence, "u", "nothing of it is written twice");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_schema_that_no_replay_made_is_never_replaced(pool: PgPool) {
    let world = World::new(&pool);
    let make = async |schema: &str, replace| {
        let made = Scratch::make(&world.db, schema, ReadModel::Inbox, replace).await;
        made.map(drop).map_err(|error| error.downcast::<ScratchError>().unwrap())
    };
    for ours in ["public", "es", "keys", "rebuild", "pg_catalog", "pg_x", "information_schema"] {
        let refused = make(ours, true).await;
        assert!(matches!(refused, Err(ScratchError::Ours(_))), "{ours}: {refused:?}");
    }
    for name in ["", &"x".repeat(64), "a\0b"] {
        assert!(matches!(make(name, true).await, Err(ScratchError::Name)));
    }
    sqlx::query("create schema theirs").execute(&pool).await.unwrap();
    assert!(matches!(make("theirs", false).await, Err(ScratchError::Exists(_))));
    assert!(matches!(make("theirs", true).await, Err(ScratchError::NotMadeHere(_))));
    make("mine", false).await.unwrap();
    assert!(matches!(make("mine", false).await, Err(ScratchError::Exists(_))));
    make("mine", true).await.unwrap();
    let effects = Scratch::make(&world.db, "other", ReadModel::Effects, false).await.unwrap_err();
    assert!(matches!(effects.downcast(), Ok(ScratchError::NoTable("effects"))));
}

#[sqlx::test(migrations = "../migrations")]
async fn personal_data_is_masked_unless_asked_for_and_erased_data_stays_erased(pool: PgPool) {
    let world = World::new(&pool);
    world.connect_account().await;
    world.life(1).await;
    world.life(2).await;
    // A chat.
    world.life(6).await;
    world.keys.destroy(TENANT, stream(2).0).await.unwrap();
    let said = async |in_clear| {
        let scope = Scope { in_clear, ..scope(Until::Now) };
        let mut all = rows(&world, ReadModel::Inbox, &scope).await.unwrap();
        all.extend(rows(&world, ReadModel::Thread, &scope).await.unwrap());
        let lines = Mutex::new(Vec::new());
        let sink = async |line| {
            lines.lock().unwrap().push(serde_json::to_value(line)?);
            Ok(())
        };
        replay_events(&world.db, &world.log, &scope, sink, |_| ()).await.unwrap();
        all.extend(lines.into_inner().unwrap());
        Value::Array(all)
    };
    let (masked, clear) = (said(false).await, said(true).await);
    for word in ["Анна", "Отзыв", "Сообщение", "фото 1", "files.example"] {
        assert!(clear.to_string().contains(word), "{clear}");
        assert!(!masked.to_string().contains(word), "{masked}");
    }
    for shown in [&masked, &clear] {
        assert!(!shown.to_string().contains("Отзыв 2"));
        assert!(shown.to_string().contains("$erased"));
    }
    assert_eq!(masked.to_string().chars().count(), clear.to_string().chars().count());
    assert_eq!(masked[0]["buyer_name"].as_str().map(|name| name.chars().count()), Some(4));
    assert_eq!(masked, said(false).await, "masks are the same each time");
}

#[sqlx::test(migrations = "../migrations")]
async fn events_come_in_their_order_up_to_the_moment(pool: PgPool) {
    let world = World::new(&pool);
    world.life(1).await;
    world.life(2).await;
    let log = world.log.log_of(TENANT).await.unwrap();
    let stored = world.log.read_log(log, 0, 100).await.unwrap();
    for end in 1..=stored.len() {
        let until = Until::Position(stored[end - 1].pos);
        for scope in [
            Scope { log: Some(log), ..scope(until) },
            Scope { tenant: Some(TENANT), ..scope(until) },
        ] {
            let mut found = Vec::new();
            let sink = async |line| {
                found.push(serde_json::to_value(line)?["event_id"].clone());
                Ok(())
            };
            replay_events(&world.db, &world.log, &scope, sink, |_| ()).await.unwrap();
            let wanted: Vec<_> = stored[..end].iter().map(|event| json!(event.event_id)).collect();
            assert_eq!(found, wanted);
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_replay_that_cannot_be_made_says_why(pool: PgPool) {
    let world = World::new(&pool);
    world.life(1).await;
    let log = world.log.log_of(TENANT).await.unwrap();
    let other = LogId(log.0 % 64 + 1);
    let refused = async |scope: Scope| {
        let error = rows(&world, ReadModel::Inbox, &scope).await.unwrap_err();
        error.downcast::<ReplayError>().unwrap()
    };
    let position = scope(Until::Position(1));
    assert!(matches!(refused(position).await, ReplayError::WhichLog));
    let beyond = Scope { log: Some(log), ..scope(Until::Position(1000)) };
    assert!(matches!(refused(beyond).await, ReplayError::Beyond { end: 3, .. }));
    let later = scope(Until::Time(Utc::now() + TimeDelta::hours(1)));
    assert!(matches!(refused(later).await, ReplayError::ToCome));
    let nobody = Scope { tenant: Some(STRANGER), ..scope(Until::Now) };
    assert!(matches!(refused(nobody).await, ReplayError::NoSeller(STRANGER)));
    let elsewhere = Scope { tenant: Some(TENANT), log: Some(other), ..scope(Until::Now) };
    assert!(matches!(refused(elsewhere).await, ReplayError::OtherLog { .. }));
    let none = Scope { log: Some(LogId(9999)), ..scope(Until::Now) };
    assert!(matches!(refused(none).await, ReplayError::NoLog(_)));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_time_names_the_last_event_at_it_or_before(pool: PgPool) {
    let world = World::new(&pool);
    for number in 0..7 {
        world.life(number).await;
    }
    let events = world.log.read_tenant(TENANT, 0, 100).await.unwrap();
    let found = async |at| feed::at(&world.db, &world.log, TENANT, at).await.unwrap();
    for event in &events {
        for at in [event.recorded_at, event.recorded_at - TimeDelta::microseconds(1)] {
            let last = events.iter().rfind(|event| event.recorded_at <= at);
            let moment = found(at).await.unwrap();
            assert_eq!(moment.cursor.seq, last.map_or(0, |event| event.tenant_seq));
            assert_eq!(moment.cursor.pos, last.map_or(0, |event| event.pos));
            assert_eq!(moment.at, at);
        }
    }
    assert_eq!(found(Utc::now() + TimeDelta::hours(1)).await, None);
}
