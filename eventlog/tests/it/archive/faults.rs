//! What must not be archived is refused, and what is wrong with a file is found.

use eventlog::archive::{ArchiveError, Step, archive};
use eventlog::chain::FaultKind;
use eventlog::{Db, LogError};
use sqlx::PgPool;

use super::{LOG, archived, db, filled, in_table, log_with, month, verified};
use crate::support::{TENANT, event_log, stream, tamper};

const JANUARY: &str = "event_2026_01.parquet";

#[sqlx::test(migrations = "../migrations")]
async fn a_log_that_is_not_as_it_was_sealed_is_not_archived(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    filled(&pool).await;
    tamper(&pool, "update es.event set actor = 'user:9' where pos = 4").await;
    let refused = archived(&pool, folder.path(), true).await.unwrap_err();
    assert!(
        matches!(&refused, ArchiveError::Fault(fault) if fault.kind == FaultKind::EventAltered && fault.pos == 4),
        "{refused}"
    );
    tamper(&pool, "update es.event set actor = 'user:1' where pos = 4").await;
    tamper(&pool, "delete from es.seal").await;
    let refused = archived(&pool, folder.path(), true).await.unwrap_err();
    assert!(matches!(refused, ArchiveError::NotSealed { log_id: 1, .. }), "{refused}");
    assert_eq!(in_table(&pool).await, 8);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_month_that_is_not_over_is_refused(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let refused = archive(&db(&pool, folder.path()), month("9000-01"), true, |_| ()).await;
    assert!(matches!(refused, Err(ArchiveError::NotOver { .. })), "{refused:?}");
    let refused = archive(&Db::from_pool(pool), month("2026-01"), true, |_| ()).await;
    assert!(matches!(refused, Err(ArchiveError::NoFolder)), "{refused:?}");
}

/// The disk gives back other bytes than were written: the file is read before anything is dropped.
#[sqlx::test(migrations = "../migrations")]
async fn nothing_is_dropped_that_cannot_be_read_back(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    filled(&pool).await;
    let file = folder.path().join(JANUARY);
    let damage = |step| {
        if matches!(step, Step::Noted { .. }) {
            let mut bytes = std::fs::read(&file).unwrap();
            bytes[100] ^= 0xff;
            std::fs::write(&file, bytes).unwrap();
        }
    };
    let refused = archive(&db(&pool, folder.path()), month("2026-03"), true, damage).await;
    assert!(
        matches!(refused, Err(ArchiveError::Log(LogError::ArchiveDamaged { .. }))),
        "{refused:?}"
    );
    assert_eq!(in_table(&pool).await, 8);
}

/// An event that comes late into the month, after its file was read back, would be lost with the partition.
#[sqlx::test(migrations = "../migrations")]
async fn a_month_that_holds_more_than_its_file_is_not_dropped(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    filled(&pool).await;
    archived(&pool, folder.path(), false).await.unwrap();
    let late = "insert into es.event select (e).* from (
        select jsonb_populate_record(e, '{\"log_id\": 2}') as e from es.event e where pos = 1) x";
    assert_eq!(tamper(&pool, late).await, 1);
    let refused = sqlx::query("select es.drop_month('2026-01-01')").execute(&pool).await;
    let refused = refused.unwrap_err();
    assert!(refused.to_string().contains("other events"), "{refused}");
    assert_eq!(in_table(&pool).await, 9);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_damaged_or_missing_file_is_found_and_never_read_as_history(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    filled(&pool).await;
    archived(&pool, folder.path(), true).await.unwrap();
    let file = folder.path().join(JANUARY);
    let whole = std::fs::read(&file).unwrap();
    let expected = log_with(&pool, folder.path()).read_log(LOG, 0, 100).await.unwrap();
    let mut found = 0;
    for place in (0..whole.len()).step_by(whole.len() / 64) {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x10;
        std::fs::write(&file, bytes).unwrap();
        match log_with(&pool, folder.path()).read_log(LOG, 0, 100).await {
            // What no event is read from, such as a statistic, may change.
            Ok(events) => assert_eq!(events, expected, "byte {place}"),
            Err(LogError::ArchiveDamaged { .. } | LogError::Gap { .. }) => found += 1,
            Err(other) => panic!("byte {place}: {other:?}"),
        }
    }
    assert!(found > 20, "{found} of 64 were found");

    std::fs::remove_file(&file).unwrap();
    let refused = log_with(&pool, folder.path()).load_stream(TENANT, stream(1), 0).await;
    assert!(matches!(refused, Err(LogError::ArchiveDamaged { .. })), "{refused:?}");
    let (events, archived, faults) = verified(&db(&pool, folder.path())).await;
    assert_eq!((events, archived), (3, 1));
    let about: Vec<_> = faults.iter().map(|f| (f.kind, f.pos, f.last_pos)).collect();
    assert_eq!(about, [(FaultKind::ArchiveDamaged, 1, 5)]);
}

/// A file put in the other's place, or swapped for another history, reads well and is not what was sealed.
#[sqlx::test(migrations = "../migrations")]
async fn a_file_of_another_history_is_found(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    filled(&pool).await;
    let tell = "update es.event set actor = 'user:9' where pos = 2";
    let unsay = "update es.event set actor = null where pos = 2";
    tamper(&pool, tell).await;
    tamper(&pool, "delete from es.seal").await;
    let sealer = eventlog::chain::Sealer::new(Db::from_pool(pool.clone()));
    sealer.step().await.unwrap();
    archived(&pool, folder.path(), false).await.unwrap();
    let forged = std::fs::read(folder.path().join(JANUARY)).unwrap();
    sqlx::query("delete from es.archive").execute(&pool).await.unwrap();
    tamper(&pool, unsay).await;
    tamper(&pool, "delete from es.seal").await;
    sealer.step().await.unwrap();
    archived(&pool, folder.path(), true).await.unwrap();
    std::fs::write(folder.path().join(JANUARY), forged).unwrap();
    let refused = log_with(&pool, folder.path()).read_log(LOG, 0, 100).await.unwrap_err();
    assert!(refused.to_string().contains("position 2 is not what was sealed"), "{refused}");
    let (_, _, faults) = verified(&db(&pool, folder.path())).await;
    let about: Vec<_> = faults.iter().map(|f| (f.kind, f.pos)).collect();
    assert_eq!(about, [(FaultKind::EventAltered, 2)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn events_that_no_month_covered_are_moved_into_theirs_first(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    filled(&pool).await;
    for change in ["create table aside as select * from es.event where pos <= 5"] {
        tamper(&pool, change).await;
    }
    tamper(&pool, "drop table es.event_2026_01").await;
    assert_eq!(tamper(&pool, "insert into es.event select * from aside").await, 5);
    let log = event_log(&pool);
    assert_eq!(log.partitions().await.unwrap().default_rows, 5);
    let refused = archived(&pool, folder.path(), true).await.unwrap_err();
    assert!(matches!(refused, ArchiveError::InDefault { rows: 5 }), "{refused}");
    assert_eq!(log.empty_default().await.unwrap(), 5);
    assert_eq!(log.empty_default().await.unwrap(), 0);
    assert_eq!(log.partitions().await.unwrap().default_rows, 0);
    assert_eq!(verified(&db(&pool, folder.path())).await, (8, 0, vec![]));
    archived(&pool, folder.path(), true).await.unwrap();
    assert_eq!(verified(&db(&pool, folder.path())).await, (8, 6, vec![]));
}
