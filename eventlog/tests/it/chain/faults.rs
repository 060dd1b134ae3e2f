//! Single faults in sealed events: each is found at its place, and nothing else is.

use std::time::Instant;

use eventlog::chain::FaultKind;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use sqlx::PgPool;

use super::{as_owner, check, sealed};
use crate::drill::{figure, size};

/// Positions that belong to one fault alone.
const APART: usize = 50;

/// A column, and what it is changed to.
const EDITS: [&str; 15] = [
    "recorded_at = recorded_at + interval '1 microsecond'",
    "recorded_at = 'infinity'",
    "tenant_id = gen_random_uuid()",
    "tenant_seq = tenant_seq + 1",
    "stream_id = gen_random_uuid()",
    "stream_type = 'account'",
    "version = version + 1",
    "event_id = gen_random_uuid()",
    "event_type = 'noted'",
    "schema_version = 2",
    "command_id = gen_random_uuid()",
    "correlation_id = gen_random_uuid()",
    "causation_id = gen_random_uuid()",
    "actor = null",
    // The same JSON value in other bytes.
    "payload = (payload::text || ' ')::json",
];

/// So many that each of five kinds is tried, one of them with every edit.
const FAULTS_MIN: usize = 5 * EDITS.len();

const COLUMNS: &str =
    "log_id, recorded_at, tenant_id, tenant_seq, stream_id, stream_type, version, event_id,
    event_type, schema_version, command_id, correlation_id, causation_id, actor, payload";

/// Makes one fault at `pos`; returns the statements and what must be found.
fn fault(
    random: &mut StdRng,
    number: usize,
    pos: i64,
) -> (Vec<String>, Vec<(FaultKind, i64, i64)>) {
    let one = |kind| vec![(kind, pos, pos)];
    let drop = |last: i64| {
        format!("delete from es.event where log_id = 1 and pos between {pos} and {last}")
    };
    match number % 5 {
        0 => {
            let edit = EDITS[number / 5 % EDITS.len()];
            let statement = format!("update es.event set {edit} where log_id = 1 and pos = {pos}");
            (vec![statement], one(FaultKind::EventAltered))
        }
        1 => (vec![drop(pos)], one(FaultKind::EventMissing)),
        2 => {
            let other = pos + random.random_range(1..20);
            let altered = FaultKind::EventAltered;
            // By way of a free place, since the key is checked row by row.
            let free = -pos;
            let steps = [(pos, free), (other, pos), (free, other)].map(|(from, to)| {
                format!("update es.event set pos = {to} where log_id = 1 and pos = {from}")
            });
            (steps.to_vec(), vec![(altered, pos, pos), (altered, other, other)])
        }
        3 => {
            let columns =
                COLUMNS.replace(" recorded_at", " recorded_at + interval '1 microsecond'");
            let add = format!(
                "insert into es.event (pos, {COLUMNS}) select pos, {columns} from es.event where log_id = 1 and pos = {pos}"
            );
            (vec![add], one(FaultKind::EventAdded))
        }
        _ => {
            let last = pos + random.random_range(1..20);
            (vec![drop(last)], vec![(FaultKind::EventMissing, pos, last)])
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_change_is_found_at_its_place_and_nothing_else(pool: PgPool) {
    let (events, faults) = (size(20_000, 1_000_000), size(120, 1_000));
    sealed(&pool, events).await;
    let began = Instant::now();
    let (checked, none) = check(&pool).await;
    let took = began.elapsed();
    assert_eq!((checked.events, checked.unsealed), (events as i64, 0));
    assert_eq!(none, [], "nothing is found where nothing was changed");

    let mut random = StdRng::seed_from_u64(8);
    let mut places: Vec<usize> = (1..events / APART).map(|n| n * APART).collect();
    places.shuffle(&mut random);
    places.truncate(faults);
    assert!(places.len() >= FAULTS_MIN, "{} faults: void, not every one was tried", places.len());
    figure("s8_events", events, "events", "");
    figure("s8_faults", places.len(), "faults", "");
    figure("s8_verify", format!("{:.1}", took.as_secs_f64()), "s", "<= 60");
    let (mut statements, mut expected) = (Vec::new(), Vec::new());
    for (number, place) in places.into_iter().enumerate() {
        let (made, found) = fault(&mut random, number, place as i64);
        statements.extend(made);
        expected.extend(found);
    }
    as_owner(&pool, &statements).await;

    let (_, faults) = check(&pool).await;
    let mut found: Vec<_> =
        faults.iter().map(|fault| (fault.kind, fault.pos, fault.last_pos)).collect();
    figure("s8_found", found.len(), "faults", &format!("= {}", expected.len()));
    assert!(found.is_sorted_by_key(|(_, pos, _)| pos), "the first fault is told first");
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_event_before_the_first_is_found(pool: PgPool) {
    sealed(&pool, 10).await;
    let add = format!(
        "insert into es.event (pos, {COLUMNS}) select -5, {COLUMNS} from es.event where pos = 1"
    );
    as_owner(&pool, &[add]).await;
    let (_, faults) = check(&pool).await;
    assert_eq!(faults.len(), 1);
    assert_eq!((faults[0].kind, faults[0].pos), (FaultKind::EventAdded, -5));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cut_tail_is_found_by_the_seals_that_were_left(pool: PgPool) {
    sealed(&pool, 1_000).await;
    as_owner(&pool, &["delete from es.event where pos > 900".to_owned()]).await;
    let (_, faults) = check(&pool).await;
    assert_eq!(faults.len(), 1);
    assert_eq!(
        (faults[0].kind, faults[0].pos, faults[0].last_pos),
        (FaultKind::EventMissing, 901, 1_000)
    );
}

/// A seal changed by hand gives itself away even if it was made to fit the changed event.
#[sqlx::test(migrations = "../migrations")]
async fn a_seal_that_was_changed_or_dropped_is_found(pool: PgPool) {
    for _ in 0..5 {
        sealed(&pool, 100).await;
    }
    assert_eq!(check(&pool).await.1, []);
    as_owner(
        &pool,
        &[
            "update es.seal set leaves = set_byte(leaves, 0, 255 - get_byte(leaves, 0)) where number = 2".to_owned(),
            "delete from es.seal where number = 4".to_owned(),
        ],
    )
    .await;
    let (_, faults) = check(&pool).await;
    let found: Vec<_> = faults.iter().map(|f| (f.kind, f.pos, f.last_pos)).collect();
    assert!(found.contains(&(FaultKind::SealAltered, 101, 200)), "{faults:?}");
    assert!(found.contains(&(FaultKind::SealMissing, 301, 400)), "{faults:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_id_that_is_not_its_commands_is_found_though_it_was_sealed(pool: PgPool) {
    let sealer = sealed(&pool, 100).await;
    as_owner(
        &pool,
        &[
            "update es.event set event_id = gen_random_uuid() where pos = 45".to_owned(),
            "delete from es.seal".to_owned(),
        ],
    )
    .await;
    sealer.step().await.unwrap();
    let (_, faults) = check(&pool).await;
    assert_eq!(faults.len(), 1);
    assert_eq!((faults[0].kind, faults[0].pos), (FaultKind::EventIdForeign, 45));
}
