//! A database that was restored is known by what is kept outside of it and by where it is; what is kept outside follows
//! when it is accepted.

use std::fs;
use std::path::Path;

use eventlog::chain::{RestoredBy, follow_epoch, restored};
use eventlog::{Db, epoch};
use sqlx::PgPool;
use tempfile::TempDir;

use super::{as_owner, check, sealed, signer};

async fn known_by(pool: &PgPool, folder: &Path) -> Option<RestoredBy> {
    restored(&Db::from_pool(pool.clone()), folder).await.unwrap().map(|found| found.by)
}

/// A database with five hundred events and a folder that knows it.
async fn known(pool: &PgPool) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    sealed(pool, 500).await;
    assert_eq!(known_by(pool, folder.path()).await, None, "nothing is kept outside yet");
    signer(pool, folder.path()).step().await.unwrap().unwrap();
    assert_eq!(known_by(pool, folder.path()).await, None);
    folder
}

async fn begin(pool: &PgPool) {
    let mut connection = pool.acquire().await.unwrap();
    epoch::begin(&mut connection, None).await.unwrap();
}

async fn accept(pool: &PgPool) {
    let mut connection = pool.acquire().await.unwrap();
    epoch::accept(&mut connection).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_log_that_ends_before_its_signed_head_was_restored(pool: PgPool) {
    let folder = known(&pool).await;
    let cut = ["delete from es.seal", "delete from es.event where pos > 300"].map(str::to_owned);
    as_owner(&pool, &cut).await;
    assert_eq!(known_by(&pool, folder.path()).await, Some(RestoredBy::Behind));
    // It went on before anybody looked.
    sealed(&pool, 200).await;
    assert_eq!(known_by(&pool, folder.path()).await, Some(RestoredBy::Rewritten));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_database_that_went_elsewhere_was_restored(pool: PgPool) {
    let folder = known(&pool).await;
    let timeline =
        "update es.epoch set place = replace(place, '/00000001/', '/00000009/')".to_owned();
    as_owner(&pool, &[timeline]).await;
    assert_eq!(known_by(&pool, folder.path()).await, Some(RestoredBy::Elsewhere));
    let nowhere = folder.path().join("nothing-is-here");
    assert_eq!(known_by(&pool, &nowhere).await, Some(RestoredBy::Elsewhere));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_epoch_that_it_never_had_is_anothers(pool: PgPool) {
    let folder = known(&pool).await;
    fs::write(folder.path().join("epoch"), "01234567-89ab-7def-8123-456789abcdef\n").unwrap();
    assert_eq!(known_by(&pool, folder.path()).await, Some(RestoredBy::OtherEpoch));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_outside_follows_only_when_the_epoch_is_accepted(pool: PgPool) {
    let folder = known(&pool).await;
    let db = Db::from_pool(pool.clone());
    let names = || {
        let entries = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    };
    let cut = ["delete from es.seal", "delete from es.event where pos > 300"].map(str::to_owned);
    as_owner(&pool, &cut).await;
    begin(&pool).await;
    assert_eq!(known_by(&pool, folder.path()).await, None, "it is known already");
    assert!(!follow_epoch(&db, folder.path()).await.unwrap());
    assert!(signer(&pool, folder.path()).step().await.unwrap().is_none(), "the evidence stays");
    assert_eq!(names(), ["epoch", "heads.jsonl"]);

    accept(&pool).await;
    assert_eq!(
        known_by(&pool, folder.path()).await,
        None,
        "another machine's folder may follow later"
    );
    sealed(&pool, 10).await;
    let line = signer(&pool, folder.path()).step().await.unwrap().unwrap();
    assert_eq!(line.number(), 1);
    let present = epoch::present(&db).await.unwrap();
    assert_eq!(
        names(),
        [
            "epoch".to_owned(),
            format!("heads-before-{}.jsonl", present.id),
            "heads.jsonl".to_owned()
        ]
    );
    assert_eq!(
        fs::read_to_string(folder.path().join("epoch")).unwrap().trim(),
        present.id.to_string()
    );
    assert_eq!(known_by(&pool, folder.path()).await, None);
    assert_eq!(check(&pool).await.1, []);
}
