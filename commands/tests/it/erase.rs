//! Erasures that were cut short: each is finished by itself.

use commands::Commands;
use commands::erase::{Basis, Erasures, FinishError};
use domain::InteractionId;
use domain::interaction::{ErasureGround, Interaction, InteractionCommand};
use eventlog::Db;
use sqlx::PgPool;

use crate::{ACCOUNT, KEYS, TENANT, context, event_log, reading};

/// An erasure that was put on the list an hour ago, `minutes` later than the others, and went no further.
async fn cut_short(
    pool: &PgPool,
    commands: &Commands,
    number: &str,
    minutes: i32,
) -> InteractionId {
    let of = InteractionId::of_external(TENANT, ACCOUNT, domain::Channel::Review, number);
    let ingest = reading(number, "Очень хорошо").ingest;
    let command = InteractionCommand::Ingest(Box::new(ingest));
    commands.execute::<Interaction>(&context(), of, command).await.unwrap();
    sqlx::query(
        "insert into erasure (tenant_id, interaction_id, ground, actor, command_id, asked_at) values
            ($1, $2, 'persons_request', 'user:1', gen_random_uuid(), now() - make_interval(hours => 1, mins => -$3))",
    )
    .bind(TENANT.0)
    .bind(of.0)
    .bind(minutes)
    .execute(pool)
    .await
    .unwrap();
    of
}

#[sqlx::test(migrations = "../migrations")]
async fn an_erasure_that_cannot_be_finished_keeps_no_other_waiting(pool: PgPool) {
    // Without a cache, as the process that finishes what another left.
    let commands = Commands::without_cache(event_log(&pool));
    let db = Db::from_pool(pool.clone());
    let keys = eventlog::SubjectKeys::new(db.clone(), KEYS.clone());
    let erasures = Erasures::new(db, keys, commands.clone());
    let stuck = cut_short(&pool, &commands, "1", 0).await;
    let waiting = cut_short(&pool, &commands, "2", 1).await;
    // The older one's stream cannot be read any more.
    let mut owner = pool.acquire().await.unwrap();
    for statement in [
        "set session_replication_role = replica",
        "update es.event set version = 2 where pos = 1",
        "set session_replication_role = default",
    ] {
        sqlx::query(statement).execute(&mut *owner).await.unwrap();
    }
    drop(owner);

    let unfinished = erasures.finish().await.unwrap_err();
    assert!(
        matches!(unfinished, FinishError::Some { failed: 1, first, .. } if first == stuck.into()),
        "{unfinished:?}"
    );
    let done = async |of| erasures.of(TENANT, of).await.unwrap().unwrap().done_at;
    assert!(done(stuck).await.is_none());
    assert!(done(waiting).await.is_some(), "it waits behind the one that is stuck");
    let basis = Basis { ground: ErasureGround::PersonsRequest, reference: None };
    assert_eq!(erasures.erase(&context(), waiting, &basis).await.unwrap(), None);
}
