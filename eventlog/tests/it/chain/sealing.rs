//! The sealer: follows the tail, alone or in company, and never past a gap.

use eventlog::Db;
use eventlog::LogError;
use eventlog::chain::{ChainChecked, FaultKind, Sealer};
use futures::future::join_all;
use sqlx::{Executor as _, PgPool};
use uuid::Uuid;

use super::{as_owner, check, sealed, signer};
use crate::support::pool_of;

#[sqlx::test(migrations = "../migrations")]
async fn what_is_not_sealed_yet_is_said_to_be_so(pool: PgPool) {
    let sealer = sealed(&pool, 100).await;
    sqlx::query("alter table es.seal disable trigger all").execute(&pool).await.unwrap();
    sqlx::query("delete from es.seal").execute(&pool).await.unwrap();
    let (checked, faults) = check(&pool).await;
    assert_eq!((checked.events, checked.unsealed, faults), (0, 100, vec![]));
    assert_eq!(sealer.step().await.unwrap(), 100);
    assert_eq!(sealer.step().await.unwrap(), 0, "nothing is left");
    let (checked, faults) = check(&pool).await;
    assert_eq!((checked.events, checked.unsealed, faults), (100, 0, vec![]));
}

#[sqlx::test(migrations = "../migrations")]
async fn sealers_beside_each_other_make_one_chain(pool: PgPool) {
    for _ in 0..4 {
        sealed(&pool, 5_000).await;
        let sealers = (0..4).map(|_| Sealer::new(Db::from_pool(pool.clone())));
        join_all(sealers.map(|sealer| async move { sealer.step().await.unwrap() })).await;
    }
    let (checked, faults) = check(&pool).await;
    assert_eq!((checked.events, checked.unsealed, faults), (20_000, 0, vec![]));
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_is_sealed_past_a_gap(pool: PgPool) {
    let sealer = sealed(&pool, 100).await;
    as_owner(
        &pool,
        &["delete from es.seal".to_owned(), "delete from es.event where pos = 51".to_owned()],
    )
    .await;
    let error = sealer.step().await.unwrap_err();
    assert!(matches!(error, LogError::Gap { expected: 51, found: 52, .. }), "{error}");
    let (checked, faults) = check(&pool).await;
    assert_eq!((checked.events, checked.unsealed), (50, 49));
    assert_eq!((faults[0].kind, faults[0].pos), (FaultKind::EventMissing, 51));
}

/// The role that a careful installation gives the program, with the grants that are documented.
#[sqlx::test(migrations = "../migrations")]
async fn the_role_of_the_program_appends_and_seals_and_changes_nothing(pool: PgPool) {
    sealed(&pool, 10).await;
    let role = format!("app_{}", Uuid::new_v4().simple());
    let grants = include_str!("../../../../docs/app-role.sql").replace(":app", &role);
    for statement in [format!("create role {role}"), grants] {
        pool.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
    }
    let connect = pool.connect_options().as_ref().clone().options([("role", role.as_str())]);
    let app = pool_of(2, &connect).await;
    sealed(&app, 20).await;
    assert_eq!(
        check(&app).await,
        (ChainChecked { seals: 2, events: 30, ..Default::default() }, vec![])
    );
    let folder = tempfile::tempdir().unwrap();
    assert!(signer(&app, folder.path()).step().await.unwrap().is_some());
    app.execute("select es.ensure_partitions(5)").await.unwrap();
    for change in [
        "update es.event set actor = 'x'",
        "delete from es.event",
        "truncate es.event",
        "update es.command set version = 1",
        "delete from es.command",
        "update es.seal set number = 9",
        "delete from es.seal",
        "truncate es.seal",
        "delete from es.signed_head",
        "delete from es.signed_log",
        "set session_replication_role = replica",
        "alter table es.event disable trigger all",
    ] {
        let error = app.execute(change).await.unwrap_err();
        let code = error.as_database_error().and_then(|error| error.code());
        assert_eq!(code.as_deref(), Some("42501"), "{change}: {error}");
    }
    app.close().await;
    let cleanup = format!("drop owned by {role}; drop role {role}");
    pool.execute(sqlx::AssertSqlSafe(cleanup)).await.unwrap();
}

/// Without the documented role, the owner is stopped at least from doing it by mistake.
#[sqlx::test(migrations = "../migrations")]
async fn seals_are_only_inserted(pool: PgPool) {
    sealed(&pool, 10).await;
    for change in ["update es.seal set number = 9", "delete from es.seal", "truncate es.seal"] {
        let error = sqlx::query(change).execute(&pool).await.unwrap_err();
        assert!(error.to_string().contains("only inserted"), "{change}: {error}");
    }
}
