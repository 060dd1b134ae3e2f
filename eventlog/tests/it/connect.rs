//! Connections have limits, and an empty database is brought up to date by however many processes start on it.

use std::time::Duration;

use eventlog::{Db, DbOptions, EventLog, Expected, migrate};
use futures::future::join_all;
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::support::{done, one, subject_keys};

#[sqlx::test(migrations = false)]
async fn a_statement_that_hangs_is_ended(_: PgPoolOptions, connect: PgConnectOptions) {
    let url = connect.to_url_lossy();
    let options =
        DbOptions { statement_timeout: Duration::from_millis(50), ..DbOptions::default() };
    let db = Db::connect(url.as_str(), options).await.unwrap();
    let error = sqlx::query("select pg_sleep(60)").execute(db.pool()).await.unwrap_err();
    assert!(error.to_string().contains("statement timeout"), "{error}");
    let limits: (String, String) = sqlx::query_as(
        "select current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout')",
    )
    .fetch_one(db.pool())
    .await
    .unwrap();
    assert_eq!(limits, ("2s".to_owned(), "5s".to_owned()));
}

#[sqlx::test(migrations = false)]
async fn a_database_that_nobody_answers_for_is_an_error(_: PgPoolOptions, _: PgConnectOptions) {
    let options = DbOptions { acquire_timeout: Duration::from_millis(50), ..DbOptions::default() };
    Db::connect("postgres://127.0.0.1:9/nowhere", options).await.unwrap_err();
}

#[sqlx::test(migrations = false)]
async fn processes_that_start_at_once_on_an_empty_database_all_find_it_ready(
    _: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let url = connect.to_url_lossy();
    let start = async || {
        let db = Db::connect(url.as_str(), DbOptions::default()).await.unwrap();
        migrate(&db).await.unwrap();
        db
    };
    let databases = join_all((0..3).map(|_| start())).await;
    for (db, number) in databases.into_iter().zip(1..) {
        let keys = subject_keys(db.pool());
        let log = EventLog::new(db, keys, Default::default());
        assert_eq!(done(log.append(one(1, Expected::Any)).await.unwrap()).version, number);
    }
}
