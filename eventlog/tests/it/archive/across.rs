//! Reading across the boundary: the same with the files as before, a clear refusal without them.

use std::collections::HashMap;

use domain::value::StreamId;
use eventlog::archive::{Manifest, Step};
use eventlog::chain::{
    FaultKind, HeadKey, HeadKeys, HeadSigner, Scope, Sealer, check_chain, prove,
};
use eventlog::{Appended, Db, EventLog, Expected, LogError, StoredEvent, Without};
use sqlx::{Connection as _, PgConnection, PgPool};

use super::{LOG, aged, archived, db, filled, in_table, log_with, month, verified};
use crate::support::{TENANT, done, event_log, one, stream, tamper};

fn without_notes() -> Without {
    Without { events: vec!["Noted".to_owned()], ..Without::default() }
}

/// Everything that can be read, from places before, in and after the archived months.
async fn everything(
    log: &EventLog,
) -> (Vec<Vec<StoredEvent>>, HashMap<StreamId, Vec<StoredEvent>>) {
    let mut all = Vec::new();
    for (number, after) in [(1, 0), (1, 2), (2, 0), (2, 1), (2, 2), (2, 3), (3, 0), (4, 0)] {
        all.push(log.load_stream(TENANT, stream(number), after).await.unwrap());
    }
    for (after, limit) in [(0, 100), (0, 3), (2, 100), (4, 3), (5, 1), (6, 100), (0, 6), (8, 9)] {
        all.push(log.read_log(LOG, after, limit).await.unwrap());
        all.push(log.read_tenant(TENANT, after, limit).await.unwrap());
    }
    for (after, until) in [(0, 8), (3, 5), (4, 7), (6, 8)] {
        let closed = Without { personal: vec!["Noted".to_owned()], ..Without::default() };
        for without in [Without::default(), without_notes(), closed] {
            all.push(log.read_log_without(LOG, after, until, &without).await.unwrap());
        }
    }
    let streams: Vec<StreamId> = (1..=4).map(stream).collect();
    (all, log.load_streams(TENANT, &streams).await.unwrap())
}

#[sqlx::test(migrations = "../migrations")]
async fn archived_months_are_read_as_if_they_had_stayed(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(&pool).await;
    let before = everything(&log).await;
    assert_eq!(verified(&db(&pool, folder.path())).await, (8, 0, vec![]));

    // Without `drop` the files are made and the rows stay.
    let steps = archived(&pool, folder.path(), false).await.unwrap();
    assert!(steps.contains(&Step::Verified { month: month("2026-01"), rows: 5 }), "{steps:?}");
    assert_eq!(in_table(&pool).await, 8);
    let steps = archived(&pool, folder.path(), true).await.unwrap();
    assert!(!steps.iter().any(|step| matches!(step, Step::Written { .. })), "{steps:?}");
    assert_eq!(in_table(&pool).await, 2);

    let log = log_with(&pool, folder.path());
    assert_eq!(everything(&log).await, before);
    assert_eq!(verified(&db(&pool, folder.path())).await, (8, 6, vec![]));
    let again = archived(&pool, folder.path(), true).await.unwrap();
    assert_eq!(again, [], "there is nothing left to do");

    let manifest = std::fs::read_to_string(folder.path().join("event_2026_01.json")).unwrap();
    let manifest: Manifest = serde_json::from_str(&manifest).unwrap();
    assert_eq!((manifest.rows, manifest.logs[0].first_pos, manifest.logs[0].last_pos), (5, 1, 5));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_log_goes_on_where_it_was_though_all_of_it_is_archived(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    filled(&pool).await;
    aged(&pool).await;
    archived(&pool, folder.path(), true).await.unwrap();
    assert_eq!(in_table(&pool).await, 0);

    let log = log_with(&pool, folder.path());
    assert_eq!(log.heads().await.unwrap()[0], (LOG, 8));
    let new = one(2, Expected::Version(4));
    assert_eq!(done(log.append(new.clone()).await.unwrap()).first_pos, 9);
    assert!(matches!(log.append(new).await.unwrap(), Appended::Duplicate(_)));
    assert!(matches!(log.append(one(1, Expected::Version(0))).await.unwrap(), Appended::Conflict));
    assert_eq!(log.load_stream(TENANT, stream(2), 0).await.unwrap().len(), 5);
    let last = log.read_tenant(TENANT, 7, 10).await.unwrap();
    assert_eq!(last.iter().map(|event| event.tenant_seq).collect::<Vec<_>>(), [8, 9]);
    Sealer::new(Db::from_pool(pool.clone())).step().await.unwrap();
    assert_eq!(verified(&db(&pool, folder.path())).await, (9, 8, vec![]));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_archived_event_can_still_be_proved(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let heads = tempfile::tempdir().unwrap();
    filled(&pool).await;
    let keys = HeadKeys::parse(&HeadKey::generate()).unwrap();
    let signer = HeadSigner::new(Db::from_pool(pool.clone()), heads.path(), keys);
    signer.step().await.unwrap();
    archived(&pool, folder.path(), true).await.unwrap();
    let proof = prove(&db(&pool, folder.path()), LOG, 3).await.unwrap();
    assert_eq!(proof.event.pos, 3);
    proof.check(None, None).unwrap();
    let refused = prove(&Db::from_pool(pool.clone()), LOG, 3).await.unwrap_err();
    assert!(refused.to_string().contains("event_2026_01.parquet"), "{refused}");
}

#[sqlx::test(migrations = "../migrations")]
async fn without_the_files_nothing_passes_for_the_whole(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    filled(&pool).await;
    archived(&pool, folder.path(), true).await.unwrap();

    let log = event_log(&pool);
    let refused = [
        log.load_stream(TENANT, stream(1), 0).await,
        log.load_stream(TENANT, stream(2), 0).await,
        log.load_stream(TENANT, stream(2), 1).await,
        log.read_log(LOG, 0, 10).await,
        log.read_log(LOG, 4, 10).await,
        log.read_log_without(LOG, 0, 8, &without_notes()).await,
        log.read_tenant(TENANT, 0, 10).await,
    ];
    for outcome in refused {
        let error = outcome.unwrap_err();
        assert!(
            matches!(&error, LogError::Archived { month, file, .. }
                if month == "2026-01" && file == "event_2026_01.parquet"),
            "{error:?}"
        );
    }
    log.load_streams(TENANT, &[stream(1), stream(3)]).await.unwrap_err();
    assert_eq!(log.load_stream(TENANT, stream(3), 0).await.unwrap().len(), 1);
    assert_eq!(log.load_stream(TENANT, stream(2), 3).await.unwrap().len(), 1);
    assert_eq!(log.read_log(LOG, 6, 10).await.unwrap().len(), 2);
    assert_eq!(log.load_stream(TENANT, stream(4), 0).await.unwrap(), []);

    let alone = Db::from_pool(pool.clone());
    let checked = check_chain(&alone, Scope::default(), |_| (), |_| ()).await.unwrap();
    assert_eq!((checked.events, checked.archived, checked.archived_unread), (2, 0, 6));

    // The control: with the floor taken away, a stream that is archived whole passes for one that never began.
    tamper(&pool, "update es.log_head set archived_pos = 0").await;
    tamper(&pool, "update es.tenant_log set archived_seq = 0, archived_pos = 0").await;
    assert_eq!(log.load_stream(TENANT, stream(1), 0).await.unwrap(), []);
    let (_, _, faults) = verified(&alone).await;
    assert!(!faults.is_empty());
}

/// A file that the database has forgotten: what is left of a reading without it must not pass for the whole, least of all
/// where nothing comes after it.
#[sqlx::test(migrations = "../migrations")]
async fn what_the_archive_lacks_is_missed_even_at_the_end(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    filled(&pool).await;
    aged(&pool).await;
    archived(&pool, folder.path(), true).await.unwrap();
    let log = log_with(&pool, folder.path());
    log.append(one(4, Expected::Any)).await.unwrap();
    tamper(&pool, "delete from es.archive_log where month = '2026-02-01'").await;

    let lacks_sixth = |error: &LogError| matches!(error, LogError::Gap { expected: 6, .. });
    for (until, without) in [(8, Without::default()), (8, without_notes()), (9, without_notes())] {
        let refused = log.read_log_without(LOG, 0, until, &without).await.unwrap_err();
        assert!(lacks_sixth(&refused), "{until}: {refused:?}");
    }
    for (after, limit) in [(0, 8), (5, 1), (0, 100)] {
        let refused = log.read_log(LOG, after, limit).await.unwrap_err();
        assert!(lacks_sixth(&refused), "{after}: {refused:?}");
    }
    assert_eq!(log.read_log(LOG, 0, 5).await.unwrap().len(), 5);
    let refused = log.read_tenant(TENANT, 0, 6).await.unwrap_err();
    assert!(matches!(refused, LogError::TenantGap { expected: 6, .. }), "{refused:?}");
    for (number, lacks) in [(2, 3), (3, 1)] {
        let refused = log.load_stream(TENANT, stream(number), 0).await.unwrap_err();
        let is_it = matches!(refused, LogError::StreamGap { expected, .. } if expected == lacks);
        assert!(is_it, "{refused:?}");
    }
    assert_eq!(log.load_stream(TENANT, stream(1), 0).await.unwrap().len(), 3);
}

/// Months leave the table between the moment a check asked where the archive ends and the moment it reads the events.
#[sqlx::test(migrations = "../migrations")]
async fn a_check_finds_what_is_archived_while_it_runs(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    filled(&pool).await;
    archived(&pool, folder.path(), false).await.unwrap();
    // Something to be told of right at the beginning.
    let stray = "insert into es.event select (e).* from (
        select jsonb_populate_record(e, '{\"pos\": 0}') as e from es.event e where pos = 8) x";
    assert_eq!(tamper(&pool, stray).await, 1);
    let connect = pool.connect_options();
    let drop_months = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut other = PgConnection::connect_with(&connect).await.unwrap();
            for month in ["2026-01-01", "2026-02-01"] {
                let drop = sqlx::query("select es.drop_month($1::date)").bind(month);
                drop.execute(&mut other).await.unwrap();
            }
        });
    };
    let mut faults = Vec::new();
    let found = |fault: eventlog::chain::Fault| {
        if faults.is_empty() {
            std::thread::scope(|threads| threads.spawn(drop_months).join().unwrap());
        }
        faults.push((fault.kind, fault.pos));
    };
    let db = db(&pool, folder.path());
    let checked = check_chain(&db, Scope::default(), found, |_| ()).await.unwrap();
    assert_eq!(in_table(&pool).await, 3);
    assert_eq!(faults, [(FaultKind::EventAdded, 0)]);
    assert_eq!((checked.events, checked.archived), (8, 6));
}
