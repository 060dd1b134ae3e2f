//! A run is cut short after each of its steps: the next one goes on, and nothing is lost on the way.

use std::panic::AssertUnwindSafe;
use std::path::Path;

use eventlog::archive::{ArchiveError, archive};
use futures::FutureExt as _;
use sqlx::PgPool;

use super::{LOG, archived, db, filled, in_table, log_with, month, verified};

/// Runs until `steps` steps are done, and dies there as a killed process would. Returns whether it died.
async fn cut_short(pool: &PgPool, folder: &Path, steps: usize) -> bool {
    let mut left = steps;
    let told = |_| left = left.checked_sub(1).expect("the test kills the run here");
    let db = db(pool, folder);
    let run = archive(&db, month("2026-03"), true, told);
    match AssertUnwindSafe(run).catch_unwind().await {
        Ok(outcome) => {
            outcome.unwrap();
            false
        }
        Err(_) => true,
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_run_that_is_killed_anywhere_is_taken_up_by_the_next(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(&pool).await;
    let before = log.read_log(LOG, 0, 100).await.unwrap();
    let mut deaths = 0;
    // Each run gets no further than its last step, so runs that begin where the last one ended must die here and there.
    for steps in 0.. {
        // The lock of the run before goes with its connection, a moment later.
        loop {
            match archive(&db(&pool, folder.path()), month("2026-01"), false, |_| ()).await {
                Err(ArchiveError::Busy) => tokio::task::yield_now().await,
                outcome => break assert_eq!(outcome.unwrap(), []),
            }
        }
        let died = cut_short(&pool, folder.path(), steps).await;
        let log = log_with(&pool, folder.path());
        assert_eq!(log.read_log(LOG, 0, 100).await.unwrap(), before, "after {steps} steps");
        assert_eq!(verified(&db(&pool, folder.path())).await.2, [], "after {steps} steps");
        if !died {
            break;
        }
        deaths += 1;
    }
    assert!(deaths >= 5, "{deaths}");
    assert_eq!(in_table(&pool).await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_killed_run_left_on_the_disk_is_written_anew(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    filled(&pool).await;
    std::fs::write(folder.path().join("event_2026_01.parquet.part"), "PAR1").unwrap();
    archived(&pool, folder.path(), false).await.unwrap();
    // Cut off after it was noted: not the file that the database knows.
    let file = folder.path().join("event_2026_01.parquet");
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    archived(&pool, folder.path(), true).await.unwrap();
    assert_eq!(verified(&db(&pool, folder.path())).await, (8, 6, vec![]));
}
