//! Requests are dropped at any point while their database is slow: no connection is left inside a transaction, and nobody
//! works in somebody else's. sqlx's own `begin` must be caught leaving some.

use std::ffi::OsString;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::ensure;
use eventlog::{Db, DbOptions};
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use reqwest::Method;
use serde_json::json;
use sqlx::{PgConnection, Postgres, Transaction};
use tests::api::Seller;
use tests::database::Database;
use tests::program::{self, Program};
use tests::proxy::Proxy;
use tests::wait;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::drill::{figure, size};

/// Who asks at once, and on how many connections.
const CLIENTS: usize = 40;
const CONNECTIONS: u32 = 40;

/// The tail: undisturbed, so many all succeed.
const TAIL: u64 = 50;

/// As long as a connection may stand idle in a transaction that nobody wants any more.
const IDLE_MAX: Duration = Duration::from_secs(1);

/// How long a write may take, and a little more. Nothing of those who hung up goes on after that.
const WRITE_LIMIT: Duration = Duration::from_secs(60);

/// How a transaction is opened.
#[derive(Debug, Clone, Copy)]
enum Begin {
    Ours,
    Sqlx,
}

impl Begin {
    async fn begin(self, db: &Db) -> sqlx::Result<Transaction<'static, Postgres>> {
        match self {
            Self::Ours => db.begin().await,
            #[expect(clippy::disallowed_methods, reason = "shows what the guard is for")]
            Self::Sqlx => db.pool().begin().await,
        }
    }
}

/// What the clients met with.
#[derive(Debug, Default)]
struct Met {
    dropped: AtomicUsize,
    /// Found inside a transaction that somebody else had begun.
    foreign: AtomicUsize,
    /// Refused because an earlier statement of the transaction had failed.
    aborted: AtomicUsize,
}

/// The delay of the database.
fn delay() -> Duration {
    Duration::from_millis(size(20, 200) as u64)
}

/// A request that writes in a transaction, and one that needs none.
async fn request(db: &Db, begin: Begin, met: &Met) -> sqlx::Result<()> {
    let mut transaction = begin.begin(db).await?;
    sqlx::query("insert into mark default values").execute(&mut *transaction).await?;
    sqlx::query("select 1").execute(&mut *transaction).await?;
    transaction.commit().await?;
    probe(db, met).await
}

/// Looks whether the next connection is inside a transaction, and ends that.
async fn probe(db: &Db, met: &Met) -> sqlx::Result<()> {
    let mut connection = db.pool().acquire().await?;
    // Refused outside a transaction.
    if sqlx::query("savepoint probe").execute(&mut *connection).await.is_ok() {
        met.foreign.fetch_add(1, Ordering::Relaxed);
        sqlx::query("rollback").execute(&mut *connection).await?;
    }
    Ok(())
}

async fn drop_requests(begin: Begin, requests: usize) -> anyhow::Result<(Met, Duration)> {
    let database = Database::make().await?;
    let proxy = Proxy::start(database.url()).await?;
    let patient = Duration::from_secs(30);
    let options = DbOptions {
        connections_max: CONNECTIONS,
        acquire_timeout: patient,
        ..DbOptions::default()
    };
    let db = Db::connect(proxy.url(), options).await?;
    sqlx::query("create table mark (id bigserial)").execute(db.pool()).await?;
    proxy.delay(delay());
    // Six answers are waited for; twice that, so that some requests end by themselves.
    let longest = u64::try_from(delay().as_micros())? * 12;
    let (met, left) = (Met::default(), AtomicUsize::new(requests));
    let client = |seed: u64| {
        let (db, met, left) = (&db, &met, &left);
        async move {
            let mut chance = StdRng::seed_from_u64(seed);
            let next = |n: usize| n.checked_sub(1);
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok() {
                let patience = Duration::from_micros(chance.random_range(0..longest));
                match timeout(patience, request(db, begin, met)).await {
                    Err(_) => _ = met.dropped.fetch_add(1, Ordering::Relaxed),
                    Ok(Err(error)) if is_aborted(&error) => {
                        met.aborted.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(outcome) => outcome?,
                }
            }
            anyhow::Ok(())
        }
    };
    for outcome in join_all((0..CLIENTS as u64).map(client)).await {
        outcome?;
    }
    proxy.delay(Duration::ZERO);
    let mut direct = database.connect().await?;
    let idle = none_idle_in_transaction(&mut direct).await?;
    // All connections can be had at once again, and none is in a transaction.
    let all = join_all((0..CONNECTIONS).map(|_| db.pool().acquire())).await;
    let mut all = all.into_iter().collect::<Result<Vec<_>, _>>()?;
    for connection in &mut all {
        if sqlx::query("savepoint probe").execute(&mut **connection).await.is_ok() {
            met.foreign.fetch_add(1, Ordering::Relaxed);
            sqlx::query("rollback").execute(&mut **connection).await?;
        }
    }
    drop(all);
    for _ in 0..TAIL {
        request(&db, Begin::Ours, &met).await?;
    }
    db.pool().close().await;
    Ok((met, idle))
}

fn is_aborted(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).as_deref() == Some("25P02")
}

/// Waits until no connection but this one stands idle in a transaction; returns how long that took.
async fn none_idle_in_transaction(direct: &mut PgConnection) -> anyhow::Result<Duration> {
    let began = Instant::now();
    loop {
        let idle: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity
            where datname = current_database() and state like 'idle in transaction%'",
        )
        .fetch_one(&mut *direct)
        .await?;
        if idle == 0 || began.elapsed() > 3 * IDLE_MAX {
            return Ok(began.elapsed());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_request_leaves_no_transaction_behind() -> anyhow::Result<()> {
    let requests = size(1_000, 10_000);
    let (met, idle) = drop_requests(Begin::Ours, requests).await?;
    let Met { dropped, foreign, aborted } = &met;
    figure("r11_dropped", dropped.load(Ordering::Relaxed), "requests", "");
    figure("r11_in_foreign_transaction", foreign.load(Ordering::Relaxed), "statements", "= 0");
    figure("r11_25P02", aborted.load(Ordering::Relaxed), "statements", "= 0");
    figure("r11_idle_in_transaction", idle.as_secs_f64(), "s", "<= 1");
    let dropped = dropped.load(Ordering::Relaxed);
    let some = requests / 10..requests - requests / 20;
    ensure!(some.contains(&dropped), "{dropped} dropped: void, not all points were met");
    assert_eq!((foreign.load(Ordering::Relaxed), aborted.load(Ordering::Relaxed)), (0, 0));
    assert!(idle <= IDLE_MAX, "idle in a transaction for {idle:?}");
    Ok(())
}

/// The control: sqlx's own `begin`, which may not be dropped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unguarded_begin_is_caught() -> anyhow::Result<()> {
    let (met, idle) = drop_requests(Begin::Sqlx, 500).await?;
    figure(
        "r11_control_in_foreign_transaction",
        met.foreign.load(Ordering::Relaxed),
        "statements",
        "> 0",
    );
    assert!(met.foreign.load(Ordering::Relaxed) > 0 || idle > IDLE_MAX, "{met:?}");
    Ok(())
}

/// The same from outside: the API on a slow database, and clients that hang up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_hang_up_leave_the_api_as_it_was() -> anyhow::Result<()> {
    let database = Database::make().await?;
    let proxy = Proxy::start(database.url()).await?;
    let folder = tempfile::tempdir()?;
    let environment = vec![("DATABASE_URL".to_owned(), OsString::from(proxy.url()))];
    let data_dir = OsString::from(folder.path().join("data"));
    let arguments = |command: &str| vec![command.into(), "--data-dir".into(), data_dir.clone()];
    program::run(&arguments("migrate"), &environment)?;
    let mut api = arguments("api");
    api.push("--listen=127.0.0.1:0".into());
    let mut api = Program::start(folder.path(), "api", api, environment)?;
    let seller = Seller::register(&api.url().await?).await?;

    let longest = u64::try_from(delay().as_micros())? * 10;
    proxy.delay(delay());
    let requests = size(300, 10_000);
    let (left, hung_up, failed) =
        (AtomicUsize::new(requests), AtomicUsize::new(0), AtomicUsize::new(0));
    let client = |seed: u64| {
        let (seller, left, hung_up, failed) = (&seller, &left, &hung_up, &failed);
        async move {
            let mut chance = StdRng::seed_from_u64(seed);
            let next = |n: usize| n.checked_sub(1);
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok() {
                let patience = Duration::from_micros(chance.random_range(0..longest));
                let minutes = chance.random_range(1..1440);
                match timeout(patience, ask(seller, minutes)).await {
                    Err(_) => _ = hung_up.fetch_add(1, Ordering::Relaxed),
                    Ok(status) => {
                        let is_failure = status? >= 500;
                        failed.fetch_add(usize::from(is_failure), Ordering::Relaxed);
                    }
                }
            }
            anyhow::Ok(())
        }
    };
    // Fewer than the connections of the API: nobody is refused for want of one.
    for outcome in join_all((0..8).map(client)).await {
        outcome?;
    }
    proxy.delay(Duration::ZERO);
    // Writes go on without those who asked for them, all on one stream, where they are in the way of others' until they
    // have ended.
    let ending = Instant::now();
    let mut in_a_row = 0;
    wait::until_within(WRITE_LIMIT, "afterwards all goes its way", async || {
        let status = ask(&seller, in_a_row + 1).await?;
        in_a_row = if status < 300 { in_a_row + 1 } else { 0 };
        Ok((in_a_row == TAIL).then_some(()))
    })
    .await?;
    figure("r11_http_recovery", ending.elapsed().as_secs_f64(), "s", "");
    let mut direct = database.connect().await?;
    wait::until_within(IDLE_MAX * 3, "no connection works", async || {
        let busy: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'",
        )
        .fetch_one(&mut direct)
        .await?;
        Ok((busy == 0).then_some(()))
    })
    .await?;
    let said = api.log()?;
    let aborted = said.matches("25P02").count() + said.matches("transaction is aborted").count();
    let hung_up = hung_up.load(Ordering::Relaxed);
    figure("r11_http_hung_up", hung_up, "requests", "");
    figure("r11_http_failed", failed.load(Ordering::Relaxed), "answers", "= 0");
    figure("r11_http_25P02", aborted, "statements", "= 0");
    let some = requests / 10..requests - requests / 20;
    ensure!(some.contains(&hung_up), "{hung_up} hung up: void, not all points were met");
    assert_eq!((failed.load(Ordering::Relaxed), aborted), (0, 0), "{said}");
    Ok(())
}

/// Writes or reads; returns the status.
async fn ask(seller: &Seller, minutes: u64) -> anyhow::Result<u16> {
    let answer = if minutes.is_multiple_of(2) {
        let key = Uuid::new_v4().to_string();
        let settings = json!({ "reply_pending_window_minutes": minutes });
        let headers = [("idempotency-key", key.as_str())];
        seller.call(Method::PUT, "/seller/settings", Some(&settings), &headers).await?
    } else {
        seller.get("/interactions").await?
    };
    Ok(answer.status.as_u16())
}
