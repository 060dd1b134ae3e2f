//! One token bucket per account, in the database, obeyed by every process: the marketplace counts reading and writing
//! together and does not care which process called.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{AccountId, TenantId};
use eventlog::Db;
use sqlx::postgres::types::PgInterval;

/// Tokens that readers leave to writers: an operator waits for a reply, nobody for a page.
const KEPT_FOR_WRITES: u32 = 2;

/// A bucket's size and pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Which group of methods shares it.
    pub scope: &'static str,
    /// Time in which one token comes back.
    pub interval: Duration,
    /// Tokens in a full bucket.
    pub burst: u32,
}

/// Whether a call is what an operator waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// A reply on its way, or the reading that settles it.
    Write,
    /// Anything else.
    Read,
}

/// When a call may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Now.
    Now,
    /// Not before this much time has passed; nothing is reserved.
    NotBefore(Duration),
}

/// An account's bucket.
#[derive(Debug, Clone)]
pub struct Limiter {
    db: Db,
    tenant: TenantId,
    account: AccountId,
    limit: Limit,
}

/// A place in the bucket's order of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// Reserved: it begins after this much time.
    In(Duration),
    /// Too far away for the caller's patience; nothing is reserved.
    TooFar(Duration),
}

impl Limiter {
    /// Takes turns from the bucket of `account`.
    #[must_use]
    pub fn new(db: Db, tenant: TenantId, account: AccountId, limit: Limit) -> Self {
        Self { db, tenant, account, limit }
    }

    /// Takes the next turn and waits for it, unless it is further away than `patience`.
    ///
    /// # Errors
    /// What the database says; no call may be made then.
    pub async fn turn(&self, priority: Priority, patience: Duration) -> sqlx::Result<Turn> {
        match self.reserve(priority, patience).await? {
            Slot::TooFar(wait) => return Ok(Turn::NotBefore(wait)),
            Slot::In(wait) => tokio::time::sleep(wait).await,
        }
        // The marketplace may have asked everybody to wait while this caller slept.
        let blocked = self.blocked_for().await?;
        Ok(if blocked.is_zero() { Turn::Now } else { Turn::NotBefore(blocked) })
    }

    /// Keeps every process from calling for `wait`: the marketplace said so.
    ///
    /// # Errors
    /// What the database says.
    pub async fn block(&self, wait: Duration) -> sqlx::Result<()> {
        sqlx::query!(
            "insert into rate_limit as l (tenant_id, account_id, scope, blocked_until)
                values ($1, $2, $3, clock_timestamp() + $4)
                on conflict on constraint rate_limit_pkey do update
                    set blocked_until = greatest(l.blocked_until, excluded.blocked_until)",
            self.tenant.0,
            self.account.0,
            self.limit.scope,
            interval(wait),
        )
        .execute(self.db.pool())
        .await?;
        Ok(())
    }

    /// Reserves the next slot if it begins within `patience`, by the database's clock.
    async fn reserve(&self, priority: Priority, patience: Duration) -> sqlx::Result<Slot> {
        // A call may come before the bucket is full again by as much as the burst allows.
        let ahead = match priority {
            Priority::Write => self.limit.burst - 1,
            Priority::Read => (self.limit.burst - 1).saturating_sub(KEPT_FOR_WRITES),
        };
        let row = sqlx::query!(
            r#"insert into rate_limit as l (tenant_id, account_id, scope, theoretical_arrival)
                values ($1, $2, $3, clock_timestamp() + $4)
                on conflict on constraint rate_limit_pkey do update
                    set theoretical_arrival =
                        greatest(l.theoretical_arrival, l.blocked_until, clock_timestamp()) + $4
                    where greatest(l.theoretical_arrival - $5, l.blocked_until) <= clock_timestamp() + $6
                returning theoretical_arrival - $4 - $5 as "begins_at!", clock_timestamp() as "now!""#,
            self.tenant.0,
            self.account.0,
            self.limit.scope,
            interval(self.limit.interval),
            interval(self.limit.interval * ahead),
            interval(patience),
        )
        .fetch_optional(self.db.pool())
        .await?;
        match row {
            Some(row) => Ok(Slot::In(until(row.begins_at, row.now))),
            None => Ok(Slot::TooFar(self.next_begins_in(ahead).await?)),
        }
    }

    async fn next_begins_in(&self, ahead: u32) -> sqlx::Result<Duration> {
        let row = sqlx::query!(
            r#"select greatest(theoretical_arrival - $4, blocked_until) as "begins_at!", clock_timestamp() as "now!"
                from rate_limit where tenant_id = $1 and account_id = $2 and scope = $3"#,
            self.tenant.0,
            self.account.0,
            self.limit.scope,
            interval(self.limit.interval * ahead),
        )
        .fetch_one(self.db.pool())
        .await?;
        Ok(until(row.begins_at, row.now))
    }

    async fn blocked_for(&self) -> sqlx::Result<Duration> {
        let row = sqlx::query!(
            r#"select greatest(blocked_until, clock_timestamp()) as "until!", clock_timestamp() as "now!"
                from rate_limit where tenant_id = $1 and account_id = $2 and scope = $3"#,
            self.tenant.0,
            self.account.0,
            self.limit.scope,
        )
        .fetch_one(self.db.pool())
        .await?;
        Ok(until(row.until, row.now))
    }
}

fn until(at: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (at - now).to_std().unwrap_or_default()
}

fn interval(duration: Duration) -> PgInterval {
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}
