//! What checks of the log found, kept for those who are shown the log and did not run them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use super::fault::Fault;
use crate::db::Db;

/// Places of faults that are kept of one check at most.
const PLACES_MAX: usize = 100;

/// What a check found when it ran last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `chain`, `heads`, `numbers`, `commands` or a read model.
    pub check: String,
    /// When it ended.
    pub at: DateTime<Utc>,
    /// Whether everything was as it must be.
    pub sound: bool,
    /// How many faults there were.
    pub faults: i64,
    /// Where the first of them are.
    pub places: Vec<FaultPlace>,
}

/// Where a fault is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultPlace {
    /// The name of a [`super::FaultKind`], maybe of a later program.
    pub kind: String,
    /// The log; 0 where it is the file of signed heads.
    pub log: i32,
    /// The position, or the first of several.
    pub pos: i64,
    /// The last position.
    pub last_pos: i64,
}

impl From<&Fault> for FaultPlace {
    fn from(fault: &Fault) -> Self {
        let kind: &'static str = fault.kind.into();
        Self { kind: kind.to_owned(), log: fault.log, pos: fault.pos, last_pos: fault.last_pos }
    }
}

/// Keeps what a check found: how many faults, and where the first of them are.
///
/// # Errors
/// When the database fails.
pub async fn keep_outcome(
    db: &Db,
    check: &str,
    sound: bool,
    faults: usize,
    first: &[Fault],
) -> sqlx::Result<()> {
    let places: Vec<FaultPlace> = first.iter().take(PLACES_MAX).map(FaultPlace::from).collect();
    sqlx::query!(
        "insert into es.log_check (name, sound, faults, places) values ($1, $2, $3, $4)",
        check,
        sound,
        i64::try_from(faults).unwrap_or(i64::MAX),
        Json(places) as _,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

struct Row {
    name: String,
    checked_at: DateTime<Utc>,
    sound: bool,
    faults: i64,
    places: Json<Vec<FaultPlace>>,
}

/// Returns what each check found when it ran last; none for those that never did.
///
/// # Errors
/// When the database fails.
pub async fn last_outcomes(db: &Db) -> sqlx::Result<Vec<Outcome>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select distinct on (name) name, checked_at, sound, faults, places as "places: Json<Vec<FaultPlace>>"
            from es.log_check order by name, checked_at desc"#,
    )
    .fetch_all(db.pool())
    .await?;
    let outcome = |row: Row| {
        let Row { name: check, checked_at: at, sound, faults, places: Json(places) } = row;
        Outcome { check, at, sound, faults, places }
    };
    Ok(rows.into_iter().map(outcome).collect())
}
