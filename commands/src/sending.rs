//! Kill switches: whether anything may go out for a seller, asked where that is written, and the installation's own.

use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::seller::SellerError;
use eventlog::{Db, LogError};
use serde::Serialize;

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
}

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
        if installation_stop(db).await.map_err(LogError::from)?.is_some() {
            return Ok(Some(StoppedBy::Installation));
        }
        let stopped = self.seller_now(tenant).await?.seller.aggregate.sending_is_stopped();
        Ok(stopped.then_some(StoppedBy::Seller))
    }
}

/// Returns the stop of the whole installation, if one lasts.
///
/// # Errors
/// What the database says.
pub async fn installation_stop(db: &Db) -> sqlx::Result<Option<InstallationStop>> {
    sqlx::query_as!(
        InstallationStop,
        "select stopped_at, stopped_by, reason, resumed_at, resumed_by from installation_stop where resumed_at is null"
    )
    .fetch_optional(db.pool())
    .await
}

/// Lets nothing go out for any seller, until [`resume_installation`]. A stop that lasts stays as it is.
///
/// # Errors
/// What the database says.
pub async fn stop_installation(db: &Db, by: &str, reason: &str) -> sqlx::Result<Thrown> {
    let stopped = sqlx::query!(
        "insert into installation_stop (stopped_by, reason) values ($1, $2)
            on conflict ((true)) where resumed_at is null do nothing",
        by,
        reason,
    )
    .execute(db.pool())
    .await?;
    Ok(Thrown::of(stopped.rows_affected()))
}

/// Lets out what waits, for every seller that has not stopped itself.
///
/// # Errors
/// What the database says.
pub async fn resume_installation(db: &Db, by: &str) -> sqlx::Result<Thrown> {
    let resumed = sqlx::query!(
        "update installation_stop
            set resumed_at = greatest(clock_timestamp(), stopped_at), resumed_by = $1
            where resumed_at is null",
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
        "select stopped_at, stopped_by, reason, resumed_at, resumed_by from installation_stop
            order by stop_id desc limit $1",
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
