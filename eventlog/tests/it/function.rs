//! `es.append_batch` and its tables, called directly.

use std::collections::HashMap;

use domain::value::TenantId;
use eventlog::LogId;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sqlx::postgres::PgRow;
use sqlx::{Executor, PgConnection, PgPool, Postgres, Row};
use uuid::Uuid;

use crate::support::{TENANT, assign};

/// The arguments of a call, to be well formed or not.
#[derive(Clone, Default)]
struct Batch {
    logs: Vec<i32>,
    tenants: Vec<Uuid>,
    commands: Vec<Uuid>,
    streams: Vec<Uuid>,
    expected: Vec<i32>,
    appends: Vec<Option<i32>>,
    payloads: Vec<Option<String>>,
}

impl Batch {
    /// Adds an append with the command id `command` to log 1.
    fn append(self, stream: u128, command: u128, expected: i32) -> Self {
        self.append_to((LogId(1), TENANT), stream, command, expected)
    }

    fn append_to(
        mut self,
        (log, tenant): (LogId, TenantId),
        stream: u128,
        command: u128,
        expected: i32,
    ) -> Self {
        self.logs.push(log.0);
        self.tenants.push(tenant.0);
        self.commands.push(Uuid::from_u128(command));
        self.streams.push(Uuid::from_u128(stream));
        self.expected.push(expected);
        self
    }

    fn event(mut self, append: i32) -> Self {
        self.appends.push(Some(append));
        self.payloads.push(Some(format!(r#"{{"append": {append}}}"#)));
        self
    }

    async fn send(self, to: impl Executor<'_, Database = Postgres>) -> sqlx::Result<Vec<PgRow>> {
        let (appends, events) = (self.commands.len(), self.appends.len());
        sqlx::query(
            "select * from es.append_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .bind(self.logs)
        .bind(self.tenants)
        .bind(self.commands)
        .bind(self.streams)
        .bind(vec!["interaction"; appends])
        .bind(self.expected)
        .bind(vec![None::<Uuid>; appends])
        .bind(vec![None::<Uuid>; appends])
        .bind(vec![None::<&str>; appends])
        .bind(self.appends)
        .bind((0..events).map(|_| Uuid::new_v4()).collect::<Vec<_>>())
        .bind(vec!["Noted"; events])
        .bind(vec![1; events])
        .bind(self.payloads)
        .fetch_all(to)
        .await
    }
}

/// Status, version, first and last position.
type Answer = (String, Option<i32>, Option<i64>, Option<i64>);

/// What the function says of each append.
fn answers(rows: &[PgRow]) -> Vec<Answer> {
    rows.iter()
        .map(|row| {
            (row.get("status"), row.get("version"), row.get("first_pos"), row.get("last_pos"))
        })
        .collect()
}

fn answer(status: &str, version: i32, first: i64, last: i64) -> Answer {
    (status.to_owned(), Some(version), Some(first), Some(last))
}

/// Makes a batch malformed.
type Spoil = fn(&mut Batch);

async fn stored(pool: &PgPool) -> i64 {
    let count = "select (select count(*) from es.event) + (select count(*) from es.command)
        + (select count(*) from es.stream)";
    sqlx::query_scalar(count).fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mixed_batch_answers_each_append(pool: PgPool) {
    assign(&pool, TENANT, LogId(1)).await;
    let first = Batch::default().append(1, 10, 0).append(2, 20, 0).event(2).event(1).event(2);
    assert_eq!(
        answers(&first.send(&pool).await.unwrap()),
        [answer("ok", 1, 1, 1), answer("ok", 2, 2, 3)]
    );

    let mixed = Batch::default()
        .append(1, 11, 1)
        .append(2, 20, 0) // carried out before
        .append(3, 30, 5) // somebody else was first
        .append(4, 40, 0) // nothing to add
        .append(5, 50, -1)
        .event(5)
        .event(2)
        .event(1)
        .event(3)
        .event(5)
        .event(1);
    let rows = mixed.send(&pool).await.unwrap();
    assert_eq!(answers(&rows)[..2], [answer("ok", 3, 4, 5), answer("duplicate", 2, 2, 3)]);
    let statuses: Vec<String> = rows.iter().map(|row| row.get("status")).collect();
    assert_eq!(statuses, ["ok", "duplicate", "conflict", "empty", "ok"]);
    assert_eq!(answers(&rows)[4], answer("ok", 2, 6, 7));

    let positions: Vec<i64> =
        sqlx::query_scalar("select pos from es.event order by pos").fetch_all(&pool).await.unwrap();
    assert_eq!(positions, [1, 2, 3, 4, 5, 6, 7]);
    let numbers: Vec<i64> = sqlx::query_scalar("select tenant_seq from es.event order by pos")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(numbers, positions);
}

/// An append alone takes a way of its own through the function.
#[sqlx::test(migrations = "../migrations")]
async fn an_append_alone_is_answered_and_stored_as_in_a_batch(pool: PgPool) {
    let sellers = [1, 2, 3].map(|log| (LogId(log), TenantId(Uuid::from_u128(log as u128))));
    for (log, seller) in sellers {
        assign(&pool, seller, log).await;
    }
    let [alone, in_batch, beside] = sellers;
    let mut chance = StdRng::seed_from_u64(3);
    let mut told: HashMap<String, usize> = HashMap::new();
    for step in 0..400 {
        let stream = chance.random_range(0..4);
        let command = if chance.random_bool(0.4) { step / 2 } else { step };
        let expected = chance.random_range(-1..6);
        let events = chance.random_range(0..4);
        let with_events = |batch: Batch| (0..events).fold(batch, |batch, _| batch.event(1));

        let single = Batch::default().append_to(alone, stream, command, expected);
        let single = with_events(single).send(&pool).await.unwrap();
        let batch = Batch::default().append_to(in_batch, stream, command, expected);
        let batch = with_events(batch.append_to(beside, step, step, 0).event(2));
        let batch = batch.send(&pool).await.unwrap();
        assert_eq!(answers(&single), answers(&batch)[..1], "step {step}");
        assert_eq!(answers(&batch)[1].0, "ok");
        let stream_of = |rows: &[PgRow]| rows[0].get::<Uuid, _>("stream_id");
        assert_eq!(stream_of(&single), stream_of(&batch), "step {step}");
        *told.entry(answers(&single)[0].0.clone()).or_default() += 1;
    }
    for status in ["ok", "duplicate", "conflict", "empty"] {
        assert!(told.get(status).is_some_and(|times| *times > 10), "{told:?}");
    }
    for (table, columns) in [
        ("event", "pos, tenant_seq, stream_id, stream_type, version, event_type, command_id"),
        ("stream", "stream_id, stream_type, version, first_pos, last_pos"),
        ("command", "command_id, stream_id, version, first_pos, last_pos"),
    ] {
        let differing = format!(
            "with a as (select {columns} from es.{table} where log_id = 1),
                b as (select {columns} from es.{table} where log_id = 2)
            select count(*) from ((table a except all table b) union all (table b except all table a)) d"
        );
        let differing: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(differing)).fetch_one(&pool).await.unwrap();
        assert_eq!(differing, 0, "{table}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_malformed_batch_writes_nothing(pool: PgPool) {
    assign(&pool, TENANT, LogId(1)).await;
    let whole = Batch::default().append(1, 10, 0).append(2, 20, 0).event(1).event(2);
    let malformed: [(&str, Spoil); 11] = [
        ("event of no append", |batch| batch.appends[1] = Some(3)),
        ("event of append 0", |batch| batch.appends[1] = Some(0)),
        ("event of unknown append", |batch| batch.appends[1] = None),
        ("stream twice", |batch| batch.streams[1] = batch.streams[0]),
        ("command twice", |batch| batch.commands[1] = batch.commands[0]),
        ("a stream too few", |batch| batch.streams.truncate(1)),
        ("a payload too few", |batch| batch.payloads.truncate(1)),
        ("no payload", |batch| batch.payloads[1] = None),
        ("tenant of no log", |batch| batch.tenants[1] = Uuid::from_u128(99)),
        ("tenant of another log", |batch| batch.logs[1] = 2),
        ("a log too few", |batch| batch.logs.truncate(1)),
    ];
    for (what, spoil) in malformed {
        let mut batch = whole.clone();
        spoil(&mut batch);
        let error = batch.send(&pool).await.expect_err(what);
        let code = error.as_database_error().and_then(|error| error.code()).unwrap();
        assert!(["22023", "23502"].contains(&&*code), "{what}: {error}");
        assert_eq!(stored(&pool).await, 0, "{what}");
    }
    let alone = Batch::default().append(1, 10, 0).event(1);
    let malformed: [(&str, Spoil); 3] = [
        ("no payload", |batch| batch.payloads[0] = None),
        ("event of no append", |batch| batch.appends[0] = Some(2)),
        ("tenant of another log", |batch| batch.logs[0] = 2),
    ];
    for (what, spoil) in malformed {
        let mut batch = alone.clone();
        spoil(&mut batch);
        batch.send(&pool).await.expect_err(what);
        assert_eq!(stored(&pool).await, 0, "{what}, alone");
    }
    whole.send(&pool).await.unwrap();
    assert_eq!(stored(&pool).await, 6);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_snapshot_older_than_the_lock_is_refused(pool: PgPool) {
    assign(&pool, TENANT, LogId(1)).await;
    for isolation in ["repeatable read", "serializable"] {
        let mut connection = pool.acquire().await.unwrap();
        let set = sqlx::query("select set_config('default_transaction_isolation', $1, false)");
        set.bind(isolation).execute(&mut *connection).await.unwrap();
        let batch = Batch::default().append(1, 10, 0).event(1);
        let error = batch.send(&mut *connection).await.unwrap_err();
        assert!(error.to_string().contains("append_batch needs read committed"), "{error}");
        sqlx::query("reset default_transaction_isolation").execute(&mut *connection).await.unwrap();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn stored_events_cannot_be_changed(pool: PgPool) {
    assign(&pool, TENANT, LogId(1)).await;
    Batch::default().append(1, 10, 0).event(1).send(&pool).await.unwrap();
    let partition: String = sqlx::query_scalar("select tableoid::regclass::text from es.event")
        .fetch_one(&pool)
        .await
        .unwrap();
    for table in ["es.event", partition.as_str(), "es.event_default"] {
        let mut changes = vec![format!("truncate {table}")];
        if table != "es.event_default" {
            changes.push(format!("update {table} set payload = '{{}}'"));
            changes.push(format!("delete from {table}"));
        }
        for change in changes {
            let outcome = sqlx::query(sqlx::AssertSqlSafe(change.clone())).execute(&pool).await;
            let error = outcome.expect_err(&change);
            assert!(error.to_string().contains("events are only inserted"), "{change}: {error}");
        }
    }
}

/// A plan is kept for the life of a connection. Made while the log was empty it once read the whole log in every call.
#[sqlx::test(migrations = "../migrations")]
async fn a_call_planned_on_an_empty_log_stays_cheap_when_it_has_grown(pool: PgPool) {
    const GROWN_TO: u128 = 2_000;
    assign(&pool, TENANT, LogId(1)).await;
    let mut connection = pool.acquire().await.unwrap();
    // After five calls PostgreSQL considers keeping the plan.
    for number in 0..6 {
        let batch = Batch::default().append(number, number, 0).event(1);
        batch.send(&mut *connection).await.unwrap();
        let two = Batch::default().append(number + 10_000, number + 10_000, 0).event(1);
        let two = two.append(number + 20_000, number + 20_000, 0).event(2);
        two.send(&mut *connection).await.unwrap();
        read_streams(&mut connection, number).await;
    }
    let mut large = Batch::default();
    for (number, append) in (10..GROWN_TO).zip(1..) {
        large = large.append(number, number, 0).event(append);
    }
    large.send(&mut *connection).await.unwrap();

    let small =
        Batch::default().append(1, GROWN_TO, 1).append(2, GROWN_TO + 1, 1).event(1).event(2);
    let alone = Batch::default().append(3, GROWN_TO + 2, 1).event(1);
    for (what, call) in [("two appends", Some(small)), ("one", Some(alone)), ("a reading", None)] {
        sqlx::query("begin").execute(&mut *connection).await.unwrap();
        let before = rows_read(&mut connection).await;
        match call {
            Some(batch) => drop(batch.send(&mut *connection).await.unwrap()),
            None => read_streams(&mut connection, 5).await,
        }
        let after = rows_read(&mut connection).await;
        sqlx::query("rollback").execute(&mut *connection).await.unwrap();

        let mut read_at_all = 0;
        for (table, rows) in after {
            let read = rows - before.get(&table).unwrap_or(&0);
            assert!(read < 20, "{what} read {read} rows of {table}, which has {GROWN_TO}");
            read_at_all += read;
        }
        assert!(read_at_all > 0, "nothing was counted");
    }
}

/// Reads a stream with one event and a stream that does not exist.
async fn read_streams(connection: &mut PgConnection, stream: u128) {
    let streams = [stream, u128::MAX].map(Uuid::from_u128);
    let read: i64 =
        sqlx::query_scalar("select count(*) from es.read_streams('{1, 1}', array[$1, $1], $2)")
            .bind(TENANT.0)
            .bind(streams)
            .fetch_one(connection)
            .await
            .unwrap();
    assert_eq!(read, 1);
}

/// Rows that this connection has read and not reported yet, by table.
async fn rows_read(connection: &mut PgConnection) -> HashMap<String, i64> {
    let read: Vec<(String, i64)> = sqlx::query_as(
        "select relname::text, seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables
        where schemaname = 'es' and relname <> 'log_head'",
    )
    .fetch_all(connection)
    .await
    .unwrap();
    read.into_iter().collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn months_are_made_ahead_once(pool: PgPool) {
    let make = "select es.ensure_partitions($1)";
    let made = async |months: i32| -> i32 {
        sqlx::query_scalar(make).bind(months).fetch_one(&pool).await.unwrap()
    };
    assert_eq!(made(3).await, 0, "the migration has made them");
    assert_eq!(made(14).await, 11);
    assert_eq!(made(14).await, 0);

    assign(&pool, TENANT, LogId(1)).await;
    Batch::default().append(1, 10, 0).event(1).send(&pool).await.unwrap();
    let stray: i64 =
        sqlx::query_scalar("select count(*) from es.event_default").fetch_one(&pool).await.unwrap();
    assert_eq!(stray, 0);
}
