//! Tables of the log that were changed against each other: each disagreement is found at its place.

use eventlog::audit::{check_commands, check_numbers};
use eventlog::chain::{Fault, FaultKind, Scope};
use eventlog::{Db, Expected};
use sqlx::PgPool;

use crate::support::{event_log, one, tamper, with_payload};

/// Twenty streams of five events; each event has a command of its own.
async fn filled(pool: &PgPool) {
    let log = event_log(pool);
    for _ in 0..5 {
        for number in 1..=20 {
            log.append(one(number, Expected::Any)).await.unwrap();
        }
    }
}

async fn audited(pool: &PgPool) -> Vec<Fault> {
    let db = Db::from_pool(pool.clone());
    let mut faults = Vec::new();
    check_numbers(&db, Scope::default(), |fault| faults.push(fault)).await.unwrap();
    check_commands(&db, Scope::default(), |fault| faults.push(fault)).await.unwrap();
    faults
}

#[sqlx::test(migrations = "../migrations")]
async fn every_disagreement_is_found_at_its_place(pool: PgPool) {
    filled(&pool).await;
    assert_eq!(audited(&pool).await, []);
    // Each change is taken back by the second statement, so that each is found alone.
    let cases: [(&'static str, &'static str, FaultKind, i64); 8] = [
        (
            "update es.event set version = 9 where pos = 43",
            "update es.event set version = 3 where pos = 43",
            FaultKind::StreamDiffers,
            43,
        ),
        (
            "update es.event set tenant_seq = 1000 where pos = 43",
            "update es.event set tenant_seq = 43 where pos = 43",
            FaultKind::TenantGap,
            44,
        ),
        (
            "update es.event set pos = 1000 where pos = 43",
            "update es.event set pos = 43 where pos = 1000",
            FaultKind::EventMissing,
            43,
        ),
        (
            "update es.stream set version = 6 where first_pos = 3",
            "update es.stream set version = 5 where first_pos = 3",
            FaultKind::StreamDiffers,
            83,
        ),
        (
            "update es.stream set last_pos = 84 where first_pos = 3",
            "update es.stream set last_pos = 83 where first_pos = 3",
            FaultKind::StreamDiffers,
            83,
        ),
        (
            "update es.command set last_pos = 44 where first_pos = 43",
            "update es.command set last_pos = 43 where first_pos = 43",
            FaultKind::CommandDiffers,
            43,
        ),
        (
            "update es.command set version = 4 where first_pos = 43",
            "update es.command set version = 3 where first_pos = 43",
            FaultKind::CommandDiffers,
            43,
        ),
        // Last, since it is not taken back: a repeated command would be carried out again.
        ("delete from es.command where first_pos = 43", "select", FaultKind::CommandDiffers, 43),
    ];
    for (change, back, kind, pos) in cases {
        assert_eq!(tamper(&pool, change).await, 1, "{change}");
        let faults = audited(&pool).await;
        let found = faults.iter().any(|fault| (fault.kind, fault.pos) == (kind, pos));
        assert!(found, "{change}: {faults:?}");
        tamper(&pool, back).await;
        if back != "select" {
            assert_eq!(audited(&pool).await, [], "{back}");
        }
    }
}

/// Two events of one command that were torn apart, as no append does.
#[sqlx::test(migrations = "../migrations")]
async fn a_command_whose_events_are_not_together_is_found(pool: PgPool) {
    let log = event_log(&pool);
    let mut new = with_payload(1, Expected::Any, serde_json::json!({}));
    new.events = [new.events.clone(), new.events].concat();
    log.append(new).await.unwrap();
    log.append(one(2, Expected::Any)).await.unwrap();
    assert_eq!(audited(&pool).await, []);
    for change in [
        "update es.event set pos = 9 where pos = 2",
        "update es.event set pos = 2 where pos = 3",
        "update es.event set pos = 3 where pos = 9",
    ] {
        assert_eq!(tamper(&pool, change).await, 1);
    }
    let faults = audited(&pool).await;
    assert!(
        faults.iter().any(|fault| (fault.kind, fault.pos) == (FaultKind::CommandDiffers, 1)),
        "{faults:?}"
    );
}
