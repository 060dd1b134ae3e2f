//! Conversations that are read together: one that cannot be read keeps no other from being read.

use commands::Commands;
use domain::InteractionId;
use domain::interaction::{Interaction, InteractionCommand};
use sqlx::PgPool;

use crate::{ACCOUNT, TENANT, context, event_log, reading};

#[sqlx::test(migrations = "../migrations")]
async fn who_cannot_be_read_keeps_nobody_waiting(pool: PgPool) {
    let commands = Commands::without_cache(event_log(&pool));
    let mut ids = Vec::new();
    for number in ["1", "2", "3"] {
        let of = InteractionId::of_external(TENANT, ACCOUNT, domain::Channel::Review, number);
        let ingest = InteractionCommand::Ingest(Box::new(reading(number, "Очень хорошо").ingest));
        commands.execute::<Interaction>(&context(), of, ingest).await.unwrap();
        ids.push(of);
    }
    let read = commands.conversations(TENANT, &ids).await.unwrap();
    assert_eq!(read.iter().flatten().filter(|read| read.heard_at.is_some()).count(), 3);
    // One event is missing, and another one was put in a third one's place.
    let mut owner = pool.acquire().await.unwrap();
    for statement in [
        "set session_replication_role = replica",
        "update es.event set version = 2 where pos = 1",
        "update es.event e set payload = o.payload from es.event o where e.pos = 2 and o.pos = 3",
        "set session_replication_role = default",
    ] {
        sqlx::query(statement).execute(&mut *owner).await.unwrap();
    }
    drop(owner);
    let read = commands.conversations(TENANT, &ids).await.unwrap();
    let is_read: Vec<bool> = read.iter().map(Option::is_some).collect();
    assert_eq!(is_read, [false, false, true]);
}
