//! The alarm on partitions: too few months ahead, and events that no month covers.

use eventlog::{Expected, Partitions};
use sqlx::PgPool;

use crate::support::{event_log, one, tamper};

#[sqlx::test(migrations = "../migrations")]
async fn missing_months_and_events_without_one_are_seen(pool: PgPool) {
    let log = event_log(&pool);
    log.ensure_partitions(5).await.unwrap();
    log.append(one(1, Expected::Any)).await.unwrap();
    let fine = Partitions { months_ahead: 5, default_rows: 0 };
    assert_eq!(log.partitions().await.unwrap(), fine);

    let drop = "do $$ declare t text; begin
        for t in select c.oid::regclass from pg_inherits i join pg_class c on c.oid = i.inhrelid
            where i.inhparent = 'es.event'::regclass and c.relname <> 'event_default' order by c.relname desc limit 4
        loop execute 'drop table ' || t; end loop; end $$";
    tamper(&pool, drop).await;
    assert_eq!(log.partitions().await.unwrap().months_ahead, 1);
    tamper(&pool, "update es.event set recorded_at = '2001-01-01'").await;
    assert_eq!(log.partitions().await.unwrap().default_rows, 1);
}
