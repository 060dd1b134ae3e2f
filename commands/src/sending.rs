//! Kill switches: whether anything may go out for a seller, asked where that is written, the installation's own, and
//! the quarantine of a database that was restored.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::seller::SellerError;
use eventlog::chain::RestoredBy;
use eventlog::{Db, LogError, epoch};
use serde::Serialize;
use sqlx::postgres::types::PgInterval;
use tracing::error;
use uuid::Uuid;

use crate::{CommandError, Commands};

/// Whether a switch was thrown by this, or stood so before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thrown {
    /// By this.
    Now,
    /// Before.
    Before,
}

/// Which switch keeps something from going out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoppedBy {
    /// That of the whole installation.
    Installation,
    /// The database was restored and is not compared with the marketplaces yet.
    Quarantine,
    /// The seller's own.
    Seller,
}

/// A stop of the whole installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InstallationStop {
    /// Since when.
    pub stopped_at: DateTime<Utc>,
    /// Who the person on call said they were.
    pub stopped_by: String,
    /// Why.
    pub reason: String,
    /// Until when; none while it lasts.
    pub resumed_at: Option<DateTime<Utc>>,
    /// Who ended it.
    pub resumed_by: Option<String>,
    /// Whether it is the quarantine of a restored database, and not a person's stop.
    pub is_quarantine: bool,
    /// Of a quarantine: by what the database was known; none where a person said so.
    pub found: Option<String>,
    /// Of a quarantine: from then on, what is not seen at a marketplace is not there.
    pub shown_by: Option<DateTime<Utc>>,
    /// Of a quarantine: why it was ended before everything had been read back.
    pub resume_reason: Option<String>,
}

/// Why a database goes into quarantine.
#[derive(Debug, Clone, Copy)]
pub enum QuarantineCause<'a> {
    /// A process found it.
    Found {
        /// By what.
        by: RestoredBy,
        /// The epoch that was kept outside.
        epoch_outside: Option<Uuid>,
    },
    /// A person said so.
    Told {
        /// Who they said they were.
        by: &'a str,
        /// Their words.
        reason: &'a str,
    },
}

/// Who begins a quarantine that nobody asked for.
const FOUND_BY: &str = "system:start";

impl Commands {
    /// Tells what keeps everything of `tenant` from going out at this moment; none where nothing does. The table and
    /// the log are asked each time: read models may be behind.
    ///
    /// # Errors
    /// [`CommandError::Log`] or [`CommandError::Events`]; then nothing may go out either.
    pub async fn sending_stopped_by(
        &self,
        db: &Db,
        tenant: TenantId,
    ) -> Result<Option<StoppedBy>, CommandError<SellerError>> {
        if let Some(stopped) = stopped_everywhere(db).await.map_err(LogError::from)? {
            return Ok(Some(stopped));
        }
        let stopped = self.seller_now(tenant).await?.seller.aggregate.sending_is_stopped();
        Ok(stopped.then_some(StoppedBy::Seller))
    }
}

/// Tells what stops everybody; none where nothing does. A database that went elsewhere has been restored, whether or
/// not anybody noticed.
async fn stopped_everywhere(db: &Db) -> sqlx::Result<Option<StoppedBy>> {
    let lasting = lasting(db).await?;
    if lasting.iter().any(|stop| stop.is_quarantine) {
        return Ok(Some(StoppedBy::Quarantine));
    }
    if !epoch::is_at_home(db).await? {
        let cause = QuarantineCause::Found { by: RestoredBy::Elsewhere, epoch_outside: None };
        quarantine(db, cause, SHOWN_WITHIN).await?;
        return Ok(Some(StoppedBy::Quarantine));
    }
    Ok((!lasting.is_empty()).then_some(StoppedBy::Installation))
}

/// Returns the stops of the whole installation that last: a person's, a quarantine, or both.
///
/// # Errors
/// What the database says.
pub async fn lasting(db: &Db) -> sqlx::Result<Vec<InstallationStop>> {
    sqlx::query_as!(
        InstallationStop,
        r#"select stopped_at, stopped_by, reason, resumed_at, resumed_by, cause = 'restored' as "is_quarantine!", found,
                shown_by, resume_reason
            from installation_stop where resumed_at is null order by stop_id"#
    )
    .fetch_all(db.pool())
    .await
}

/// How long after a call it may take at most until a marketplace shows what it did, unless a worker is set up
/// otherwise: `--settle-proof-seconds`.
pub const SHOWN_WITHIN: Duration = Duration::from_mins(10);

/// Lets nothing go out until everything that is open was read back at its marketplace, and begins another epoch: what
/// was read of this database before may not be in it any more. A quarantine that lasts stays as it is. What was under
/// way when the database was lost is seen within `shown_within`.
///
/// # Errors
/// What the database says.
pub async fn quarantine(
    db: &Db,
    cause: QuarantineCause<'_>,
    shown_within: Duration,
) -> sqlx::Result<Thrown> {
    let (by, reason, found, epoch_outside) = match cause {
        QuarantineCause::Found { by, epoch_outside } => {
            (FOUND_BY, in_words(by), Some(<&str>::from(by)), epoch_outside)
        }
        QuarantineCause::Told { by, reason } => (by, reason, None, None),
    };
    let mut tx = db.begin().await?;
    let begun = sqlx::query!(
        "insert into installation_stop (stopped_by, reason, cause, found, shown_by)
            values ($1, $2, 'restored', $3, clock_timestamp() + $4)
            on conflict (cause) where resumed_at is null do nothing",
        by,
        reason,
        found,
        interval(shown_within),
    )
    .execute(&mut *tx)
    .await?;
    let thrown = Thrown::of(begun.rows_affected());
    if thrown == Thrown::Now {
        epoch::begin(&mut tx, epoch_outside).await?;
        tx.commit().await?;
        error!(
            found,
            reason,
            "the database was restored: nothing goes out until it was read back at the marketplaces what buyers have \
             seen; see `agentiq sending status`"
        );
    }
    Ok(thrown)
}

/// Says to sellers and to whoever is on call how a restored database was known.
fn in_words(by: RestoredBy) -> &'static str {
    match by {
        RestoredBy::Elsewhere => {
            "база данных оказалась на другом сервере или продолжена с другого момента"
        }
        RestoredBy::OtherEpoch => "база данных не та, что работала здесь раньше",
        RestoredBy::Behind => "в журнале нет событий, которые уже были подписаны",
        RestoredBy::Rewritten => "журнал расходится с тем, что было подписано",
    }
}

/// Ends the quarantine: what waits goes out, once. `reason` says why it is ended before everything was read back. The
/// epoch that began with it is accepted, and what is kept outside follows.
///
/// # Errors
/// What the database says.
pub async fn release(db: &Db, by: &str, reason: Option<&str>) -> sqlx::Result<Thrown> {
    let mut tx = db.begin().await?;
    let ended = sqlx::query!(
        "update installation_stop
            set resumed_at = greatest(clock_timestamp(), stopped_at), resumed_by = $1, resume_reason = $2
            where resumed_at is null and cause = 'restored'",
        by,
        reason,
    )
    .execute(&mut *tx)
    .await?;
    epoch::accept(&mut tx).await?;
    tx.commit().await?;
    Ok(Thrown::of(ended.rows_affected()))
}

fn interval(duration: Duration) -> PgInterval {
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}

/// Lets nothing go out for any seller, until [`resume_installation`]. A stop that lasts stays as it is.
///
/// # Errors
/// What the database says.
pub async fn stop_installation(db: &Db, by: &str, reason: &str) -> sqlx::Result<Thrown> {
    let stopped = sqlx::query!(
        "insert into installation_stop (stopped_by, reason) values ($1, $2)
            on conflict (cause) where resumed_at is null do nothing",
        by,
        reason,
    )
    .execute(db.pool())
    .await?;
    Ok(Thrown::of(stopped.rows_affected()))
}

/// Ends a person's stop: lets out what waits, for every seller that has not stopped itself. A quarantine lasts on.
///
/// # Errors
/// What the database says.
pub async fn resume_installation(db: &Db, by: &str) -> sqlx::Result<Thrown> {
    let resumed = sqlx::query!(
        "update installation_stop
            set resumed_at = greatest(clock_timestamp(), stopped_at), resumed_by = $1
            where resumed_at is null and cause = 'person'",
        by,
    )
    .execute(db.pool())
    .await?;
    Ok(Thrown::of(resumed.rows_affected()))
}

/// Returns up to so many stops of the installation, the latest first.
///
/// # Errors
/// What the database says.
pub async fn history(db: &Db, limit: i64) -> sqlx::Result<Vec<InstallationStop>> {
    sqlx::query_as!(
        InstallationStop,
        r#"select stopped_at, stopped_by, reason, resumed_at, resumed_by, cause = 'restored' as "is_quarantine!", found,
                shown_by, resume_reason
            from installation_stop order by stop_id desc limit $1"#,
        limit,
    )
    .fetch_all(db.pool())
    .await
}

impl Thrown {
    fn of(rows: u64) -> Self {
        if rows > 0 { Self::Now } else { Self::Before }
    }
}
