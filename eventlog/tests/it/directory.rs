//! Every seller has one log, for good.

use std::collections::{BTreeMap, BTreeSet};

use domain::value::TenantId;
use eventlog::LogId;
use futures::future::join_all;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::event_log;

fn tenant(number: u128) -> TenantId {
    TenantId(Uuid::from_u128(number))
}

#[sqlx::test(migrations = "../migrations")]
async fn processes_that_meet_a_seller_at_once_agree_on_its_log(pool: PgPool) {
    let logs: Vec<_> = (0..8).map(|_| event_log(&pool)).collect();
    for number in 0..20 {
        let answers = join_all(logs.iter().map(|log| log.log_of(tenant(number)))).await;
        let answers: BTreeSet<LogId> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers.len(), 1, "{answers:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn new_sellers_go_where_the_fewest_are_and_leave_kept_logs_alone(pool: PgPool) {
    let keep = "update es.log_head set assignable = log_id in (1, 2, 3)";
    sqlx::query(keep).execute(&pool).await.unwrap();
    let log = event_log(&pool);
    let mut sellers: BTreeMap<LogId, usize> = BTreeMap::new();
    for number in 0..12 {
        *sellers.entry(log.log_of(tenant(number)).await.unwrap()).or_default() += 1;
    }
    assert_eq!(sellers, BTreeMap::from([(LogId(1), 4), (LogId(2), 4), (LogId(3), 4)]));
}
