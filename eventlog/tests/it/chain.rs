//! Whoever owns the database changes the log by hand: every edit, deletion, swap and addition is found at its place;
//! a cut tail and history written anew are found by the heads that were signed outside, and by nothing else.

mod faults;
mod heads;
mod outside;
mod proof;
mod sealing;

use domain::value::TenantId;
use eventlog::chain::{
    ChainChecked, Fault, HeadKey, HeadKeys, HeadSigner, Scope, Sealer, check_chain,
};
use eventlog::{Db, Expected, LogId, NewEvent};
use futures::{StreamExt as _, stream};
use serde_json::json;
use sqlx::PgPool;

use crate::support::{TENANT, assign, done, event_log, with_payload};

/// The log of these tests.
const LOG: LogId = LogId(1);

/// Events of one command.
const EVENTS_OF_COMMAND: usize = 10;

/// Appends that many events, in commands of ten to a stream each, and seals them.
async fn sealed(pool: &PgPool, events: usize) -> Sealer {
    let known = sqlx::query("select from es.tenant_log").execute(pool).await.unwrap();
    if known.rows_affected() == 0 {
        assign(pool, TENANT, LOG).await;
    }
    let log = event_log(pool);
    let commands = (0..events / EVENTS_OF_COMMAND).map(|_| {
        let number = rand::random::<u128>();
        let mut new = with_payload(number, Expected::Version(0), json!({}));
        new.tenant = TenantId(TENANT.0);
        new.actor = Some("system:test".to_owned());
        new.events = (0..EVENTS_OF_COMMAND)
            .map(|n| NewEvent {
                event_type: "Noted".to_owned(),
                schema_version: 1,
                payload: json!({"type": "Noted", "n": n, "text": "Спасибо за отзыв"}),
            })
            .collect();
        async { done(log.append(new).await.unwrap()) }
    });
    // No more at once than a process lets wait.
    stream::iter(commands).for_each_concurrent(1_000, |append| async { _ = append.await }).await;
    let sealer = Sealer::new(Db::from_pool(pool.clone()));
    sealer.step().await.unwrap();
    sealer
}

async fn check(pool: &PgPool) -> (ChainChecked, Vec<Fault>) {
    let mut faults = Vec::new();
    let db = Db::from_pool(pool.clone());
    let checked =
        check_chain(&db, Scope::default(), |fault| faults.push(fault), |_| ()).await.unwrap();
    (checked, faults)
}

/// Runs a statement as the owner of the database would who stops at nothing.
async fn as_owner(pool: &PgPool, statements: &[String]) {
    let mut connection = pool.acquire().await.unwrap();
    sqlx::query("set session_replication_role = replica").execute(&mut *connection).await.unwrap();
    for statement in statements {
        let text = sqlx::AssertSqlSafe(statement.clone());
        let outcome = sqlx::query(text).execute(&mut *connection).await.unwrap();
        assert!(outcome.rows_affected() > 0, "{statement} changed nothing");
    }
    sqlx::query("set session_replication_role = default").execute(&mut *connection).await.unwrap();
}

fn signer(pool: &PgPool, folder: &std::path::Path) -> HeadSigner {
    let keys = HeadKeys::parse(&HeadKey::generate()).unwrap();
    HeadSigner::new(Db::from_pool(pool.clone()), folder, keys)
}
